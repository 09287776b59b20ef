"""The real edge, switchboard, call loop and VAD, with scripted ears, voice, agent and storage.

Everything lives in memory and on the virtual clock: webhooks by ASGI, streams by AsgiSocket.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import httpx
from fastapi import FastAPI

from agent.actions import Action
from scripts.carrier import documents, wire
from scripts.carrier.asgi import AsgiSocket, asgi_connector
from scripts.carrier.call import SimulatedCall
from scripts.carrier.exchange import Exchange
from scripts.carrier.transport import SocketClosed
from storage.ledger import Ledger
from storage.records import CallEnd, HandoffReason, HandoffStatus, NewCall, Outcome, Turn
from tests.support.keys import VAULT
from tests.support.line import ScriptedDialogue, ScriptedEars, ToneVoice, tone, vad
from voice.services import CallLimits, CallServices
from voice.switchboard import Switchboard
from voice.telephony.directory import Directory
from voice.telephony.session import StreamCounters
from voice.telephony.signature import Signatures
from voice.telephony.stream import Invitations, create_stream_route
from voice.telephony.tokens import PendingCall, PendingCalls
from voice.telephony.webhooks import WebhookConfig, create_webhooks
from voice.turns.patience import FixedPatience

TOKEN = "b7e3c0"
ORIGIN = "https://voice.example.com"
ACCOUNT = "AC" + "1" * 32
HUMAN = "+8225550100"
_TODAY = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


class MemoryStore:
    """What the switchboard, the call and the webhooks keep and ask of storage."""

    def __init__(self) -> None:
        self.opened: list[NewCall] = []
        self.ends: list[tuple[str, CallEnd]] = []
        self.turns: list[Turn] = []
        self.handoffs: list[HandoffReason] = []
        self.statuses: list[HandoffStatus] = []

    async def open(self, call: NewCall) -> None:
        await asyncio.sleep(0.002)
        self.opened.append(call)

    async def close(self, call_sid: str, end: CallEnd) -> None:
        await asyncio.sleep(0.002)
        self.ends.append((call_sid, end))

    async def save_turn(self, call_sid: str, turn: Turn) -> None:
        await asyncio.sleep(0.002)
        self.turns.append(turn)

    async def request_handoff(
        self, call_sid: str, reason: HandoffReason, summary_text: str
    ) -> None:
        self.handoffs.append(reason)

    async def outcome(self, call_sid: str) -> Outcome | None:
        ends = [end for closed, end in self.ends if closed == call_sid]
        return ends[-1].outcome if ends else None

    async def brief(self, call_sid: str) -> str:
        return "요약입니다." if self.handoffs else ""

    async def handoff_status(self, call_sid: str, status: HandoffStatus) -> None:
        if call_sid not in [call.call_sid for call in self.opened]:
            return
        if not self.handoffs:
            self.handoffs.append(HandoffReason.FAILURE)
        self.statuses.append(status)


class House:
    """A server, and a carrier that can phone it. Make it within a running loop."""

    def __init__(
        self,
        folder: Path,
        http: httpx.AsyncClient,
        app: FastAPI,
        *,
        hears: Sequence[str | Exception],
        answers: dict[str, list[Action]],
        limits: CallLimits,
        max_calls: int,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.http = http
        self.app = app
        self.ears = ScriptedEars(hears)
        self.voice = ToneVoice()
        self.store = MemoryStore()
        self.counters = StreamCounters()
        self.dialogues: list[ScriptedDialogue] = []
        self._answers = answers
        self.switchboard = Switchboard(
            organization_id="sample",
            ledger=self.store,
            services=CallServices(
                transcriber=self.ears,
                synthesizer=self.voice,
                journal=self.store,
                patience=FixedPatience(600),
                at_hand=lambda _: tone(2.0),
            ),
            limits=limits,
            vad=vad(),
            dialogues=self._converse,
            data_dir=folder,
            vault=VAULT,
            clock=lambda: _TODAY + timedelta(seconds=self._loop.time()),
            on_closed=lambda: None,
        )
        pending = PendingCalls(self._loop.time)
        config = WebhookConfig(
            public_url=ORIGIN,
            auth_token=TOKEN,
            account_sid=ACCOUNT,
            human_number=HUMAN,
            development=False,
            max_calls=max_calls,
        )
        directory = Directory(self.switchboard, cast(Ledger, self.store))
        app.include_router(create_webhooks(config, directory, pending, clock=self._loop.time))
        app.include_router(
            create_stream_route(
                switchboard=self.switchboard,
                invitations=Invitations(pending, account_sid=ACCOUNT, development=False),
                signatures=Signatures(auth_token=TOKEN, public_url=ORIGIN),
                counters=self.counters,
            )
        )

    def _converse(self, _: PendingCall) -> ScriptedDialogue:
        dialogue = ScriptedDialogue(answers=self._answers)
        self.dialogues.append(dialogue)
        return dialogue

    def caller(self, *, call_sid: str = "", human_answers: bool = True) -> SimulatedCall:
        """Someone who is about to ring."""
        return SimulatedCall(
            "http://127.0.0.1:8000",
            public_url=ORIGIN,
            auth_token=TOKEN,
            account_sid=ACCOUNT,
            call_sid=call_sid,
            human_answers=human_answers,
            http=self.http,
            connect=asgi_connector(self.app),
        )

    @property
    def exchange(self) -> Exchange:
        """The carrier's webhooks."""
        return Exchange(self.http, url="http://127.0.0.1:8000", public_url=ORIGIN, auth_token=TOKEN)

    async def stream(self, call_sid: str = "CA1") -> "RawStream":
        """A stream that was announced by the webhook, upgraded, and has not said anything yet."""
        fields = {"CallSid": call_sid, "AccountSid": ACCOUNT, "From": "+821012345678", "To": ""}
        verb, *_ = await self.exchange.ask("/voice/incoming", fields)
        assert isinstance(verb, documents.Stream)
        url, headers = self.exchange.stream(verb.url)
        socket = AsgiSocket(self.app, url, headers)
        assert await socket.opened()
        return RawStream(socket, call_sid, verb.parameters)


