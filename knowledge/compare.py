"""Compares plans: filters the catalogue for a caller, and recommends as an honest adviser would."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from knowledge.catalog.model import Catalog, EligibilityKind, Plan

_UNLIMITED_GB = 1_000_000
"""More than any plan's data, for comparing."""
_MOST_ANYWHERE, _MOST_ONLINE = 2, 1
"""How many options a caller can follow by ear, of each way to join."""
_AGE_KINDS = frozenset({EligibilityKind.MAX_AGE, EligibilityKind.MIN_AGE})
_ROLLOVER_NOTE = "이월"


class Audience(StrEnum):
    """Callers for whom special plans exist."""

    FOREIGNER = "foreigner"
    DISABLED = "disabled"


class ReasonCode(StrEnum):
    """Why a plan is recommended, or what speaks against it; `Reason.value` is the figure."""

    PRESENT_FITS = "present_fits"
    """Nothing that can be joined anywhere is better than the present plan."""
    PRESENT_NOT_ELIGIBLE = "present_not_eligible"
    """The caller no longer meets the present plan's condition."""
    PRESENT_TOO_LITTLE_DATA = "present_too_little_data"
    """GB missing on the present plan for what the caller needs."""
    PRESENT_OVER_BUDGET = "present_over_budget"
    """KRW a month above the caller's budget."""
    FOR_AGE = "for_age"
    """The plan is for the caller's age; the value is its limit in full years."""
    SAVES = "saves"
    """KRW a month less than the present plan, both without contract discount."""
    COSTS_MORE = "costs_more"
    """KRW a month more than the present plan, both without contract discount."""
    SAME_FEE = "same_fee"
    """KRW a month, the same as now."""
    SAVES_EVEN_DISCOUNTED = "saves_even_discounted"
    """KRW a month less than the present plan with its 25 % contract discount."""
    MORE_DATA = "more_data"
    """GB a month more; None where it becomes unlimited."""
    LESS_DATA = "less_data"
    """GB a month less; None where it was unlimited."""
    MORE_SHARING = "more_sharing"
    """GB of sharing and tethering more."""
    LESS_SHARING = "less_sharing"
    """GB of sharing and tethering less."""
    SLOWER_AFTERWARDS = "slower_afterwards"
    """The lower speed in kbps after the data is used up."""
    NOTE = "note"
    """A benefit in words, in `Reason.text`."""
    LOSES_ROLLOVER = "loses_rollover"
    """Data left over no longer carries over."""
    ONLINE_ONLY = "online_only"
    """Joined online only."""
    NO_CONTRACT_DISCOUNT = "no_contract_discount"
    """No 25 % contract discount."""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One reason with its figure, in the unit that its code names."""

    code: ReasonCode
    value: int | None = None
    text: str = ""
    """Only for NOTE: the benefit as the catalogue has it."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """One plan to move to."""

    plan: Plan
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """What an adviser would say."""

    present: Plan | None
    keep_present: bool
    """True when staying is the first advice; `options` are then alternatives with their price."""
    present_reasons: tuple[Reason, ...]
    options: tuple[Option, ...]
    """Best first; may be empty."""

    @property
    def best(self) -> Plan | None:
        """The first advice: the present plan, the best option, or None where nothing fits."""
        if self.keep_present:
            return self.present
        return self.options[0].plan if self.options else None


def full_age(born: date, today: date) -> int:
    """The age in full years (만 나이); someone born on 29 February ages on 1 March otherwise."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def age_limit_date(born: date, max_age: int) -> date:
    """The first day on which someone is older than `max_age`: that birthday."""
    year = born.year + max_age + 1
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def is_eligible(plan: Plan, *, age: int | None, audience: Audience | None = None) -> bool:
    """Whether someone may join; an unknown age meets no age condition."""
    kind, limit = plan.eligibility.kind, plan.eligibility.age
    if kind is EligibilityKind.FOREIGNER:
        return audience is Audience.FOREIGNER
    if kind is EligibilityKind.DISABLED:
        return audience is Audience.DISABLED
    if kind not in _AGE_KINDS or limit is None:
        return True
    if age is None:
        return False
    return age <= limit if kind is EligibilityKind.MAX_AGE else age >= limit


