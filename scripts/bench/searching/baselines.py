"""What ours is compared with: the vectors alone, and BM25 over words between spaces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import bm25s

from knowledge.embedding import Embedder
from knowledge.index import VectorIndex
from knowledge.passages import Document, document_of, is_whole

DEPTH = 10
"""Passages of one answer that are looked through."""
_CANDIDATES = 40


class Baseline(Protocol):
    """A way to search."""

    def search(self, query: str) -> list[tuple[str, float]]:
        """The passages' ids with scores, best first; a passage once."""
        ...


class VectorsOnly:
    """Chroma's nearest entries to the query's vector, as they come."""

    def __init__(self, embedder: Embedder, index: VectorIndex) -> None:
        self._embedder = embedder
        self._index = index

    def search(self, query: str) -> list[tuple[str, float]]:
        """The passages of the nearest entries with their cosine similarity."""
        nearest = self._index.nearest(self._embedder.query(query), limit=_CANDIDATES)
        return _once([(document_of(e), similarity) for e, similarity in nearest if not is_whole(e)])


class WhitespaceBm25:
    """BM25 as it comes: lower case, words between spaces, no morphemes, no synonyms."""

    def __init__(self, documents: Sequence[Document]) -> None:
        entries = [(d.id, entry) for d in documents for entry in d.entries]
        self._names = [name for name, _ in entries]
        self._bm25 = bm25s.BM25()
        self._bm25.index([text.lower().split() for _, text in entries], show_progress=False)

    def search(self, query: str) -> list[tuple[str, float]]:
        """The passages that share a word with the query."""
        scores = self._bm25.get_scores(query.lower().split())
        found = [(self._names[n], float(scores[n])) for n in scores.nonzero()[0]]
        return _once(sorted(found, key=lambda pair: (-pair[1], pair[0])))


def _once(ranked: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    best: dict[str, float] = {}
    for name, score in ranked:
        best.setdefault(name, score)
    return list(best.items())[:DEPTH]
