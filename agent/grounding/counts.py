"""Checks dates and counts: `2028년 6월 25일`, `월 1회`, `OTT 2종`, `2배`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from agent.grounding.evidence import Evidence
from agent.korean.figures import native_number, number

_DATE = re.compile(
    r"(?:(?P<y>\d{4})년\s?)(?:(?P<m>\d{1,2})월(?:\s?(?P<d>\d{1,2})일)?)?"
    r"|(?P<m2>\d{1,2})월(?:\s?(?P<d2>\d{1,2})일)?"
    r"|(?<![\d월])(?<!월 )(?P<d3>\d{1,2})일(?=부터|까지|에|자로|자에)"
)
_NUMERAL = r"\d+|[일이삼사오육칠팔구십]{1,3}|한|두|세|네|다섯|여섯|일곱|여덟|아홉|열"
_COUNTERS = {
    "회": "회",
    "번": "회",
    "종": "종",
    "회선": "회선",
    "장": "장",
    "배": "배",
    "시간": "시간",
}
_COUNT = re.compile(
    rf"(?<![\d,.가-힣])(?P<n>{_NUMERAL})\s?"
    r"(?P<c>회선|종(?!류)|회(?!원)|장(?=[이을씩 ,.]|$)|배(?![우송달치])|시간)"
    rf"|(?:월|달에|매월|매달|하루에?)\s?(?P<n2>{_NUMERAL})\s?(?P<c2>번)"
)
_KINDS = re.compile(rf"(?<![\d가-힣])(?P<n>{_NUMERAL})\s?가지")


@lru_cache(maxsize=4096)
def dates_in(text: str) -> tuple[tuple[str, int, int], ...]:
    """The dates of a text as `2028-6-25`, parts that are not said left empty; with their places."""
    found = []
    for match in _DATE.finditer(text):
        parts = (match["y"], match["m"] or match["m2"], match["d"] or match["d2"] or match["d3"])
        found.append(("-".join(part or "" for part in parts), match.start(), match.end()))
    return tuple(found)


@lru_cache(maxsize=4096)
def counts_in(text: str) -> tuple[tuple[str, int, int, int], ...]:
    """The counts of a text: the counter, how many, and where."""
    found = []
    for match in _COUNT.finditer(text):
        value = _value(match["n"] or match["n2"])
        if value is not None:
            counter = _COUNTERS[match["c"] or match["c2"]]
            found.append((counter, value, match.start(), match.end()))
    return tuple(found)


def missing_dates(text: str, evidence: Evidence, told: str) -> list[str]:
    """The dates that neither a fact nor the caller names, each part of them."""
    known = [date for fact in evidence.facts for date, _, _ in dates_in(fact.text)]
    known += [date for date, _, _ in dates_in(told)]
    return [
        f"date:{date}"
        for date, _, _ in dates_in(text)
        if not any(_within(date, other) for other in known)
    ]


def missing_counts(text: str, evidence: Evidence, whose: frozenset[str], told: str) -> list[str]:
    """The counts that no fact holds; of a plan that is named, its own notes decide."""
    texts: Iterable[str] = (fact.text for fact in evidence.general)
    plans = [plan for plan in evidence.plans if not whose or plan.id in whose]
    notes = [", ".join(plan.notes) for plan in plans]
    known = {(c, n) for held in (*texts, *notes, told) for c, n, _, _ in counts_in(held)}
    missing = [f"{c}:{n}" for c, n, _, _ in counts_in(text) if (c, n) not in known]
    return missing + _missing_kinds(text, evidence, whose)


def _missing_kinds(text: str, evidence: Evidence, whose: frozenset[str]) -> list[str]:
    """`네 가지가 있어요`, said of a family: as many as there are, or were found."""
    match = _KINDS.search(text)
    if (
        match is None
        or not whose
        or not re.match(r"(?:가|이)? ?있|(?:예|이에)요|입니다", text[match.end() :])
    ):
        return []
    value = _value(match["n"])
    possible = {len(evidence.plans), len(whose & {plan.id for plan in evidence.plans}), len(whose)}
    return [] if value is None or value in possible or not evidence.plans else [f"가지:{value}"]


def _within(date: str, other: str) -> bool:
    """Whether a date says no more than another: `6월 25일` within `2028년 6월 25일`."""
    return all(
        part in ("", held) for part, held in zip(date.split("-"), other.split("-"), strict=True)
    )


def _value(numeral: str) -> int | None:
    native = native_number(numeral)
    if native is not None:
        return native
    value = number(numeral)
    return None if value is None else int(value)
