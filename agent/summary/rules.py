"""Summarises a call by rules: what its tools, facts and words tell, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.brief import subjects_of
from agent.korean.figures import birth_digits, phone_number
from agent.korean.particles import with_particle
from agent.summary.mood import mood_in
from knowledge.catalog.model import Catalog
from storage.privacy import mask, mask_name
from storage.records import (
    AnsweredQuestion,
    CallReason,
    CustomerCard,
    HandoffReason,
    Outcome,
    StoredCall,
    Summary,
    SummaryCode,
    SummarySentence,
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
    Outcome.ABANDONED: "상담이 끝나기 전에 통화가 종료되었습니다.",
    Outcome.FAILED: "문제가 생겨 통화가 중단되었습니다.",
}
_CUT_OFF = "시스템 장애로 통화가 도중에 끊겼습니다."
_HANDED_OFF = {
    HandoffReason.CALLER_REQUEST: "고객 요청으로 상담원에게 연결했습니다.",
    HandoffReason.CANNOT_ANSWER: "AI가 답할 수 없어 상담원에게 연결했습니다.",
    HandoffReason.POLICY: "본인 확인이 되지 않아 상담원에게 연결했습니다.",
    HandoffReason.FAILURE: "통화가 원활하지 않아 상담원에게 연결했습니다.",
}
_REASONS = (
    ("request_plan_change", CallReason.CHANGE),
    ("compare_plans", CallReason.COMPARISON),
    ("recommend_plans", CallReason.RECOMMENDATION),
    ("find_plans", CallReason.PLAN),
    ("get_plan", CallReason.PLAN),
    ("search_faq", CallReason.FAQ),
    ("get_history", CallReason.HISTORY),
    ("get_customer", CallReason.OWN_PLAN),
)
"""What a tool tells of why somebody phoned, the weightiest first."""
_NOTHING = {
    SummaryCode.EMPTY_CALL: "통화 내용이 기록되지 않았습니다.",
    SummaryCode.CALLER_SILENT: "말씀이 없어 문의 내용을 알 수 없습니다.",
}
_LONGEST_ANSWERS = 3
"""Questions that the readable text tells; the structured part holds all."""


def by_rules(call: StoredCall, catalog: Catalog) -> Summary:
    """The summary of a finished call by rules alone."""
    questions = tuple(_questions(call.turns))
    subjects = subjects_of((tool for turn in call.turns for tool in turn.tools), catalog)
    outcome = call.outcome or Outcome.FAILED
    code, reason_code = _codes(call)
    reason = _reason(subjects, call.handoff_reason, code)
    follow_ups = tuple(_follow_ups(call, catalog))
    sentences = tuple(_sentences(call, reason, questions, follow_ups, catalog))
    return Summary(
        reason=reason,
        questions=questions,
        outcome=outcome,
        handoff_reason=call.handoff_reason,
        follow_ups=tuple(follow_up.text for follow_up in follow_ups),
        customer_name=call.customer.name if call.customer else None,
        plan_id=call.customer.plan_id if call.customer else None,
        verification=call.verification,
        text=" ".join(sentence.text for sentence in sentences),
        made_by="local",
        reason_code=reason_code,
        code=code,
        sentences=sentences,
        mood=tuple(mood_in(call.turns)),
    )


def _codes(call: StoredCall) -> tuple[SummaryCode, CallReason]:
    """How much there is to summarise, and what the caller wanted first."""
    if not call.turns:
        return SummaryCode.EMPTY_CALL, CallReason.NOTHING_SAID
    if not any(turn.heard.strip() for turn in call.turns):
        return SummaryCode.CALLER_SILENT, CallReason.NOTHING_SAID
    used = {tool.name for turn in call.turns for tool in turn.tools if tool.code == "ok"}
    found = next((code for name, code in _REASONS if name in used), None)
    if found is None and call.handoff_reason is HandoffReason.CALLER_REQUEST:
        found = CallReason.HUMAN
    return SummaryCode.OK, found or CallReason.UNCLEAR


def turns_with_tools(call: StoredCall) -> tuple[int, ...]:
    """The turns that tell why somebody phoned: those in which something was looked up."""
    names = {name for name, _ in _REASONS}
    found = [
        turn.index
        for turn in call.turns
        if any(tool.name in names and tool.code == "ok" for tool in turn.tools)
    ]
    said = [turn.index for turn in call.turns if turn.heard.strip()]
    return tuple(found or said[:1] or [turn.index for turn in call.turns[:1]])


def is_private(turn: Turn) -> bool:
    """A turn in which the caller said numbers that identify them."""
    return (
        any(tool.name == "verify_caller" for tool in turn.tools)
        or phone_number(turn.heard) is not None
        or (turn.input_kind == "keys" and birth_digits(turn.heard) is not None)
    )


def _questions(turns: Sequence[Turn]) -> Iterable[AnsweredQuestion]:
    for turn in turns:
        asked = turn.input_kind in ("speech", "keys") and turn.heard.strip()
        if not asked or not turn.fact_ids or is_private(turn):
            continue
        yield AnsweredQuestion(
            question=mask(turn.heard),
            answer=mask(turn.said or turn.intended),
            fact_ids=turn.fact_ids,
            turn=turn.index,
        )


def _reason(subjects: Sequence[str], handoff: HandoffReason | None, code: SummaryCode) -> str:
    if code is not SummaryCode.OK:
        return _NOTHING[code]
    if subjects:
        said = ", ".join(subjects[:2])
        return f"{with_particle(said, '을')} 위해 전화하셨습니다."
    if handoff is HandoffReason.CALLER_REQUEST:
        return "상담원 연결을 위해 전화하셨습니다."
    return "문의 내용이 확인되지 않았습니다."


def _follow_ups(call: StoredCall, catalog: Catalog) -> Iterable[SummarySentence]:
    plans = (_change_in(turn, catalog) for turn in call.turns)
    for turn, plan in zip(call.turns, plans, strict=True):
        if plan:
            text = f"요금제 변경 신청 처리: {plan}"
            yield SummarySentence(text=text, turns=(turn.index,))
    last = tuple(turn.index for turn in call.turns[-1:])
    if call.outcome is Outcome.HANDED_OFF:
        yield SummarySentence(text="상담원이 이어서 상담", turns=last)
        return
    human = {f"faq:{entry.id}": entry for entry in catalog.faqs if entry.needs_human}
    for turn in call.turns:
        entry = next((human[i] for i in turn.fact_ids[:1] if i in human), None)
        text = ""
        if entry:
            text = f"상담원 확인 필요: {entry.category}"
        elif "replaced" in turn.grounding:
            text = f"정확한 내용 확인 필요: {mask(turn.heard)}"
        elif "정확히 알지 못해요" in turn.intended:
            text = f"답하지 못한 질문 확인: {mask(turn.heard)}"
        if text:
            yield SummarySentence(text=text, turns=(turn.index,))
    if call.outcome is Outcome.ABANDONED:
        yield SummarySentence(
            text="상담이 끝나기 전에 종료되었으므로 다시 연락할지 확인", turns=last
        )
    elif call.cut_off:
        text = "시스템 장애로 통화가 끊겼으므로 다시 연락"
        yield SummarySentence(text=text, turns=last)
    elif call.outcome is Outcome.FAILED:
        yield SummarySentence(text="통화가 중단되었으므로 다시 연락", turns=last)


def _change_in(turn: Turn, catalog: Catalog) -> str:
    """The plan that a change was asked for in a turn, where the request was recorded."""
    for tool in turn.tools:
        if tool.name == "request_plan_change" and tool.code == "ok":
            plan = catalog.plan(str(tool.arguments.get("plan_id", "")))
            return plan.name if plan else ""
    return ""


def _sentences(
    call: StoredCall,
    reason: str,
    questions: Sequence[AnsweredQuestion],
    follow_ups: Sequence[SummarySentence],
    catalog: Catalog,
) -> Iterable[SummarySentence]:
    who = who_called(call.customer, call.verification, catalog)
    yield SummarySentence(text=f"{who} {reason}", turns=turns_with_tools(call))
    for asked in questions[:_LONGEST_ANSWERS]:
        text = f"“{asked.question}”라는 질문에 “{asked.answer}”라고 안내했습니다."
        yield SummarySentence(text=text, turns=(asked.turn,))
    if rest := questions[_LONGEST_ANSWERS:]:
        text = f"그 밖에 질문 {len(rest)}건에 답했습니다."
        yield SummarySentence(text=text, turns=tuple(asked.turn for asked in rest))
    last = tuple(turn.index for turn in call.turns[-1:])
    yield SummarySentence(text=ending_of(call), turns=last)
    left = [item for item in follow_ups if item.text != "상담원이 이어서 상담"]
    if left:
        turns = tuple(dict.fromkeys(turn for item in left for turn in item.turns))
        text = f"남은 일: {'; '.join(item.text for item in left)}."
        yield SummarySentence(text=text, turns=turns)


def ending_of(call: StoredCall) -> str:
    """How the call ended, in a sentence."""
    if call.handoff_reason and call.outcome is Outcome.HANDED_OFF:
        return _HANDED_OFF[call.handoff_reason]
    if call.cut_off:
        return _CUT_OFF
    return _ENDED.get(call.outcome or Outcome.FAILED, _ENDED[Outcome.FAILED])


def who_called(customer: CustomerCard | None, verification: Verification, catalog: Catalog) -> str:
    """`김*수 고객님(이월 10GB 이용, 발신 번호로 확인)께서`."""
    if customer is None:
        return f"고객님({_VERIFIED[verification]})께서"
    plan = catalog.plan(customer.plan_id)
    using = f"{plan.name} 이용, " if plan else ""
    return f"{mask_name(customer.name)} 고객님({using}{_VERIFIED[verification]})께서"
