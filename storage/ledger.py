"""What the telephone writes of its calls: into the database, or into the journal without one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakValueDictionary

from storage.calls import CallStore, utc_now
from storage.entries import Began, Ended, Entry, HandoffAsked, HandoffWent, Noted, TurnOver
from storage.errors import StorageError
from storage.journal import Journal, JournalGauge
from storage.patience import within
from storage.records import CallEnd, HandoffReason, HandoffStatus, NewCall, Outcome, Turn

logger = logging.getLogger(__name__)

PATIENCE_S = 1.0
"""Seconds that a write may take before it goes to the journal: somebody is on the telephone."""
_DRAIN_S = 10.0
"""Seconds that the database may take for an entry of the journal, for which nobody waits."""
_FIRST_DELAY_S = 0.25
_LONGEST_DELAY_S = 5.0


class Ledger:
    """Keeps the calls of one process. Every write may be repeated without another effect.

    A write that returns is stored: in the database, or on disk where the database does not answer
    in time, or refuses it. As long as anything lies on disk, what comes later goes behind it, so
    the order holds. `run` brings what lies there to the database. The writes of one call are stored
    in the order in which they were asked for, those of several calls go side by side.
    """

    def __init__(
        self,
        store: CallStore,
        journal: Journal,
        *,
        clock: Callable[[], datetime] = utc_now,
        on_ended: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_ended` is told when the end of a call was brought from the journal."""
        self._store = store
        self._journal = journal
        self._clock = clock
        self._on_ended = on_ended
        self._calls: dict[str, _OpenCall] = {}
        self._passing: WeakValueDictionary[str, _OpenCall] = WeakValueDictionary()
        self._unstored: dict[str, _Unstored] = {}

    async def open(self, call: NewCall) -> None:
        """Store a call's beginning."""
        self._calls.setdefault(call.call_sid, _OpenCall())
        await self._write(Began(call=call))

    async def save_turn(self, call_sid: str, turn: Turn) -> None:
        """Store a turn; one with the same index is replaced.

        Raises StorageError `unknown_call` of one not begun here.
        """
        await self._write(TurnOver(call_sid=call_sid, turn=turn))

    async def request_handoff(
        self, call_sid: str, reason: HandoffReason, summary_text: str
    ) -> None:
        """Note that a call goes to a human, and what the human is told; the first wish stands.

        Raises StorageError `unknown_call` of one not begun here.
        """
        await self._write(
            HandoffAsked(
                call_sid=call_sid, at=self._clock(), reason=reason, summary_text=summary_text
            )
        )

    async def handoff_status(self, call_sid: str, status: HandoffStatus) -> None:
        """Note how far a call came on its way to the human.

        Where nobody asked for the human, the stream broke, and the carrier went on to them: that
        becomes a hand-off too. A call that a full house sent there at once is not kept.
        """
        await self._write(HandoffWent(call_sid=call_sid, at=self._clock(), status=status))

    async def close(self, call_sid: str, end: CallEnd) -> None:
        """Store a call's end with the jobs that follow from it; the first end stands.

        Raises StorageError `unknown_call` of one not begun here.
        """
        await self._write(Ended(call_sid=call_sid, end=end))
        self._calls.pop(call_sid, None)

    async def outcome(self, call_sid: str) -> Outcome | None:
        """How a call ended; None for one that goes on, or that nobody knows."""
        unstored = self._unstored.get(call_sid)
        if unstored is not None and unstored.outcome is not None:
            return unstored.outcome
        call = await self._store.by_sid(call_sid)
        return None if call is None else call.outcome

    async def brief(self, call_sid: str) -> str:
        """What the human is told before taking a call; may be empty."""
        unstored = self._unstored.get(call_sid)
        if unstored is not None and unstored.brief is not None:
            return unstored.brief
        call = await self._store.by_sid(call_sid)
        handoff = None if call is None else await self._store.handoff(call.id)
        return "" if handoff is None else handoff.summary_text

    @property
    def behind(self) -> bool:
        """Whether something lies in the journal that the database does not know yet."""
        return not self._journal.empty

    async def gauge(self) -> JournalGauge:
        """What is told of the journal."""
        return await self._journal.gauge()

    async def recover(self) -> bool:
        """Bring what dead processes left to the database; False where it does not answer.

        Ask this once, before the first call; `run` goes on where it stopped.
        """
        if waiting := await self._journal.load():
            logger.warning("%d entries of the journal wait for the database", waiting)
        try:
            await self._journal.tidy()
            while not self._journal.empty:
                await self._drain_one()
        except StorageError as error:
            logger.warning("the journal cannot be brought to the database yet: %s", error)
            return False
        return True

    async def retry_dead(self) -> tuple[int, int]:
        """Try anew what the database refused; how many it took, and how many it refuses still.

        Raises StorageError `unavailable`.
        """
        taken = refused = 0
        for dead in await self._journal.dead():
            what = dead.what
            try:
                noted = await self._journal.reopen(dead)
                await within(_DRAIN_S, self._store_entry(noted.entry, again=True))
            except StorageError as error:
                if error.retryable:
                    raise
                logger.warning("an entry of the journal is refused still (%s): %s", what, error)
                refused += 1
            else:
                await asyncio.to_thread(dead.path.unlink, missing_ok=True)
                taken += 1
        return taken, refused

    async def run(self) -> None:
        """Bring what lies in the journal to the database, until cancelled."""
        delay_s = _FIRST_DELAY_S
        while True:
            try:
                await self._drain_one()
            except (StorageError, OSError) as error:
                logger.warning("%s; trying again in %g s", error, delay_s)
                await asyncio.sleep(delay_s)
                delay_s = min(2 * delay_s, _LONGEST_DELAY_S)
            else:
                delay_s = _FIRST_DELAY_S

    async def _write(self, entry: Entry) -> None:
        opened = self._calls.get(entry.call_sid)
        if opened is None:
            # One that this process has not opened, such as an ended one, is kept in mind only while
            # something of it is being written.
            opened = self._passing.setdefault(entry.call_sid, _OpenCall())
        async with opened.turn:
            if self._journal.empty:
                try:
                    await within(PATIENCE_S, self._store_entry(entry))
                except StorageError as error:
                    # What is refused of a call that lives here is kept in sight: the drain puts it
                    # aside. Of a call that nobody began here there is nothing to lose.
                    if not error.retryable and entry.call_sid not in self._calls:
                        raise
                    logger.warning("the journal takes over: %s", error)
                else:
                    return
            self._remember(entry)
            await self._journal.append(Noted(at=self._clock(), entry=entry))

    async def _drain_one(self) -> None:
        """Bring the journal's next entry to the database, waiting for one.

        Raises StorageError where it must be tried again.
        """
        what = "unreadable"
        try:
            noted = await self._journal.head()
            what = f"{noted.entry.kind} of {noted.entry.call_sid}"
            await within(_DRAIN_S, self._store_entry(noted.entry, again=True))
        except StorageError as error:
            if error.retryable:
                raise
            logger.error("an entry of the journal is put aside (%s): %s", what, error)  # noqa: TRY400
            await self._journal.bury(what, error)
        except Exception as error:
            # Whatever is wrong with one entry, those behind it must not wait for ever.
            logger.exception("an entry of the journal is put aside (%s)", what)
            reason = StorageError("refused", f"{type(error).__name__} while it was stored")
            await self._journal.bury(what, reason)
        else:
            await self._journal.settle()
            if isinstance(noted.entry, Ended):
                self._on_ended()
        if self._journal.empty:
            self._unstored.clear()

    async def _store_entry(self, entry: Entry, *, again: bool = False) -> None:
        """Bring an entry to the database; `again` where it may be there already."""
        store = self._store
        match entry:
            case Began():
                call_id = await store.open(entry.call)
                if (opened := self._calls.get(entry.call_sid)) is not None:
                    opened.id = call_id
            case TurnOver():
                await store.save_turn(await self._id(entry.call_sid), entry.turn, again=again)
            case HandoffAsked():
                call_id = await self._id(entry.call_sid)
                await store.request_handoff(call_id, entry.reason, entry.summary_text, at=entry.at)
            case HandoffWent():
                await self._store_handoff(entry)
            case Ended():
                await store.close(await self._id(entry.call_sid), entry.end)

    async def _store_handoff(self, entry: HandoffWent) -> None:
        try:
            call_id = await self._id(entry.call_sid)
        except StorageError as error:
            if error.code != "unknown_call":
                raise
            return
        await self._store.request_handoff(call_id, HandoffReason.FAILURE, "", at=entry.at)
        await self._store.handoff_status(call_id, entry.status, at=entry.at)

    async def _id(self, call_sid: str) -> int:
        opened = self._calls.get(call_sid)
        if opened is None or opened.id is None:
            call_id = await self._store.id_of(call_sid)
            if opened is None:
                return call_id
            opened.id = call_id
        return opened.id

    def _remember(self, entry: Entry) -> None:
        """Keep what the carrier may ask before the database knows it."""
        unstored = self._unstored.setdefault(entry.call_sid, _Unstored())
        match entry:
            case HandoffAsked() if unstored.brief is None:
                unstored.brief = entry.summary_text
            case Ended() if unstored.outcome is None:
                unstored.outcome = entry.end.outcome
            case _:
                pass


class _OpenCall:
    """A call between its beginning and its end."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        """Held by the write whose turn it is; the others wait in order."""
        self.id: int | None = None
        """Its row's, once stored."""


@dataclass(slots=True)
class _Unstored:
    """What of a call lies in the journal and may be asked for."""

    outcome: Outcome | None = None
    brief: str | None = None
