"""All calls of this process: builds them, knows the live ones, commits their beginning and end."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from storage.recordings.files import SUFFIX, RecordingWriter, recording_name
from storage.records import CallEnd, NewCall, Outcome
from storage.vault import Vault
from voice.audio.recording import StereoRecorder
from voice.call import Call
from voice.events import CarrierCommand, Started, Stopped
from voice.services import CallLimits, CallResult, CallServices, Dialogue, Journal
from voice.telephony.tokens import PendingCall
from voice.turns.vad import SileroVad

logger = logging.getLogger(__name__)


class Ledger(Journal, Protocol):
    """Where calls are kept; `storage.ledger.Ledger` is the real one."""

    async def open(self, call: NewCall) -> None:
        """Commits the call's beginning; the same CallSid again changes nothing."""
        ...

    async def close(self, call_sid: str, end: CallEnd) -> None:
        """Commits the call's end with the jobs that follow from it."""
        ...


class Switchboard:
    """One a process. The edge asks it to `connect` a started stream."""

    def __init__(
        self,
        *,
        organization_id: str,
        ledger: Ledger,
        services: CallServices,
        limits: CallLimits,
        vad: SileroVad,
        dialogues: Callable[[PendingCall], Dialogue],
        data_dir: Path,
        vault: Vault,
        clock: Callable[[], datetime],
        on_closed: Callable[[], None],
    ) -> None:
        self._organization_id = organization_id
        self._ledger = ledger
        self._services = services
        self._limits = limits
        self._vad = vad
        self._dialogues = dialogues
        self._data_dir = data_dir
        self._vault = vault
        self._clock = clock
        self._on_closed = on_closed
        self._connecting = asyncio.Lock()
        self._live: dict[str, Call] = {}
        self._ended: dict[str, asyncio.Event] = {}
        self._empty = asyncio.Event()
        self._empty.set()
        self.draining = False
        """True once the process is to stop: no new calls."""

    @property
    def live_calls(self) -> int:
        """Calls going on now."""
        return len(self._live)

    async def connect(
        self, party: PendingCall, started: Started, send: Callable[[CarrierCommand], None]
    ) -> "Line":
        """Builds the call of a stream that has started.

        A live call of the same CallSid is superseded: its conversation goes on here.
        """
        async with self._connecting:
            return await self._connect(party, started, send)

    async def _connect(
        self, party: PendingCall, started: Started, send: Callable[[CarrierCommand], None]
    ) -> "Line":
        dialogue: Dialogue | None = None
        recorder: StereoRecorder | None = None
        next_turn = 0
        older = self._live.get(party.call_sid)
        if older is not None:
            ended = self._ended[party.call_sid]
            older.receive(Stopped(reason="superseded"))
            await ended.wait()
            dialogue, next_turn = older.dialogue, older.next_turn
            recorder = older.recorder if older.superseded else None
        now = self._clock()
        recorder = recorder or self._recorder(party.call_sid, now)
        # The greeting does not wait for the database; the first turn's record does.
        opening = asyncio.create_task(
            self._ledger.open(
                NewCall(
                    organization_id=self._organization_id,
                    call_sid=party.call_sid,
                    stream_sid=started.stream_sid,
                    caller=party.caller,
                    called=party.called,
                    started_at=now,
                    recording_path=str(recorder.path.relative_to(self._data_dir)),
                )
            )
        )
        call = Call(
            call_sid=party.call_sid,
            dialogue=dialogue or self._dialogues(party),
            services=self._services,
            limits=self._limits,
            vad=self._vad.stream(),
            recorder=recorder,
            send=send,
            next_turn=next_turn,
        )
        opening.add_done_callback(partial(_end_without_record, call))
        self._live[party.call_sid] = call
        self._empty.clear()
        self._ended[party.call_sid] = asyncio.Event()
        return Line(self, call, party.call_sid, opening)

    def _recorder(self, call_sid: str, now: datetime) -> StereoRecorder:
        """Records a call from its beginning, in a file that no other one is in."""
        path = Path("recordings") / f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(8)}{SUFFIX}"
        name = recording_name(self._organization_id, call_sid)
        return StereoRecorder(RecordingWriter(self._data_dir / path, self._vault, name))

    async def drain(self) -> None:
        """Sends new callers to the human, and returns when the last live call has ended."""
        self.draining = True
        await self._empty.wait()

    def stop(self, call_sid: str, reason: str) -> None:
        """Ends a live call from outside, such as on a stream error; unknown ones are ignored."""
        call = self._live.get(call_sid)
        if call is not None:
            call.receive(Stopped(reason=reason))

    async def _run(self, line: "Line") -> CallResult:
        """Lives one call, then commits its end."""
        result = CallResult(outcome=Outcome.FAILED, handoff_reason=None)
        try:
            result = await line.call.run()
        finally:
            del self._live[line.call_sid]
            self._ended.pop(line.call_sid).set()
            if not result.superseded:
                await self._close(line, result)
            if not self._live:
                self._empty.set()
        return result

    async def _close(self, line: "Line", result: CallResult) -> None:
        try:
            await line.opening
        except Exception:
            logger.exception("call %s has no record", line.call_sid)
            return
        dialogue = line.call.dialogue
        customer = dialogue.customer
        await self._ledger.close(
            line.call_sid,
            CallEnd(
                ended_at=self._clock(),
                outcome=result.outcome,
                handoff_reason=result.handoff_reason,
                verification=dialogue.verification,
                customer_id=None if customer is None else customer.id,
                recording_ms=line.call.recorder.duration_ms,
            ),
        )
        self._on_closed()


def _end_without_record(call: Call, opening: asyncio.Task[None]) -> None:
    """A call whose beginning cannot be stored ends, and the carrier goes on to the human."""
    if opening.cancelled() or opening.exception() is not None:
        call.receive(Stopped(reason="stream-error"))


class Line:
    """A connected call, as the edge holds it."""

    def __init__(
        self,
        switchboard: Switchboard,
        call: Call,
        call_sid: str,
        opening: asyncio.Task[None],
    ) -> None:
        self._switchboard = switchboard
        self.call = call
        self.call_sid = call_sid
        self.opening = opening
        """Done when the call's beginning is stored."""
        self.receive = call.receive

    async def run(self) -> CallResult:
        """Lives the call; when it returns, its end has been committed."""
        return await self._switchboard._run(self)
