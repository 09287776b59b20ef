"""A server on a loopback port that speaks the streaming chat-completions protocol, as scripted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Play:
    """One scripted answer."""

    text: Sequence[str] = ()
    """Pieces of content, one a chunk."""
    calls: Sequence[tuple[str, str]] = ()
    """Tool calls as (name, JSON arguments)."""
    status: int = 200
    message: str = "no"
    """What the error says."""
    retry_after: str = ""
    stall: bool = False
    """Says nothing more after the pieces, until the client goes away."""
    cut: bool = False
    """Closes the connection after the pieces."""
    malformed: bool = False
    usage: tuple[int, int] | None = None
    """Tokens read and written, sent in a last chunk without choices."""


@dataclass
class ChatServer:
    """Answers each request with the next play, and keeps what it was asked."""

    plays: list[Play]
    requests: list[dict[str, Any]] = field(default_factory=list)
    base_url: str = ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length")
            )
            headers = head.decode().lower()
            self.requests.append(
                {**json.loads(await reader.readexactly(length)), "headers": headers}
            )
            await self._answer(self.plays.pop(0), reader, writer)
        finally:
            writer.close()

    async def _answer(
        self, play: Play, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if play.stall and not play.text:
            await reader.read()  # ends when the client gives up
            return
        if play.status != 200:
            body = json.dumps({"error": {"message": play.message, "type": "test"}}).encode()
            retry = f"retry-after: {play.retry_after}\r\n" if play.retry_after else ""
            writer.write(
                f"HTTP/1.1 {play.status} No\r\n{retry}content-type: application/json\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode()
                + body
            )
            await writer.drain()
            return
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
            b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        )
        for delta in self._deltas(play):
            self._event(writer, json.dumps(_chunk(delta), ensure_ascii=False))
            await writer.drain()
        if play.stall:
            await reader.read()
            return
        if play.malformed:
            self._event(writer, "{not json")
        if play.cut:
            return
        reason = "tool_calls" if play.calls else "stop"
        self._event(writer, json.dumps(_chunk({}, reason)))
        if play.usage:
            read, written = play.usage
            usage = {"prompt_tokens": read, "completion_tokens": written}
            self._event(writer, json.dumps({**_chunk({}), "choices": [], "usage": usage}))
        self._event(writer, "[DONE]")
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    @staticmethod
    def _deltas(play: Play) -> list[dict[str, Any]]:
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        deltas += [{"content": piece} for piece in play.text]
        for index, (name, arguments) in enumerate(play.calls):
            half = len(arguments) // 2
            start = {"name": name, "arguments": arguments[:half]}
            deltas.append(
                {"tool_calls": [
                    {"index": index, "id": f"call{index}", "type": "function", "function": start}
                ]}
            )  # fmt: skip
            rest = {"index": index, "function": {"arguments": arguments[half:]}}
            deltas.append({"tool_calls": [rest]})
        return deltas

    @staticmethod
    def _event(writer: asyncio.StreamWriter, data: str) -> None:
        body = f"data: {data}\n\n".encode()
        writer.write(f"{len(body):x}\r\n".encode() + body + b"\r\n")


def _chunk(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "test",
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
    }


@asynccontextmanager
async def chat_server(*plays: Play) -> AsyncIterator[ChatServer]:
    """Serve the plays in order on a random loopback port."""
    server = ChatServer(plays=list(plays))
    listening = await asyncio.start_server(server._serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    server.base_url = f"http://127.0.0.1:{port}/v1"
    async with listening:
        yield server
