"""The carrier's end of a socket: what a simulated call needs of it, over a real WebSocket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from scripts.carrier.errors import CarrierError

HANDSHAKE_FAILED = 31920
"""Twilio's error for a server that does not answer the upgrade with 101."""


class SocketClosed(Exception):  # noqa: N818 - an end, not an error
    """The socket is closed."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"{code} {reason}".strip())
        self.code = code
        """Of RFC 6455; 1006 when it broke."""


class Transport(Protocol):
    """A socket's end. `send` and `receive` raise SocketClosed when it is closed."""

    async def send(self, frame: str | bytes) -> None:
        """Send a text (str) or binary (bytes) frame."""
        ...

    async def receive(self) -> str | bytes:
        """The next frame."""
        ...

    async def close(self, code: int = 1000) -> None:
        """Close this end."""
        ...


Connector = Callable[[str, Mapping[str, str]], Awaitable[Transport]]
"""Opens a socket at a ws or wss URL with these headers; raises CarrierError."""


class _WebSocket:
    """A Transport over a real socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, frame: str | bytes) -> None:
        try:
            await self._connection.send(frame)
        except ConnectionClosed:
            raise self._closed() from None

    async def receive(self) -> str | bytes:
        try:
            return await self._connection.recv()
        except ConnectionClosed:
            raise self._closed() from None

    async def close(self, code: int = 1000) -> None:
        await self._connection.close(code)

    def _closed(self) -> SocketClosed:
        connection = self._connection
        return SocketClosed(connection.close_code or 1006, connection.close_reason or "")


async def open_websocket(url: str, headers: Mapping[str, str]) -> Transport:
    """Open a WebSocket as Twilio does: no compression, and no pings of its own."""
    try:
        return _WebSocket(
            await connect(
                url,
                additional_headers=headers,
                compression=None,
                ping_interval=None,
                user_agent_header="TwilioMediaStreams",
                proxy=None,
                close_timeout=2,
            )
        )
    except InvalidStatus as error:
        status = error.response.status_code
        raise CarrierError(
            "stream-refused", f"{HANDSHAKE_FAILED}: {url} answered {status} instead of 101"
        ) from None
    except (InvalidHandshake, OSError) as error:
        raise CarrierError("unreachable", f"no stream at {url}: {error}") from None
