"""The local brain's rules about the caller's own plan, recommendations and changes."""

from __future__ import annotations

import re

from agent.brain import answers
from agent.brain.draft import Draft, draft
from agent.brain.keywords import Sign, Topic
from agent.brain.small_talk import HUMAN_OFFER
from agent.brain.state import State
from agent.brain.understand import Frame
from agent.korean.wording import object_, topic, won
from agent.selection import AGE_KINDS
from agent.tools import Toolbox
from knowledge.catalog.model import Plan
from knowledge.compare import full_age, is_eligible

_ASKS_HOW = re.compile(
    r"어떻게|언제|방법|절차|수있|되나|돼나|될까|되죠|되요|돼요|가능|몇번|하려면|며칠|얼마나걸|면"
)
_FOR_SOMEBODY = re.compile(r"쓸|쓰실|해주|해줄|사주|요금|핸드폰|휴대폰|폰|가입|개통|바꿔|맞는|뭐가")
_OLDER = re.compile(r"만 (\d+)세 이상 가입 시 (.+) 추가")
_UNTIL_WHEN = re.compile(
    r"언제까지|몇살까지|몇세까지|나이(?:가)?되면|살(?:이)?되면|성인되면|졸업하면|생일(?:이)?지나면"
)
_NOT_ABOUT_MINE = (
    Sign.RECOMMEND, Sign.RELATIVE, Sign.CHEAPER, Sign.MORE_DATA, Sign.CHEAPEST, Sign.CHANGE,
    Sign.OTHER,
)  # fmt: skip


