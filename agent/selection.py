"""Selects plans by wishes and puts comparisons into words: pure functions over the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.korean.wording import gigabytes, speed, won
from agent.toolspecs import FindPlans
from knowledge.catalog.model import Catalog, EligibilityKind, Plan
from knowledge.compare import Audience, Option, Reason, ReasonCode, find_plans

_UNLIMITED = 10**6
_AUDIENCES = {"foreigner": Audience.FOREIGNER, "disabled": Audience.DISABLED}
_KINDS = {
    Audience.FOREIGNER: EligibilityKind.FOREIGNER,
    Audience.DISABLED: EligibilityKind.DISABLED,
}
_AGES = {"child": 10, "teen": 16, "young": 27, "senior": 70}
"""An age that stands for each group."""
AGE_KINDS = (EligibilityKind.MAX_AGE, EligibilityKind.MIN_AGE)


def data_of(plan: Plan) -> int:
    """Data in GB as something to sort by; unlimited is more than any figure."""
    return _UNLIMITED if plan.data_gb is None else plan.data_gb


def select(
    catalog: Catalog, wanted: FindPlans, *, among: Sequence[Plan] | None = None
) -> tuple[Plan, ...]:
    """Plans that meet the wishes, sorted as wished; a named plan is found whoever may join it."""
    audience = _AUDIENCES.get(wanted.audience or "self")
    group = _AGES.get(wanted.audience or "self")
    age = group if wanted.age is None else wanted.age
    found: Iterable[Plan] = find_plans(
        catalog,
        max_fee_krw=wanted.max_fee,
        min_data_gb=wanted.min_data_gb,
        unlimited=True if wanted.unlimited else None,
        age=age if among is None else None,
        audience=audience,
        family_id=wanted.family_id,
        order="data" if wanted.sort == "data_desc" else "fee",
    )
    if among is not None:
        found = among
    elif audience:
        kind = _KINDS[audience]
        found = [plan for plan in found if plan.eligibility.kind is kind]
    elif group is not None:
        made_for = _made_for(catalog, age=group)
        found = [plan for plan in found if plan in made_for]
    plans = [
        plan
        for plan in found
        if (wanted.min_fee is None or plan.fee_krw >= wanted.min_fee)
        and (not wanted.rollover or any("이월" in note for note in plan.notes))
        and (not wanted.ott or any("OTT" in note for note in plan.notes))
        and (wanted.online or among or wanted.family_id or not is_online(plan))
    ]
    if wanted.sort == "fee_desc":
        plans.sort(key=lambda plan: (-plan.fee_krw, -data_of(plan)))
    return tuple(plans[: wanted.limit])


def _made_for(catalog: Catalog, *, age: int) -> tuple[Plan, ...]:
    """The plans whose age limit is the nearest to this age: a child's before a youth's."""
    plans = for_age(catalog, age=age)
    nearest = min((abs((plan.eligibility.age or 0) - age) for plan in plans), default=0)
    return tuple(p for p in plans if abs((p.eligibility.age or 0) - age) == nearest)


def is_online(plan: Plan) -> bool:
    """Whether it can be joined online only."""
    return plan.eligibility.kind is EligibilityKind.ONLINE


def for_age(catalog: Catalog, *, age: int) -> tuple[Plan, ...]:
    """The plans made for this age, the narrowest age limit first, each family cheapest first."""
    plans = [p for p in find_plans(catalog, age=age) if p.eligibility.kind in AGE_KINDS]
    if not plans:
        return ()
    plans.sort(key=lambda plan: ((plan.eligibility.age or 0) if age < 35 else 0, plan.fee_krw))
    return tuple(plans)


def differences(first: Plan, second: Plan) -> str:
    """The differences between two plans, as a fact to speak from."""
    parts = [f"요금 차이 {abs(first.fee_krw - second.fee_krw):,}원"]
    if first.data_gb is not None and second.data_gb is not None:
        parts.append(f"데이터 차이 {abs(first.data_gb - second.data_gb)}GB")
    if first.sharing_gb != second.sharing_gb:
        parts.append(f"공유 차이 {abs(first.sharing_gb - second.sharing_gb)}GB")
    return ", ".join(parts)


def in_words(option: Option) -> str:
    """Why an option is recommended and what speaks against it, as a fact to speak from."""
    return ", ".join(filter(None, map(_reason, option.reasons)))


_REASONS = {
    ReasonCode.SAVES: "지금보다 월 {won} 저렴",
    ReasonCode.SAVES_EVEN_DISCOUNTED: "선택약정 할인을 받는 지금보다도 월 {won} 저렴",
    ReasonCode.COSTS_MORE: "지금보다 월 {won} 비쌈",
    ReasonCode.SAME_FEE: "요금은 월 {won}으로 같음",
    ReasonCode.MORE_DATA: "데이터가 {gigabytes} 더 많음",
    ReasonCode.LESS_DATA: "데이터가 {gigabytes} 더 적음",
    ReasonCode.MORE_SHARING: "공유 데이터가 {gigabytes} 더 많음",
    ReasonCode.LESS_SHARING: "공유 데이터가 {gigabytes} 더 적음",
    ReasonCode.SLOWER_AFTERWARDS: "소진 후 속도가 {speed}로 느려짐",
    ReasonCode.LOSES_ROLLOVER: "남은 데이터 이월이 안 됨",
    ReasonCode.ONLINE_ONLY: "온라인으로만 가입",
    ReasonCode.NO_CONTRACT_DISCOUNT: "선택약정 할인 없음",
    ReasonCode.FOR_AGE: "만 {value}세 기준 요금제",
    ReasonCode.NOTE: "{text}",
}


def _reason(reason: Reason) -> str:
    value = reason.value or 0
    return _REASONS.get(reason.code, "").format(
        won=won(value),
        gigabytes="" if reason.value is None else gigabytes(value),
        speed=speed(value),
        value=value,
        text=reason.text,
    )
