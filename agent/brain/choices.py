"""Settles which plans a rank or a filter means after what was said: `무제한인 건?`.

What was listed, the family spoken of and what the person asked for may have are chosen from
first; only where nothing in them fits, the whole catalogue is searched, by other rules.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agent.brain import focus
from agent.brain.keywords import Sign, Topic
from agent.brain.ranks import Kind, Rank, rank_in, says_step
from agent.brain.state import State
from agent.brain.understand import Frame
from agent.selection import data_of
from knowledge.catalog.model import Catalog, EligibilityKind, Plan

_RANKS = frozenset({
    Sign.CHEAPEST, Sign.CHEAPER, Sign.PRICIEST, Sign.PRICIER, Sign.MOST_DATA, Sign.MORE_DATA,
    Sign.LEAST_DATA, Sign.FIRST, Sign.SECOND, Sign.THIRD, Sign.NEXT, Sign.LAST, Sign.WHICH_PLANS,
    Sign.UNLIMITED, Sign.AT_MOST, Sign.THAT, Sign.BOTH, Sign.RECOMMEND,
})  # fmt: skip
"""What has been answered once it is settled which plan is meant."""
_NOT_A_CHOICE = (
    Sign.FAQ, Sign.BILL, Sign.HISTORY, Sign.RELATIVE, Sign.FOREIGNER, Sign.DISABLED,
    Sign.COMPETITOR, Sign.FASTEST, Sign.WHY,
)  # fmt: skip
_FOR_ANYONE = (EligibilityKind.ANYONE, EligibilityKind.ONLINE)
_WHOLE = re.compile(r"전체|통틀어|모든요금제|요금제전부|일반요금제|아무나|나이상관|다른요금제중")
_CALLS_IT = re.compile(
    r"무제한(?:이에요|이예요|예요|이야|인가|입니까|이죠|이지|이냐|맞|되|돼|으로되|인거(?:죠|에요|예요|맞))"
)
_MOST = 3
_TWO = 2
_ELLIPSIS = 5
"""Characters of `싼 쪽은요`, of which the same is asked as before."""
_NOT_REPEATED = (Topic.OVERVIEW, Topic.ELIGIBILITY, Topic.TOTAL)
_AMONG = re.compile(r"둘중|두개중|셋중|그중|이중|가운데")
_OF_A_BENEFIT = re.compile(
    r"(?:넷플릭스|넷플|디즈니|티빙|vvip|vip|ott|스마트워치|워치|보험|커피|국제전화|이월|무약정)"
    r".{0,6}(?:되는|보는|주는|있는|나오는|공짜|중에|제일|가장).{0,14}(?:제일|가장|젤|싼|많은)"
)
"""A rank among all plans with a benefit, whatever was listed before."""
_CONDITIONS = frozenset({Sign.UNLIMITED, Sign.FOREIGNER, Sign.DISABLED})


def resolved(  # noqa: PLR0911 - a case a line
    frame: Frame, state: State, catalog: Catalog, own: Plan | None
) -> Frame:
    """The utterance with the plans that its rank or filter means as if they had been named."""
    if len(frame.plans) > 1 or len(frame.families) > 1 or frame.has(*_NOT_A_CHOICE):
        return frame
    if frame.age is not None and frame.age != state.age:
        return frame
    if _OF_A_BENEFIT.search(frame.plain) and not _AMONG.search(frame.plain):
        return frame
    if own and frame.has(Sign.RECOMMEND) and not state.pool:
        return frame
    if _asks_whether_unlimited(frame, state):
        topics = (Topic.DATA, *(t for t in frame.asked if t is not Topic.DATA))
        return replace(frame, signs=frame.signs - {Sign.UNLIMITED}, topics=topics)
    rank = rank_in(frame)
    if frame.has(Sign.COMPARE) and not (rank and says_step(frame)):
        return frame
    if _goes_on(rank, frame, state):
        return _under(state.wished, frame)
    found = _meant(rank, frame, state, catalog, own)
    if not found:
        return frame
    settled = frame.signs - _RANKS - ({Sign.MINE} if own else set())
    if frame.plans:
        settled -= {Sign.COMPARE}
    asked = frame.asked
    if not asked and len(frame.rest) <= _ELLIPSIS and state.pool:
        asked = tuple(item for item in state.topics if item not in _NOT_REPEATED)
    others = tuple(item for item in asked if item not in (Topic.FEE, Topic.DATA))
    topics = (Topic.FEE, Topic.DATA, *others)
    if frame.has(Sign.CHANGE) or state.asked_change:
        topics = others
    return replace(
        frame, plans=tuple(found[:_MOST]), families=(), signs=settled, topics=topics,
        budget=None, gb=None, settled=True,
    )  # fmt: skip


def _meant(
    rank: Rank | None, frame: Frame, state: State, catalog: Catalog, own: Plan | None
) -> list[Plan]:
    """The plans that the rank or the filter means; empty where neither chooses."""
    if frame.has(Sign.CHEAPEST) and frame.has(Sign.PRICIEST):
        return _both_ends(frame, state, catalog)
    if frame.plans and not (rank and (says_step(frame) or "보다" in frame.rest)):
        return []
    if rank:
        return _ranked(rank, frame, state, catalog, own)
    return _filtered(frame, state, catalog)


def _goes_on(rank: Rank | None, frame: Frame, state: State) -> bool:
    """Whether `제일 싼 건요?`, `무제한인 건?` adds to the conditions of the last search."""
    if state.wished is None or frame.named or _WHOLE.search(frame.plain):
        return False
    if frame.has(Sign.RECOMMEND) or _AMONG.search(frame.plain):
        return False
    if frame.budget or frame.gb is not None:
        return False
    if frame.has(Sign.UNLIMITED):
        return "요금제" not in frame.plain
    best = rank is not None and rank.kind is Kind.BEST and rank.place == 0
    return best and not frame.has(Sign.WHICH_PLANS)


def _under(wished: Frame | None, frame: Frame) -> Frame:
    """The utterance with the conditions of the last search that it does not replace."""
    if wished is None:
        return frame
    changes: dict[str, Any] = {"signs": frame.signs | (wished.signs & _CONDITIONS)}
    if frame.budget is None:
        changes["budget"] = wished.budget
    if frame.gb is None and not frame.has(Sign.UNLIMITED):
        changes |= {
            "gb": wished.gb, "gb_at_most": wished.gb_at_most, "gb_above": wished.gb_above,
            "gb_bare": wished.gb_bare,
        }  # fmt: skip
    return replace(frame, **changes)


def _asks_whether_unlimited(frame: Frame, state: State) -> bool:
    """`무제한이에요?` of the plan spoken of; `무제한인 거` looks for one."""
    of_one = len(state.plan_ids) == 1 and not frame.named and {*frame.asked} <= {Topic.DATA}
    return bool(of_one and frame.has(Sign.UNLIMITED) and _CALLS_IT.search(frame.rest))


def _ranked(
    rank: Rank, frame: Frame, state: State, catalog: Catalog, own: Plan | None
) -> list[Plan]:
    base = _base(rank, frame, state, catalog, own)
    if rank.kind is Kind.STEP:
        return _step(rank, base, frame, state, catalog)
    if frame.plans:
        return []
    plans = _fitting(frame, _choice(rank, frame, state, catalog, own))
    if len(plans) <= rank.place or (len(plans) == 1 and not state.pool):
        return []
    order = rank.order(plans)
    if rank.kind is Kind.MIDDLE:
        low = (len(order) - 1) // 2
        return order[low : len(order) // 2 + 1]
    return [order[rank.place]]


def _both_ends(frame: Frame, state: State, catalog: Catalog) -> list[Plan]:
    """The cheapest and the dearest of a family or a list; of all, another rule tells them."""
    plans = list(frame.families[0].plans) if frame.families else pool_of(state, catalog)
    if len(plans) < _TWO or len(families_of(plans)) > _MOST or frame.plans:
        return []
    order = sorted(plans, key=lambda plan: plan.fee_krw)
    return [order[0], order[-1]]


def _choice(
    rank: Rank, frame: Frame, state: State, catalog: Catalog, own: Plan | None
) -> list[Plan]:
    """The plans that a superlative chooses from; empty where it means the whole catalogue."""
    if frame.families:
        return list(frame.families[0].plans)
    if _WHOLE.search(frame.plain) or (rank.by_sharing and not _AMONG.search(frame.plain)):
        return []
    pool = pool_of(state, catalog)
    named = focus.plans_of(state.plan_ids, catalog)
    if not state.pool and len(named) > 1 and own not in named:
        pool = named
    within_two = focus.of_two(frame) or not state.pool
    if within_two and (among := focus.among(frame, state, catalog)):
        return among
    sized = rank.by_data and not frame.has(Sign.MOST_DATA, Sign.LEAST_DATA)
    if not pool and (rank.place or rank.kind is Kind.MIDDLE or sized):
        return _family(state, catalog)  # `둘째로 싼 거`, `제일 큰 거` of the family of one plan
    of_all = len(families_of(pool)) > _MOST
    anew = frame.has(Sign.WHICH_PLANS) or "요금제" in frame.plain
    if not for_person(pool) and ((anew and state.plan_ids) or (of_all and not rank.place)):
        return []
    return pool


def _step(
    rank: Rank, base: Plan | None, frame: Frame, state: State, catalog: Catalog
) -> list[Plan]:
    """The next plan from the one spoken of, in what was listed or in its family."""
    if base is None:
        return []
    pool = pool_of(state, catalog)
    ladder = pool if base in pool else _family_of(base, catalog)
    if not says_step(frame) and not for_person(ladder):
        return []  # `더 싼 거` of plans for anyone: in the whole catalogue
    order = [p for p in rank.order(ladder) if p is base or not _alike(rank, p, base)][::-1]
    place = order.index(base) + 1 if base in order else 0
    return order[place : place + 1]


def _alike(rank: Rank, plan: Plan, base: Plan) -> bool:
    if rank.by_data:
        return data_of(plan) == data_of(base)
    return plan.fee_krw == base.fee_krw


def _filtered(frame: Frame, state: State, catalog: Catalog) -> list[Plan]:
    """`무제한인 건요?` after a list: those of the list that are."""
    wished = frame.has(Sign.UNLIMITED) or frame.budget is not None or frame.gb is not None
    pool = pool_of(state, catalog)
    if not wished or frame.named or len(pool) < 2 or _WHOLE.search(frame.plain):
        return []
    if frame.has(Sign.RECOMMEND) or not (for_person(pool) or len(families_of(pool)) == 1):
        return []
    return sorted(_fitting(frame, pool), key=lambda plan: plan.fee_krw)


def _fitting(frame: Frame, plans: Sequence[Plan]) -> list[Plan]:
    """The plans within what is asked for beside the rank."""
    kept = list(plans)
    if frame.has(Sign.UNLIMITED):
        kept = [plan for plan in kept if plan.data_gb is None]
    if budget := frame.budget:
        kept = [p for p in kept if p.fee_krw >= (budget.low or 0)]
        kept = [p for p in kept if budget.high is None or p.fee_krw <= budget.high]
    if frame.gb is not None:
        exact = [plan for plan in kept if plan.data_gb == frame.gb]
        if frame.gb_at_most:
            kept = [plan for plan in kept if data_of(plan) <= frame.gb]
        else:
            least = frame.gb + frame.gb_above
            kept = exact or [plan for plan in kept if data_of(plan) >= least]
    return kept


def pool_of(state: State, catalog: Catalog) -> list[Plan]:
    """What may be chosen from: the plans found or listed, or those for the person asked for."""
    if state.pool:
        return focus.plans_of(state.pool, catalog)
    family = _family(state, catalog)
    return family if not state.plan_ids or for_person(family) else []


def for_person(plans: Sequence[Plan]) -> bool:
    """True for plans that only some people may have: a choice among them is among them."""
    return bool(plans) and all(plan.eligibility.kind not in _FOR_ANYONE for plan in plans)


def families_of(plans: Sequence[Plan]) -> set[str]:
    """The ids of the families of some plans."""
    return {plan.family_id for plan in plans}


def _family(state: State, catalog: Catalog) -> list[Plan]:
    family = focus.family_of(state, catalog)
    return list(family.plans) if family else []


def _family_of(plan: Plan, catalog: Catalog) -> list[Plan]:
    family = catalog.family(plan.family_id)
    return list(family.plans) if family else []


def _base(
    rank: Rank, frame: Frame, state: State, catalog: Catalog, own: Plan | None
) -> Plan | None:
    """The plan from which a step is taken: named, the caller's own, or spoken of."""
    if frame.plans:
        return frame.plans[0]
    if frame.has(Sign.MINE):
        return own
    spoken = focus.plans_of(state.plan_ids, catalog)
    ends = rank.order(spoken)
    return (ends[0] if ends else own) if not frame.families else None