async def age_given(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """The age that was asked for, of the person for whom a plan is sought."""
    if not state.asked_age or frame.age is None or frame.named:
        return None
    return await _for_age(frame, state, tools)


async def age_bonus(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """More data from a certain age, on the plan spoken of: `일흔다섯이면 더 줘요?`."""
    if not frame.age_told or frame.age is None or frame.named or not state.plan_ids:
        return None
    plan = tools.catalog.plan(state.plan_ids[0])
    match = next((m for note in plan.notes if (m := _OLDER.match(note))), None) if plan else None
    if plan is None or match is None or frame.age < int(match[1]):
        return None
    result = await tools.call("get_plan", {"plan_id": plan.id})
    said = f"네, {topic(plan.name)} 만 {match[1]}세 이상 가입하시면 {object_(match[2])} 더 드려요."
    return draft(state, said, result=result)


async def change(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Changing or joining a plan, which only a human can do."""
    if not _wants_change(frame):
        return None
    focus = tools.catalog.plan(state.plan_ids[0]) if state.plan_ids else None
    plans = frame.plans or ((focus,) if focus and frame.has(Sign.THAT) else ())
    if not plans:
        return draft(state, "요금제 변경과 가입은 상담원이 도와드리고 있어요.", offer=HUMAN_OFFER)
    plan = plans[0]
    result = await tools.call("find_plans", {"name": plan.name})
    if barred := _barred(plan, tools):
        return draft(state, barred, result=result, plan_ids=(plan.id,), topic=Topic.ELIGIBILITY)
    price = f"{topic(plan.name)} 월 {won(plan.fee_krw)}이고, 가입과 변경은 상담원이 도와드려요."
    return draft(state, price, result=result, offer=HUMAN_OFFER, plan_ids=(plan.id,))


def _wants_change(frame: Frame) -> bool:
    """To change now; how it is done, or for whom else, is another question."""
    other_wish = frame.has(
        Sign.RECOMMEND, Sign.COMPARE, Sign.CHEAPER, Sign.RELATIVE
    ) or _ASKS_HOW.search(frame.plain)
    seeks = frame.has(Sign.CHEAPEST, Sign.MOST_DATA, Sign.UNLIMITED) and not frame.named
    # another number, another card: not a plan
    of_plan = "요금제" in frame.plain or frame.plans or not frame.has(Sign.FAQ, Sign.BILL)
    return bool(frame.has(Sign.CHANGE) and of_plan and not other_wish and not seeks)


def age_of_customer(tools: Toolbox) -> int | None:
    """Full years of the verified customer."""
    return full_age(tools.customer.born, tools.today) if tools.customer else None


def _barred(plan: Plan, tools: Toolbox) -> str | None:
    """Why the verified customer may not join, if that is known."""
    age = age_of_customer(tools)
    if age is None or plan.eligibility.age is None or is_eligible(plan, age=age):
        return None
    return f"{topic(plan.name)} {plan.eligibility.text}이셔야 가입하실 수 있어요."


async def my_plan(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """The caller's own plan."""
    if not frame.has(Sign.MINE) or frame.named or frame.has(*_NOT_ABOUT_MINE):
        return None
    result = await tools.call("get_customer")
    if not result.ok:
        return None
    if not result.plans:
        return draft(state, "이용 중이신 요금제는 상담원이 확인해 드려요.", offer=HUMAN_OFFER)
    plan = result.plans[0]
    asked = [item for item in frame.topics if item not in (Topic.OVERVIEW, Topic.ELIGIBILITY)]
    said = [
        f"고객님은 {plan.family_name} {object_(plan.name)} 이용하고 계세요.",
        answers.price_and_data(plan),
    ]
    if asked:
        said = answers.TOPIC_ANSWERS[asked[0]](plan)
    return draft(
        state, *said, result=result, plan_ids=(plan.id,), topic=asked[0] if asked else None,
        family_id=plan.family_id,
    )  # fmt: skip


async def own_limit(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """How long the verified customer may stay on a plan with an age limit."""
    customer = tools.customer
    if customer is None or not _UNTIL_WHEN.search(frame.plain):
        return None
    until = tools.plan_ends(customer)
    about = frame.plans[0].id if frame.plans else (*state.plan_ids, customer.plan_id)[0]
    if until is None or about != customer.plan_id or frame.families:
        return None
    result = await tools.call("get_customer")
    said = answers.until_birthday(result.plans[0], until)
    return draft(state, said, result=result, plan_ids=(customer.plan_id,))


async def recommend(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """A recommendation: for somebody of an age, or for the caller."""
    wishes_said = frame.named or frame.won or frame.gb
    if wishes_said or frame.has(Sign.FOREIGNER, Sign.DISABLED):
        return None
    asks = frame.has(Sign.RECOMMEND)
    if frame.age is not None or frame.has(Sign.RELATIVE):
        if Topic.ELIGIBILITY in frame.topics and state.plan_ids and not asks:
            return None  # `서른여섯 살도 가입돼요?` asks about the plan spoken of
        return await _for_somebody(frame, state, tools, asks=asks)
    if frame.has(Sign.CHEAPEST, Sign.UNLIMITED, Sign.MOST_DATA):
        return None
    of_own = frame.has(Sign.MINE) or not state.plan_ids
    lower = frame.has(Sign.CHEAPER) and of_own and tools.customer is not None
    return await _for_caller(state, tools, lower=lower) if asks or lower else None


async def _for_somebody(frame: Frame, state: State, tools: Toolbox, *, asks: bool) -> Draft | None:
    if frame.age is not None:
        return await _for_age(frame, state, tools)
    if asks or _FOR_SOMEBODY.search(frame.plain):
        return draft(state, "쓰실 분의 나이가 어떻게 되세요?", asked_age=True)
    return None


async def _for_caller(state: State, tools: Toolbox, *, lower: bool) -> Draft | None:
    """Advice for the verified caller; who only wants to pay less is not told to stay."""
    result = await tools.call("recommend_plans", {})
    advice = result.advice
    if advice is None or advice.present is None:
        return None
    present = advice.present
    option = advice.options[0] if advice.options else None
    if option and not advice.keep_present:
        said, spoken_of = answers.recommended(option, present), [option.plan, present]
    elif lower:
        return None
    else:
        said, spoken_of = answers.keep(present, option), [present]
    ids = tuple(plan.id for plan in spoken_of)
    return draft(state, *said, result=result, plan_ids=ids, topic=None)


async def _for_age(frame: Frame, state: State, tools: Toolbox) -> Draft:
    age = frame.age
    result = await tools.call("recommend_plans", {"age": age})
    for_age = [plan for plan in result.plans if plan.eligibility.kind in AGE_KINDS]
    said_age = f"만 {age}세이시면" if frame.age_told else "그 나이대시면"
    if not for_age:
        return draft(
            state,
            f"{said_age} 일반 요금제 중에서 고르실 수 있어요.",
            "한 달에 데이터를 몇 기가 정도 쓰세요?",
            result=result, age=age, plan_ids=(),
        )  # fmt: skip
    family = for_age[0].family_name
    if len(for_age) == 1 or for_age[1].family_id != for_age[0].family_id:
        plan = for_age[0]
        said = [f"{said_age} {object_(plan.name)} 추천해 드려요.", answers.price_and_data(plan)]
        kept = [plan]
    else:
        said = [f"{said_age} {family} 요금제가 알맞아요.", answers.listed(for_age[:2])]
        kept = for_age[:2]
    return draft(
        state, *said, result=result, age=age, plan_ids=tuple(plan.id for plan in kept),
        family_id=for_age[0].family_id, topic=None,
    )  # fmt: skip
