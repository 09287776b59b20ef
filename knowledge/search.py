"""Hybrid search: Chroma vectors, BM25 over Kiwi morphemes and the lexicon, fused by rank."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import bm25s

from knowledge.embedding import HashedEmbedder
from knowledge.index import VectorIndex
from knowledge.lexicon import Lexicon, Mention
from knowledge.passages import Document
from knowledge.retriever import Passage, Retrieval
from knowledge.terms import Analyzer

_RRF = 10
"""Reciprocal rank fusion's constant: small, for the lists are short and their tops are good."""
_CANDIDATES = 40
_KNOWN = 0.42
"""Least confidence, in 0 … 1, to answer from the best passage; tuned on the labelled questions."""


class HybridRetriever:
    """Implements `Retriever`; one for all calls. All work runs on one thread of its own."""

    def __init__(
        self,
        *,
        documents: Sequence[Document],
        analyzer: Analyzer,
        embedder: HashedEmbedder,
        index: VectorIndex,
        lexicon: Lexicon,
    ) -> None:
        self._documents = {document.id: document for document in documents}
        self._analyzer = analyzer
        self._embedder = embedder
        self._index = index
        self._lexicon = lexicon
        self._entries = [(d.id, analyzer.terms(text)) for d in documents for text in d.entries]
        self._bm25 = bm25s.BM25(k1=1.2, b=0.5)
        self._bm25.index([terms for _, terms in self._entries], show_progress=False)
        frequency = Counter(term for _, terms in self._entries for term in set(terms))
        self._idf = {
            term: math.log(1 + len(self._entries) / count) for term, count in frequency.items()
        }
        self._unseen = math.log(1 + len(self._entries))
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="knowledge")

    async def search(self, query: str, *, limit: int = 5) -> Retrieval:
        """Search without blocking the event loop.

        Raises:
            KnowledgeError: `index-unreadable`, retryable.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._search, query, limit)

    async def warm(self) -> None:
        """Run one query, so that the first caller does not pay for lazy loading."""
        await self.search("요금제 얼마예요?")

    def close(self) -> None:
        """Let the thread end; the retriever is not used afterwards."""
        self._thread.shutdown(wait=True)

    def _search(self, query: str, limit: int) -> Retrieval:
        terms = self._analyzer.terms(query)
        mentions = self._lexicon.find(query)
        if not terms and not mentions:
            return Retrieval(passages=(), known=False)
        similarity = self._by_vector(query)
        lexical = self._by_terms(terms)
        coverage = self._coverage(terms)
        rankings = [(_ranked(similarity), 1.0), (_ranked(lexical), 1.0)]
        if mentions:
            rankings.append((self._by_mention(mentions, lexical), 2.0))
        fused = _fuse(rankings)
        if not mentions:
            # Without a name, the sections that all families share would crowd out the answer.
            fused = {
                name: score * (0.5 if self._documents[name].kind == "family" else 1.0)
                for name, score in fused.items()
            }
        best = sorted(fused, key=lambda name: (-fused[name], name))[:limit]
        confidence = max(
            (
                0.5 * max(similarity.get(name, 0.0), 0.0) + 0.5 * coverage.get(name, 0.0)
                for name in best
            ),
            default=0.0,
        )
        return Retrieval(
            passages=tuple(self._passage(name, fused[name]) for name in best),
            known=bool(best) and (bool(mentions) or confidence >= _KNOWN),
        )

    def _by_vector(self, query: str) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, similarity in self._index.nearest(self._embedder.embed(query), limit=_CANDIDATES):
            found.setdefault(name.rpartition("~")[0], similarity)
        return found

    def _by_terms(self, terms: list[str]) -> dict[str, float]:
        if not terms:
            return {}
        found: dict[str, float] = defaultdict(float)
        scores = self._bm25.get_scores(terms)
        for (name, _), score in zip(self._entries, scores, strict=True):
            if score > 0:
                found[name] = max(found[name], float(score))
        return found

    def _coverage(self, terms: list[str]) -> dict[str, float]:
        """How much of the query's information each document's best entry holds, in 0 … 1."""
        weights = {term: self._idf.get(term, self._unseen) for term in terms}
        total = sum(weights.values())
        found: dict[str, float] = defaultdict(float)
        for name, entry_terms in self._entries:
            held = set(entry_terms)
            share = sum(weight for term, weight in weights.items() if term in held)
            found[name] = max(found[name], share / total if total else 0.0)
        return found

    def _by_mention(self, mentions: tuple[Mention, ...], lexical: Mapping[str, float]) -> list[str]:
        plans = {mention.id for mention in mentions if mention.kind == "plan"}
        families = {mention.id for mention in mentions if mention.kind == "family"}
        named = [
            document
            for document in self._documents.values()
            if document.plan_id in plans
            or (document.family_id in families and document.kind == "family")
        ]
        return [
            document.id for document in sorted(named, key=lambda d: (-lexical.get(d.id, 0.0), d.id))
        ]

    def _passage(self, name: str, score: float) -> Passage:
        document = self._documents[name]
        return Passage(
            id=document.id,
            kind=document.kind,
            title=document.title,
            text=document.text,
            family_id=document.family_id,
            plan_id=document.plan_id,
            score=score,
        )


def _ranked(scores: Mapping[str, float]) -> list[str]:
    return sorted(scores, key=lambda name: (-scores[name], name))[:_CANDIDATES]


def _fuse(rankings: Iterable[tuple[Sequence[str], float]]) -> dict[str, float]:
    fused: dict[str, float] = defaultdict(float)
    for ranking, weight in rankings:
        for rank, name in enumerate(ranking):
            fused[name] += weight / (_RRF + rank + 1)
    return fused
