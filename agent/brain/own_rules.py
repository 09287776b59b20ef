"""The local brain's rules about the caller's own account: present plan, limits, earlier calls."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from agent.brain import advice, answers, focus
from agent.brain.draft import Draft, draft
from agent.brain.keywords import PHRASES, Sign, Topic
from agent.brain.small_talk import HUMAN_OFFER
from agent.brain.state import State
from agent.brain.understand import Frame
from agent.korean.wording import object_
from agent.tools import Toolbox
from knowledge.catalog.model import Plan
from knowledge.compare import full_age
from storage.records import EarlierCall

_SEOUL = ZoneInfo("Asia/Seoul")
_UNTIL_WHEN = re.compile(
    r"언제까지|몇살까지|몇세까지|나이(?:가)?되면|[살세](?:이|가)?(?:되면|되는|넘으면|지나면)|성인되면|졸업하면|생일(?:이)?지나면|계속(?:써|쓸|이용|사용)"
    r"|스무살|열아홉|19살|20살"
)
_CONDITION = re.compile(r"조건|자격|제한")
_NOT_ABOUT_MINE = (
    Sign.RECOMMEND, Sign.RELATIVE, Sign.CHEAPER, Sign.PRICIER, Sign.MORE_DATA, Sign.CHEAPEST,
    Sign.CHANGE, Sign.OTHER, Sign.PREVIOUS_PLAN, Sign.COMPARE,
)  # fmt: skip


def age_of_customer(tools: Toolbox) -> int | None:
    """Full years of the verified customer."""
    return full_age(tools.customer.born, tools.today) if tools.customer else None


async def account(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """The caller's own name and since when they are a customer; nothing else personal is told."""
    if PHRASES["own_secret"].search(frame.plain) and not frame.has(Sign.FAQ, Sign.CHANGE):
        return draft(state, "개인정보는 전화로 말씀드리지 않고 있어요.", "무엇을 도와드릴까요?")
    name, since = (PHRASES[p].search(frame.plain) for p in ("own_name", "own_since"))
    if not (name or since) or frame.named:
        return None
    result = await tools.call("get_customer")
    customer = result.customer
    if customer is None:
        return None
    if name:
        return draft(state, f"{customer.name} 고객님으로 확인되어 있어요.", result=result)
    day = customer.since
    said = f"{day.year}년 {day.month}월 {day.day}일부터 이용하고 계세요."
    return draft(state, said, result=result)


async def history(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """What the caller phoned about before."""
    if not frame.has(Sign.HISTORY) or frame.named:
        return None
    result = await tools.call("get_history")
    if not result.ok:
        return None
    if not result.earlier:
        return draft(state, "지난 상담 기록은 남아 있지 않아요.", "무엇을 도와드릴까요?")
    said = _told(result.earlier[0], tools)
    spoken_of = tuple(i for i in result.earlier[0].plan_ids if tools.catalog.plan(i))[:1]
    for plan_id in spoken_of:
        await tools.call("get_plan", {"plan_id": plan_id})
    return draft(state, *said, result=result, plan_ids=spoken_of or state.plan_ids)


def _told(call: EarlierCall, tools: Toolbox) -> list[str]:
    day = call.started_at.astimezone(_SEOUL).date()
    when = f"{day.year}년 {day.month}월 {day.day}일에"
    plans = [plan.name for plan_id in call.plan_ids if (plan := tools.catalog.plan(plan_id))]
    said = []
    if plans:
        said.append(f"{when} 전화 주셔서 {', '.join(plans[:2])} 요금제를 안내해 드렸어요.")
    else:
        said.append(f"{when} 전화 주셨어요.")
    if call.reason:
        said.append(f"그때 문의하신 내용은 이렇게 남아 있어요: {call.reason.rstrip('.')}.")
    return said


async def previous_plan(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """The plan before the present one, which nobody here knows."""
    if not frame.has(Sign.PREVIOUS_PLAN) or frame.named or frame.has(Sign.COMPARE):
        return None
    result = await tools.call("get_customer")
    if not result.ok:
        return None
    said = ["이전 요금제는 제가 알 수 없고, 지금 쓰시는 요금제만 확인돼요."]
    if result.plans:
        said.append(f"지금은 {object_(result.plans[0].name)} 이용하고 계세요.")
    return draft(state, *said, result=result, offer=HUMAN_OFFER)


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
    asked = frame.asked
    if not _CONDITION.search(frame.plain):
        asked = tuple(item for item in asked if item is not Topic.ELIGIBILITY)
    said = [
        f"고객님은 {object_(plan.full_name)} 이용하고 계세요.",
        answers.price_and_data(plan),
    ]
    if asked:
        said = answers.of_plan(plan, asked)
    return draft(
        state, *said, result=result, plan_ids=(plan.id,), topics=asked, family_id=plan.family_id
    )


def _limited_in_talk(frame: Frame, state: State, tools: Toolbox) -> Plan | None:
    """A plan with an age limit out of the family spoken of, where that is not the caller's own."""
    family = focus.family_of(state, tools.catalog)
    if family is None or frame.has(Sign.MINE) or state.plan_ids:
        return None
    own = tools.customer.plan_id if tools.customer else None
    plan = family.plans[0]
    return plan if plan.eligibility.age and all(p.id != own for p in family.plans) else None


async def own_limit(  # noqa: PLR0911 - a case a line
    frame: Frame, state: State, tools: Toolbox
) -> Draft | None:
    """How long the verified customer may stay on the present plan."""
    customer = tools.customer
    if customer is None or not _UNTIL_WHEN.search(frame.plain) or frame.has(Sign.RELATIVE):
        return None
    if "이월된" in frame.plain:
        return None  # how long the data lasts, not the plan
    until = tools.plan_ends(customer)
    about = frame.plans[0].id if frame.plans else (*state.plan_ids, customer.plan_id)[0]
    if frame.has(Sign.MINE) and not frame.plans:
        about = customer.plan_id
    if about != customer.plan_id or frame.families:
        return None
    if limited := _limited_in_talk(frame, state, tools):
        result = await tools.call("get_plan", {"plan_id": limited.id})
        return draft(state, *answers.eligibility(limited), result=result)
    asks_rule = "몇살" in frame.plain or "몇세" in frame.plain or frame.age_told
    if until is None and (frame.named or asks_rule):
        return None
    result = await tools.call("get_customer")
    if not result.plans:
        return None
    plan = result.plans[0]
    said = advice.until_birthday(plan, until) if until else advice.without_limit(plan)
    return draft(state, said, result=result, plan_ids=(customer.plan_id,))
