"""The local brain's rules that set plans side by side."""

from __future__ import annotations

import re

from agent.brain import answers
from agent.brain.draft import Draft, draft
from agent.brain.keywords import Sign, Topic
from agent.brain.state import State
from agent.brain.understand import Frame
from agent.korean.wording import object_
from agent.tools import Toolbox, ToolResult
from knowledge.catalog.model import Plan

_OF_TWO = re.compile(r"둘|두개|두요금제|중에|중에서|더")


async def compare(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Two plans, or two families, side by side."""
    plans = await _to_compare(frame, state, tools) if _asks_comparison(frame, state) else None
    if plans is None or tools.needs:
        return None
    if len(plans) >= 2:
        first, second = plans[:2]
        ids = (first.id, second.id)
        result = await tools.call("compare_plans", {"plan_ids": ids})
        # what was named now comes first: `그건` means it
        focus_ids = ids if first in frame.plans else ids[::-1]
        said = answers.compared(first, second)
        return draft(state, *said, result=result, plan_ids=focus_ids, topic=None)
    if len(frame.families) + len(plans) >= 2:
        return await _families(frame, state, tools)
    if plans:
        question = f"{object_(plans[0].name)} 어떤 요금제와 비교해 드릴까요?"
        result = await tools.call("find_plans", {"name": plans[0].name})
        return draft(state, question, result=result, plan_ids=(plans[0].id,))
    vague = not (frame.families or state.plan_ids or frame.topics)
    return draft(state, "어떤 요금제 두 가지를 비교해 드릴까요?") if vague else None


def _asks_comparison(frame: Frame, state: State) -> bool:
    """Asked for in words, or two plans named with nothing else asked of them."""
    other_topic = bool(frame.topics) and frame.topics[0] is not Topic.OVERVIEW
    if not frame.has(Sign.COMPARE) and (len(frame.plans) < 2 or other_topic):
        return False
    of_two = len(state.plan_ids) >= 2 and _OF_TWO.search(frame.plain)
    seeks_advice = frame.has(Sign.RECOMMEND, Sign.RELATIVE) or frame.age is not None
    return bool(frame.plans or of_two or not seeks_advice)


async def _to_compare(frame: Frame, state: State, tools: Toolbox) -> list[Plan]:
    """The plans named; what is missing comes from what was spoken of, or is the caller's own."""
    plans = list(frame.plans)
    if len(plans) < 2 and frame.has(Sign.MINE):
        own = await tools.call("get_customer")
        plans += [plan for plan in own.plans if plan not in plans]
    near = tools.catalog.family(state.family_id) if state.family_id else None
    if not plans and near and frame.gb is not None:
        plans = [plan for plan in near.plans if plan.data_gb == frame.gb]  # `10기가랑 차이`
    if frame.families or len(plans) >= 2:
        return plans
    focus = [plan for plan_id in state.plan_ids if (plan := tools.catalog.plan(plan_id))]
    spoken_of = focus[:1] if plans else focus[:2]
    plans = [*[plan for plan in spoken_of if plan not in plans], *plans]
    if len(plans) < 2 and tools.customer:
        own = await tools.call("get_customer")
        plans = [*[plan for plan in own.plans if plan not in plans], *plans]
    return plans


async def _families(frame: Frame, state: State, tools: Toolbox) -> Draft:
    said = []
    result = ToolResult()
    for family in frame.families[:2]:
        result = await tools.call("find_plans", {"family_id": family.id, "limit": 10})
        said.append(answers.family_range(family))
    for plan in frame.plans[:1]:
        result = await tools.call("find_plans", {"name": plan.name})
        said.append(answers.overview(plan)[0])
    return draft(state, *said, result=result, plan_ids=(), family_id=frame.families[-1].id)
