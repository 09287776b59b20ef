"""A server that speaks ElevenLabs' streaming endpoint on loopback, well or badly as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, kw_only=True)
class Speaks:
    """An answer with audio, a chunk at a time, each flushed."""

    chunks: Sequence[bytes]
    then: Literal["ends", "is cut", "stalls"] = "ends"
    content_type: str = "audio/basic"
    go_on: asyncio.Event | None = None
    """Waited for between the first chunk and the second."""


@dataclass(frozen=True, kw_only=True)
class Refuses:
    """An answer with a status that is not 2xx."""

    status: int
    body: bytes = b'{"detail": {"status": "refused", "message": "no"}}'
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Speaks | Refuses


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it arrived."""

    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Mapping[str, Any]


class ElevenLabsServer:
    """Answers every request with `answer`, keeps what was asked."""

    def __init__(self) -> None:
        self.answer: Answer = Speaks(chunks=[])
        self.asked: list[Asked] = []
        self.connections = 0
        self.left = asyncio.Event()
        """Set when a client hangs up."""
        self.url = ""

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection until its client hangs up or an answer breaks it off."""
        self.connections += 1
        try:
            while await self._serve(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            self.left.set()
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serves one request; False when the connection is to be broken off."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        _, target, _ = head[0].split()
        headers = {
            name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:-2])
        }
        body = await reader.readexactly(int(headers["content-length"]))
        parts = urlsplit(target)
        self.asked.append(
            Asked(
                path=parts.path,
                query=parse_qs(parts.query),
                headers=headers,
                body=json.loads(body),
            )
        )
        if isinstance(self.answer, Refuses):
            return await _refuse(self.answer, writer)
        return await _speak(self.answer, reader, writer)


async def _refuse(answer: Refuses, writer: asyncio.StreamWriter) -> bool:
    fields = {
        "content-type": "application/json",
        "content-length": str(len(answer.body)),
        **answer.headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    writer.write(f"HTTP/1.1 {answer.status} No\r\n{lines}\r\n".encode() + answer.body)
    await writer.drain()
    return True


async def _speak(
    answer: Speaks, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    head = f"content-type: {answer.content_type}\r\ntransfer-encoding: chunked\r\n\r\n"
    writer.write(b"HTTP/1.1 200 OK\r\n" + head.encode())
    for index, chunk in enumerate(answer.chunks):
        if index == 1 and answer.go_on is not None:
            await answer.go_on.wait()
        writer.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        await writer.drain()
    if answer.then == "is cut":
        return False
    if answer.then == "stalls":
        # Nothing more is asked on this connection, so only its end can be read.
        await reader.readexactly(1)
    writer.write(b"0\r\n\r\n")
    await writer.drain()
    return True


@asynccontextmanager
async def elevenlabs_server() -> AsyncIterator[ElevenLabsServer]:
    """A server on a free port of 127.0.0.1, for the length of the block."""
    served = ElevenLabsServer()
    server = await asyncio.start_server(served.connected, "127.0.0.1", 0)
    served.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield served
