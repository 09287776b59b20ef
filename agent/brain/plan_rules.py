"""The local brain's rules about plans and families: named now, or spoken of before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.brain import answers
from agent.brain.draft import Draft, draft
from agent.brain.keywords import Sign, Topic
from agent.brain.own_rules import age_of_customer, picked_plan
from agent.brain.state import Act, State
from agent.brain.understand import Frame
from agent.korean.wording import topic
from agent.requests import says_yes
from agent.tools import Toolbox, ToolResult
from knowledge.catalog.model import Family, Plan

_BENEFITS = {Topic.OTT, Topic.MEMBERSHIP}
_OWN_TOPICS = (
    Topic.FEE, Topic.DATA, Topic.THROTTLE, Topic.SHARING, Topic.MINUTES, Topic.DISCOUNT,
    Topic.ROLLOVER, Topic.MEMBERSHIP, Topic.OTT,
)  # fmt: skip
"""What is asked of the caller's own plan when no other was spoken of."""
_THANKS_ONLY = re.compile(r"^(?!네|예)[^?]*(?:고마|고맙|감사|땡큐)")
_WITHOUT_ONLINE = re.compile(r"온라인(?:은|이|으로)?(?:전용)?(?:은|이)?(?:말고|빼고|싫|안)")
_ALL = re.compile(r"둘|그럼|그러면")
_EXTRA_CALLS = re.compile(r"영상|부가|화상")
_LETTERS = (("에이형", "a형"), ("비형", "b형"), ("씨형", "c형"), ("시형", "c형"))
_WHICH = "어떤 요금제가 궁금하신가요?"


