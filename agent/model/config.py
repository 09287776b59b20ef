"""Which chat model answers, and how long it may take; known before its SDK is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Which model answers, and how long it may take."""

    model: str
    api_key: str = ""
    """Empty for a server of one's own that wants none."""
    base_url: str | None = None
    """None is OpenAI's own."""
    first_token_s: float = 2.5
    """The longest wait for the server's next sign of life within a turn."""
    total_s: float = 6.0
    """For all that the model does in a turn."""
    max_tokens: int = 400
    """Longest answer to a caller."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What each request carries beside the usual, such as `{"reasoning_effort": "minimal"}`."""