def find_plans(
    catalog: Catalog,
    *,
    max_fee_krw: int | None = None,
    min_data_gb: int | None = None,
    unlimited: bool | None = None,
    age: int | None = None,
    audience: Audience | None = None,
    family_id: str | None = None,
    order: Literal["fee", "data"] = "fee",
) -> tuple[Plan, ...]:
    """The plans that meet every condition given, cheapest first or most data first.

    Only plans that the caller may join: those for an age or audience appear when that age or
    audience is given. A family that is named is shown to anyone whose age is not known, for the
    question is then about the family. `max_fee_krw` is compared with the undiscounted fee.
    """
    found = []
    for plan in catalog.plans:
        asked_for = family_id is not None and age is None and audience is None
        if family_id is not None and plan.family_id != family_id:
            continue
        if not asked_for and not is_eligible(plan, age=age, audience=audience):
            continue
        if max_fee_krw is not None and plan.fee_krw > max_fee_krw:
            continue
        if min_data_gb is not None and _data(plan) < min_data_gb:
            continue
        if unlimited is not None and (plan.data_gb is None) != unlimited:
            continue
        found.append(plan)
    if order == "fee":
        return tuple(sorted(found, key=lambda plan: (plan.fee_krw, -_data(plan), plan.id)))
    return tuple(sorted(found, key=lambda plan: (-_data(plan), plan.fee_krw, plan.id)))


def recommend(
    catalog: Catalog,
    *,
    age: int | None,
    present_plan_id: str | None,
    budget_krw: int | None = None,
    min_data_gb: int | None = None,
    audience: Audience | None = None,
) -> Recommendation:
    """Recommend plans by rules that an honest adviser would sign.

    1. Only plans that the caller may join, within the budget if there is one.
    2. Nobody is moved to less than they have: without a stated need, a plan must give at least
       the present data and speed afterwards. With a stated need (`min_data_gb`), that counts.
       Only if a budget leaves nothing else, the plans with most data within it are named.
    3. A plan is better than the present one if it costs less, or the same and gives more data or
       sharing. If none is, staying is the advice. If the present plan falls short of the need, the
       budget or its own condition, the best plan that does not is the advice, even if dearer.
    4. Plans that can be joined on the phone or in a shop come before the online-only ones, which
       have no contract discount. As we do not know whether the caller has that discount, an
       online-only plan is offered only if it is cheaper than the present plan even with it.
    5. At most two of the former and one of the latter, cheapest first, none that another one beats
       in price, data and sharing; each says what is lost as well (sharing, rollover, speed).
    """
    present = catalog.plan(present_plan_id) if present_plan_id is not None else None
    shortfalls = _shortfalls(present, age, audience, budget_krw, min_data_gb)
    affordable = [
        plan
        for plan in catalog.plans
        if plan is not present
        and is_eligible(plan, age=age, audience=audience)
        and (budget_krw is None or plan.fee_krw <= budget_krw)
    ]
    candidates = [
        plan
        for plan in affordable
        if _meets_need(plan, present, min_data_gb)
        and (shortfalls or present is None or _is_better(plan, present))
        and (present is None or shortfalls or not _online(plan) or _online_pays(plan, present))
    ]
    candidates.sort(key=_preference)
    if not candidates and budget_krw is not None and min_data_gb is None and shortfalls:
        candidates = sorted(affordable, key=lambda plan: (_online(plan), -_data(plan)))
    chosen = _shortlist(candidates)
    anywhere = any(not _online(plan) for plan in chosen)
    keep = present is not None and not shortfalls and not anywhere
    return Recommendation(
        present=present,
        keep_present=keep,
        present_reasons=(Reason(code=ReasonCode.PRESENT_FITS),) if keep else shortfalls,
        options=tuple(Option(plan=plan, reasons=_reasons(plan, present)) for plan in chosen),
    )


def _shortfalls(
    present: Plan | None,
    age: int | None,
    audience: Audience | None,
    budget_krw: int | None,
    min_data_gb: int | None,
) -> tuple[Reason, ...]:
    """Why the present plan cannot stay the advice."""
    if present is None:
        return ()
    found = []
    aged_out = present.eligibility.kind in _AGE_KINDS and age is not None
    if aged_out and not is_eligible(present, age=age, audience=audience):
        found.append(Reason(code=ReasonCode.PRESENT_NOT_ELIGIBLE))
    if min_data_gb is not None and _data(present) < min_data_gb:
        missing = min_data_gb - _data(present)
        found.append(Reason(code=ReasonCode.PRESENT_TOO_LITTLE_DATA, value=missing))
    if budget_krw is not None and present.fee_krw > budget_krw:
        above = present.fee_krw - budget_krw
        found.append(Reason(code=ReasonCode.PRESENT_OVER_BUDGET, value=above))
    return tuple(found)


