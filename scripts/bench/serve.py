"""`yeoboseyo bench serve`: the real edge and call loop, with stand-ins that cost nothing."""

import asyncio
import os
import tempfile
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from fastapi import FastAPI

from agent.actions import Action, Heard, Say
from scripts.serving import make_server
from storage.calls import CallStore, utc_now
from storage.database import Database
from storage.journal import Journal
from storage.ledger import Ledger
from storage.organizations import ensure_organization
from storage.records import Customer, HandoffReason, Verification
from storage.vault import Vault, new_key
from voice.audio import mulaw
from voice.services import CallLimits, CallServices
from voice.stt.transcriber import Effort, Transcript
from voice.switchboard import Switchboard
from voice.telephony.session import StreamCounters
from voice.telephony.stream import Invitations, create_stream_route
from voice.telephony.tokens import PendingCall, PendingCalls
from voice.turns.patience import FixedPatience
from voice.turns.vad import SileroVad

TONE_S = 2.0
_LAG_TICK_S = 0.05


def _tone() -> bytes:
    """The reply: 2 s of 440 Hz."""
    time = np.arange(int(8_000 * TONE_S)) / 8_000
    return mulaw.encode((6_000 * np.sin(2 * np.pi * 440 * time)).astype(np.int16))


class ToneVoice:
    """A Synthesizer whose every sentence is the same tone."""

    def __init__(self) -> None:
        self._audio = _tone()

    async def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """The tone, at once."""
        del text
        yield self._audio


class InstantEars:
    """A Transcriber that hears the same word at once."""

    async def transcribe(self, audio: bytes, effort: Effort = Effort.FINAL) -> Transcript:
        """The word, without listening."""
        del effort
        return Transcript(
            text="네", avg_logprob=0.0, no_speech_prob=0.0, audio_s=len(audio) / 8_000, elapsed_s=0
        )


class OneSentence:
    """A Dialogue that answers everything with one sentence."""

    customer: Customer | None = None
    answered = False
    verification = Verification.NONE

    async def greet(self) -> AsyncGenerator[Action, None]:
        """The sentence."""
        yield Say(text="네.")

    async def hear(self, heard: Heard) -> AsyncGenerator[Action, None]:
        """The sentence, but nothing to silence."""
        if heard.kind != "silence":
            yield Say(text="네.")

    def played(self, text: str, *, interrupted: bool) -> None:
        """Nothing to remember."""

    def brief(self, reason: HandoffReason) -> str:
        """Nothing to tell."""
        del reason
        return ""


_PATIENCE = FixedPatience(600)


class LoopLag:
    """How late the event loop runs its timers."""

    def __init__(self) -> None:
        self._lags_ms: deque[float] = deque(maxlen=2_000)

    async def watch(self) -> None:
        """Measures until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _LAG_TICK_S
            await asyncio.sleep(_LAG_TICK_S)
            self._lags_ms.append((loop.time() - due) * 1_000)

    def p95_ms(self) -> float:
        """The 95th percentile of the last 100 seconds."""
        return float(np.percentile(self._lags_ms, 95)) if self._lags_ms else 0.0


def create_bench_app(data_dir: Path) -> FastAPI:
    """The application under load; streams need no webhook and no token."""
    lag = LoopLag()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        vault = Vault.parse(f"bench:{new_key()}")
        database = Database(f"sqlite+aiosqlite:///{data_dir / 'bench.db'}", vault)
        await database.migrate()
        await ensure_organization(database, "sample", "여보세요 모바일")
        journal = Journal(data_dir / "journal", vault, "sample", clock=utc_now)
        ledger = Ledger(CallStore(database, "sample"), journal)
        loop = asyncio.get_running_loop()
        switchboard = Switchboard(
            organization_id="sample",
            ledger=ledger,
            services=CallServices(
                transcriber=InstantEars(),
                synthesizer=ToneVoice(),
                journal=ledger,
                patience=_PATIENCE,
                at_hand=lambda _: _tone(),
            ),
            limits=CallLimits(),
            vad=SileroVad(),
            dialogues=_one_sentence,
            data_dir=data_dir,
            vault=vault,
            clock=utc_now,
            on_closed=lambda: None,
        )
        app.include_router(
            create_stream_route(
                switchboard=switchboard,
                invitations=Invitations(PendingCalls(loop.time), account_sid="", development=True),
                signatures=None,
                counters=StreamCounters(),
            )
        )
        await ledger.recover()
        background = [asyncio.create_task(work) for work in (lag.watch(), ledger.run())]
        yield
        for task in background:
            task.cancel()
        await journal.close()
        await database.close()

    app = FastAPI(lifespan=lifespan)

    @app.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/bench/stats")
    async def stats() -> dict[str, int | float]:
        return {
            "pid": os.getpid(),
            "loop_lag_ms_p95": lag.p95_ms(),
            "end_silence_ms": _PATIENCE.wait_ms,
        }

    return app


def _one_sentence(_party: PendingCall) -> OneSentence:
    return OneSentence()


def serve(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8765,
) -> None:
    """Serve calls with stand-ins, for `bench load`; stop it with Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="yeoboseyo-bench-") as folder:
        app = create_bench_app(Path(folder))
        make_server(app, host="127.0.0.1", port=port, log_level="warning").run()
