"""The local brain's rules that set plans side by side."""

from __future__ import annotations

import re

from agent.brain import answers, families, focus, side_by_side
from agent.brain.draft import Draft, draft
from agent.brain.keywords import Sign, Topic
from agent.brain.state import State
from agent.brain.understand import Frame
from agent.korean.wording import object_, topic
from agent.selection import data_of
from agent.tools import Toolbox, ToolResult
from knowledge.catalog.model import Plan

_OF_TWO = re.compile(r"둘|두개|두요금제|중에|중에서|더")
_GAP = re.compile(r"차이|차액|더비싸|더싸|더저렴|더많|얼마나더|비싼|싼|저렴")
_MOST_PLANS = 4
_TWO = 2
_DATA_RANKS = (Sign.MOST_DATA, Sign.MORE_DATA)
_GAPS = (Topic.FEE, Topic.DATA)


async def compare(  # noqa: PLR0911 - a case a line
    frame: Frame, state: State, tools: Toolbox
) -> Draft | None:
    """Plans, or families, side by side."""
    plans = await _to_compare(frame, state, tools) if _asks_comparison(frame, state) else None
    if plans is None or tools.needs:
        return None
    if len(plans) >= _TWO and len(frame.plans) + len(frame.families) <= len(plans):
        return await _plans(plans[:_MOST_PLANS], frame, state, tools)
    if len(frame.families) == 1 and not plans and len(frame.families[0].plans) >= _TWO:
        return await _plans(families.by_fee(frame.families[0])[:_MOST_PLANS], frame, state, tools)
    if len(frame.families) + len(plans) >= _TWO:
        return await _families(frame, state, tools)
    if frame.age is not None or set(frame.asked) - set(_GAPS):
        return None  # `시니어 B형 75세 넘으면 뭐가 좋아요`
    if plans:
        question = f"{object_(plans[0].name)} 어떤 요금제와 비교해 드릴까요?"
        result = await tools.call("find_plans", {"name": plans[0].name})
        return draft(state, question, result=result, plan_ids=(plans[0].id,))
    vague = not (frame.families or state.plan_ids or frame.topics)
    return draft(state, "어떤 요금제 두 가지를 비교해 드릴까요?") if vague else None


async def _plans(plans: list[Plan], frame: Frame, state: State, tools: Toolbox) -> Draft:
    ids = tuple(plan.id for plan in plans)
    result = await tools.call("compare_plans", {"plan_ids": ids})
    if len(plans) > _TWO:
        said = side_by_side.many(plans)
    else:
        gaps = [item for item in frame.asked if item in _GAPS]
        others = [item for item in frame.asked if item not in _GAPS]
        said = side_by_side.compared(plans[0], plans[1])
        if others or (gaps and _GAP.search(frame.plain)):
            said = side_by_side.by_topic(plans[0], plans[1], frame.asked)
    # what was named now comes first: `그건` means it
    spoken_of = ids if plans[0] in frame.plans else ids[::-1]
    if best := _best(plans, frame):
        spoken_of = (best.id,)  # `그중에 뭐가 싸요?` chose one
    pool = ids if len(frame.plans) > 1 else ()
    return draft(
        state, *said, result=result, plan_ids=spoken_of, listed=ids, topics=(), pool=pool,
        wished=None,
    )  # fmt: skip


_CHEAP = re.compile(r"(?<!비)(?:싸|싼)|저렴|낮")
_ASKS_BY_HOW_MUCH = re.compile(r"얼마|차이|비교|차액")


def _best(plans: list[Plan], frame: Frame) -> Plan | None:
    """The one that was asked for by its rank; None where all are asked for."""
    if _ASKS_BY_HOW_MUCH.search(frame.plain):
        return None
    if frame.has(*_DATA_RANKS) or "많" in frame.rest:
        return max(plans, key=data_of)
    if frame.has(Sign.PRICIER, Sign.PRICIEST) or "비싸" in frame.rest:
        return max(plans, key=lambda plan: plan.fee_krw)
    cheap = frame.has(Sign.CHEAPER, Sign.CHEAPEST) or _CHEAP.search(frame.rest)
    return min(plans, key=lambda plan: plan.fee_krw) if cheap else None


def _asks_comparison(frame: Frame, state: State) -> bool:
    """Asked for in words, or two plans named with nothing else asked of them."""
    ranks = frame.has(Sign.CHEAPER, Sign.CHEAPEST, Sign.PRICIER, Sign.PRICIEST, *_DATA_RANKS)
    compares = frame.has(Sign.COMPARE) or (ranks and len(frame.plans) >= _TWO)
    if not compares and (len(frame.plans) < _TWO or frame.asked):
        return False
    of_two = len(state.plan_ids) >= _TWO and _OF_TWO.search(frame.plain)
    seeks_advice = frame.has(Sign.RECOMMEND, Sign.RELATIVE) or frame.age is not None
    return bool(frame.plans or frame.families or of_two or not seeks_advice)


async def _to_compare(frame: Frame, state: State, tools: Toolbox) -> list[Plan]:
    """The plans named; what is missing comes from what was spoken of, or is the caller's own."""
    plans = list(frame.plans)
    if len(plans) < _TWO and frame.has(Sign.MINE):
        own = await tools.call("get_customer")
        plans += [plan for plan in own.plans if plan not in plans]
    if len(frame.families) == 1 and not plans and tools.customer:
        own = await tools.call("get_customer")
        return [*own.plans, min(frame.families[0].plans, key=lambda plan: plan.fee_krw)]
    if frame.families or len(plans) >= _TWO:
        return plans
    spoken = focus.plans_of(state.plan_ids, tools.catalog)
    if len(spoken) < _TWO and not plans and (frame.has(Sign.BOTH) or not tools.customer):
        spoken = focus.pair(state, tools.catalog)
    spoken_of = spoken[:1] if plans else spoken[:_MOST_PLANS]
    plans = [*[plan for plan in spoken_of if plan not in plans], *plans]
    if len(plans) < _TWO and tools.customer:
        own = await tools.call("get_customer")
        plans = [*[plan for plan in own.plans if plan not in plans], *plans]
    return plans


async def _families(frame: Frame, state: State, tools: Toolbox) -> Draft:
    said = []
    result = ToolResult()
    for family in frame.families[:2]:
        result = await tools.call("find_plans", {"family_id": family.id, "limit": 10})
        said.append(families.in_range(family))
    for plan in frame.plans[:1]:
        result = await tools.call("find_plans", {"name": plan.name})
        said.append(answers.overview(plan)[0])
    rolling = [family for family in frame.families[:2] if answers.rolls_over(family.plans[0])]
    if len(rolling) == 1:
        said.append(f"{topic(rolling[0].name)} 남은 데이터를 다음 달까지 이월해 쓰실 수 있어요.")
    return draft(state, *said, result=result, plan_ids=(), family_id=frame.families[-1].id)
