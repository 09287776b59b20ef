"""What the telephone writes of its calls, by the carrier's id of the call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from storage.calls import CallStore, utc_now
from storage.records import CallEnd, HandoffReason, HandoffStatus, NewCall, Turn


class Ledger:
    """Keeps the calls of one process. Every write may be repeated without another effect.

    The writes of one call are stored in the order in which they were asked for, each in one short
    transaction; those of several calls go side by side.
    """

    def __init__(self, store: CallStore, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._clock = clock
        self._calls: dict[str, _OpenCall] = {}

    async def open(self, call: NewCall) -> None:
        """Store a call's beginning. Raises StorageError."""
        opened = self._calls.setdefault(call.call_sid, _OpenCall())
        async with opened.turn:
            opened.id = await self._store.open(call)

    async def save_turn(self, call_sid: str, turn: Turn) -> None:
        """Store a turn; one with the same index is replaced. Raises StorageError `unknown_call`."""
        opened = self._of(call_sid)
        async with opened.turn:
            await self._store.save_turn(await self._id(call_sid, opened), turn)

    async def request_handoff(
        self, call_sid: str, reason: HandoffReason, summary_text: str
    ) -> None:
        """Note that a call goes to a human, and what the human is told; the first wish stands.

        Raises StorageError `unknown_call`.
        """
        opened, at = self._of(call_sid), self._clock()
        async with opened.turn:
            call_id = await self._id(call_sid, opened)
            await self._store.request_handoff(call_id, reason, summary_text, at=at)

    async def handoff_status(self, call_sid: str, status: HandoffStatus) -> None:
        """Note how far a call came on its way to the human.

        Where nobody asked for the human, the stream broke, and the carrier went on to them: that
        becomes a hand-off too. Raises StorageError `unknown_call`.
        """
        opened, at = self._of(call_sid), self._clock()
        async with opened.turn:
            call_id = await self._id(call_sid, opened)
            await self._store.request_handoff(call_id, HandoffReason.FAILURE, "", at=at)
            await self._store.handoff_status(call_id, status, at=at)

    async def close(self, call_sid: str, end: CallEnd) -> None:
        """Store a call's end with the jobs that follow from it; the first end stands.

        Raises StorageError `unknown_call`, `unknown_customer`.
        """
        opened = self._of(call_sid)
        async with opened.turn:
            await self._store.close(await self._id(call_sid, opened), end)
        self._calls.pop(call_sid, None)

    def _of(self, call_sid: str) -> _OpenCall:
        """The call as it is known here; one that this process has not opened is not kept."""
        return self._calls.get(call_sid) or _OpenCall()

    async def _id(self, call_sid: str, opened: _OpenCall) -> int:
        if opened.id is None:
            opened.id = await self._store.id_of(call_sid)
        return opened.id


class _OpenCall:
    """A call between its beginning and its end."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        """Held by the write whose turn it is; the others wait in order."""
        self.id: int | None = None
        """Its row's, once stored."""
