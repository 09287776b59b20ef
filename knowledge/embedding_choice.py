"""Which embedding is wanted; apart from the embedders, for settings load nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class EmbeddingChoice:
    """What YEOBOSEYO_EMBEDDINGS and its companions say."""

    kind: str = "local"
    """`local`, `openai`, or the name or folder of a sentence-transformers model."""
    model: str = "text-embedding-3-small"
    """OpenAI's model."""
    base_url: str | None = None
    """A server that speaks OpenAI's API; None is OpenAI's own."""
    api_key: str = ""


LOCAL = EmbeddingChoice()
