"""Calls of one organization: opened, filled turn by turn, closed together with their next job."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.callbacks import brief_callback, offer_callback
from storage.convert import from_summary, from_turn, to_call
from storage.database import Database, affected, reference, upsert
from storage.errors import StorageError
from storage.maskers import Maskers, acquaintance, mask_late
from storage.masking import masked_summary
from storage.models import (
    CalledNumberRow,
    CallRow,
    HandoffRow,
    HandoffStepRow,
    MentionRow,
    SummaryRow,
    TurnRow,
)
from storage.outbox import JobKind, enqueue
from storage.reading import one_call, one_handoff, whole_call
from storage.recordings import rows as recordings
from storage.records import (
    CallEnd,
    Handoff,
    HandoffReason,
    HandoffStatus,
    NewCall,
    StoredCall,
    Summary,
    Turn,
    Verification,
)
from storage.sealing import Seals
from storage.search import find_calls, index_call
from storage.types import storable

StoredCalls = list[StoredCall]


def utc_now() -> datetime:
    """The clock of a live system."""
    return datetime.now(UTC)


class CallStore:
    """All that is kept of an organization's calls. Every method is one short transaction.

    What it gives is masked; `storage.clear` has the same in the clear.
    """

    def __init__(
        self,
        database: Database,
        organization_id: str,
        *,
        clock: Callable[[], datetime] = utc_now,
        server: str | None = None,
    ) -> None:
        """`server` is whose calls begin here, so that it finds them when it was killed."""
        self._database = database
        self._server = server
        self._organization_id = organization_id
        self._clock = clock
        self._maskers = Maskers()

    async def open(self, call: NewCall) -> int:
        """Store a beginning call and return its id; the same call again gives the same id."""
        if call.organization_id != self._organization_id:
            raise StorageError(
                "wrong_organization", f"this store keeps the calls of {self._organization_id}"
            )
        async with self._database.write(self._organization_id) as session:
            with reference("unknown_organization", f"no organization {self._organization_id}"):
                call_id = await upsert(
                    session,
                    CallRow,
                    {
                        "call_sid": call.call_sid,
                        "stream_sid": call.stream_sid,
                        **self._seals.caller(call.call_sid, call.caller),
                        "called": call.called,
                        "started_at": call.started_at,
                        "verification": Verification.NONE,
                        "server": self._server,
                    },
                    on=("organization_id", "call_sid"),
                    update=False,
                )
                if call.called:
                    await upsert(
                        session,
                        CalledNumberRow,
                        {"number": call.called, "label": "", "first_called_at": call.started_at},
                        on=("organization_id", "number"),
                        update=False,
                    )
            if call_id is None:
                call_id = await session.scalar(
                    select(CallRow.id).where(CallRow.call_sid == call.call_sid)
                )
            assert call_id is not None  # noqa: S101  it was inserted, or it was there
            if call.recording_path is not None:
                await recordings.begin(session, call_id, call.recording_path)
            return call_id

    async def save_turn(self, call_id: int, turn: Turn, *, again: bool = False) -> None:
        """Store a turn; a turn with the same index is replaced. Raises `unknown_call`.

        `again` leaves a turn that is there as it is: the same one, perhaps corrected meanwhile.
        """
        seals = self._seals
        turn = replace(
            turn,
            heard=storable(turn.heard),
            intended=storable(turn.intended),
            said=storable(turn.said),
        )
        async with self._database.write(self._organization_id) as session:
            if again and await _has_turn(session, call_id, turn.index):
                return
            telling = await self._maskers.take(session, call_id, seals, before=turn.index)
            masked, phones = await telling.masked(session, turn)
            values = from_turn(turn, masked, telling.call_sid, seals)
            await upsert(session, TurnRow, {"call_id": call_id, **values}, on=("call_id", "index"))
            for phone in phones:
                await upsert(
                    session,
                    MentionRow,
                    {
                        "call_id": call_id,
                        "turn_index": turn.index,
                        "phone_hash": seals.phone_hash(phone),
                    },
                    on=("call_id", "turn_index", "phone_hash"),
                    update=False,
                )
        self._maskers.give_back(call_id, telling)

    async def verified(
        self, call_id: int, customer_id: int | None, verification: Verification
    ) -> None:
        """Note who is calling and how sure we are. Raises `unknown_call`, `unknown_customer`."""
        async with self._database.write(self._organization_id) as session:
            with reference("unknown_customer", f"no customer {customer_id}"):
                found = await affected(
                    session,
                    update(CallRow)
                    .where(CallRow.id == call_id)
                    .values(customer_id=customer_id, verification=verification),
                )
            if not found:
                raise _unknown_call(call_id)

    async def close(self, call_id: int, end: CallEnd) -> bool:
        """Store a call's end and, in the same transaction, the job that writes its summary.

        The end's verification and customer replace what `verified` noted. Returns False, and
        changes nothing, when the call was closed before. Raises `unknown_call`,
        `unknown_customer`.
        """
        async with self._database.write(self._organization_id) as session:
            with reference("unknown_customer", f"no customer {end.customer_id}"):
                closed = await affected(
                    session,
                    update(CallRow)
                    .where(CallRow.id == call_id, CallRow.ended_at.is_(None))
                    .values(
                        ended_at=end.ended_at,
                        outcome=end.outcome,
                        handoff_reason=end.handoff_reason,
                        verification=end.verification,
                        customer_id=end.customer_id,
                    ),
                )
            if not closed:
                await _require_call(session, call_id)
                return False
            self._maskers.forget(call_id)
            await mask_late(session, call_id, self._seals)
            await recordings.close(session, call_id, end.recording_ms, run_at=end.ended_at)
            await ask_for_summary(session, call_id, run_at=end.ended_at)
            return True

    async def save_summary(self, call_id: int, summary: Summary) -> None:
        """Store a call's summary, in place of an earlier one, and ask for it to be indexed.

        Raises `unknown_call`.
        """
        async with self._database.write(self._organization_id) as session:
            telling = await acquaintance(session, call_id, self._seals)
            masked = masked_summary(summary, telling.masker.names)
            await upsert(
                session,
                SummaryRow,
                {"call_id": call_id, **from_summary(masked)},
                on=("call_id",),
            )
            await index_call(session, call_id)
            await brief_callback(session, call_id, masked.text)
            # A summary that is made twice is indexed once, another one of the same call anew.
            digest = hashlib.sha256(repr(masked).encode()).hexdigest()[:16]
            await enqueue(
                session,
                JobKind.INDEX_CASE,
                {"call_id": call_id},
                key=f"{call_id}/{digest}",
                run_at=self._clock(),
            )

    async def request_handoff(
        self,
        call_id: int,
        reason: HandoffReason,
        summary_text: str,
        *,
        at: datetime | None = None,
    ) -> bool:
        """Note that a call goes to a human, and what the human is told; `at` is now if not given.

        Returns False, and changes nothing, when that was noted before. Raises `unknown_call`.
        """
        seals = self._seals
        async with self._database.write(self._organization_id) as session:
            telling = await acquaintance(session, call_id, seals)
            summary_text = storable(summary_text)
            now = at or self._clock()
            handoff_id = await upsert(
                session,
                HandoffRow,
                {
                    "call_id": call_id,
                    "requested_at": now,
                    "reason": reason,
                    "status": HandoffStatus.REQUESTED,
                    **seals.handoff(
                        telling.call_sid, summary_text, telling.masker.text(summary_text)
                    ),
                },
                on=("call_id",),
                update=False,
            )
            if handoff_id is None:
                return False
            await _add_step(session, handoff_id, HandoffStatus.REQUESTED, now)
            return True

    async def handoff_status(
        self, call_id: int, status: HandoffStatus, *, at: datetime | None = None
    ) -> None:
        """Note how far a requested hand-off came; `at` is now if not given.

        The same step again changes nothing. Raises `unknown_call` where no hand-off was asked for.
        """
        async with self._database.write(self._organization_id) as session:
            handoff = await session.scalar(select(HandoffRow).where(HandoffRow.call_id == call_id))
            if handoff is None:
                raise StorageError("unknown_call", f"no hand-off of call {call_id}")
            if await _add_step(session, handoff.id, status, at or self._clock()):
                handoff.status = status
                if status is HandoffStatus.CALLBACK_REQUESTED:
                    await offer_callback(session, call_id, self._seals, at=at or self._clock())

    async def handoff(self, call_id: int) -> Handoff | None:
        """A call's hand-off, if one was asked for."""
        async with self._database.read(self._organization_id) as session:
            return await one_handoff(session, CallRow.id == call_id)

    async def get(self, call_id: int) -> StoredCall | None:
        """A call with its turns and summary."""
        return await self._one(CallRow.id == call_id)

    async def id_of(self, call_sid: str) -> int:
        """The id of the call with the carrier's id. Raises `unknown_call`."""
        async with self._database.read(self._organization_id) as session:
            call_id = await session.scalar(select(CallRow.id).where(CallRow.call_sid == call_sid))
        if call_id is None:
            raise StorageError("unknown_call", f"no call {call_sid}")
        return call_id

    async def by_sid(self, call_sid: str) -> StoredCall | None:
        """The call with the carrier's id, with its turns and summary."""
        return await self._one(CallRow.call_sid == call_sid)

    async def list(
        self, limit: int, *, before_id: int | None = None, search: str | None = None
    ) -> StoredCalls:
        """Calls with their summaries and without their turns, newest first; all in one query.

        `before_id` continues after a page's last call. `search` is looked for, regardless of
        case, in summaries and in what caller and agent said.
        """
        query = whole_call().order_by(CallRow.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(CallRow.id < before_id)
        async with self._database.read(self._organization_id) as session:
            if search:
                found = await find_calls(session, search, limit, before_id=before_id)
                query = query.where(CallRow.id.in_(found))
            rows = (await session.execute(query)).all()
        return [to_call(*row) for row in rows]

    async def _one(self, condition: Any) -> StoredCall | None:
        async with self._database.read(self._organization_id) as session:
            return await one_call(session, condition)

    @property
    def _seals(self) -> Seals:
        return Seals(self._database.vault, self._organization_id)


async def _has_turn(session: AsyncSession, call_id: int, index: int) -> bool:
    there = select(TurnRow.id).where(TurnRow.call_id == call_id, TurnRow.index == index)
    return await session.scalar(there) is not None


async def ask_for_summary(session: AsyncSession, call_id: int, *, run_at: datetime) -> None:
    """Ask for a closed call's summary, in the transaction that closes it."""
    await enqueue(session, JobKind.SUMMARIZE, {"call_id": call_id}, key=str(call_id), run_at=run_at)


async def _add_step(
    session: AsyncSession, handoff_id: int, status: HandoffStatus, at: datetime
) -> bool:
    step_id = await upsert(
        session,
        HandoffStepRow,
        {"handoff_id": handoff_id, "at": at, "status": status},
        on=("handoff_id", "at", "status"),
        update=False,
    )
    return step_id is not None


async def _require_call(session: AsyncSession, call_id: int) -> None:
    if await session.scalar(select(CallRow.id).where(CallRow.id == call_id)) is None:
        raise _unknown_call(call_id)


def _unknown_call(call_id: int) -> StorageError:
    return StorageError("unknown_call", f"no call {call_id}")
