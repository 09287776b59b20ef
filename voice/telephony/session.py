"""The socket's edge of one call: reads frames, writes commands, holds the protocol's limits."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from voice.events import (
    CarrierCommand,
    CarrierEvent,
    ClearAudio,
    Connected,
    PlaceMark,
    PlayAudio,
    Started,
    Stopped,
)
from voice.switchboard import Line, Switchboard
from voice.telephony import twilio
from voice.telephony.errors import WireError
from voice.telephony.tokens import PendingCall

logger = logging.getLogger(__name__)

START_TIMEOUT_S = 5.0
"""Seconds from the socket's opening to a valid start."""

MAX_BAD_FRAMES = 50
"""Malformed frames after which the socket is closed."""

MAX_EARLY_FRAMES = 100
"""Frames kept that come between `start` and the moment the call is ready: 2 s of audio."""

POLICY_VIOLATION = 1008
UNSUPPORTED_DATA = 1003
MESSAGE_TOO_BIG = 1009
NORMAL_CLOSURE = 1000
INTERNAL_ERROR = 1011

_LOGGED_BAD_FRAMES = 5


class Doorkeeper(Protocol):
    """Decides whether a stream that starts is one that we invited."""

    def admit(self, started: Started) -> PendingCall | None:
        """Who is on the line, or None for a stream that must be refused."""
        ...


class _RefusedError(Exception):
    """The socket must be closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(slots=True)
class StreamCounters:
    """What went wrong on sockets of this process, for those who watch it."""

    refused: int = 0
    bad_frames: int = 0
    early_frames: int = 0
    """Well-formed, but before the stream's start; dropped."""


