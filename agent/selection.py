"""Selects, recommends and compares plans: pure functions over the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from agent.toolspecs import FindPlans
from knowledge.catalog.model import Catalog, EligibilityKind, Plan

_UNLIMITED = 10**6
_AGE_KINDS = (EligibilityKind.MAX_AGE, EligibilityKind.MIN_AGE)


@dataclass(frozen=True, kw_only=True)
class Best:
    """A recommendation: plans, best first."""

    plans: tuple[Plan, ...]
    keep: bool = False
    """True when the present plan is the best of those that anyone may join in a shop."""


def age_on(born: date, today: date) -> int:
    """Full years (만 나이) on a day."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def data_of(plan: Plan) -> int:
    """Data in GB as something to sort by; unlimited is more than any figure."""
    return _UNLIMITED if plan.data_gb is None else plan.data_gb


def may_join(plan: Plan, *, age: int | None, foreigner: bool, disabled: bool) -> bool:
    """Whether somebody of this age may join; without an age, plans with an age limit do not."""
    rule = plan.eligibility
    match rule.kind:
        case EligibilityKind.FOREIGNER:
            return foreigner
        case EligibilityKind.DISABLED:
            return disabled
        case EligibilityKind.MAX_AGE:
            return age is not None and rule.age is not None and age <= rule.age
        case EligibilityKind.MIN_AGE:
            return age is not None and rule.age is not None and age >= rule.age
        case _:
            return True


def select(
    catalog: Catalog, wanted: FindPlans, *, among: Sequence[Plan] | None = None
) -> tuple[Plan, ...]:
    """Plans that meet the wishes, sorted as wished; a named plan is found whoever may join it."""
    plans = list(catalog.plans if among is None else among)
    if wanted.family_id:
        plans = [plan for plan in plans if plan.family_id == wanted.family_id]
    if among is None and not wanted.family_id:
        plans = [
            plan
            for plan in plans
            if may_join(plan, age=wanted.age, foreigner=wanted.foreigner, disabled=wanted.disabled)
        ]
    if wanted.foreigner or wanted.disabled:
        kind = EligibilityKind.FOREIGNER if wanted.foreigner else EligibilityKind.DISABLED
        plans = [plan for plan in plans if plan.eligibility.kind is kind]
    if not wanted.online:
        plans = [plan for plan in plans if plan.eligibility.kind is not EligibilityKind.ONLINE] or (
            plans if among or wanted.family_id else []
        )
    plans = [
        plan
        for plan in plans
        if (wanted.max_fee is None or plan.fee_krw <= wanted.max_fee)
        and (wanted.min_fee is None or plan.fee_krw >= wanted.min_fee)
        and (wanted.min_data_gb is None or data_of(plan) >= wanted.min_data_gb)
        and (not wanted.unlimited or plan.data_gb is None)
        and (not wanted.rollover or any("이월" in note for note in plan.notes))
        and (not wanted.ott or any("OTT" in note for note in plan.notes))
    ]
    if among is None:
        plans.sort(
            key={
                "fee": lambda plan: (plan.fee_krw, -data_of(plan)),
                "fee_desc": lambda plan: (-plan.fee_krw, -data_of(plan)),
                "data_desc": lambda plan: (-data_of(plan), plan.fee_krw),
            }[wanted.sort]
        )
    return tuple(plans[: wanted.limit])


def best_for(
    catalog: Catalog,
    *,
    age: int,
    present: Plan | None,
    data_gb: int | None = None,
    max_fee: int | None = None,
) -> Best:
    """The plans that suit this age, and that serve no worse than the present plan.

    With a present plan: a plan for the age that gives as much data for less money, or more for
    the same. Without one: the plans for the age, cheapest first, else those for anyone.
    """
    open_to = [
        plan
        for plan in catalog.plans
        if may_join(plan, age=age, foreigner=False, disabled=False)
        and plan.eligibility.kind is not EligibilityKind.ONLINE
        and (data_gb is None or data_of(plan) >= data_gb)
        and (max_fee is None or plan.fee_krw <= max_fee)
    ]
    open_to.sort(key=lambda plan: (plan.fee_krw, -data_of(plan)))
    if present is None:
        for_age = [plan for plan in open_to if plan.eligibility.kind in _AGE_KINDS]
        if age <= 18:  # the plans for the youngest come before those for everyone under 35
            for_age.sort(key=lambda plan: (plan.eligibility.age or 0, plan.fee_krw))
        return Best(plans=tuple((for_age or open_to)[:2]))
    wanted = data_of(present) if data_gb is None else data_gb
    better = [
        plan
        for plan in open_to
        if data_of(plan) >= wanted
        and (
            plan.fee_krw < present.fee_krw
            or (
                plan.fee_krw == present.fee_krw
                and (data_of(plan), plan.sharing_gb) > (data_of(present), present.sharing_gb)
            )
        )
    ]
    if better:
        return Best(plans=(better[0],))
    return Best(plans=(present,), keep=True)


def differences(first: Plan, second: Plan) -> str:
    """The differences between two plans, as a fact to speak from."""
    parts = [f"요금 차이 {abs(first.fee_krw - second.fee_krw):,}원"]
    if first.data_gb is not None and second.data_gb is not None:
        parts.append(f"데이터 차이 {abs(first.data_gb - second.data_gb)}GB")
    if first.sharing_gb != second.sharing_gb:
        parts.append(f"공유 차이 {abs(first.sharing_gb - second.sharing_gb)}GB")
    return ", ".join(parts)
