"""The server that is killed: all that stores is real, what hears, thinks and speaks is not."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from agent.actions import Action, HandOff, Heard, Say
from agent.summary import summarize
from knowledge.catalog.model import Catalog
from scripts.bench.crashing.points import Points, watch
from scripts.bench.serve import InstantEars
from scripts.serving import serving
from storage.calls import CallStore, utc_now
from storage.clear import ServiceCalls
from storage.database import Database
from storage.errors import StorageError
from storage.home import ServerHome
from storage.journal import Journal
from storage.ledger import Ledger
from storage.orphans import Orphans, Recovery
from storage.outbox import LEASE, JobKind, Outbox, OutboxWorker
from storage.recordings.finishing import RecordingFinisher
from storage.records import CallEnd, Customer, HandoffReason, Job, Turn, Verification
from storage.vault import Vault
from voice.audio.mulaw import SILENCE
from voice.audio.recording import SAMPLE_RATE, StereoRecorder
from voice.services import CallLimits, CallServices
from voice.switchboard import Switchboard
from voice.telephony.session import StreamCounters
from voice.telephony.stream import Invitations, create_stream_route
from voice.telephony.tokens import PendingCall, PendingCalls
from voice.turns.patience import FixedPatience
from voice.turns.vad import SileroVad

ORGANIZATION = "sample"
CALLER = "+821012345678"
KEYS = "1234"
"""What the caller keys, one after the other; the last one asks for the human."""

_LOOK_S = 0.02
_REST_S = 4.0
_REPLY = bytes([SILENCE]) * (SAMPLE_RATE // 4)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a server of the benchmark lives."""

    data_dir: Path
    url: str
    """Of the database, as the server sees it."""
    keys: str
    """The ring."""
    catalog: Catalog


@dataclass(frozen=True, kw_only=True)
class Life:
    """One life of the server."""

    number: int
    """Counts from 0, a call's first life; later ones look at the jobs when leases have run out."""
    target: int | None
    """The point at which it is killed."""
    report: Callable[[dict[str, Any]], None]
    """Tells the parent something, in a way that outlives this process."""


def reporter(descriptor: int) -> Callable[[dict[str, Any]], None]:
    """Writes reports into a pipe, a line each and each at once."""

    def report(values: dict[str, Any]) -> None:
        os.write(descriptor, (json.dumps(values) + "\n").encode())

    return report


class _Tone:
    async def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """A quarter of a second, at once."""
        del text
        yield _REPLY


class _Answers:
    """A Dialogue that answers every key with a sentence, and the last one with the human."""

    customer: Customer | None = None
    answered = False
    verification = Verification.NONE

    async def greet(self) -> AsyncGenerator[Action, None]:
        """The sentence."""
        yield Say(text="안녕하세요.")

    async def hear(self, heard: Heard) -> AsyncGenerator[Action, None]:
        """The sentence."""
        if heard.kind == "keys":
            yield Say(text=f"{heard.text}번이요.")
            if heard.text == KEYS[-1]:
                yield HandOff(reason=HandoffReason.CALLER_REQUEST)

    def played(self, text: str, *, interrupted: bool) -> None:
        """Nothing to remember."""

    def brief(self, reason: HandoffReason) -> str:
        """The same always."""
        del reason
        return "번호를 누르셨습니다."


class _ToldLedger(Ledger):
    """Tells the parent what was acknowledged."""

    report: Callable[[dict[str, Any]], None]

    async def save_turn(self, call_sid: str, turn: Turn) -> None:
        await super().save_turn(call_sid, turn)
        self.report({"turn": turn.index, "heard": turn.heard, "said": turn.said})

    async def close(self, call_sid: str, end: CallEnd) -> None:
        await super().close(call_sid, end)
        self.report({"closed": True})


