"""How a call is read from its rows: by those who see it masked, and by those who see it clear."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.convert import to_call, to_clear_call, to_handoff, to_turn
from storage.models import (
    CallRow,
    CustomerRow,
    HandoffRow,
    HandoffStepRow,
    RecordingRow,
    SummaryRow,
    TurnRow,
)
from storage.records import Handoff, StoredCall
from storage.sealing import Seals


def whole_call() -> Select[CallRow, CustomerRow, SummaryRow, str]:
    """A call with its customer, its summary and its recording's path."""
    return (
        select(CallRow, CustomerRow, SummaryRow, RecordingRow.path)
        .outerjoin(CustomerRow, CallRow.customer_id == CustomerRow.id)
        .outerjoin(SummaryRow, CallRow.id == SummaryRow.call_id)
        .outerjoin(RecordingRow, CallRow.id == RecordingRow.call_id)
    )


async def one_call(
    session: AsyncSession, condition: Any, *, seals: Seals | None = None
) -> StoredCall | None:
    """The call with its turns: masked, or in the clear with `seals`."""
    found = (await session.execute(whole_call().where(condition))).first()
    if found is None:
        return None
    call, customer, summary, path = found
    rows = await session.scalars(
        select(TurnRow).where(TurnRow.call_id == call.id).order_by(TurnRow.index)
    )
    turns = rows.all()
    masked = to_call(call, customer, summary, path, tuple(map(to_turn, turns)))
    return masked if seals is None else to_clear_call(masked, (call, customer, turns), seals)


async def one_handoff(
    session: AsyncSession, condition: Any, *, seals: Seals | None = None
) -> Handoff | None:
    """The call's hand-off with its steps: masked, or in the clear with `seals`."""
    query = select(HandoffRow, CallRow.call_sid).join(CallRow, CallRow.id == HandoffRow.call_id)
    found = (await session.execute(query.where(condition))).first()
    if found is None:
        return None
    handoff, call_sid = found
    steps = await session.scalars(
        select(HandoffStepRow)
        .where(HandoffStepRow.handoff_id == handoff.id)
        .order_by(HandoffStepRow.at, HandoffStepRow.id)
    )
    masked = to_handoff(handoff, steps)
    if seals is None:
        return masked
    clear = seals.open_handoff(call_sid, masked.summary_text, handoff.sealed)
    return replace(masked, summary_text=clear)