def _meets_need(plan: Plan, present: Plan | None, min_data_gb: int | None) -> bool:
    if min_data_gb is not None:
        return _data(plan) >= min_data_gb
    return present is None or (_data(plan) >= _data(present) and _speed(plan) >= _speed(present))


def _is_better(plan: Plan, present: Plan) -> bool:
    if plan.fee_krw != present.fee_krw:
        return plan.fee_krw < present.fee_krw
    gains = (_data(plan) - _data(present), plan.sharing_gb - present.sharing_gb)
    return min(gains) >= 0 and max(gains) > 0


def _online_pays(plan: Plan, present: Plan) -> bool:
    """Rule 4: cheaper even than the present plan with its contract discount."""
    return plan.fee_krw < _least_fee(present)


def _shortlist(plans: Iterable[Plan]) -> list[Plan]:
    """Rule 5: the first ones that no plan before them equals or beats in every figure."""
    kept: list[Plan] = []
    for plan in plans:
        most = _MOST_ONLINE if _online(plan) else _MOST_ANYWHERE
        alike = sum(_online(other) == _online(plan) for other in kept)
        if alike < most and not any(_beats(other, plan) for other in kept):
            kept.append(plan)
    return kept


def _beats(other: Plan, plan: Plan) -> bool:
    return (
        _online(other) <= _online(plan)
        and other.fee_krw <= plan.fee_krw
        and _data(other) >= _data(plan)
        and _speed(other) >= _speed(plan)
        and other.sharing_gb >= plan.sharing_gb
    )


def _preference(plan: Plan) -> tuple[bool, int, int, int, str]:
    return (_online(plan), plan.fee_krw, -_data(plan), -plan.sharing_gb, plan.id)


def _reasons(plan: Plan, present: Plan | None) -> tuple[Reason, ...]:
    found = []
    if plan.eligibility.kind in _AGE_KINDS:
        found.append(Reason(code=ReasonCode.FOR_AGE, value=plan.eligibility.age))
    if present is not None:
        found.extend(_differences(plan, present))
    benefits = present.notes if present is not None else ()
    found.extend(
        Reason(code=ReasonCode.NOTE, text=note) for note in plan.notes if note not in benefits
    )
    if _online(plan):
        found.append(Reason(code=ReasonCode.ONLINE_ONLY))
    if plan.discounted_fee_krw is None:
        found.append(Reason(code=ReasonCode.NO_CONTRACT_DISCOUNT))
    return tuple(found)


def _differences(plan: Plan, present: Plan) -> Iterable[Reason]:
    saved = present.fee_krw - plan.fee_krw
    if saved > 0:
        yield Reason(code=ReasonCode.SAVES, value=saved)
        surely = _least_fee(present) - plan.fee_krw
        if plan.discounted_fee_krw is None and present.discounted_fee_krw and surely > 0:
            yield Reason(code=ReasonCode.SAVES_EVEN_DISCOUNTED, value=surely)
    elif saved < 0:
        yield Reason(code=ReasonCode.COSTS_MORE, value=-saved)
    else:
        yield Reason(code=ReasonCode.SAME_FEE, value=plan.fee_krw)
    if _data(plan) != _data(present):
        more = _data(plan) > _data(present)
        bounded = plan.data_gb is not None and present.data_gb is not None
        yield Reason(
            code=ReasonCode.MORE_DATA if more else ReasonCode.LESS_DATA,
            value=abs(_data(plan) - _data(present)) if bounded else None,
        )
    if _speed(plan) < _speed(present):
        yield Reason(code=ReasonCode.SLOWER_AFTERWARDS, value=plan.throttle_kbps)
    shared = plan.sharing_gb - present.sharing_gb
    if shared:
        code = ReasonCode.MORE_SHARING if shared > 0 else ReasonCode.LESS_SHARING
        yield Reason(code=code, value=abs(shared))
    if _rolls_over(present) and not _rolls_over(plan):
        yield Reason(code=ReasonCode.LOSES_ROLLOVER)


def _data(plan: Plan) -> int:
    return _UNLIMITED_GB if plan.data_gb is None else plan.data_gb


def _speed(plan: Plan) -> int:
    return _UNLIMITED_GB if plan.throttle_kbps is None else plan.throttle_kbps


def _online(plan: Plan) -> bool:
    return plan.eligibility.kind is EligibilityKind.ONLINE


def _least_fee(plan: Plan) -> int:
    return plan.fee_krw if plan.discounted_fee_krw is None else plan.discounted_fee_krw


def _rolls_over(plan: Plan) -> bool:
    return any(_ROLLOVER_NOTE in note for note in plan.notes)
