"""The local brain's rules that recommend: to the caller, or for somebody of an age."""

from __future__ import annotations

import re
from dataclasses import replace

from agent.brain import advice, answers, focus
from agent.brain.amounts import bare_number
from agent.brain.draft import Draft, draft
from agent.brain.keywords import Sign, Topic
from agent.brain.ranks import Kind, Rank, rank_in
from agent.brain.searches import search
from agent.brain.state import State
from agent.brain.understand import Frame
from agent.korean.wording import gigabytes, object_, topic, won
from agent.selection import AGE_KINDS, for_age
from agent.tools import Toolbox
from knowledge.catalog.model import EligibilityKind, Plan

_FOR_SOMEBODY = re.compile(
    r"쓸|쓰실|쓰시|해주|해드|해줄|사주|사드|요금|핸드폰|휴대폰|폰|가입|개통|바꿔|바꾸|맞는|뭐가|거요|것|좋"
)
_OLDEST = 115
_UNFITTING = frozenset({Topic.OVERVIEW, Topic.ELIGIBILITY, Topic.FEE})


async def age_given(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """The age that was asked for, of the person for whom a plan is sought."""
    if not state.asked_age or frame.named:
        return None
    bare = bare_number(frame.text) if frame.age is None else None
    if bare and bare <= _OLDEST:
        frame = replace(frame, age=bare)
    return None if frame.age is None else await _for_age(frame, state, tools)


async def usage_given(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """A bare number where it was asked how much data is used: `한 이십이요`."""
    amount = frame.budget or frame.gb is not None or frame.age is not None
    if not state.asked_budget or frame.named or amount:
        return None
    bare = bare_number(frame.text)
    return await search(replace(frame, gb=bare, gb_bare=True), state, tools) if bare else None


async def for_self(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """`그럼 저는요?` after a plan was found for somebody else."""
    if state.age is None or frame.age is not None or not focus.means_self(frame):
        return None
    if tools.customer:
        return await _for_caller(frame, state, tools, lower=False)
    return draft(state, "고객님 나이가 어떻게 되세요?", asked_age=True, age=None)


async def age_bonus(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """More data from a certain age, on the plan spoken of: `일흔다섯이면 더 줘요?`."""
    if frame.age is None or frame.named or not state.plan_ids or frame.has(Sign.RECOMMEND):
        return None
    if not (frame.age_told or frame.asked):
        return None
    if frame.has(Sign.RELATIVE) and not frame.asked and "더" not in frame.plain:
        return None  # `아버지는 여든하나세요`: another person to find a plan for
    plan = tools.catalog.plan(state.plan_ids[0])
    bonus = answers.older_bonus(plan) if plan else None
    if plan is None or bonus is None or Topic.ELIGIBILITY in frame.topics:
        return None
    result = await tools.call("get_plan", {"plan_id": plan.id})
    if frame.age < bonus[0]:
        return draft(state, *answers.benefits(plan), result=result)
    return draft(state, *answers.with_bonus(plan), result=result)


async def recommend(  # noqa: PLR0911 - a case a line
    frame: Frame, state: State, tools: Toolbox
) -> Draft | None:
    """A recommendation: for somebody of an age, or for the caller."""
    if frame.named or frame.has(Sign.FOREIGNER, Sign.DISABLED):
        return None
    asks = frame.has(Sign.RECOMMEND)
    wished = frame.budget is not None or frame.gb is not None
    if frame.age is not None or frame.has(Sign.RELATIVE):
        if frame.age is not None and not wished and (rank := rank_in(frame)):
            return await _best_for_age(frame.age, rank, frame, state, tools)
        if wished or frame.has(Sign.CHEAPEST, Sign.MOST_DATA, Sign.UNLIMITED):
            return None  # looked for with the age as one wish among others
        spoken_of = state.plan_ids or state.family_id
        if Topic.ELIGIBILITY in frame.topics and spoken_of and not asks:
            return None  # `서른여섯 살도 가입돼요?` asks about the plan spoken of
        if not asks and state.plan_ids and set(frame.asked) - _UNFITTING:
            return None
        return await _for_somebody(frame, state, tools, asks=asks)
    if frame.has(Sign.CHEAPEST, Sign.UNLIMITED, Sign.MOST_DATA, Sign.MORE_DATA):
        return None
    if wished and (tools.customer is None or not asks):
        return None
    of_own = frame.has(Sign.MINE) or not state.plan_ids
    lower = frame.has(Sign.CHEAPER) and of_own and tools.customer is not None
    return await _for_caller(frame, state, tools, lower=lower) if asks or lower else None


async def why(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Why a plan was recommended."""
    if not frame.has(Sign.WHY) or frame.named or not state.plan_ids or frame.has(Sign.BILL):
        return None
    plan = tools.catalog.plan(state.plan_ids[0])
    if plan is None:
        return None
    if tools.customer and state.age is None:
        return await _why_for_caller(plan, state, tools)
    result = await tools.call("get_plan", {"plan_id": plan.id})
    if plan.eligibility.kind in AGE_KINDS:
        said = f"{topic(plan.name)} {plan.eligibility.text} 고객님을 위한 요금제라서예요."
    else:
        said = f"말씀하신 조건에 맞아서 {object_(plan.name)} 골라 드렸어요."
    return draft(state, said, answers.price_and_data(plan), result=result)


async def _why_for_caller(plan: Plan, state: State, tools: Toolbox) -> Draft:
    result = await tools.call("recommend_plans", {})
    best = result.advice
    spoken_of = {plan.id, *state.plan_ids}
    option = next((o for o in best.options if o.plan.id in spoken_of), None) if best else None
    if option and best and best.present:
        return draft(state, advice.because(option, best.present), result=result)
    if best and best.keep_present and plan is best.present:
        return draft(state, advice.WHY_KEEP, result=result)
    fact = await tools.call("get_plan", {"plan_id": plan.id})
    said = f"말씀하신 조건에 맞아서 {object_(plan.name)} 골라 드렸어요."
    return draft(state, said, answers.price_and_data(plan), result=fact)


async def _for_somebody(frame: Frame, state: State, tools: Toolbox, *, asks: bool) -> Draft | None:
    if frame.age is not None:
        return await _for_age(frame, state, tools)
    if asks or _FOR_SOMEBODY.search(frame.plain):
        return draft(state, "쓰실 분의 나이가 어떻게 되세요?", asked_age=True)
    return None


async def _for_caller(frame: Frame, state: State, tools: Toolbox, *, lower: bool) -> Draft | None:
    """Advice for the verified caller; who only wants to pay less is not told to stay."""
    wishes: dict[str, int] = {}
    if frame.budget and frame.budget.high is not None:
        wishes["max_fee"] = frame.budget.high
    if frame.gb is not None:
        wishes["data_gb"] = frame.gb
    result = await tools.call("recommend_plans", wishes)
    found = result.advice
    if found is None or found.present is None:
        return None
    present = found.present
    option = found.options[0] if found.options else None
    spoken_of: list[Plan]
    if option and not found.keep_present:
        said, spoken_of = advice.recommended(option, present), [option.plan, present]
    elif lower:
        return None
    else:
        said, spoken_of = advice.keep(present, option), [present]
    ids = tuple(plan.id for plan in spoken_of)
    family = tools.catalog.family(spoken_of[0].family_id)
    pool = family.plans if family and spoken_of[0].eligibility.kind in AGE_KINDS else ()
    return draft(
        state, *said, result=result, plan_ids=ids, topics=(), age=None, wished=None,
        pool=tuple(plan.id for plan in pool),
    )  # fmt: skip


_GROWN = 19
_BY = {
    (False, False): "가장 저렴한 건",
    (False, True): "가장 비싼 건",
    (True, True): "데이터가 가장 많은 건",
    (True, False): "데이터가 가장 적은 건",
}


async def _best_for_age(
    age: int, rank: Rank, frame: Frame, state: State, tools: Toolbox
) -> Draft | None:
    """The cheapest of those made for an age, and a plan for anyone where that goes further."""
    made_for = for_age(tools.catalog, age=age)
    family = [plan for plan in made_for if plan.family_id == made_for[0].family_id]
    grown = age >= _GROWN and bool(family) and family[0].eligibility.kind is EligibilityKind.MAX_AGE
    if not family or rank.kind is not Kind.BEST or rank.place or frame.has(Sign.UNLIMITED) or grown:
        return None
    best = rank.order(family)[0]
    result = await tools.call("get_plan", {"plan_id": best.id})
    which = _BY[rank.by_data, rank.upwards]
    held = f"월 {won(best.fee_krw)}에 {gigabytes(best.data_gb)}{answers.copula(best.data_gb)}"
    said = [f"{best.family_name} 중에 {which} {best.name}, {held}."]
    anyone = [p for p in tools.catalog.plans if p.eligibility.kind is EligibilityKind.ANYONE]
    other = rank.order(anyone)[0]
    if rank.order([best, other])[0] is other:
        await tools.call("get_plan", {"plan_id": other.id})
        said.append(f"나이 제한이 없는 요금제로는 {answers.listed([other])}")
    ids = tuple(plan.id for plan in family)
    return draft(
        state, *said, result=result, age=age, plan_ids=(best.id,), pool=ids, wished=None,
        family_id=best.family_id, topics=(),
    )  # fmt: skip


async def _for_age(frame: Frame, state: State, tools: Toolbox) -> Draft:
    age = frame.age
    result = await tools.call("recommend_plans", {"age": age})
    made_for = [plan for plan in result.plans if plan.eligibility.kind in AGE_KINDS]
    said_age = f"만 {age}세이시면" if frame.age_told else "그 나이대시면"
    if not made_for:
        return draft(
            state,
            f"{said_age} 일반 요금제 중에서 고르실 수 있어요.",
            "한 달에 데이터를 몇 기가 정도 쓰세요?",
            result=result, age=age, plan_ids=(), asked_budget=True,
        )  # fmt: skip
    family = made_for[0].family_name
    if len(made_for) == 1 or made_for[1].family_id != made_for[0].family_id:
        plan = made_for[0]
        said = [f"{said_age} {object_(plan.name)} 추천해 드려요.", answers.price_and_data(plan)]
        kept = [plan]
    else:
        said = [f"{said_age} {family} 요금제가 알맞아요.", answers.listed(made_for[:2])]
        kept = made_for[:2]
    first = tools.catalog.family(made_for[0].family_id)
    pool = tuple(plan.id for plan in first.plans) if first else ()
    for plan in kept:
        bonus = answers.older_bonus(plan)
        if frame.age_told and bonus and age is not None and age >= bonus[0]:
            said += answers.with_bonus(plan)[:1]
            break
    return draft(
        state, *said, result=result, age=age, plan_ids=tuple(plan.id for plan in kept),
        family_id=made_for[0].family_id, topics=(), pool=pool, wished=None,
    )  # fmt: skip