class RawStream:
    """A stream whose carrier does what a test wants. Marks are echoed by the test, or never."""

    def __init__(self, socket: AsgiSocket, call_sid: str, parameters: dict[str, str]) -> None:
        self._loop = asyncio.get_running_loop()
        self.socket = socket
        self.call_sid = call_sid
        self.stream_sid = f"MZ{call_sid}"
        self.parameters = parameters
        self.commands: list[tuple[float, wire.Command]] = []
        """Loop time, and what the server sent then."""
        self.close_code: int | None = None
        self.closed_at = 0.0
        self._sequence = 0
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            while True:
                frame = await self.socket.receive()
                self.commands.append((self._loop.time(), wire.decode(frame, self.stream_sid)))
        except SocketClosed as closed:
            self.close_code = closed.code
            self.closed_at = self._loop.time()

    async def closed(self) -> int:
        """Wait for the server to close; the code."""
        await self._reading
        await self.socket.close()
        assert self.close_code is not None
        return self.close_code

    def audio_s(self) -> float:
        """Seconds of audio that the server has sent."""
        return sum(len(c.payload) for _, c in self.commands if isinstance(c, wire.Audio)) / 8000

    def start_frame(self, **changes: str) -> str:
        """The start of this stream; `stream_sid`, `call_sid`, `account_sid`, `token` may differ."""
        parameters = dict(self.parameters)
        if "token" in changes:
            parameters["token"] = changes["token"]
        return wire.start(
            changes.get("stream_sid", self.stream_sid),
            call_sid=changes.get("call_sid", self.call_sid),
            account_sid=changes.get("account_sid", ACCOUNT),
            parameters=parameters,
            sequence=1,
        )

    async def begin(self, **changes: str) -> None:
        """Connected and start."""
        await self.socket.send(wire.connected())
        await self.socket.send(self.start_frame(**changes))

    async def media(self, payload: bytes, timestamp_ms: int) -> None:
        """One frame of audio."""
        self._sequence += 1
        await self.socket.send(
            wire.media(
                self.stream_sid,
                sequence=self._sequence,
                chunk=self._sequence,
                timestamp_ms=timestamp_ms,
                payload=payload,
            )
        )

    async def silence(self, seconds: float, *, since_ms: int = 0) -> None:
        """Silence in real time."""
        for number in range(round(seconds * 50)):
            await self.media(b"\xff" * 160, since_ms + number * 20)
            await asyncio.sleep(0.02)


@asynccontextmanager
async def house(
    folder: Path,
    *,
    hears: Sequence[str | Exception] = ("얼마예요",) * 20,
    answers: dict[str, list[Action]] | None = None,
    limits: CallLimits | None = None,
    max_calls: int = 2,
) -> AsyncIterator[House]:
    """A house that is open; at the end nobody may be left on the line."""
    app = FastAPI()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as http:
        opened = House(
            folder,
            http,
            app,
            hears=hears,
            answers=answers or {},
            limits=limits or CallLimits(),
            max_calls=max_calls,
        )
        yield opened
        assert opened.switchboard.live_calls == 0
