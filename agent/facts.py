"""Facts that a turn retrieved: what a sentence may say, each with its id."""

from __future__ import annotations

from dataclasses import dataclass

from agent.korean.wording import speed
from knowledge.catalog.model import Plan


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One retrieved fact."""

    id: str
    """Such as `plan:rollover-10`, `faq:roaming-cost`, `customer:1` or `compare:a:b`."""
    text: str
    """All that may be said of it, in written form."""
    plan_id: str | None = None
    """Set when the fact is about this one plan only."""


def plan_fact(plan: Plan) -> Fact:
    """Everything the catalogue says of one plan."""
    parts = [plan.family_name, plan.name, f"월 {plan.fee_krw:,}원"]
    if plan.discounted_fee_krw is not None:
        parts.append(f"선택약정 25% 할인 월 {plan.discounted_fee_krw:,}원, 12개월 또는 24개월")
    parts.append("데이터 무제한" if plan.data_gb is None else f"데이터 {plan.data_gb}GB")
    if plan.throttle_kbps is not None:
        parts.append(f"소진 후 {speed(plan.throttle_kbps)}")
    parts += [
        f"공유·테더링 {plan.sharing_gb}GB",
        f"영상·부가통화 {plan.extra_minutes}분",
        plan.eligibility.text,
        *plan.notes,
    ]
    return Fact(id=f"plan:{plan.id}", text=", ".join(parts), plan_id=plan.id)
