"""Resolves what an utterance is about: `그거`, `두 번째 거`, `둘 중에`, `아까 그거`."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from agent.brain.keywords import Sign, Topic
from agent.brain.state import State
from agent.brain.understand import Frame
from agent.selection import is_online
from knowledge.catalog.model import Catalog, Family, Plan

_RANKED = (
    Sign.CHEAPEST, Sign.CHEAPER, Sign.PRICIEST, Sign.PRICIER, Sign.MORE_DATA, Sign.MOST_DATA,
)  # fmt: skip
_PLACES = {Sign.FIRST: 0, Sign.SECOND: 1, Sign.THIRD: 2, Sign.LAST: -1}
_SHORT = 12
"""Characters of an age and nothing else."""
_AMONG = re.compile(r"둘|셋|두개|세개|중에|중에서|그중|가운데|거기서|저것들|얘네")
_TWO = 2
_AT_FIRST = re.compile(r"처음|먼저")
_OF_TWO = re.compile(r"둘|두개")
_RECALLS = re.compile(r"아까|방금전|조금전|먼저말|처음말|처음에말|전에말")


def plans_of(plan_ids: tuple[str, ...], catalog: Catalog) -> list[Plan]:
    """The plans with these ids that there are."""
    return [plan for plan_id in plan_ids if (plan := catalog.plan(plan_id))]


def family_of(state: State, catalog: Catalog) -> Family | None:
    """The family spoken of."""
    return catalog.family(state.family_id) if state.family_id else None


def picked(frame: Frame, state: State, catalog: Catalog) -> Plan | None:
    """One of the plans listed, picked by its place, or the one spoken of earlier."""
    listed = plans_of(state.listed, catalog)
    if frame.has(Sign.NEXT) and listed and not frame.has(*_RANKED):
        places = [place for place, plan in enumerate(listed) if plan.id in state.plan_ids]
        following = places[-1] + 1 if places and len(state.plan_ids) == 1 else 1
        return listed[following] if following < len(listed) else None
    spoken_of = set(state.plan_ids)
    if _AT_FIRST.search(frame.plain) and state.told and not spoken_of & set(state.listed):
        return catalog.plan(state.told[0])
    for sign, place in _PLACES.items():
        if frame.has(sign) and place < len(listed):
            return listed[place]
    return _recalled(frame, state, catalog)


def _recalled(frame: Frame, state: State, catalog: Catalog) -> Plan | None:
    """`아까 그거`: the plan before this one, where this one has only just come up."""
    if not _RECALLS.search(frame.plain):
        return None
    if state.fresh and len(state.plan_ids) == 1 and state.earlier_id:
        return catalog.plan(state.earlier_id)
    return next(iter(plans_of(state.plan_ids, catalog)), None)


def among(frame: Frame, state: State, catalog: Catalog) -> list[Plan]:
    """The plans that `둘 중에`, `그중에` chooses from; empty where it chooses from none."""
    if not _AMONG.search(frame.plain):
        return []
    if len(state.plan_ids) > 1:
        return plans_of(state.plan_ids, catalog)
    if state.earlier_id and state.plan_ids and _OF_TWO.search(frame.plain):
        return pair(state, catalog)
    family = family_of(state, catalog)
    if family and not {plan.id for plan in family.plans} & set(state.listed):
        return list(family.plans)
    return plans_of(state.listed, catalog)


def of_two(frame: Frame) -> bool:
    """Whether of two plans is spoken in so many words."""
    return bool(_OF_TWO.search(frame.plain))


def pair(state: State, catalog: Catalog) -> list[Plan]:
    """The two plans spoken of last, one after the other: `둘이 얼마 차이나요`."""
    if len(state.plan_ids) == 1 and len(state.listed) == _TWO and state.plan_ids[0] in state.listed:
        both = plans_of(state.listed, catalog)
        if not (state.earlier_id and is_online(both[-1]) and not is_online(both[0])):
            return both  # an online plan that was only added is not one of the two
    if len(state.plan_ids) == 1 and state.earlier_id:
        return plans_of((state.earlier_id, *state.plan_ids), catalog)
    return plans_of(state.plan_ids if len(state.plan_ids) > 1 else state.listed, catalog)


def inherited(frame: Frame, state: State, *, today: date, own_age: int | None) -> Frame:
    """The utterance with what it leaves out: an age, or what was asked before of another age."""
    if frame.born and frame.age is None:
        # the year alone does not tell whether the birthday is over: most are, most of the year
        frame = replace(frame, age=today.year - frame.born, age_told=True)
        if frame.has(Sign.ASKS_FIT):
            frame = replace(frame, topics=(Topic.ELIGIBILITY, *frame.asked))
    short = len(frame.rest) <= _SHORT and not frame.named and not frame.topics
    asked_fit = Topic.ELIGIBILITY in state.topics and bool(state.plan_ids or state.family_id)
    if short and asked_fit and own_age is not None and means_self(frame):
        frame = replace(frame, age=own_age, age_told=True)
    if not (short and frame.age_told and asked_fit):
        return frame
    return replace(frame, topics=(Topic.ELIGIBILITY,))


_SELF = re.compile(
    r"^(?:아니|아|그럼|그러면|그리고|근데|그라믄|그라모)*(?:저|나|내|본인|지)(?:는|은|한테는|에게는|도)(?:요|은요|는요)?"
    r"(?:어때|어떤|어떨|뭐가|무슨|뭘|어떻)?.{0,8}$"
)


def means_self(frame: Frame) -> bool:
    """`그럼 저는요?`: the caller after somebody else."""
    return not frame.named and not frame.asked and bool(_SELF.search(frame.plain))


def subjects(frame: Frame, state: State, catalog: Catalog) -> list[Plan]:
    """The plans that a question without a name is about, the likeliest first."""
    if plan := picked(frame, state, catalog):
        return [plan]
    other = catalog.plan(state.instead) if state.instead else None
    if other and frame.age is None and Topic.ELIGIBILITY not in frame.topics:
        return [other]
    if frame.has(Sign.BOTH) and len(state.plan_ids) < 2:
        return pair(state, catalog)
    plans = plans_of(state.plan_ids, catalog)
    return plans[:1] if frame.has(Sign.THAT) and not frame.has(Sign.BOTH) else plans
