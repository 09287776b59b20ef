"""A carrier's socket to an ASGI application in this process: no network, so any clock will do."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import unquote, urlsplit

from scripts.carrier.errors import CarrierError
from scripts.carrier.transport import Connector, SocketClosed, Transport

Message = MutableMapping[str, Any]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]


class AsgiSocket:
    """A Transport whose other end is an application that was called with a WebSocket's scope."""

    def __init__(self, app: Application, url: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        scope: Message = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": parts.scheme,
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "root_path": "",
            "query_string": parts.query.encode(),
            "headers": [
                (b"host", parts.netloc.encode()),
                *((name.lower().encode(), value.encode()) for name, value in headers.items()),
            ],
            "client": ("192.0.2.1", 40000),
            "server": ("127.0.0.1", 80),
            "subprotocols": [],
            "state": {},
        }
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[str | bytes | SocketClosed] = asyncio.Queue()
        self._opened: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._closed: SocketClosed | None = None
        self._to_app.put_nowait({"type": "websocket.connect"})
        self._running = asyncio.ensure_future(app(scope, self._to_app.get, self._answer))
        self._running.add_done_callback(self._app_returned)

    async def opened(self) -> bool:
        """True when the application has accepted, False when it refused."""
        return await self._opened

    async def send(self, frame: str | bytes) -> None:
        """See Transport."""
        if self._closed is not None:
            raise self._closed
        kind = "text" if isinstance(frame, str) else "bytes"
        self._to_app.put_nowait({"type": "websocket.receive", kind: frame})
        await asyncio.sleep(0)

    async def receive(self) -> str | bytes:
        """See Transport."""
        if self._closed is not None and self._from_app.empty():
            raise self._closed
        frame = await self._from_app.get()
        if isinstance(frame, SocketClosed):
            raise frame
        return frame

    async def close(self, code: int = 1000) -> None:
        """See Transport; returns when the application has, and raises what it raised."""
        self._end(code)
        await asyncio.wait({self._running})
        self._running.result()

    def drop(self) -> None:
        """The network breaks: the application sees an end without a close."""
        self._end(1006)

    def _end(self, code: int) -> None:
        if self._closed is None:
            self._closed = SocketClosed(code)
            self._to_app.put_nowait({"type": "websocket.disconnect", "code": code, "reason": ""})
            self._from_app.put_nowait(self._closed)

    async def _answer(self, message: Message) -> None:
        if self._closed is not None:
            raise OSError("the socket is closed")
        match message["type"]:
            case "websocket.accept":
                self._opened.set_result(True)
            case "websocket.send":
                frame = message.get("text")
                self._from_app.put_nowait(message["bytes"] if frame is None else frame)
            case "websocket.close":
                self._end(message.get("code", 1000))
                if not self._opened.done():
                    self._opened.set_result(False)

    def _app_returned(self, running: "asyncio.Future[None]") -> None:
        self._end(1011 if not running.cancelled() and running.exception() else 1006)
        if not self._opened.done():
            self._opened.set_result(False)


def asgi_connector(app: Application) -> Connector:
    """Opens streams to `app`."""

    async def connect(url: str, headers: Mapping[str, str]) -> Transport:
        socket = AsgiSocket(app, url, headers)
        if not await socket.opened():
            raise CarrierError("stream-refused", f"{url} refused the stream")
        return socket

    return connect
