"""A caller for load tests: one socket, pre-encoded speech, almost no work a frame.

A hundred of them must cost far less than the server that they measure, so this speaks WebSocket
by hand: frames are built from ready pieces with the mask key zero, which leaves them as they are.
"""

import asyncio
import secrets
import struct
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from scripts.carrier import wire
from scripts.carrier.errors import CarrierError
from scripts.carrier.line import Line

FRAME_BYTES = 160
FRAME_S = 0.02

_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_HEADER_END = b"\r\n\r\n"
_MASKED = 0x80
_NO_MASK = b"\0\0\0\0"


@dataclass(frozen=True, kw_only=True)
class SpeechLoop:
    """What a caller says over and over: speech, then silence."""

    payloads: tuple[bytes, ...]
    """Base64 of 20 ms each."""
    speech_frames: int
    """How many of them are speech; they come first."""


def speech_loop(mulaw: bytes, *, silence_s: float) -> SpeechLoop:
    """A loop of µ-law speech and `silence_s` seconds of silence."""
    speech = [
        mulaw[start : start + FRAME_BYTES].ljust(FRAME_BYTES, b"\xff")
        for start in range(0, len(mulaw), FRAME_BYTES)
    ]
    silence = [b"\xff" * FRAME_BYTES] * round(silence_s / FRAME_S)
    return SpeechLoop(
        payloads=tuple(b64encode(frame) for frame in speech + silence),
        speech_frames=len(speech),
    )


@dataclass(slots=True)
class Turns:
    """What became of the turns whose speech ended while `counting`."""

    counting: bool = False
    to_reply_ms: list[float] = field(default_factory=list)
    """From the last frame of speech sent to the first audio of the reply."""
    unanswered: int = 0
    """Turns to which no reply had come when the caller spoke again, 3 s later."""


class LoadCaller(asyncio.Protocol):
    """One call. It begins silent, so that the greeting plays, then speaks in a loop.

    `turns` is shared by all callers; `on_end` is told when the socket closes before `hang_up`.
    """

    def __init__(
        self, loop_audio: SpeechLoop, turns: Turns, *, on_end: Callable[[str], None]
    ) -> None:
        self.line = Line()
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._audio = loop_audio
        self._turns = turns
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._stream_sid = "MZ" + secrets.token_hex(16)
        self._call_sid = "CA" + secrets.token_hex(16)
        self._media_frame = (
            b'{"event":"media","sequenceNumber":"%d","media":{"track":"inbound","chunk":"%d",'
            b'"timestamp":"%d","payload":"%b"},"streamSid":"' + self._stream_sid.encode() + b'"}'
        )
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._frames = 0
        self._sequence = 1
        self._began = 0.0
        self._position = loop_audio.speech_frames
        self._speech_ended_at: float | None = None
        self._leaving = False

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        key = b64encode(secrets.token_bytes(16)).decode()
        self._transport.write(
            "GET /voice/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.opened.done() and not self._handshake():
            return
        while (frame := self._next_frame()) is not None:
            self._take(*frame)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(f"connection lost: {exc}" if exc else "the server closed the socket")

    # What the load test calls

    def hang_up(self) -> None:
        """Leave: stop, and close."""
        if self._leaving or self._transport is None:
            return
        self._leaving = True
        self._cancel()
        self._sequence += 1
        self._send_text(
            wire.stop(
                self._stream_sid, sequence=self._sequence, call_sid=self._call_sid, account_sid=""
            )
        )
        self._send(_CLOSE, struct.pack("!H", 1000))
        self._transport.close()

    # The caller's side

    def _handshake(self) -> bool:
        """True when the server has agreed and the stream has begun."""
        end = self._buffer.find(_HEADER_END)
        if end < 0:
            return False
        status = bytes(self._buffer[: self._buffer.find(b"\r\n")]).decode(errors="replace")
        del self._buffer[: end + len(_HEADER_END)]
        if " 101 " not in status + " ":
            self._end(f"the server answered {status!r}")
            return False
        self._send_text(wire.connected())
        self._send_text(
            wire.start(
                self._stream_sid,
                call_sid=self._call_sid,
                account_sid="",
                parameters={},
                sequence=1,
            )
        )
        self._began = self._loop.time()
        self.opened.set_result(None)
        self._tick()
        return True

    def _tick(self) -> None:
        """One frame of the loop, and the echoes that are due; then the next one, without drift."""
        self._sequence += 1
        body = self._media_frame % (
            self._sequence,
            self._frames + 1,
            self._frames * 20,
            self._audio.payloads[self._position],
        )
        self._send(_TEXT, body)
        self._frames += 1
        self._position += 1
        now = self._loop.time()
        if self._position == self._audio.speech_frames:
            self._speech_ended_at = now
        elif self._position == len(self._audio.payloads):
            self._position = 0
            if self._speech_ended_at is not None and self._turns.counting:
                self._turns.unanswered += 1
            self._speech_ended_at = None
        self._echo(now)
        self._timer = self._loop.call_at(self._began + self._frames * FRAME_S, self._tick)

    def _echo(self, now: float) -> None:
        for name in self.line.due(now):
            self._sequence += 1
            self._send_text(wire.mark(self._stream_sid, sequence=self._sequence, name=name))

    # The server's side

    def _take(self, opcode: int, payload: bytes) -> None:
        now = self._loop.time()
        if opcode == _TEXT:
            try:
                command = wire.decode(payload.decode(), self._stream_sid)
            except CarrierError as error:
                self._end(error.message)
                return
            match command:
                case wire.Audio(audio):
                    self.line.add_audio(audio, now)
                    self._note_reply(now)
                case wire.Mark(name):
                    self.line.add_mark(name, now)
                case wire.Clear():
                    self.line.clear(now)
            self._echo(now)
        elif opcode == _PING:
            self._send(_PONG, payload)
        elif opcode == _CLOSE:
            code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005
            self._end(f"the server closed with {code}")

    def _note_reply(self, now: float) -> None:
        """The first audio since the end of speech answers the turn."""
        if self._speech_ended_at is None:
            return
        if self._turns.counting:
            self._turns.to_reply_ms.append((now - self._speech_ended_at) * 1000)
        self._speech_ended_at = None

    def _next_frame(self) -> tuple[int, bytes] | None:
        """The next WebSocket frame, when all of it is there: its opcode and its payload."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 0x7F, 2
        if length == 126:
            length, start = int.from_bytes(buffer[2:4], "big"), 4
        elif length == 127:
            length, start = int.from_bytes(buffer[2:10], "big"), 10
        if len(buffer) < start + length:
            return None
        opcode, payload = buffer[0] & 0x0F, bytes(buffer[start : start + length])
        del buffer[: start + length]
        return opcode, payload

    def _send_text(self, text: str) -> None:
        self._send(_TEXT, text.encode())

    def _send(self, opcode: int, payload: bytes) -> None:
        transport = cast(asyncio.Transport, self._transport)  # frames follow the connection
        size = len(payload)
        head = (
            bytes((0x80 | opcode, _MASKED | size))
            if size < 126
            else struct.pack("!BBH", 0x80 | opcode, _MASKED | 126, size)
        )
        transport.write(head + _NO_MASK + payload)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _end(self, reason: str) -> None:
        """The call ended though the caller had not hung up."""
        self._cancel()
        if self._transport is not None:
            self._transport.close()
        if not self.opened.done():
            self.opened.set_exception(CarrierError("stream-refused", reason))
        elif not self._leaving:
            self._leaving = True
            self._on_end(reason)
