"""Summarises a call by rules: why, what was asked and answered, how it ended, what is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.brief import subjects_of
from agent.korean.figures import birth_digits, phone_number
from agent.korean.particles import with_particle
from knowledge.catalog.model import Catalog
from storage.privacy import mask_name, mask_text
from storage.records import (
    AnsweredQuestion,
    Customer,
    HandoffReason,
    Outcome,
    StoredCall,
    Summary,
    Turn,
    Verification,
)

_VERIFIED = {
    Verification.NONE: "본인 확인 안 됨",
    Verification.CALLER_ID: "발신 번호로 확인",
    Verification.SPOKEN_NUMBER: "번호만 확인",
    Verification.SECOND_FACTOR: "생년월일까지 확인",
}
_ENDED = {
    Outcome.COMPLETED: "상담이 완료되었습니다.",
    Outcome.ABANDONED: "고객 응답이 없어 통화가 종료되었습니다.",
    Outcome.FAILED: "문제가 생겨 통화가 중단되었습니다.",
}
_HANDED_OFF = {
    HandoffReason.CALLER_REQUEST: "고객 요청으로 상담원에게 연결했습니다.",
    HandoffReason.CANNOT_ANSWER: "AI가 답할 수 없어 상담원에게 연결했습니다.",
    HandoffReason.POLICY: "본인 확인이 되지 않아 상담원에게 연결했습니다.",
    HandoffReason.FAILURE: "통화가 원활하지 않아 상담원에게 연결했습니다.",
}
_LONGEST_ANSWERS = 3
"""Questions that the readable text tells; the structured part holds all."""


async def summarize(call: StoredCall, catalog: Catalog) -> Summary:
    """The structured summary of a finished call, by rules; numbers and names masked in `text`."""
    questions = tuple(_questions(call.turns))
    subjects = subjects_of((tool for turn in call.turns for tool in turn.tools), catalog)
    outcome = call.outcome or Outcome.FAILED
    plan_id = call.customer.plan_id if call.customer else None
    reason = _reason(subjects, call.handoff_reason)
    follow_ups = tuple(_follow_ups(call, catalog))
    return Summary(
        reason=reason,
        questions=questions,
        outcome=outcome,
        handoff_reason=call.handoff_reason,
        follow_ups=follow_ups,
        customer_name=call.customer.name if call.customer else None,
        plan_id=plan_id,
        verification=call.verification,
        text=" ".join(_sentences(call, reason, questions, follow_ups, catalog)),
        made_by="local",
    )


def _private(turn: Turn) -> bool:
    """A turn in which the caller said numbers that identify them."""
    return (
        any(tool.name == "verify_caller" for tool in turn.tools)
        or phone_number(turn.heard) is not None
        or (turn.input_kind == "keys" and birth_digits(turn.heard) is not None)
    )


def _questions(turns: Sequence[Turn]) -> Iterable[AnsweredQuestion]:
    for turn in turns:
        asked = turn.input_kind in ("speech", "keys") and turn.heard.strip()
        if not asked or not turn.fact_ids or _private(turn):
            continue
        yield AnsweredQuestion(
            question=mask_text(turn.heard),
            answer=mask_text(turn.said or turn.intended),
            fact_ids=turn.fact_ids,
            turn=turn.index,
        )


def _reason(subjects: Sequence[str], handoff: HandoffReason | None) -> str:
    if subjects:
        said = ", ".join(subjects[:2])
        return f"{with_particle(said, '을')} 위해 전화하셨습니다."
    if handoff is HandoffReason.CALLER_REQUEST:
        return "상담원 연결을 위해 전화하셨습니다."
    return "문의 내용이 확인되지 않았습니다."


def _follow_ups(call: StoredCall, catalog: Catalog) -> Iterable[str]:
    if call.outcome is Outcome.HANDED_OFF:
        yield "상담원이 이어서 상담"
        return
    human = {f"faq:{entry.id}": entry for entry in catalog.faqs if entry.needs_human}
    for turn in call.turns:
        entry = next((human[i] for i in turn.fact_ids[:1] if i in human), None)
        if entry:
            yield f"상담원 확인 필요: {entry.category}"
        elif "replaced" in turn.grounding:
            yield f"정확한 내용 확인 필요: {mask_text(turn.heard)}"
        elif "정확히 알지 못해요" in turn.intended:
            yield f"답하지 못한 질문 확인: {mask_text(turn.heard)}"
    if call.outcome is Outcome.ABANDONED:
        yield "고객 응답이 없었으므로 다시 연락할지 확인"


def _sentences(
    call: StoredCall,
    reason: str,
    questions: Sequence[AnsweredQuestion],
    follow_ups: Sequence[str],
    catalog: Catalog,
) -> Iterable[str]:
    yield f"{_who(call.customer, call.verification, catalog)} {reason}"
    for asked in questions[:_LONGEST_ANSWERS]:
        yield f"“{asked.question}”라는 질문에 “{asked.answer}”라고 안내했습니다."
    if len(questions) > _LONGEST_ANSWERS:
        yield f"그 밖에 질문 {len(questions) - _LONGEST_ANSWERS}건에 답했습니다."
    if call.handoff_reason and call.outcome is Outcome.HANDED_OFF:
        yield _HANDED_OFF[call.handoff_reason]
    else:
        yield _ENDED.get(call.outcome or Outcome.FAILED, _ENDED[Outcome.FAILED])
        if follow_ups:
            yield f"남은 일: {'; '.join(follow_ups)}."


def _who(customer: Customer | None, verification: Verification, catalog: Catalog) -> str:
    if customer is None:
        return f"고객님({_VERIFIED[verification]})께서"
    plan = catalog.plan(customer.plan_id)
    using = f"{plan.name} 이용, " if plan else ""
    return f"{mask_name(customer.name)} 고객님({using}{_VERIFIED[verification]})께서"
