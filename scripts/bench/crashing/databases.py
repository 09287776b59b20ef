"""The databases of the benchmark, which can be taken away and brought back while they are used."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import aiomysql
import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL, make_url

from scripts.bench.crashing.forks import Fork

KINDS = ("sqlite", "postgresql", "mariadb")
SERVERS = {
    "postgresql": ("YEOBOSEYO_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres"),
    "mariadb": ("YEOBOSEYO_TEST_MARIADB", "mariadb://root@127.0.0.1:3306/"),
}
"""Where an administrator's URL may stand in the environment, and the usual one."""

_CONNECT_S = 5


class Absent(Exception):  # noqa: N818 - a state, not an error
    """No such server answers here."""


class Target(Protocol):
    """One empty database."""

    url: str
    """As who checks sees it."""
    server_url: str
    """As the server that is killed sees it."""

    def away(self) -> None:
        """Let it answer nobody."""
        ...

    def back(self) -> None:
        """Let it answer again."""
        ...


@contextmanager
def open_target(kind: str, folder: Path) -> Iterator[Target]:
    """An empty database, gone afterwards. Raises Absent."""
    if kind == "sqlite":
        file = _File(folder / "crash.db")
        try:
            yield file
        finally:
            file.back()
        return
    variable, usual = SERVERS[kind]
    admin = make_url(os.environ.get(variable, usual))
    name = f"yeoboseyo_crash_{secrets.token_hex(6)}"
    Fork.run(lambda: _administer(kind, admin, f"CREATE DATABASE {name}"), Absent)
    proxied = _Proxied(admin.set(database=name), 5432 if kind == "postgresql" else 3306)
    try:
        yield proxied
    finally:
        proxied.close()
        force = " WITH (FORCE)" if kind == "postgresql" else ""
        Fork.run(lambda: _administer(kind, admin, f"DROP DATABASE {name}{force}"), Absent)


class _File:
    """SQLite: away while another process holds the write lock."""

    def __init__(self, path: Path) -> None:
        self.url = self.server_url = f"sqlite:///{path}"
        self._path = path
        self._holder: Fork | None = None

    def away(self) -> None:
        held, told = os.pipe()
        self._holder = Fork(lambda: self._hold(told))
        os.close(told)
        os.read(held, 1)
        os.close(held)

    def back(self) -> None:
        if self._holder is not None:
            self._holder.kill()
            self._holder = None

    async def _hold(self, told: int) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=30)
        connection.execute("BEGIN IMMEDIATE")
        os.write(told, b".")
        await asyncio.Event().wait()


class _Proxied:
    """A server behind a proxy of bytes that stops answering, without a word."""

    def __init__(self, url: URL, port: int) -> None:
        listening = socket.create_server(("127.0.0.1", 0))
        upstream = (url.host or "127.0.0.1", url.port or port)
        self.url = url.render_as_string(hide_password=False)
        proxied = url.set(host="127.0.0.1", port=listening.getsockname()[1])
        self.server_url = proxied.render_as_string(hide_password=False)
        self._proxy = Fork(lambda: _proxy(listening, upstream))
        listening.close()

    def away(self) -> None:
        self._proxy.signal(signal.SIGUSR1)

    def back(self) -> None:
        self._proxy.signal(signal.SIGUSR2)

    def close(self) -> None:
        self._proxy.kill()


async def _proxy(listening: socket.socket, upstream: tuple[str, int]) -> None:
    flowing = asyncio.Event()
    flowing.set()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, flowing.clear)
    loop.add_signal_handler(signal.SIGUSR2, flowing.set)

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                await flowing.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await flowing.wait()
        try:
            there, back = await asyncio.open_connection(*upstream)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, back), pump(there, writer))

    server = await asyncio.start_server(connected, sock=listening)
    await server.serve_forever()


async def _administer(kind: str, admin: URL, statement: str) -> None:
    try:
        if kind == "postgresql":
            plain = admin.set(drivername="postgresql").render_as_string(hide_password=False)
            connection = await asyncpg.connect(plain, timeout=_CONNECT_S)
            await connection.execute(statement)
            await connection.close()
            return
        async with asyncio.timeout(_CONNECT_S):
            mysql = await aiomysql.connect(
                host=admin.host or "127.0.0.1",
                port=admin.port or 3306,
                user=admin.username,
                password=admin.password or "",
                **admin.query,
            )
        async with mysql.cursor() as cursor:
            await cursor.execute(statement)
        mysql.close()
    except (OSError, TimeoutError, asyncpg.PostgresError, aiomysql.Error) as error:
        raise Absent(f"no {kind} at {SERVERS[kind][0]} or its usual place: {error}") from error