async def answer_to_offer(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Yes to the offer of details."""
    offer = state.offer
    if offer is None or offer.act is not Act.DETAILS or not says_yes(frame.text) or frame.named:
        return None
    if _THANKS_ONLY.search(frame.plain):
        return None
    result = await tools.call("get_plan", {"plan_id": offer.plan_ids[0]})
    plan = result.plans[0]
    said = answers.details(plan)
    return draft(state, *said, result=result, plan_ids=(plan.id,))


async def not_online(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """`온라인 말고요`: back to the plan that is not online-only."""
    if not _WITHOUT_ONLINE.search(frame.plain) or not state.plan_ids:
        return None
    result = await tools.call("get_plan", {"plan_id": state.plan_ids[0]})
    plan = result.plans[0]
    return draft(
        state, f"네, 그러시면 {answers.brief(plan)}{answers.copula(plan.data_gb)}.", result=result
    )


async def named(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Plans or families that the caller names, with what is asked of them."""
    if not frame.named:
        return None
    asked = frame.topics[0] if frame.topics else None
    if asked is None and len(frame.rest) <= 4 and not frame.has(Sign.RECOMMEND):
        asked = state.topic  # `심플은요?` asks the same of another
    if frame.plans:
        result = ToolResult()
        for plan in frame.plans[:2]:
            result = await tools.call("find_plans", {"name": plan.name})
        said = _of_plans(frame.plans[:2], asked or Topic.OVERVIEW, frame, tools)
        ids = tuple(plan.id for plan in frame.plans[:2])
        return draft(
            state, *said, result=result, plan_ids=ids, family_id=frame.plans[0].family_id,
            topic=asked,
        )  # fmt: skip
    family = frame.families[0]
    result = await tools.call("find_plans", {"family_id": family.id, "limit": 10})
    said = _of_family(family, asked, frame.age if frame.age_told else None)
    others = [plan for plan in family.plans if plan.id not in frame.rejected]
    if len(others) < len(family.plans) and others:
        said = [f"다른 요금제로는 {answers.listed(others[:3])}"]
    focus = tuple(plan.id for plan in family.plans) if len(family.plans) <= 2 else ()
    if frame.has(Sign.CHEAPEST, Sign.PRICIEST, Sign.MOST_DATA):
        best = answers.superlative(family.plans, frame)
        said = [answers.price_and_data(best, named=True)]
        focus = (best.id,)
    return draft(state, *said, result=result, plan_ids=focus, family_id=family.id, topic=asked)


def _of_plans(plans: Sequence[Plan], asked: Topic, frame: Frame, tools: Toolbox) -> list[str]:
    """One plan gets the whole answer; of two, the first sentence each."""
    if len(plans) == 1:
        if asked is Topic.ELIGIBILITY:
            own = frame.has(Sign.MINE) or "제가" in frame.plain or "나" in frame.plain[:2]
            age = frame.age if frame.age_told else (age_of_customer(tools) if own else None)
            return answers.eligibility(plans[0], age=age)
        others = [item for item in frame.topics if item not in (asked, Topic.OVERVIEW)]
        said = answers.TOPIC_ANSWERS[asked](plans[0])
        if others:
            return said[:1] + answers.TOPIC_ANSWERS[others[0]](plans[0])[:1]
        return said
    if asked is Topic.MINUTES and _EXTRA_CALLS.search(frame.plain):
        return [f"{plan.name} {answers.minutes(plan)[-1]}" for plan in plans]
    return [answers.TOPIC_ANSWERS[asked](plan)[0] for plan in plans]


def _of_family(family: Family, asked: Topic | None, age: int | None = None) -> list[str]:
    """A family: its plans' range, or what all of them have in common."""
    first = family.plans[0]
    if asked is Topic.ELIGIBILITY:
        common = answers.eligibility(first, age=age)
    else:
        common = answers.TOPIC_ANSWERS[asked or Topic.OVERVIEW](first)
    if len(family.plans) == 1:
        return common
    if asked in (None, Topic.OVERVIEW, Topic.FEE, Topic.DISCOUNT):
        return answers.family_overview(family)
    if asked is Topic.DATA:
        return answers.family_data(family)
    if asked in (Topic.ELIGIBILITY, Topic.ROLLOVER, Topic.MINUTES):
        return [text.replace(topic(first.name), topic(family.name)) for text in common]
    return answers.family_each(family, asked)


async def refine(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """`70기가요`, `A형은요?`: a plan of the family just spoken of, or a name without its family."""
    said = frame.plain
    for spoken, written in _LETTERS:
        said = said.replace(spoken, written)
    family = tools.catalog.family(state.family_id) if state.family_id else None
    near = list(family.plans) if family else []
    found = [plan for plan in near if frame.gb is not None and plan.data_gb == frame.gb]
    if picked := picked_plan(frame, state, tools):
        found = [picked]
    if not found and frame.gb is None and frame.won is None:
        everywhere = sorted(tools.catalog.plans, key=lambda plan: not plan.name.startswith("5G "))
        found = [
            plan
            for plan in (*near, *everywhere)
            if " " in plan.name and _says(said, plan.name.split()[-1].lower())
        ]
    if not found:
        return None
    asked = frame.topics[0] if frame.topics else state.topic
    said_of = _of_plans(found[:1], asked or Topic.OVERVIEW, frame, tools)
    result = await tools.call("get_plan", {"plan_id": found[0].id})
    return draft(
        state, *said_of, result=result, plan_ids=(found[0].id,), family_id=found[0].family_id,
        topic=asked,
    )  # fmt: skip


def _says(said: str, tail: str) -> bool:
    """Whether the end of a plan's name is said; `36` is not in `36살` or `1036`."""
    if not tail.isdigit():
        return len(tail) >= 2 and tail in said
    return (
        re.search(rf"(?<![\d,.]){tail}(?![\d,.]*(?:\d|[살세%분개년월일시번대원만천]))", said)
        is not None
    )


async def follow_up(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """A question about what was spoken of before: `그럼 데이터는요?`, `그건 얼마예요?`."""
    seeks = frame.has(Sign.WITH_BENEFIT) and _BENEFITS & set(frame.topics)
    if seeks or not (frame.topics or frame.has(Sign.THAT)):
        return None  # `넷플릭스 되는 요금제` looks for plans
    asked = frame.topics[0] if frame.topics else state.topic or Topic.OVERVIEW
    plans = [plan for plan_id in state.plan_ids if (plan := tools.catalog.plan(plan_id))]
    family = tools.catalog.family(state.family_id) if state.family_id else None
    if not plans and family:
        result = await tools.call("find_plans", {"family_id": family.id, "limit": 10})
        return draft(state, *_of_family(family, asked), result=result, topic=asked)
    if not plans and tools.customer and asked in _OWN_TOPICS:
        plans = list((await tools.call("get_customer")).plans)
    if not plans:
        vague = not frame.topics or asked in (Topic.FEE, Topic.DATA, Topic.DISCOUNT)
        known = asked if frame.topics else state.topic
        return draft(state, _WHICH, topic=known) if vague and len(frame.plain) <= 14 else None
    if frame.has(Sign.THAT) and asked is not Topic.OVERVIEW and not _ALL.search(frame.plain):
        plans = plans[:1]
    result = ToolResult()
    for plan in plans[:2]:
        result = await tools.call("get_plan", {"plan_id": plan.id})
    return draft(state, *_of_plans(plans[:2], asked, frame, tools), result=result, topic=asked)
