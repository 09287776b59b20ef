"""Rows to records and back, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

from storage.masking import MaskedTurn
from storage.models import (
    CallRow,
    ChangeRequestRow,
    CustomerRow,
    HandoffRow,
    HandoffStepRow,
    SummaryRow,
    TurnRow,
)
from storage.records import (
    AnsweredQuestion,
    CallReason,
    ChangeRequest,
    ChangeStatus,
    Customer,
    CustomerCard,
    EarlierCall,
    Handoff,
    HandoffReason,
    HandoffStatus,
    HandoffStep,
    MoodWords,
    Outcome,
    StoredCall,
    Summary,
    SummaryCode,
    SummarySentence,
    Turn,
    Verification,
)
from storage.sealing import Seals, to_tools

ClearRows = tuple[CallRow, CustomerRow | None, Sequence[TurnRow]]
"""The rows of a call that hold sealed values."""


def to_card(row: CustomerRow) -> CustomerCard:
    """A customer's row as it may be shown."""
    return CustomerCard(
        id=row.id,
        organization_id=row.organization_id,
        name=row.name,
        phone=row.phone,
        plan_id=row.plan_id,
        since=row.since,
    )


def to_customer(row: CustomerRow, seals: Seals) -> Customer:
    """A customer's row in the clear. Raises StorageError `unknown_key`, `damaged`."""
    clear = seals.open_customer(row.identity_hash, row.sealed)
    return Customer(**{**asdict(to_card(row)), **clear})


def from_turn(turn: Turn, masked: MaskedTurn, call_sid: str, seals: Seals) -> dict[str, Any]:
    """A turn as column values."""
    return {**asdict(turn), **seals.turn(call_sid, turn, masked)}


def to_turn(row: TurnRow) -> Turn:
    """A turn's row as a record."""
    return Turn(
        index=row.index,
        heard=row.heard,
        input_kind=row.input_kind,
        heard_started_ms=row.heard_started_ms,
        heard_ended_ms=row.heard_ended_ms,
        intended=row.intended,
        said=row.said,
        said_started_ms=row.said_started_ms,
        said_ended_ms=row.said_ended_ms,
        interrupted=row.interrupted,
        first_audio_ms=row.first_audio_ms,
        stt_ms=row.stt_ms,
        agent_ms=row.agent_ms,
        fact_ids=tuple(row.fact_ids),
        tools=to_tools(row.tools),
        grounding=tuple(row.grounding),
    )


_DETAILS = ("reason_code", "code", "sentences", "mood")
"""Fields of a summary that share one column."""


def from_summary(summary: Summary) -> dict[str, Any]:
    """A summary as column values."""
    values = asdict(summary)
    values["details"] = {name: values.pop(name) for name in _DETAILS}
    return values


def to_summary(row: SummaryRow) -> Summary:
    """A summary's row as a record."""
    details = row.details or {}
    return Summary(
        reason=row.reason,
        questions=tuple(
            AnsweredQuestion(**{**question, "fact_ids": tuple(question["fact_ids"])})
            for question in row.questions
        ),
        outcome=Outcome(row.outcome),
        handoff_reason=_handoff_reason(row.handoff_reason),
        follow_ups=tuple(row.follow_ups),
        customer_name=row.customer_name,
        plan_id=row.plan_id,
        verification=Verification(row.verification),
        text=row.text,
        made_by=row.made_by,
        reason_code=CallReason(details.get("reason_code", CallReason.UNCLEAR)),
        code=SummaryCode(details.get("code", SummaryCode.OK)),
        sentences=tuple(
            SummarySentence(text=sentence["text"], turns=tuple(sentence["turns"]))
            for sentence in details.get("sentences", ())
        ),
        mood=tuple(MoodWords(**words) for words in details.get("mood", ())),
    )


def to_call(
    call: CallRow,
    customer: CustomerRow | None,
    summary: SummaryRow | None,
    recording_path: str | None,
    turns: tuple[Turn, ...] = (),
) -> StoredCall:
    """A call's rows as one record, masked as they are."""
    return StoredCall(
        id=call.id,
        organization_id=call.organization_id,
        call_sid=call.call_sid,
        caller=call.caller,
        called=call.called,
        started_at=call.started_at,
        ended_at=call.ended_at,
        outcome=None if call.outcome is None else Outcome(call.outcome),
        handoff_reason=_handoff_reason(call.handoff_reason),
        verification=Verification(call.verification),
        customer=None if customer is None else to_card(customer),
        recording_path=recording_path,
        summary=None if summary is None else to_summary(summary),
        turns=turns,
        cut_off=call.cut_off,
    )


def to_clear_call(masked: StoredCall, rows: ClearRows, seals: Seals) -> StoredCall:
    """The same call in the clear. Raises StorageError `unknown_key`, `damaged`."""
    call, customer, turns = rows
    return replace(
        masked,
        caller=seals.open_caller(call.call_sid, call.caller, call.sealed),
        customer=None if customer is None else to_customer(customer, seals),
        turns=tuple(
            seals.open_turn(call.call_sid, turn, row.sealed)
            for turn, row in zip(masked.turns, turns, strict=True)
        ),
    )


def to_earlier_call(
    call: CallRow, summary: SummaryRow | None, plan_ids: tuple[str, ...]
) -> EarlierCall:
    """A call's rows as its customer's history tells of it."""
    return EarlierCall(
        id=call.id,
        started_at=call.started_at,
        reason="" if summary is None else summary.reason,
        outcome=None if call.outcome is None else Outcome(call.outcome),
        handoff_reason=_handoff_reason(call.handoff_reason),
        plan_ids=plan_ids,
    )


def to_handoff(row: HandoffRow, steps: Iterable[HandoffStepRow]) -> Handoff:
    """A hand-off's rows as one record."""
    return Handoff(
        requested_at=row.requested_at,
        reason=HandoffReason(row.reason),
        status=HandoffStatus(row.status),
        summary_text=row.summary_text,
        steps=tuple(HandoffStep(at=step.at, status=HandoffStatus(step.status)) for step in steps),
    )


def to_change_request(row: ChangeRequestRow) -> ChangeRequest:
    """A request's row as a record."""
    return ChangeRequest(
        id=row.id,
        call_sid=row.call_sid,
        customer_id=row.customer_id,
        from_plan_id=row.from_plan_id,
        to_plan_id=row.to_plan_id,
        requested_at=row.requested_at,
        status=ChangeStatus(row.status),
    )


def _handoff_reason(value: str | None) -> HandoffReason | None:
    return None if value is None else HandoffReason(value)
