"""Chooses who makes the vectors, by setting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.embedding import Embedder, HashedEmbedder
from knowledge.terms import Analyzer


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


def open_embedder(choice: EmbeddingChoice, analyzer: Analyzer, corpus: Sequence[str]) -> Embedder:
    """The embedder of the choice; the local one is fitted on the corpus.

    Raises:
        KnowledgeError: `embedding-missing` or `embedding-unavailable`.
    """
    if choice.kind == "local":
        return HashedEmbedder(analyzer, corpus)
    if choice.kind == "openai":
        # The SDK takes most of a second to import, which only who uses it should pay.
        from knowledge.openai_embedding import OpenAIEmbedder  # noqa: PLC0415

        return OpenAIEmbedder(api_key=choice.api_key, base_url=choice.base_url, model=choice.model)
    from knowledge.sentence_embedding import SentenceEmbedder  # noqa: PLC0415 - torch is heavy

    return SentenceEmbedder(choice.kind)
