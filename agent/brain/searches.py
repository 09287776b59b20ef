"""The local brain's rules that look for plans by wishes: budget, data, superlatives."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from agent.brain import answers, families, focus
from agent.brain.draft import Draft, draft
from agent.brain.keywords import Sign, Topic
from agent.brain.ranks import says_step
from agent.brain.small_talk import CONFIRM
from agent.brain.state import Act, Offer, State
from agent.brain.understand import Frame
from agent.brain.wishes import Wish, wish_in
from agent.korean.wording import speed, subject, topic, won
from agent.selection import is_online
from agent.tools import Toolbox
from knowledge.catalog.model import EligibilityKind, Plan
from knowledge.compare import full_age

_BEST = (Sign.CHEAPEST, Sign.PRICIEST, Sign.MOST_DATA, Sign.LEAST_DATA)
_WISHES = (
    *_BEST, Sign.CHEAPER, Sign.PRICIER, Sign.MORE_DATA, Sign.UNLIMITED, Sign.FOREIGNER,
    Sign.DISABLED, Sign.LITTLE, Sign.LOTS,
)  # fmt: skip
_LOOKS_FOR = re.compile(r"(?:없는|인|싼|한)(?:거|것|걸|요금제|데)|요금제|쓰고싶|싶은데|뭐있|있어")
_OF_PLAN = (
    Topic.MINUTES, Topic.SHARING, Topic.THROTTLE, Topic.OTT, Topic.MEMBERSHIP,
    Topic.EXTRA_MINUTES,
)  # fmt: skip
_MANY = 10
_FIVE_MBPS = re.compile(r"(?<!\d)5(?:메가|mbps|엠)|오메가")
_OF_MINE = re.compile(
    r"^(?:저|나|제가|내가|저도|나도|전|난)(?:는)?.{0,12}(?:맞죠|맞지|맞아|맞나|맞습)"
)
"""`저 이월되는 거 맞죠?` asks about the caller's own plan."""


async def search(  # noqa: PLR0911 - a case a line
    frame: Frame, state: State, tools: Toolbox
) -> Draft | None:
    """Plans by wishes; a wish beside a name is about that family and answered with it."""
    measured = (Sign.CHEAPER, Sign.PRICIER, Sign.MORE_DATA)
    if len(frame.families) == 1 and not frame.plans and _limited(frame):
        return await _in_named_family(frame, state, tools)
    if frame.named and not (frame.plans and frame.has(*measured)):
        return None
    if frame.plans and Topic.BENEFITS in frame.asked:
        return None  # `데이터 더 주는 나이 있어요?` asks about the plan
    if frame.has(Sign.CHEAPEST) and frame.has(Sign.PRICIEST):
        return await _both_ends(state, tools)
    of_mine = tools.customer is not None and _OF_MINE.search(frame.plain)
    if of_mine and not frame.has(*_BEST):
        return None
    if Topic.ROLLOVER in frame.topics and frame.has(Sign.WITH_BENEFIT, Sign.WHICH_PLANS):
        return await _that_roll_over(state, tools)
    plan = _measured_against(frame, state, tools)
    if plan is None and says_step(frame):
        return draft(state, "어떤 요금제를 말씀하시는 건가요?")
    wished = frame.budget or frame.gb is not None or frame.has(*_WISHES)
    if not wished:
        left_out = [p for i in frame.rejected if (p := tools.catalog.plan(i))]
        beside = left_out[0] if left_out else plan
        return await _others(beside, state, tools) if beside and frame.has(Sign.OTHER) else None
    if _in_family(frame, state, tools) or _asks_of_plan(frame, state):
        return None
    calls = {Topic.MINUTES, Topic.EXTRA_MINUTES}
    if set(frame.asked) and set(frame.asked) <= calls and not _LOOKS_FOR.search(frame.plain):
        return None  # `통화는 무제한이에요?`
    wish = wish_in(frame, plan)
    if wish is None:
        return await _at_the_end(frame, plan, state, tools)
    if "age" not in wish.arguments and "audience" not in wish.arguments:
        customer = tools.customer
        own = full_age(customer.born, tools.today) if customer else None
        age = own if state.age is None else state.age
        wish = wish.with_age(age)
    return await _found(frame, state, tools, wish)


