"""A caller over a real WebSocket who keys a digit after every reply, until the line is cut."""

from __future__ import annotations

import asyncio

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from scripts.bench.crashing.house import KEYS
from scripts.carrier import wire

_FRAME_S = 0.02
_PAUSE_S = 0.05
"""After a reply; the caller takes no longer to press a key."""


class CrashCaller:
    """One call. Audio flows in real time, as it would."""

    def __init__(self, socket: ClientConnection, call_sid: str) -> None:
        self._socket = socket
        self._stream_sid = f"MZ{call_sid}"
        self._call_sid = call_sid
        self._sequence = 1
        self._keys = iter(KEYS)
        self._played_until = 0.0

    async def phone(self) -> None:
        """Until the server closes, or dies."""
        await self._socket.send(wire.connected())
        await self._socket.send(
            wire.start(
                self._stream_sid,
                call_sid=self._call_sid,
                account_sid="",
                parameters={},
                sequence=1,
            )
        )
        speaking = asyncio.create_task(self._speak())
        try:
            async for frame in self._socket:
                await self._take(wire.decode(frame, self._stream_sid))
        finally:
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)

    async def _take(self, command: wire.Command) -> None:
        now = asyncio.get_running_loop().time()
        match command:
            case wire.Audio():
                self._played_until = max(now, self._played_until) + len(command.payload) / 8000
            case wire.Mark():
                await asyncio.sleep(max(0.0, self._played_until - now))
                await self._send(wire.mark, name=command.name)
                await asyncio.sleep(_PAUSE_S)
                for key in (*next(self._keys, ""), "#"):
                    await self._send(wire.dtmf, digit=key)
            case wire.Clear():
                self._played_until = now

    async def _speak(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in range(10_000):
            await self._send(
                wire.media, chunk=number + 1, timestamp_ms=number * 20, payload=b"\xff" * 160
            )
            await asyncio.sleep(began + (number + 1) * _FRAME_S - loop.time())

    async def _send(self, make: object, **fields: object) -> None:
        self._sequence += 1
        frame = make(self._stream_sid, sequence=self._sequence, **fields)  # type: ignore[operator]
        await self._socket.send(frame)


async def phone(address: str, call_sid: str) -> None:
    """Call the server at `address`; returns when the line is cut, however it is."""
    url = address.replace("http", "ws", 1) + "/voice/stream"
    try:
        async with connect(url, proxy=None, close_timeout=1) as socket:
            await CrashCaller(socket, call_sid).phone()
    except (ConnectionClosed, WebSocketException, OSError):
        return
