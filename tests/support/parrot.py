"""A small server with the webhooks and a stream that answers with a tone, for the carrier's tests.

It answers one second of tone, twenty frames after the caller has fallen silent or pressed a key,
and says goodbye when it hears the key 9. What it heard is kept.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI, WebSocket
from starlette.websockets import WebSocketDisconnect

from storage.records import Outcome
from voice.events import KeyPressed, MarkReached, Media, Started
from voice.telephony import twilio
from voice.telephony.signature import HEADER, Signatures
from voice.telephony.tokens import PendingCalls
from voice.telephony.webhooks import HandoffStatus, WebhookConfig, create_webhooks

TONE = bytes([0x20, 0xA0]) * 80
"""20 ms of something loud."""

ACCOUNT = "AC" + "1" * 32
CONFIG = WebhookConfig(
    public_url="https://voice.example.com",
    auth_token="b7e3c0",
    account_sid=ACCOUNT,
    human_number="+8225550100",
    development=False,
    max_calls=2,
)


@dataclass
class Parrot:
    """The server's books; `misbehaviour` is sent as it is instead of a reply."""

    clock: Callable[[], float]
    config: WebhookConfig = CONFIG
    outcome_at_end: Outcome | None = Outcome.COMPLETED
    misbehaviour: str | bytes | None = None
    gap_frames: int = 0
    """Caller frames to wait in the middle of a reply, which makes the second half late."""

    draining: bool = False
    heard: list[Media] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    echoes: list[str] = field(default_factory=list)
    statuses: list[tuple[str, HandoffStatus]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    started: list[Started] = field(default_factory=list)
    outcomes: dict[str, Outcome | None] = field(default_factory=dict)

    def live_calls(self) -> int:
        return 0

    async def outcome(self, call_sid: str) -> Outcome | None:
        return self.outcomes.get(call_sid)

    async def whisper_text(self, call_sid: str) -> str:
        return "요금제 문의입니다."

    async def handoff_status(self, call_sid: str, status: HandoffStatus) -> None:
        self.statuses.append((call_sid, status))

    def stream_failed(self, call_sid: str) -> None:
        self.failed.append(call_sid)

    def app(self) -> FastAPI:
        """The application."""
        app = FastAPI()
        pending = PendingCalls(self.clock)
        signatures = Signatures(
            auth_token=self.config.auth_token, public_url=self.config.public_url
        )
        app.include_router(create_webhooks(self.config, self, pending, clock=self.clock))

        @app.websocket("/voice/stream")
        async def stream(websocket: WebSocket) -> None:
            if not signatures.stream_valid("/voice/stream", websocket.headers.get(HEADER)):
                await websocket.close(1008)
                return
            await websocket.accept()
            try:
                async with _closing(websocket):
                    await self._serve(websocket, pending)
            except WebSocketDisconnect:
                return

        return app

    async def _serve(self, websocket: WebSocket, pending: PendingCalls) -> None:
        assert twilio.decode(await websocket.receive_text()) is not None
        started = twilio.decode(await websocket.receive_text())
        assert isinstance(started, Started)
        assert pending.redeem(started.parameters["token"], started.call_sid)
        self.started.append(started)
        self.outcomes[started.call_sid] = self.outcome_at_end
        talk = _Talk(self, websocket, started.stream_sid)
        await talk.reply()
        while await talk.turn(await websocket.receive_text()):
            pass


class _Talk:
    def __init__(self, parrot: Parrot, websocket: WebSocket, stream_sid: str) -> None:
        self._parrot = parrot
        self._websocket = websocket
        self._sid = stream_sid
        self._silent: int | None = None
        self._second_half_in = 0
        self._replies = 0

    async def turn(self, frame: str) -> bool:
        """False when the caller is to be left."""
        event = twilio.decode(frame)
        match event:
            case Media():
                await self._listen(event)
            case KeyPressed(digit=digit):
                self._parrot.keys.append(digit)
                await self._websocket.send_text(twilio.clear(self._sid))
                self._silent = 0
                return digit != "9"
            case MarkReached(name=name):
                self._parrot.echoes.append(name)
        return True

    async def _listen(self, media: Media) -> None:
        self._parrot.heard.append(media)
        if self._second_half_in:
            self._second_half_in -= 1
            if not self._second_half_in:
                await self._second_half()
        if media.payload.strip(b"\xff"):
            self._silent = 0
        elif self._silent is not None:
            self._silent += 1
            if self._silent == 20:
                self._silent = None
                await self.reply()

    async def reply(self) -> None:
        """Half a second, and another half, at once or after a gap."""
        if self._parrot.misbehaviour is not None and self._replies:
            if isinstance(self._parrot.misbehaviour, str):
                await self._websocket.send_text(self._parrot.misbehaviour)
            else:
                await self._websocket.send_bytes(self._parrot.misbehaviour)
            return
        await self._websocket.send_text(twilio.play(self._sid, TONE * 25))
        if self._parrot.gap_frames and self._replies:
            self._second_half_in = 25 + self._parrot.gap_frames
        else:
            await self._second_half()

    async def _second_half(self) -> None:
        self._replies += 1
        await self._websocket.send_text(twilio.play(self._sid, TONE * 25))
        await self._websocket.send_text(twilio.mark(self._sid, f"m{self._replies}"))


@asynccontextmanager
async def _closing(websocket: WebSocket) -> AsyncIterator[None]:
    """Closes the socket at the end, unless the other end has."""
    yield
    await websocket.close()
