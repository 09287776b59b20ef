"""A server on loopback that speaks streaming chat completions, each answer as it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Request = dict[str, Any]
"""A request's body; under `headers` its head, in lower case."""


@dataclass(frozen=True, kw_only=True)
class Play:
    """One answer, good or bad."""

    text: Sequence[str] = ()
    """Pieces of content, one a chunk."""
    calls: Sequence[tuple[str, str]] = ()
    """Tool calls as (name, JSON arguments)."""
    thoughts: str = ""
    """Sent first, as `reasoning_content`."""
    whole: bool = False
    """Tool calls come in one piece, without ids and indices."""
    usage: tuple[int, int] | None = None
    """Tokens read and written, sent in a last chunk without choices."""
    status: int = 200
    message: str = "no"
    """What the error says."""
    retry_after: str = ""
    after_s: float = 0.0
    """Loop time before it begins to answer."""
    stall: bool = False
    """Says nothing more after the pieces, until the client goes away."""
    cut: bool = False
    """Closes the connection after the pieces."""
    malformed: bool = False
    """What follows the pieces is no JSON."""


Answers = Callable[[Request], Play]


@dataclass
class ScriptedModel:
    """Answers each request as `answers` says, and keeps what it was asked."""

    answers: Answers
    requests: list[Request] = field(default_factory=list)
    base_url: str = ""

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one request on its own connection."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            lines = head.split("\r\n")
            length = next(int(x.split(":")[1]) for x in lines if x.startswith("content-length"))
            request = {**json.loads(await reader.readexactly(length)), "headers": head}
            self.requests.append(request)
            await self._answer(self.answers(request), reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client went away, which is its right
        finally:
            writer.close()

    async def _answer(
        self, play: Play, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if play.after_s:
            await asyncio.sleep(play.after_s)
        pieces = bool(play.text or play.calls)
        if play.stall and not pieces:
            await reader.read()
            return
        if play.status != 200:
            body = json.dumps({"error": {"message": play.message, "type": "scripted"}}).encode()
            retry = f"retry-after: {play.retry_after}\r\n" if play.retry_after else ""
            head = f"HTTP/1.1 {play.status} No\r\n{retry}content-type: application/json\r\n"
            writer.write(
                f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body
            )
            await writer.drain()
            return
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
            b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        )
        for delta in _deltas(play):
            _event(writer, json.dumps(_chunk(delta), ensure_ascii=False))
            await writer.drain()
        if play.stall:
            await reader.read()
            return
        if play.malformed:
            _event(writer, "{not json")
        if play.cut:
            return
        _event(writer, json.dumps(_chunk({}, "tool_calls" if play.calls else "stop")))
        if play.usage:
            read, written = play.usage
            usage = {"prompt_tokens": read, "completion_tokens": written}
            _event(writer, json.dumps({**_chunk({}), "choices": [], "usage": usage}))
        _event(writer, "[DONE]")
        writer.write(b"0\r\n\r\n")
        await writer.drain()


def _deltas(play: Play) -> list[dict[str, Any]]:
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    if play.thoughts:
        deltas.append({"reasoning_content": play.thoughts})
    deltas += [{"content": piece} for piece in play.text]
    if play.whole and play.calls:
        functions = [{"name": name, "arguments": given} for name, given in play.calls]
        return [*deltas, {"tool_calls": [{"function": function} for function in functions]}]
    for index, (name, arguments) in enumerate(play.calls):
        half = len(arguments) // 2
        start = {"name": name, "arguments": arguments[:half]}
        first = {"index": index, "id": f"call{index}", "type": "function", "function": start}
        rest = {"index": index, "function": {"arguments": arguments[half:]}}
        deltas += [{"tool_calls": [first]}, {"tool_calls": [rest]}]
    return deltas


def _event(writer: asyncio.StreamWriter, data: str) -> None:
    body = f"data: {data}\n\n".encode()
    writer.write(f"{len(body):x}\r\n".encode() + body + b"\r\n")


def _chunk(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "scripted",
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
    }


@asynccontextmanager
async def scripted_model(answers: Answers, *, port: int = 0) -> AsyncIterator[ScriptedModel]:
    """Serve on a loopback port, a free one unless told."""
    model = ScriptedModel(answers=answers)
    listening = await asyncio.start_server(model.connected, "127.0.0.1", port)
    model.base_url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    async with listening:
        yield model
