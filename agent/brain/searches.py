"""The local brain's rules that look for plans by wishes: budget, data, superlatives."""

from __future__ import annotations

import re
from typing import Any

from agent.brain import answers
from agent.brain.draft import Draft, draft
from agent.brain.keywords import Sign, Topic
from agent.brain.state import Act, Offer, State
from agent.brain.understand import Frame
from agent.korean.wording import subject, topic, won
from agent.selection import is_online
from agent.tools import Toolbox
from knowledge.catalog.model import Plan
from knowledge.compare import full_age

_WISHES = (
    Sign.CHEAPEST, Sign.CHEAPER, Sign.PRICIEST, Sign.MOST_DATA, Sign.MORE_DATA, Sign.UNLIMITED,
    Sign.FOREIGNER, Sign.DISABLED, Sign.LITTLE, Sign.LOTS,
)  # fmt: skip


_AMONG = re.compile(r"거기|중에|그중|그가운데")
_LOOKS_FOR = re.compile(r"(?:없는|인|싼|한)(?:거|것|걸|요금제|데)|요금제|쓰고싶|싶은데|뭐있|있어")


async def best_of_family(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """`제일 싼 거` right after a family, or `그중에 데이터 제일 많은 거`."""
    family = tools.catalog.family(state.family_id or "")
    if family is None or frame.named or not frame.has(*_SORTS):
        return None
    if state.plan_ids and not _AMONG.search(frame.plain):
        return None
    result = await tools.call("find_plans", {"family_id": family.id, "limit": 10})
    best = answers.superlative(family.plans, frame)
    said = answers.price_and_data(best, named=True)
    return draft(state, said, result=result, plan_ids=(best.id,), topic=None)


async def search(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Plans by wishes; a wish beside a name is about that family and answered with it."""
    if frame.named and not (frame.plans and frame.has(Sign.CHEAPER, Sign.MORE_DATA)):
        return None
    if Topic.ROLLOVER in frame.topics and frame.has(Sign.WITH_BENEFIT, Sign.WHICH_PLANS):
        return await _that_roll_over(state, tools)
    focus = _focus(frame, state, tools)
    if not (frame.won is not None or frame.gb is not None or frame.has(*_WISHES)):
        return await _others(focus, state, tools) if focus and frame.has(Sign.OTHER) else None
    if _in_family(frame, state, tools) or _asks_of_plan(frame, state):
        return None
    wishes, opening = _wishes(frame, focus)
    if wishes is None:
        return None
    if "age" not in wishes and not frame.has(Sign.FOREIGNER, Sign.DISABLED):
        customer = tools.customer
        own = full_age(customer.born, tools.today) if customer else None
        wishes["age"] = own if state.age is None else state.age
    return await _found(frame, state, tools, wishes=wishes, opening=opening)


async def _found(
    frame: Frame, state: State, tools: Toolbox, *, wishes: dict[str, Any], opening: str
) -> Draft:
    """What meets the wishes: plans that anyone may join, then a cheaper one that is online only."""
    result = await tools.call("find_plans", {**wishes, "limit": 2})
    everywhere = await tools.call("find_plans", {**wishes, "online": True, "limit": 10})
    online = next(filter(is_online, everywhere.plans), None)
    plans = result.plans
    if not plans and online is None:
        return await _nothing(state, tools)
    one = frame.has(Sign.CHEAPEST, Sign.PRICIEST, Sign.MOST_DATA)
    said = []
    if plans:
        said.append(_best(plans[0], frame) if one else f"{opening}{answers.listed(plans)}")
    if online and not frame.has(Sign.PRICIEST) and _worth_it(online, plans):
        lead = "온라인 전용까지 보시면 " if plans else f"{opening}온라인 전용인 "
        said.append(lead + answers.listed((online,)))
    shown = plans[:1] if one else plans
    ids = tuple(plan.id for plan in shown) or ((online.id,) if online else ())
    offer = None
    if shown and state.offered_details == 0 and not one:
        text = f"{shown[0].name} 요금제를 자세히 알려 드릴까요?"
        offer = Offer(act=Act.DETAILS, text=text, plan_ids=ids[:1])
    return draft(
        state, *said, result=result if plans else everywhere, plan_ids=ids, topic=None,
        family_id=None, offer=offer, offered_details=state.offered_details + (offer is not None),
    )  # fmt: skip


async def _nothing(state: State, tools: Toolbox) -> Draft:
    cheapest = await tools.call("find_plans", {"sort": "fee", "limit": 1})
    plan = cheapest.plans[0]
    return draft(
        state,
        "아쉽지만 그 조건에 맞는 요금제는 없어요.",
        f"일반 요금제 중에는 {subject(plan.name)} 월 {won(plan.fee_krw)}으로 가장 저렴해요.",
        result=cheapest, plan_ids=(plan.id,), topic=None,
    )  # fmt: skip


async def _that_roll_over(state: State, tools: Toolbox) -> Draft:
    result = await tools.call("find_plans", {"rollover": True})
    return draft(
        state, "남은 데이터를 이월해 쓰시는 요금제예요.", answers.listed(result.plans[:3]),
        result=result, plan_ids=tuple(plan.id for plan in result.plans[:1]),
        family_id=result.plans[0].family_id, topic=None,
    )  # fmt: skip


_OF_PLAN = (Topic.MINUTES, Topic.SHARING, Topic.THROTTLE, Topic.OTT, Topic.MEMBERSHIP)


def _asks_of_plan(frame: Frame, state: State) -> bool:
    """`그건 통화 무제한이에요?` asks of the plan spoken of; `속도 제한 없는 거` looks for one."""
    if not (state.plan_ids and frame.has(Sign.UNLIMITED)):
        return False
    return not _LOOKS_FOR.search(frame.plain) and (
        frame.has(Sign.THAT) or any(item in _OF_PLAN for item in frame.topics)
    )


def _worth_it(online: Plan, plans: tuple[Plan, ...]) -> bool:
    """An online plan is worth a sentence when it costs less than what was found."""
    return not plans or online.fee_krw < min(plan.fee_krw for plan in plans)


def _in_family(frame: Frame, state: State, tools: Toolbox) -> bool:
    """`70기가요` after `심플`."""
    family = tools.catalog.family(state.family_id or "")
    if frame.gb is None or family is None:
        return False
    return any(plan.data_gb == frame.gb for plan in family.plans)


def _focus(frame: Frame, state: State, tools: Toolbox) -> Plan | None:
    """The plan that `더 싼 거` is measured against: named, spoken of, or the caller's own."""
    if frame.plans:
        return frame.plans[0]
    if frame.has(Sign.MINE) and tools.customer:
        return tools.catalog.plan(tools.customer.plan_id)
    for plan_id in state.plan_ids:
        if plan := tools.catalog.plan(plan_id):
            return plan
    return tools.catalog.plan(tools.customer.plan_id) if tools.customer else None


def _wishes(frame: Frame, focus: Plan | None) -> tuple[dict[str, Any] | None, str]:
    """The arguments for find_plans, and the words that open the answer; None: nothing to find."""
    wishes: dict[str, Any] = {} if frame.age is None else {"age": frame.age}
    for sign, (wish, words) in _AUDIENCES.items():
        if frame.has(sign):
            return wishes | {"audience": wish}, words
    figures, opening = _figures(frame)
    wishes |= figures
    if frame.has(Sign.UNLIMITED):
        wishes |= {"unlimited": True, "sort": "fee"}
        opening = opening or "데이터 무제한으로는 "
    sort = next((sort for sign, sort in _SORTS.items() if frame.has(sign)), None)
    if sort:
        return wishes | {"sort": sort}, opening
    if figures or wishes.get("unlimited"):
        return wishes, opening
    for sign, (unlimited, words) in _HABITS.items():
        if frame.has(sign):
            return wishes | {"unlimited": unlimited, "sort": "fee"}, words
    return _against(focus, frame, wishes)


def _figures(frame: Frame) -> tuple[dict[str, Any], str]:
    """The wishes that figures tell: a budget, an amount of data."""
    wishes: dict[str, Any] = {}
    opening = ""
    if frame.won is not None:
        opening = _budget(frame, wishes)
    if frame.gb is not None:
        wishes |= {"min_data_gb": frame.gb, "sort": "fee"}
        opening = f"데이터 {frame.gb}GB 이상으로는 "
    return wishes, opening


def _against(
    focus: Plan | None, frame: Frame, wishes: dict[str, Any]
) -> tuple[dict[str, Any] | None, str]:
    """Wishes measured against a plan: more data than that, less money than that."""
    if frame.has(Sign.MORE_DATA) and focus:
        if focus.data_gb is None:
            return None, ""
        more = {"min_data_gb": focus.data_gb + 1, "sort": "fee"}
        return wishes | more, "데이터가 더 많은 것으로는 "
    if focus is None:
        return wishes | {"sort": "fee"}, "저렴한 것으로는 "
    wishes |= {"max_fee": focus.fee_krw - 1, "sort": "fee_desc"}
    if focus.eligibility.age is not None and "age" not in wishes:
        wishes["family_id"] = focus.family_id
    return wishes, "더 저렴한 것으로는 "


_AUDIENCES = {
    Sign.FOREIGNER: ("foreigner", "외국인 고객님께는 "),
    Sign.DISABLED: ("disabled", "복지카드가 있으시면 "),
}
_HABITS = {
    Sign.LITTLE: (False, "데이터를 적게 쓰시면 "),
    Sign.LOTS: (True, "데이터를 많이 쓰시면 무제한인 "),
}
_SORTS = {Sign.MOST_DATA: "data_desc", Sign.CHEAPEST: "fee", Sign.PRICIEST: "fee_desc"}


def _budget(frame: Frame, wishes: dict[str, Any]) -> str:
    amount = frame.won or 0
    if frame.has(Sign.AT_LEAST) and not frame.has(Sign.AT_MOST):
        wishes |= {"min_fee": amount, "sort": "fee"}
        return f"{won(amount)} 이상으로는 "
    if "원대" in frame.plain or "만원짜리" in frame.plain:
        step = 10_000 if amount % 10_000 == 0 else 1_000
        wishes |= {"min_fee": amount, "max_fee": amount + step - 1, "sort": "data_desc"}
        return f"{won(amount)}대로는 "
    if "짜리" in frame.plain:
        wishes |= {"min_fee": amount, "max_fee": amount}
        return f"월 {won(amount)}인 것으로는 "
    wishes |= {"max_fee": amount, "sort": "data_desc"}
    return f"{won(amount)} 이하로는 "


def _best(plan: Plan, frame: Frame) -> str:
    """The superlative in one sentence."""
    amount = "데이터가 무제한이에요" if plan.data_gb is None else f"데이터 {plan.data_gb}GB예요"
    if frame.has(Sign.MOST_DATA):
        if plan.data_gb is None:
            return (
                f"데이터는 무제한 요금제가 가장 많고, 그중 {subject(plan.name)} "
                f"월 {won(plan.fee_krw)}으로 가장 저렴해요."
            )
        return f"{subject(plan.name)} {plan.data_gb}GB로 데이터가 가장 많아요."
    which = "비싼" if frame.has(Sign.PRICIEST) and not frame.has(Sign.CHEAPEST) else "저렴한"
    kind = "일반 요금제" if not frame.has(Sign.UNLIMITED) else "무제한 요금제"
    return f"가장 {which} {topic(kind)} {plan.name}, 월 {won(plan.fee_krw)}에 {amount}."


async def _others(focus: Plan, state: State, tools: Toolbox) -> Draft:
    """Other plans of the family; of a family with one plan, others near it in price."""
    family = tools.catalog.family(focus.family_id)
    wishes: dict[str, Any] = {"family_id": focus.family_id, "limit": 10}
    if family and len(family.plans) < 2:
        wishes = {"max_fee": focus.fee_krw, "sort": "fee_desc", "limit": 4}
    result = await tools.call("find_plans", wishes)
    spoken = set(state.plan_ids)
    plans = [plan for plan in result.plans if plan.id not in spoken] or [
        plan for plan in result.plans if plan.id != focus.id
    ]
    return draft(
        state, f"다른 요금제로는 {answers.listed(plans[:2])}", result=result,
        plan_ids=tuple(plan.id for plan in plans[:2]), topic=None,
    )  # fmt: skip
