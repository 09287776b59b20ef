"""Which parameters a server takes: its refusals are understood once and remembered."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

log = logging.getLogger(__name__)

_REFUSAL = re.compile(
    r"support|unknown|unrecogni[sz]ed|unexpected|not permitted|not allowed|extra|deprecated"
    r"|invalid (?:param|field|type)|does not exist|only the default",
    re.IGNORECASE,
)
"""What is said of a parameter that is not taken at all; `too large` is another matter."""


class Parameters:
    """What a request carries beside model and messages.

    Newer models refuse `max_tokens` and any temperature, older servers do not know their
    successors, `stream_options` or a JSON schema. Each refusal takes one of them away or swaps it
    for another, so learning ends.
    """

    def __init__(self, *, own_server: bool, extra: Mapping[str, Any] | None = None) -> None:
        """`own_server`: not OpenAI's own; those know the old name of the limit rather."""
        names: list[str | None] = ["max_completion_tokens", "max_tokens"]
        self._limits = [*(names[::-1] if own_server else names), None]
        self._formats = ["json_schema", "json_object", None]
        self._extra = dict(extra or {})
        self._refused: set[str] = set()

    def of(
        self,
        *,
        max_tokens: int,
        tools: list[dict[str, Any]] | None = None,
        schema: tuple[str, dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """The parameters of one streamed request; `schema` is a name and a JSON schema."""
        given: dict[str, Any] = {"stream": True}
        if (limit := self._limits[0]) is not None:
            given[limit] = max_tokens
        if tools:
            given["tools"] = tools
        if "temperature" not in self._refused:
            given["temperature"] = 0
        if "stream_options" not in self._refused:
            given["stream_options"] = {"include_usage": True}
        if schema is not None and self._formats[0] is not None:
            given["response_format"] = _format(self._formats[0], *schema)
        if self._extra:
            given["extra_body"] = dict(self._extra)
        return given

    def learn(self, refusal: str, sent: Mapping[str, Any]) -> bool:
        """Learn from a 400's text; True when another request is worth sending."""
        if not _REFUSAL.search(refusal):
            return False
        extra = sent.get("extra_body", {})
        for name in (*extra, *sent):
            if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", refusal):
                continue
            if name in extra:
                self._extra.pop(name, None)
            elif name in ("max_tokens", "max_completion_tokens"):
                # A request beside this one may have learned it already.
                if name == self._limits[0]:
                    self._limits.pop(0)
            elif name == "response_format":
                if sent[name]["type"] == self._formats[0]:
                    self._formats.pop(0)
            elif name in ("temperature", "stream_options"):
                self._refused.add(name)
            else:
                continue
            log.info("the model's server refuses %s; it is not sent any more", name)
            return True
        return False


def _format(kind: str, name: str, schema: dict[str, Any]) -> dict[str, Any]:
    if kind == "json_object":
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": True}}
