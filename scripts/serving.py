"""How every server of ours is run: uvicorn with the socket settings that a call needs."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from socket import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI

MAX_FRAME_BYTES = 64 * 1024
PING_S = 5.0
_LOOK_S = 0.01

Drain = Callable[[], Awaitable[None]]
"""Refuses new calls and returns when the last one has ended."""


class Server(uvicorn.Server):
    """Uvicorn, but told to stop it first lets live calls finish."""

    def __init__(self, config: uvicorn.Config, drain: Drain | None) -> None:
        super().__init__(config)
        self._drain = drain
        self._loop: asyncio.AbstractEventLoop | None = None
        self._draining: asyncio.Task[None] | None = None
        self._told = False

    async def serve(self, sockets: list[socket] | None = None) -> None:
        """As uvicorn's."""
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first SIGTERM drains; Ctrl-C, or a second SIGTERM, stops at once."""
        if sig == signal.SIGTERM and self._drain and self._loop and not self._told:
            self._told = True
            self._loop.call_soon_threadsafe(self._begin_draining, self._drain)
            return
        super().handle_exit(sig, frame)

    def _begin_draining(self, drain: Drain) -> None:
        self._draining = asyncio.ensure_future(self._stop_after(drain))

    async def _stop_after(self, drain: Drain) -> None:
        try:
            await drain()
        finally:
            self.should_exit = True


def make_server(
    app: FastAPI,
    *,
    host: str,
    port: int,
    log_level: str,
    drain: Drain | None = None,
) -> Server:
    """A server that is ready to run.

    No compression (audio does not compress, and it costs), a ping every 5 s (a broken socket would
    linger for 45 s), and no frame above 64 KiB.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level=log_level,
        access_log=False,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S * 3,
        ws_max_size=MAX_FRAME_BYTES,
        timeout_graceful_shutdown=5,
    )
    return Server(config, drain)


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """The application on a free port of this machine, on this loop; its address."""
    server = make_server(app, host="127.0.0.1", port=0, log_level="error")
    running = asyncio.create_task(server.serve())
    try:
        while not server.started:
            if running.done():
                raise RuntimeError("the server does not start")
            await asyncio.sleep(_LOOK_S)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await running