class StreamSession:
    """One accepted WebSocket, from its first frame to its close."""

    def __init__(
        self,
        websocket: WebSocket,
        *,
        switchboard: Switchboard,
        doorkeeper: Doorkeeper,
        counters: StreamCounters,
    ) -> None:
        self._websocket = websocket
        self._switchboard = switchboard
        self._doorkeeper = doorkeeper
        self._counters = counters
        self._bad_frames = 0
        self._started: Started | None = None
        self._outbox: deque[str] = deque()
        self._outgoing = asyncio.Event()

    async def run(self) -> None:
        """Lives until the call or the socket ends; closes the socket."""
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                started = await self._await_start()
        except TimeoutError:
            await self._refuse(POLICY_VIOLATION, "no start in time")
            return
        except _RefusedError as refusal:
            await self._refuse(refusal.code, refusal.reason)
            return
        except WebSocketDisconnect:
            return
        party = self._doorkeeper.admit(started)
        if party is None:
            await self._refuse(POLICY_VIOLATION, "stream not invited")
            return
        self._started = started
        await self._serve(party, started)

    async def _await_start(self) -> Started:
        """The stream's start; what comes before it is dropped."""
        while True:
            event = await self._next_event()
            if isinstance(event, Started):
                return event
            if isinstance(event, Stopped):
                raise WebSocketDisconnect(NORMAL_CLOSURE)
            if event is not None and not isinstance(event, Connected):
                self._counters.early_frames += 1

    async def _serve(self, party: PendingCall, started: Started) -> None:
        early: deque[CarrierEvent] = deque(maxlen=MAX_EARLY_FRAMES)
        inlet = _Inlet(early.append)
        reader = asyncio.create_task(self._read(inlet))
        writer = asyncio.create_task(self._write())
        code = INTERNAL_ERROR
        try:
            line = await self._switchboard.connect(party, started, self._send)
            for event in early:
                line.receive(event)
            inlet.receive = line.receive
            code = await self._live(line, reader)
        finally:
            reader.cancel()
            writer.cancel()
            await asyncio.wait({reader, writer})
            await self._close(code)

    async def _live(self, line: Line, reader: asyncio.Task[int]) -> int:
        """Runs the call until it ends; gives the socket's close code."""
        result = await line.run()
        logger.info("call %s ended: %s", line.call_sid, result.outcome)
        if reader.done() and not reader.cancelled() and reader.exception() is None:
            return reader.result()
        return NORMAL_CLOSURE

    async def _read(self, inlet: "_Inlet") -> int:
        """Passes events on, and nothing else; gives the close code when the socket is to close."""
        code = NORMAL_CLOSURE
        reason = "closed"
        try:
            while True:
                event = await self._next_event()
                if event is None:
                    continue
                if isinstance(event, Started):
                    self._check_second_start(event)
                    continue
                inlet.receive(event)
                if isinstance(event, Stopped):
                    return code
        except WebSocketDisconnect:
            pass
        except _RefusedError as refusal:
            code, reason = refusal.code, "stream-error"
            logger.warning("socket of %s closes: %s", self._sid(), refusal.reason)
        inlet.receive(Stopped(reason=reason))
        return code

    def _check_second_start(self, event: Started) -> None:
        first = self._started
        if first is not None and (first.stream_sid, first.call_sid) != (
            event.stream_sid,
            event.call_sid,
        ):
            raise _RefusedError(POLICY_VIOLATION, "a second start names another stream")

    async def _next_event(self) -> CarrierEvent | None:
        """The next frame's event; None for one that was malformed and is dropped."""
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", NORMAL_CLOSURE))
        text = message.get("text")
        if text is None:
            raise _RefusedError(UNSUPPORTED_DATA, "binary frame")
        try:
            return twilio.decode(text)
        except WireError as error:
            if error.fatal:
                raise _RefusedError(MESSAGE_TOO_BIG, error.message) from None
            self._note_bad_frame(error.code, error.message)
            return None

    def _note_bad_frame(self, code: str, message: str) -> None:
        self._bad_frames += 1
        self._counters.bad_frames += 1
        if self._bad_frames <= _LOGGED_BAD_FRAMES:
            logger.warning("frame of %s dropped: %s: %s", self._sid(), code, message)
        if self._bad_frames > MAX_BAD_FRAMES:
            raise _RefusedError(POLICY_VIOLATION, "too many malformed frames")

    def _sid(self) -> str:
        return self._started.stream_sid if self._started is not None else "a stream to be"

    def _send(self, command: CarrierCommand) -> None:
        """Encodes a command and leaves it to the writer."""
        stream_sid = self._sid()
        match command:
            case PlayAudio():
                self._outbox.append(twilio.play(stream_sid, command.payload))
            case PlaceMark():
                self._outbox.append(twilio.mark(stream_sid, command.name))
            case ClearAudio():
                # Audio that has not left yet would be cleared there all the same; marks must go.
                self._outbox.append(twilio.clear(stream_sid))
        self._outgoing.set()

    async def _write(self) -> None:
        """Sends what the outbox holds, in order."""
        try:
            while True:
                await self._outgoing.wait()
                self._outgoing.clear()
                while self._outbox:
                    await self._websocket.send_text(self._outbox.popleft())
        except (WebSocketDisconnect, RuntimeError) as error:
            # The reader learns of the closed socket too, and ends the call.
            logger.debug("socket of %s takes no more: %s", self._sid(), error)

    async def _refuse(self, code: int, reason: str) -> None:
        self._counters.refused += 1
        logger.warning("stream refused: %s", reason)
        await self._close(code)

    async def _close(self, code: int) -> None:
        if self._websocket.client_state is WebSocketState.DISCONNECTED:
            return
        try:
            await self._websocket.close(code)
        except (WebSocketDisconnect, RuntimeError) as error:
            logger.debug("socket of %s was closed already: %s", self._sid(), error)


class _Inlet:
    """Where the reader puts events: a bounded buffer first, the call as soon as it lives."""

    def __init__(self, receive: Callable[[CarrierEvent], None]) -> None:
        self.receive = receive