class _Server:
    """The parts that store, put together as `app.py` does."""

    def __init__(self, place: Place, life: Life) -> None:
        self.place = place
        self.points = Points(life.target, lambda name: life.report({"killed": name}))
        self.report = life.report
        self._late = life.number * 2 * LEASE
        vault = Vault.parse(place.keys)
        self.database = Database(place.url, vault)
        watch(self.points, self.database)
        self.home = ServerHome(place.data_dir)
        self.home.lock()
        self.store = CallStore(
            self.database, ORGANIZATION, clock=self.clock, server=self.home.server_id
        )
        self.outbox = Outbox(self.database, ORGANIZATION)
        finisher = RecordingFinisher(self.database, ORGANIZATION, place.data_dir)
        self.worker = OutboxWorker(
            self.outbox,
            {
                JobKind.SUMMARIZE: self._summarize,
                JobKind.FINISH_RECORDING: lambda job: finisher.finish(job.payload["call_id"]),
                JobKind.INDEX_CASE: self._index,
            },
            clock=self.clock,
            poll_s=0.2,
        )
        self.journal = Journal(place.data_dir / "journal", vault, ORGANIZATION, clock=self.clock)
        self.ledger = _ToldLedger(
            self.store, self.journal, clock=self.clock, on_ended=self.worker.poke
        )
        self.ledger.report = life.report
        self.recovery = Recovery(
            Orphans(self.database, ORGANIZATION, place.data_dir),
            self.ledger,
            server=self.home.server_id,
            longest_call=timedelta(hours=1),
            on_closed=self.worker.poke,
            clock=self.clock,
        )

    def clock(self) -> datetime:
        """A later life begins after the leases of the earlier one's jobs."""
        return utc_now() + self._late

    async def _summarize(self, job: Job) -> None:
        call = await ServiceCalls(self.database, ORGANIZATION).get(job.payload["call_id"])
        assert call is not None  # noqa: S101 - nobody removes calls here
        await self.store.save_summary(call.id, await summarize(call, self.place.catalog))

    async def _index(self, job: Job) -> None:
        del job

    async def come_to_rest(self) -> None:
        """Wait until nothing is left to be done, but not for what is tried again much later.

        Says at the end where this life could have been cut off.
        """
        with suppress(TimeoutError, StorageError):
            async with asyncio.timeout(_REST_S):
                while not await self._at_rest():
                    self.worker.poke()
                    await asyncio.sleep(_LOOK_S)
                self.report({"rest": True})
        self.report({"points": self.points.names})

    async def _at_rest(self) -> bool:
        gauge = await self.outbox.gauge(self.clock())
        return not self.ledger.behind and not gauge.pending

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Recovered, and with its background work."""
        await self.recovery.start()
        work = (self.worker.run(), self.ledger.run(), self.recovery.run())
        tasks = [asyncio.create_task(one) for one in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.journal.close()
            await self.database.close()


async def live(place: Place, life: Life, call_sid: str) -> None:
    """Answer one call, do what follows from it, and end."""
    server = _Server(place, life)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with server.running():
        pending = PendingCalls(loop.time)
        pending.announce(call_sid, caller=CALLER, called="+82215880000")
        app = FastAPI()
        app.include_router(
            create_stream_route(
                switchboard=_switchboard(server, ended),
                invitations=Invitations(pending, account_sid="", development=True),
                signatures=None,
                counters=StreamCounters(),
            )
        )
        async with serving(app) as address:
            server.report({"address": address})
            await ended.wait()
        server.report({"ended": True})
        await server.come_to_rest()


async def recover(place: Place, life: Life) -> None:
    """Start after a kill, bring everything to rest, and end."""
    server = _Server(place, life)
    async with server.running():
        await server.come_to_rest()


def _switchboard(server: _Server, ended: asyncio.Event) -> Switchboard:
    def closed() -> None:
        server.worker.poke()
        ended.set()

    return _Heard(
        organization_id=ORGANIZATION,
        ledger=server.ledger,
        services=CallServices(
            transcriber=InstantEars(),
            synthesizer=_Tone(),
            journal=server.ledger,
            patience=FixedPatience(600),
            at_hand=lambda _: _REPLY,
        ),
        limits=CallLimits(),
        vad=SileroVad(),
        dialogues=_answers,
        data_dir=server.place.data_dir,
        vault=server.database.vault,
        clock=server.clock,
        on_closed=closed,
    ).telling(server.report)


def _answers(_party: PendingCall) -> _Answers:
    return _Answers()


class _Heard(Switchboard):
    """Tells the parent how much of the caller has come, as the recorder got it."""

    def telling(self, report: Callable[[dict[str, Any]], None]) -> _Heard:
        """Begin to tell."""
        self._report = report
        return self

    def _recorder(self, call_sid: str, now: datetime) -> StereoRecorder:
        recorder = super()._recorder(call_sid, now)
        take, report, heard = recorder.caller, self._report, 0

        def caller(audio: bytes) -> bool:
            nonlocal heard
            heard += len(audio)
            report({"heard_ms": heard * 1000 // SAMPLE_RATE})
            return take(audio)

        recorder.caller = caller  # type: ignore[method-assign]
        return recorder
