"""What a call is about in a few words: told to the human who takes it, and used by the summary."""

from __future__ import annotations

from collections.abc import Iterable

from knowledge.catalog.model import Catalog
from storage.privacy import mask_name
from storage.records import CustomerCard, HandoffReason, ToolCall

_BRIEF_REASONS = {
    HandoffReason.CALLER_REQUEST: "상담원 연결 요청",
    HandoffReason.CANNOT_ANSWER: "AI가 답하지 못함",
    HandoffReason.POLICY: "본인 확인 실패",
    HandoffReason.FAILURE: "음성 인식이 어려움",
}
_SUBJECTS = {
    "find_plans": "요금제 문의",
    "get_plan": "요금제 문의",
    "compare_plans": "요금제 비교",
    "recommend_plans": "요금제 추천",
    "get_customer": "이용 중인 요금제 확인",
    "get_history": "지난 상담 확인",
    "request_plan_change": "요금제 변경 신청",
}


def handoff_brief(
    customer: CustomerCard | None,
    tools: Iterable[ToolCall],
    *,
    reason: HandoffReason,
    catalog: Catalog,
) -> str:
    """What a human is told before the caller: `김*수 고객님, 이월 10GB 이용 중. … 연결 요청.`"""
    who = "확인되지 않은 고객님"
    if customer:
        who = f"{mask_name(customer.name)} 고객님"
        if plan := catalog.plan(customer.plan_id):
            who += f", {plan.name} 이용 중"
    subjects = subjects_of(tools, catalog)
    # the last ones: what the caller wants the human for is rather what was spoken of at the end
    before = f"{', '.join(subjects[-2:])} 후 " if subjects else ""
    return f"{who}. {before}{_BRIEF_REASONS[reason]}."


def subjects_of(tools: Iterable[ToolCall], catalog: Catalog) -> list[str]:
    """What the call was about, in order, each once: `이월 10GB 요금제 문의`, `로밍 문의`."""
    found: dict[str, None] = {}
    plans: dict[str, None] = {}
    categories = {f"faq:{entry.id}": entry.category for entry in catalog.faqs}
    for tool in tools:
        if tool.code != "ok":
            continue
        if tool.name == "search_faq":
            category = next((categories[i] for i in tool.fact_ids[:1] if i in categories), None)
            if category:
                found[f"{category} 문의"] = None
        elif tool.name in _SUBJECTS:
            found[_SUBJECTS[tool.name]] = None
            if tool.name in ("find_plans", "get_plan") and len(tool.fact_ids) == 1:
                plan = catalog.plan(tool.fact_ids[0].removeprefix("plan:"))
                if plan:
                    plans[plan.name] = None
    names = ", ".join(list(plans)[:2])
    return [f"{names} {s}" if s == _SUBJECTS["get_plan"] and names else s for s in found]
