"""Resolves what an utterance is about: `그거`, `두 번째 거`, `둘 중에`, `아까 그거`."""

from __future__ import annotations

import re

from agent.brain.keywords import Sign
from agent.brain.state import State
from agent.brain.understand import Frame
from knowledge.catalog.model import Catalog, Family, Plan

_PLACES = {Sign.FIRST: 0, Sign.SECOND: 1, Sign.THIRD: 2, Sign.LAST: -1}
_AMONG = re.compile(r"둘|셋|두개|세개|중에|중에서|그중|가운데|거기서|저것들|얘네")
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
    if frame.has(Sign.NEXT) and listed:
        places = [place for place, plan in enumerate(listed) if plan.id in state.plan_ids]
        following = places[-1] + 1 if places and len(state.plan_ids) == 1 else 1
        return listed[following] if following < len(listed) else None
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
    family = family_of(state, catalog)
    if family and not {plan.id for plan in family.plans} & set(state.listed):
        return list(family.plans)
    return plans_of(state.listed, catalog)


def subjects(frame: Frame, state: State, catalog: Catalog) -> list[Plan]:
    """The plans that a question without a name is about, the likeliest first."""
    if plan := picked(frame, state, catalog):
        return [plan]
    if frame.has(Sign.BOTH) and len(state.plan_ids) < 2 <= len(state.listed):
        return plans_of(state.listed, catalog)
    plans = plans_of(state.plan_ids, catalog)
    return plans[:1] if frame.has(Sign.THAT) and not frame.has(Sign.BOTH) else plans