def _limited(frame: Frame) -> bool:
    return frame.budget is not None or frame.gb is not None


async def _in_named_family(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """`심플 중에 6만 5천 원 안 넘는 거`: a family's plans within limits."""
    family = frame.families[0]
    wish = wish_in(replace(frame, signs=frame.signs & set(_BEST)), None)
    if wish is None:
        return None
    arguments = {**wish.arguments, "family_id": family.id, "limit": _MANY}
    arguments.pop("age", None)
    result = await tools.call("find_plans", arguments)
    plans = result.plans
    if frame.gb is not None and frame.gb_at_most:
        plans = tuple(p for p in plans if p.data_gb is not None and p.data_gb <= frame.gb)
    if not plans:
        whole = await tools.call("find_plans", {"family_id": family.id, "limit": _MANY})
        said = "그 조건에 맞는 요금제는 없어요."
        return draft(
            state, said, families.in_range(family), result=whole, plan_ids=(),
            family_id=family.id, topics=(),
        )  # fmt: skip
    shown = plans[: wish.shown] if frame.has(*_BEST) else plans[:3]
    ids = tuple(plan.id for plan in shown)
    return draft(
        state, answers.listed(shown), result=result, plan_ids=ids, family_id=family.id, topics=(),
        pool=tuple(plan.id for plan in families.by_fee(family)), wished=None,
    )  # fmt: skip


async def _both_ends(state: State, tools: Toolbox) -> Draft:
    """The cheapest and the dearest in one breath."""
    low = await tools.call("find_plans", {"sort": "fee", "limit": 1})
    high = await tools.call("find_plans", {"sort": "fee_desc", "limit": 1})
    cheap, dear = low.plans[0], high.plans[0]
    return draft(
        state, f"가장 저렴한 건 {cheap.name}, 월 {won(cheap.fee_krw)}이에요.",
        f"가장 비싼 건 {dear.name}, 월 {won(dear.fee_krw)}이에요.", result=high,
        plan_ids=(cheap.id, dear.id), topics=(),
    )  # fmt: skip


async def _found(frame: Frame, state: State, tools: Toolbox, wish: Wish) -> Draft:
    """What meets the wishes: plans that anyone may join, then a cheaper one that is online only."""
    result = await tools.call("find_plans", {**wish.arguments, "limit": wish.shown})
    everywhere = await tools.call("find_plans", {**wish.arguments, "online": True, "limit": _MANY})
    online = next(filter(is_online, everywhere.plans), None)
    plans = result.plans
    if not plans and (online is None or state.asked_change):
        return await _nothing(state, tools, wish)
    one = frame.has(*_BEST) or wish.shown == 1
    said = []
    if plans:
        best = one and not wish.opening
        said.append(_best(plans[0], frame) if best else f"{wish.opening}{answers.listed(plans)}")
    if (
        online
        and not state.asked_change
        and not frame.has(Sign.PRICIEST, Sign.LEAST_DATA)
        and _worth_it(online, plans, wish)
    ):
        lead = "온라인 전용까지 보시면 " if plans else f"{wish.opening}온라인 전용인 "
        said.append(lead + answers.listed((online,)))
    shown = plans[:1] if one else plans
    ids = tuple(plan.id for plan in shown) or ((online.id,) if online else ())
    listed = tuple(dict.fromkeys((*ids, *((online.id,) if online and len(said) > 1 else ()))))
    pool = tuple(plan.id for plan in everywhere.plans) if wish.opening else _for_anyone(tools)
    offer = None
    if shown and state.offered_details == 0 and not one:
        text = f"{shown[0].name} 요금제를 자세히 알려 드릴까요?"
        offer = Offer(act=Act.DETAILS, text=text, plan_ids=ids[:1])
    if shown and state.asked_change:
        offer = Offer(act=Act.CHANGE, text=CONFIRM, plan_ids=ids[:1])
    return draft(
        state, *said, result=result if plans else everywhere, plan_ids=ids, listed=listed,
        topics=(), family_id=None, offer=offer, pool=pool, wished=frame if wish.opening else None,
        offered_details=state.offered_details + (offer is not None),
        age=frame.age if frame.age_told else state.age,
    )  # fmt: skip


def _for_anyone(tools: Toolbox) -> tuple[str, ...]:
    """Where `그다음 싼 거` goes on after the cheapest of all."""
    plans = tools.catalog.plans
    return tuple(plan.id for plan in plans if plan.eligibility.kind is EligibilityKind.ANYONE)


async def _nothing(state: State, tools: Toolbox, wish: Wish) -> Draft:
    """What comes nearest where nothing meets the wishes: the data matters more than the price."""
    kept = {
        key: value for key, value in wish.arguments.items() if key not in ("max_fee", "min_fee")
    }
    needs = "min_data_gb" in kept or "unlimited" in kept
    near = await tools.call("find_plans", {**kept, "sort": "fee", "limit": 1} if needs else {})
    if not near.plans:
        near = await tools.call("find_plans", {"sort": "fee", "limit": 1})
    plan = near.plans[0]
    among = "그 데이터로는" if needs else "일반 요금제 중에는"
    return draft(
        state,
        "아쉽지만 그 조건에 맞는 요금제는 없어요.",
        f"{among} {subject(plan.name)} 월 {won(plan.fee_krw)}으로 가장 저렴해요.",
        result=near, plan_ids=(plan.id,), topics=(),
    )  # fmt: skip


async def _at_the_end(
    frame: Frame, plan: Plan | None, state: State, tools: Toolbox
) -> Draft | None:
    """More data than unlimited, less than the least: nothing goes beyond the plan spoken of."""
    if plan is None or not frame.has(Sign.MORE_DATA, Sign.PRICIER, Sign.CHEAPER):
        return None
    result = await tools.call("get_plan", {"plan_id": plan.id})
    if frame.has(Sign.MORE_DATA) and plan.data_gb is None:
        said = f"{topic(plan.name)} 이미 데이터가 무제한이에요."
    else:
        said = f"지금 말씀드린 {plan.name}보다 더 맞는 요금제는 없어요."
    return draft(state, said, result=result)


async def _that_roll_over(state: State, tools: Toolbox) -> Draft:
    result = await tools.call("find_plans", {"rollover": True})
    return draft(
        state, "남은 데이터를 이월해 쓰시는 요금제예요.", answers.listed(result.plans[:3]),
        result=result, plan_ids=tuple(plan.id for plan in result.plans[:1]),
        listed=tuple(plan.id for plan in result.plans[:3]),
        family_id=result.plans[0].family_id, topics=(),
    )  # fmt: skip


def _asks_of_plan(frame: Frame, state: State) -> bool:
    """`그건 통화 무제한이에요?` asks of the plan spoken of; `속도 제한 없는 거` looks for one."""
    if not (state.plan_ids and frame.has(Sign.UNLIMITED)):
        return False
    return not _LOOKS_FOR.search(frame.plain) and (
        frame.has(Sign.THAT) or any(item in _OF_PLAN for item in frame.topics)
    )


def _worth_it(online: Plan, plans: tuple[Plan, ...], wish: Wish) -> bool:
    """An online plan is worth a sentence when it costs less than what was found, or fills it up."""
    few = len(plans) < wish.shown
    return few or online.fee_krw < min(plan.fee_krw for plan in plans)


def _in_family(frame: Frame, state: State, tools: Toolbox) -> bool:
    """`70기가요` after `심플`."""
    family = focus.family_of(state, tools.catalog)
    if frame.gb is None or family is None or frame.gb_at_most:
        return False
    return any(plan.data_gb == frame.gb for plan in family.plans)


def _measured_against(frame: Frame, state: State, tools: Toolbox) -> Plan | None:
    """The plan that `더 싼 거` is measured against: named, spoken of, or the caller's own."""
    own = tools.catalog.plan(tools.customer.plan_id) if tools.customer else None
    if frame.plans:
        return frame.plans[0]
    if frame.has(Sign.MINE) and own:
        return own
    spoken = focus.subjects(frame, state, tools.catalog)
    if spoken and frame.has(Sign.CHEAPER):
        return min(spoken, key=lambda plan: plan.fee_krw)
    if spoken and frame.has(Sign.PRICIER):
        return max(spoken, key=lambda plan: plan.fee_krw)
    if spoken and frame.has(Sign.MORE_DATA):
        return max(spoken, key=lambda plan: (plan.data_gb is None, plan.data_gb or 0))
    return spoken[0] if spoken else own


def _best(plan: Plan, frame: Frame) -> str:
    """The superlative in one sentence."""
    if frame.has(Sign.MOST_DATA):
        if plan.data_gb is None:
            return (
                f"데이터는 무제한 요금제가 가장 많고, 그중 {subject(plan.name)} "
                f"월 {won(plan.fee_krw)}으로 가장 저렴해요."
            )
        return (
            f"{subject(plan.name)} {plan.data_gb}GB로 데이터가 가장 많고, "
            f"월 {won(plan.fee_krw)}이에요."
        )
    amount = "데이터가 무제한이에요" if plan.data_gb is None else f"데이터 {plan.data_gb}GB예요"
    if frame.has(Sign.LEAST_DATA):
        return f"데이터가 가장 적은 건 {plan.name}, 월 {won(plan.fee_krw)}에 {amount}."
    which = "비싼" if frame.has(Sign.PRICIEST) and not frame.has(Sign.CHEAPEST) else "저렴한"
    kind = "무제한 요금제" if frame.has(Sign.UNLIMITED) else "일반 요금제"
    return f"가장 {which} {topic(kind)} {plan.name}, 월 {won(plan.fee_krw)}에 {amount}."


async def _others(plan: Plan, state: State, tools: Toolbox) -> Draft:
    """Other plans of the family; of a family with one plan, others near it in price."""
    family = tools.catalog.family(plan.family_id)
    unsaid = [i for i in state.listed if i not in state.plan_ids]
    if plan.id in state.listed and unsaid:  # `다른 건요?` of two that were compared
        for plan_id in unsaid[:2]:
            result = await tools.call("get_plan", {"plan_id": plan_id})
        plans = focus.plans_of(tuple(unsaid[:2]), tools.catalog)
    else:
        wishes: dict[str, Any] = {"family_id": plan.family_id, "limit": _MANY}
        if family and len(family.plans) == 1:
            wishes = {"max_fee": plan.fee_krw, "sort": "fee_desc", "limit": 4}
        result = await tools.call("find_plans", wishes)
        spoken = {plan.id, *state.plan_ids, *state.listed}
        plans = [other for other in result.plans if other.id not in spoken] or [
            other for other in result.plans if other.id != plan.id
        ]
    return draft(
        state, f"다른 요금제로는 {answers.listed(plans[:2])}", result=result,
        plan_ids=tuple(other.id for other in plans[:2]), topics=(),
    )  # fmt: skip


async def fastest_after(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """`다 써도 제일 빠른 거`: the best speed after the data is used up."""
    if frame.named or not (frame.has(Sign.FASTEST) or _FIVE_MBPS.search(frame.plain)):
        return None
    plans = [plan for plan in tools.catalog.plans if plan.throttle_kbps is not None]
    best = max(plans, key=lambda plan: plan.throttle_kbps or 0)
    result = await tools.call("get_plan", {"plan_id": best.id})
    said = (
        f"{subject(best.name)} 데이터를 다 쓰신 뒤에도 최대 {speed(best.throttle_kbps or 0)}로 "
        "가장 빨라요."
    )
    return draft(
        state, said, answers.price_and_data(best),
        result=result, plan_ids=(best.id,), topics=(),
    )  # fmt: skip
