"""Turns what a caller wishes of a plan into the arguments of find_plans."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from agent.brain.keywords import Sign
from agent.brain.understand import Frame
from knowledge.catalog.model import Plan

_AUDIENCES = {
    Sign.FOREIGNER: ("foreigner", "외국인 고객님께는 "),
    Sign.DISABLED: ("disabled", "복지카드가 있으시면 "),
}
_HABITS = {
    Sign.LITTLE: (False, "데이터를 적게 쓰시면 "),
    Sign.LOTS: (True, "데이터를 많이 쓰시면 무제한인 "),
}
_SORTS = {Sign.MOST_DATA: "data_desc", Sign.CHEAPEST: "fee", Sign.PRICIEST: "fee_desc"}


_SAME_FEE = re.compile(
    r"(?:요금|가격|돈|값)(?:은|는|이|을)?(?:그대로|똑같|같은|안올)|같은(?:요금|가격|돈)"
)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is looked for, and the words that open the answer."""

    arguments: dict[str, Any]
    opening: str = ""
    shown: int = 2
    """How many plans are told."""

    def with_age(self, age: int | None) -> Wish:
        """The same for someone of this age."""
        return replace(self, arguments={**self.arguments, "age": age})


def wish_in(frame: Frame, against: Plan | None) -> Wish | None:
    """The wish in an utterance; None where there is nothing to look for.

    `against` is the plan that `더 싼` and `더 많은` are measured against.
    """
    wanted, openings = _conditions(frame)
    opening = openings[0] if len(openings) == 1 else "말씀하신 조건으로는 " if openings else ""
    sort = next((order for sign, order in _SORTS.items() if frame.has(sign)), None)
    if sort:
        one = not frame.has(Sign.WHICH_PLANS) or not openings
        return Wish(arguments=wanted | {"sort": sort}, opening=opening, shown=1 if one else 2)
    if frame.has(Sign.LEAST_DATA):
        return Wish(arguments=wanted | {"sort": "fee"}, opening=opening, shown=1)
    if openings:
        return Wish(arguments=wanted, opening=opening)
    for sign, (unlimited, words) in _HABITS.items():
        if frame.has(sign):
            arguments = wanted | {"unlimited": unlimited, "sort": "fee"}
            return Wish(arguments=arguments, opening=words)
    return _measured(frame, against, wanted)


def _measured(  # noqa: PLR0911 - a case a line
    frame: Frame, against: Plan | None, wanted: dict[str, Any]
) -> Wish | None:
    """Wishes measured against a plan: more data than that, less money than that."""
    if frame.has(Sign.MORE_DATA) and against:
        if against.data_gb is None:
            return None
        more: dict[str, Any] = {"min_data_gb": against.data_gb + 1, "sort": "fee"}
        if _SAME_FEE.search(frame.plain):
            more["max_fee"] = against.fee_krw
        return Wish(arguments=wanted | more, opening="데이터가 더 많은 것으로는 ")
    if frame.has(Sign.MORE_DATA):
        return Wish(arguments=wanted | {"sort": "data_desc"}, shown=1)
    if frame.has(Sign.PRICIER):
        if against is None:
            return Wish(arguments=wanted | {"sort": "fee_desc"}, shown=1)
        dearer = {"min_fee": against.fee_krw + 1, "sort": "fee"}
        return Wish(arguments=wanted | dearer, opening="더 비싼 것으로는 ")
    if against is None:
        return Wish(arguments=wanted | {"sort": "fee"}, opening="저렴한 것으로는 ")
    wanted |= {"max_fee": against.fee_krw - 1, "sort": "fee_desc"}
    if against.eligibility.age is not None and "age" not in wanted:
        wanted["family_id"] = against.family_id
    return Wish(arguments=wanted, opening="더 저렴한 것으로는 ")


def _conditions(frame: Frame) -> tuple[dict[str, Any], list[str]]:
    """Whom it is for, what it may cost and must hold, and how each is said back."""
    wanted: dict[str, Any] = {} if frame.age is None else {"age": frame.age}
    openings = []
    for sign, (audience, words) in _AUDIENCES.items():
        if frame.has(sign):
            wanted["audience"] = audience
            openings.append(words)
    if frame.budget:
        wanted |= {"sort": "data_desc"}
        if frame.budget.low is not None:
            wanted["min_fee"] = frame.budget.low
        if frame.budget.high is None or frame.budget.cheapest_first:
            wanted["sort"] = "fee"
        if frame.budget.high is not None:
            wanted["max_fee"] = frame.budget.high
        openings.append(frame.budget.words)
    if frame.gb is not None and not frame.gb_at_most:
        wanted |= {"min_data_gb": frame.gb + frame.gb_above, "sort": "fee"}
        enough = "그만큼 쓰시면 " if frame.gb_bare else f"데이터 {frame.gb}GB 이상으로는 "
        openings.append(enough)
    if frame.has(Sign.UNLIMITED):
        wanted |= {"unlimited": True, "sort": "fee"}
        openings.append("데이터 무제한으로는 ")
    return wanted, openings
