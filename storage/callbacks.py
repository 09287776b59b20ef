"""Call-backs: callers whom a human is to phone."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import upsert
from storage.models import CallbackRow, CallRow
from storage.sealing import Seals


class CallbackStatus(StrEnum):
    """Where a call-back stands."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


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
    await upsert(
        session,
        CallbackRow,
        {
            "call_id": call_id,
            "requested_at": at,
            **seals.callback(call.call_sid, phone),
            "status": CallbackStatus.OPEN,
            "brief": "",
        },
        on=("call_id",),
        update=False,
    )


async def brief_callback(session: AsyncSession, call_id: int, text: str) -> None:
    """Tell whoever phones what the call was about: its summary, masked, once it is there."""
    await session.execute(
        update(CallbackRow).where(CallbackRow.call_id == call_id).values(brief=text)
    )
