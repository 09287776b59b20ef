"""Chooses who makes the vectors, by setting."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.embedding import Embedder, HashedEmbedder
from knowledge.embedding_choice import EmbeddingChoice
from knowledge.terms import Analyzer


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
