"""One stream of a simulated call: 20 ms frames in real time one way, a playout buffer the other."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque

from scripts.carrier import wire
from scripts.carrier.errors import CarrierError
from scripts.carrier.line import Line
from scripts.carrier.transport import SocketClosed, Transport

FRAME_BYTES = 160
FRAME_S = 0.02
SILENCE = b"\xff"
"""µ-law for no sound at all."""

_KEY_S = 0.1

_Frame = tuple[bytes, asyncio.Future[None] | None]
"""160 bytes, and who waits until they are sent."""


class Leg:
    """The carrier's end of a stream.

    The caller's frames leave every 20 ms on the loop's clock without drift, silence when the
    caller is silent; what was late is sent at once, as a carrier does after a stall. What the
    server sends must be exactly as Twilio allows it.
    """

    def __init__(
        self, transport: Transport, line: Line, *, call_sid: str, account_sid: str
    ) -> None:
        self.stream_sid = "MZ" + secrets.token_hex(16)
        self.close_code: int | None = None
        """Of the WebSocket, when the other end closed it."""
        self.frames_sent = 0
        self.frames_received = 0
        self._transport = transport
        self._line = line
        self._call_sid = call_sid
        self._account_sid = account_sid
        self._sequence = 0
        self._speech: deque[_Frame] = deque()
        self._over = False

    async def open(self, parameters: dict[str, str]) -> None:
        """Send what a stream begins with. Raises CarrierError when the socket is closed."""
        await self.send(wire.connected())
        await self.send(
            wire.start(
                self.stream_sid,
                call_sid=self._call_sid,
                account_sid=self._account_sid,
                parameters=parameters,
                sequence=self._next(),
            )
        )

    async def run(self) -> None:
        """Carry audio both ways until the socket closes.

        Raises RefusedError, with the socket closed, when the server sent what Twilio ends a
        stream for.
        """
        ticker = asyncio.create_task(self._tick())
        try:
            while True:
                frame = await self._transport.receive()
                await self._obey(wire.decode(frame, self.stream_sid))
        except SocketClosed as closed:
            self.close_code = closed.code
        except CarrierError as error:
            if error.code != "call-ended":
                raise
        finally:
            self._over = True
            ticker.cancel()
            await asyncio.wait({ticker})
            if not ticker.cancelled():
                ticker.result()
            for _, sent in self._speech:
                if sent is not None and not sent.done():
                    sent.set_result(None)
            await self._transport.close()

    async def say(self, mulaw: bytes) -> None:
        """Speak; returns when the last frame is sent. Raises CarrierError: "call-ended"."""
        sent = asyncio.get_running_loop().create_future()
        frames = [
            mulaw[start : start + FRAME_BYTES].ljust(FRAME_BYTES, SILENCE)
            for start in range(0, len(mulaw), FRAME_BYTES)
        ]
        self._check()
        self._speech.extend((frame, None) for frame in frames[:-1])
        self._speech.append((frames[-1], sent))
        await sent
        self._check()

    async def press(self, digits: str) -> None:
        """Press keys, 100 ms apart. Raises CarrierError: "call-ended"."""
        for index, digit in enumerate(digits):
            if index:
                await asyncio.sleep(_KEY_S)
            await self.send(wire.dtmf(self.stream_sid, sequence=self._next(), digit=digit))

    async def send(self, frame: str | bytes) -> None:
        """Send a frame as it is. Raises CarrierError: "call-ended"."""
        self._check()
        try:
            await self._transport.send(frame)
        except SocketClosed as closed:
            self.close_code = closed.code
            self._over = True
            raise CarrierError("call-ended", "the server has ended the stream") from None

    async def hang_up(self) -> None:
        """Send what a stream ends with, and close."""
        if not self._over:
            await self.send(
                wire.stop(
                    self.stream_sid,
                    sequence=self._next(),
                    call_sid=self._call_sid,
                    account_sid=self._account_sid,
                )
            )
        await self._transport.close()

    def _check(self) -> None:
        if self._over:
            raise CarrierError("call-ended", "the stream has ended")

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence

    async def _tick(self) -> None:
        """The caller's audio, and the echoes that have become due."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not self._over:
            payload, sent = (
                self._speech.popleft() if self._speech else (SILENCE * FRAME_BYTES, None)
            )
            frame = wire.media(
                self.stream_sid,
                sequence=self._next(),
                chunk=self.frames_sent + 1,
                timestamp_ms=round(self.frames_sent * FRAME_S * 1000),
                payload=payload,
            )
            try:
                await self.send(frame)
                self.frames_sent += 1
                await self._echo()
            except CarrierError:
                return
            finally:
                if sent is not None and not sent.done():
                    sent.set_result(None)
            await asyncio.sleep(max(0.0, began + self.frames_sent * FRAME_S - loop.time()))

    async def _obey(self, command: wire.Command) -> None:
        now = asyncio.get_running_loop().time()
        self.frames_received += 1
        match command:
            case wire.Audio(payload):
                self._line.add_audio(payload, now)
            case wire.Mark(name):
                self._line.add_mark(name, now)
            case wire.Clear():
                self._line.clear(now)
        await self._echo()

    async def _echo(self) -> None:
        for name in self._line.due(asyncio.get_running_loop().time()):
            await self.send(wire.mark(self.stream_sid, sequence=self._next(), name=name))
