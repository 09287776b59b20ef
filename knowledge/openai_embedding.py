"""Embeddings of OpenAI, or of any server that speaks its API."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from openai import OpenAI, OpenAIError

from knowledge.embedding import Vectors, unit
from knowledge.errors import KnowledgeError

_BATCH = 256
_QUERY_S = 1.0
"""A caller is waiting: rather words alone than a late vector."""
_DOCUMENTS_S = 60.0


class OpenAIEmbedder:
    """One client for all calls; its methods may be called from several threads."""

    def __init__(self, *, api_key: str, base_url: str | None, model: str) -> None:
        self.name = f"openai:{model}"
        self._model = model
        # Servers of one's own often want no key; the SDK wants a word.
        self._client = OpenAI(api_key=api_key or "none", base_url=base_url, max_retries=0)

    def documents(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        return np.concatenate(
            [
                self._embed(texts[start : start + _BATCH], timeout_s=_DOCUMENTS_S)
                for start in range(0, len(texts), _BATCH)
            ]
        )

    def query(self, text: str, *, terms: Sequence[str] | None = None) -> Vectors:
        """See Embedder; gives up after a second."""
        del terms
        vector: Vectors = self._embed([text], timeout_s=_QUERY_S)[0]
        return vector

    def close(self) -> None:
        """See Embedder."""
        self._client.close()

    def _embed(self, texts: Sequence[str], *, timeout_s: float) -> Vectors:
        try:
            answer = self._client.embeddings.create(
                model=self._model, input=list(texts), encoding_format="float", timeout=timeout_s
            )
        except OpenAIError as error:
            raise KnowledgeError(
                "embedding-unavailable", f"{self.name}: {error}", retryable=True
            ) from error
        rows = [item.embedding for item in sorted(answer.data, key=lambda item: item.index)]
        if len(rows) != len(texts) or len({len(row) for row in rows}) != 1:
            raise KnowledgeError(
                "embedding-invalid", f"{self.name}: {len(rows)} vectors for {len(texts)} texts"
            )
        return unit(np.asarray(rows, dtype=np.float64))
