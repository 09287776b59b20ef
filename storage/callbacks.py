"""Call-backs: callers whom a human is to phone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.audit import Action, append
from storage.database import Database, affected, upsert
from storage.models import CallbackRow, CallRow, SummaryRow
from storage.sealing import Seals


class CallbackStatus(StrEnum):
    """Where a call-back stands."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Callback:
    """A caller who waits to be phoned, or was."""

    id: int
    call_id: int
    requested_at: datetime
    """UTC."""
    phone: str
    """Masked."""
    status: CallbackStatus
    brief: str
    """What whoever phones should know; empty until the call was summarised."""
    done_at: datetime | None
    """UTC."""


async def offer_callback(
    session: AsyncSession, call_id: int, seals: Seals, *, at: datetime
) -> None:
    """Ask humans to phone the caller, in the transaction of what asks for it; once a call.

    Nothing happens where the caller withheld the number. Raises StorageError `unknown_key`,
    `damaged`.
    """
    call = await session.scalar(select(CallRow).where(CallRow.id == call_id))
    if call is None or not call.caller:
        return
    phone = seals.open_caller(call.call_sid, call.caller, call.sealed)
    # Who waited for a human in vain may ask only after the call was summarised.
    brief = await session.scalar(select(SummaryRow.text).where(SummaryRow.call_id == call_id))
    await upsert(
        session,
        CallbackRow,
        {
            "call_id": call_id,
            "requested_at": at,
            **seals.callback(call.call_sid, phone),
            "status": CallbackStatus.OPEN,
            "brief": brief or "",
        },
        on=("call_id",),
        update=False,
    )


async def brief_callback(session: AsyncSession, call_id: int, text: str) -> None:
    """Tell whoever phones what the call was about: its summary, masked, once it is there."""
    await session.execute(
        update(CallbackRow).where(CallbackRow.call_id == call_id).values(brief=text)
    )


class CallbackStore:
    """One organization's call-backs."""

    def __init__(
        self, database: Database, organization_id: str, *, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._organization_id = organization_id
        self._clock = clock

    async def list(self, status: CallbackStatus | None = CallbackStatus.OPEN) -> list[Callback]:
        """Those in a status, or with None all, the longest waiting first."""
        query = select(CallbackRow).order_by(CallbackRow.requested_at, CallbackRow.id)
        if status is not None:
            query = query.where(CallbackRow.status == status)
        async with self._database.read(self._organization_id) as session:
            return [_to_callback(row) for row in await session.scalars(query)]

    async def phone(self, callback_id: int, *, actor: str) -> str | None:
        """The number to phone, in the clear (E.164), for `actor`, which is noted."""
        seals = Seals(self._database.vault, self._organization_id)
        query = select(CallbackRow, CallRow.call_sid).join(
            CallRow, CallRow.id == CallbackRow.call_id
        )
        async with self._database.write(self._organization_id) as session:
            found = (await session.execute(query.where(CallbackRow.id == callback_id))).first()
            if found is None:
                return None
            row, call_sid = found
            phone = seals.open_callback(call_sid, row.phone, row.sealed)
            await self._note(session, actor, Action.REVEALED, callback_id)
        return phone

    async def done(self, callback_id: int, *, actor: str) -> bool:
        """Note that somebody was phoned; False where no such call-back is open."""
        now = self._clock()
        async with self._database.write(self._organization_id) as session:
            changed = await affected(
                session,
                update(CallbackRow)
                .where(CallbackRow.id == callback_id, CallbackRow.status == CallbackStatus.OPEN)
                .values(status=CallbackStatus.DONE, done_at=now),
            )
            if changed:
                await self._note(session, actor, Action.CALLBACK_DONE, callback_id)
            return changed > 0

    async def _note(
        self, session: AsyncSession, actor: str, action: Action, callback_id: int
    ) -> None:
        subject = f"callback:{callback_id}"
        await append(session, at=self._clock(), actor=actor, action=action, subject=subject)


def _to_callback(row: CallbackRow) -> Callback:
    return Callback(
        id=row.id,
        call_id=row.call_id,
        requested_at=row.requested_at,
        phone=row.phone,
        status=CallbackStatus(row.status),
        brief=row.brief,
        done_at=row.done_at,
    )
