"""A server on loopback with the speech endpoints of ElevenLabs and OpenAI, good or bad as told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, kw_only=True)
class Speaks:
    """An answer with audio, a chunk at a time, each flushed."""

    chunks: Sequence[bytes]
    then: Literal["ends", "is cut", "is garbled", "stalls"] = "ends"
    content_type: str | None = None
    """None is the one that the service gives."""
    first_after_s: float = 0.0
    """From the head of the answer to the first chunk."""
    every_s: float = 0.0
    """From one chunk to the next."""
    go_on: asyncio.Event | None = None
    """Waited for between the first chunk and the second."""


@dataclass(frozen=True, kw_only=True)
class Refuses:
    """An answer with a status that is not 2xx."""

    status: int
    body: bytes | None = None
    """None is what the service says for this status."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class IsSilent:
    """The connection is taken, and nothing ever said on it."""


Answer = Speaks | Refuses | IsSilent


@dataclass(frozen=True, kw_only=True)
class Service:
    """How one of the two services answers where a script leaves it open."""

    audio_type: str
    refusal: Callable[[int], object]
    """The JSON body of a refusal with this status."""


def _elevenlabs_refusal(status: int) -> object:
    known = {401: "invalid_api_key", 404: "voice_not_found", 429: "too_many_concurrent_requests"}
    return {"detail": {"status": known.get(status, "refused"), "message": "No."}}


def _openai_refusal(status: int) -> object:
    known = {
        401: ("invalid_request_error", "invalid_api_key"),
        404: ("invalid_request_error", "model_not_found"),
        429: ("requests", "rate_limit_exceeded"),
    }
    kind, code = known.get(status, ("server_error", None))
    return {"error": {"message": "No.", "type": kind, "param": None, "code": code}}


ELEVENLABS = Service(audio_type="audio/basic", refusal=_elevenlabs_refusal)
OPENAI = Service(audio_type="audio/pcm", refusal=_openai_refusal)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it arrived."""

    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Mapping[str, Any]


class SpeechServer:
    """Answers every request with `answer`, or what that makes of it; keeps what was asked."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.answer: Answer | Callable[[Asked], Answer] = Speaks(chunks=[])
        self.asked: list[Asked] = []
        self.connections = 0
        self.left = asyncio.Event()
        """Set when a client hangs up."""
        self.url = ""
        self.serving: set[asyncio.Task[None]] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection until its client hangs up or an answer breaks it off."""
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        task.add_done_callback(self.serving.discard)
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
        answer = self.answer(self.asked[-1]) if callable(self.answer) else self.answer
        match answer:
            case Refuses():
                return await self._refuse(answer, writer)
            case Speaks():
                return await self._speak(answer, reader, writer)
            case IsSilent():
                # Nothing more is asked on this connection, so only its end can be read.
                await reader.readexactly(1)
                return False

    async def _refuse(self, answer: Refuses, writer: asyncio.StreamWriter) -> bool:
        body = answer.body
        if body is None:
            body = json.dumps(self.service.refusal(answer.status)).encode()
        fields = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            **answer.headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        writer.write(f"HTTP/1.1 {answer.status} No\r\n{lines}\r\n".encode() + body)
        await writer.drain()
        return True

    async def _speak(
        self, answer: Speaks, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        kind = answer.content_type or self.service.audio_type
        head = f"content-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n"
        writer.write(b"HTTP/1.1 200 OK\r\n" + head.encode())
        await asyncio.sleep(answer.first_after_s)
        for index, chunk in enumerate(answer.chunks):
            if index == 1 and answer.go_on is not None:
                await answer.go_on.wait()
            if index and answer.every_s:
                await asyncio.sleep(answer.every_s)
            writer.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            await writer.drain()
        match answer.then:
            case "is cut":
                return False
            case "is garbled":
                writer.write(b"no length\r\nno chunk\r\n")
                await writer.drain()
                return False
            case "stalls":
                await reader.readexactly(1)
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


@asynccontextmanager
async def speech_server(service: Service) -> AsyncIterator[SpeechServer]:
    """A server on a free port of 127.0.0.1, for the length of the block."""
    served = SpeechServer(service)
    server = await asyncio.start_server(served.connected, "127.0.0.1", 0)
    served.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield served
        # Clients close before their server: what still runs here is about to find that out.
        while served.serving:
            await asyncio.wait(served.serving)
