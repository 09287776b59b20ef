"""One streamed answer of a chat model, collected from whatever its server sends."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(kw_only=True)
class ToolRequest:
    """A tool that the model wants used."""

    name: str = ""
    arguments: str = ""
    """JSON, as the model wrote it."""
    id: str = ""
    index: int | None = None


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """What an answer took."""

    read: int
    written: int
    estimated: bool = False
    """True when the server did not say, as after a cut."""


@dataclass(kw_only=True)
class Completion:
    """An answer as it comes in. Servers differ: calls come in pieces or whole, with or without ids
    and indices, and fields may be missing, so nothing here is taken for granted."""

    content: str = ""
    """Without thoughts."""
    calls: list[ToolRequest] = field(default_factory=list)
    finish_reason: str | None = None
    written: int = 0
    """Characters of all that the model wrote, thoughts included."""
    tokens: Tokens | None = None
    """As the server counted them."""

    def absorb(self, chunk: Any) -> list[str]:
        """Take one chunk; gives the pieces of text in it."""
        texts = []
        usage = getattr(chunk, "usage", None)
        read = getattr(usage, "prompt_tokens", None)
        if read is not None:
            written = getattr(usage, "completion_tokens", None) or 0
            self.tokens = Tokens(read=int(read), written=int(written))
        for choice in getattr(chunk, "choices", None) or ():
            self.finish_reason = getattr(choice, "finish_reason", None) or self.finish_reason
            delta = getattr(choice, "delta", None) or getattr(choice, "message", None)
            if delta is None:
                continue
            for call in getattr(delta, "tool_calls", None) or ():
                self._absorb_call(call)
            thought = getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None)
            self.written += len(thought) if isinstance(thought, str) else 0
            text = _text(getattr(delta, "content", None))
            self.written += len(text)
            if text:
                texts.append(text)
        return texts

    def begin_again(self) -> None:
        """Forget what came: the request is sent a second time."""
        self.content, self.calls, self.finish_reason = "", [], None
        self.written, self.tokens = 0, None

    @property
    def whole(self) -> bool:
        """Whether it ended as answers end, and was not broken off."""
        if self.finish_reason is not None:
            return True
        if self.calls:
            return all(call.name and _is_json(call.arguments) for call in self.calls)
        return self.content.rstrip().endswith((".", "?", "!", "요", "다"))

    def message(self) -> dict[str, Any]:
        """The answer as the next request repeats it."""
        if not self.calls:
            return {"role": "assistant", "content": self.content}
        calls = [
            {
                "id": call.id,
                "type": "function",
                "function": {
                    "name": call.name,
                    # Servers read it back with a parser, and some fall over what is no object.
                    "arguments": call.arguments if _is_json(call.arguments) else "{}",
                },
            }
            for call in self.calls
        ]
        return {"role": "assistant", "content": self.content or None, "tool_calls": calls}

    def name_calls(self, first: int) -> None:
        """Give every call an id of its own where the server gave none, or one twice."""
        taken: set[str] = set()
        for number, call in enumerate(self.calls, start=first):
            if not call.id or call.id in taken:
                call.id = f"call_{number}"
            taken.add(call.id)

    def _absorb_call(self, given: Any) -> None:
        function = getattr(given, "function", None)
        name = getattr(function, "name", None) or ""
        arguments = getattr(function, "arguments", None) or ""
        if not isinstance(arguments, str):
            arguments = json.dumps(arguments, ensure_ascii=False)
        self.written += len(name) + len(arguments)
        call = self._call(getattr(given, "index", None), getattr(given, "id", None) or "", name)
        if name and name != call.name:
            call.name += name
        call.arguments += arguments

    def _call(self, index: int | None, given_id: str, name: str) -> ToolRequest:
        """The call that a piece belongs to, a new one where it begins one."""
        for call in reversed(self.calls):
            same_place = call.index == index if index is not None else not name
            if given_id and call.id:
                same_place = given_id == call.id
            if same_place:
                call.id = call.id or given_id
                return call
        self.calls.append(ToolRequest(id=given_id, index=index))
        return self.calls[-1]


def _text(content: Any) -> str:
    """Text that may come as a string or as a list of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = (part.get("text") for part in content if isinstance(part, dict))
    return "".join(part for part in parts if isinstance(part, str))


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text or "{}"), dict)
    except ValueError:
        return False
