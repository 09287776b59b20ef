"""Hybrid search: Chroma vectors, BM25 over Kiwi morphemes and concepts, fused by rank and names."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from knowledge.catalog.model import Catalog
from knowledge.compare import is_eligible
from knowledge.confidence import KNOWN, Evidence, probability
from knowledge.embedding import Embedder, HashedEmbedder, Vectors, unit
from knowledge.errors import KnowledgeError
from knowledge.index import VectorIndex
from knowledge.lexicon import Lexicon, Mention
from knowledge.naming import Named, prior
from knowledge.passages import Document, document_of, is_whole
from knowledge.repair import Repair
from knowledge.retriever import Filters, Passage, Retrieval
from knowledge.synonyms import GENERIC, LISTING, SECTION_OF, TRADE_WORDS
from knowledge.termindex import TermIndex
from knowledge.terms import Analysis, Analyzer, concept_name, is_concept

log = logging.getLogger(__name__)

_RRF = 10
"""Reciprocal rank fusion's constant: small, for the lists are short and their tops are good."""
_ENTRIES, _WHOLES, _BM25, _BM25_WHOLE, _CONCEPTS = 8.7, 48.7, 36.2, 20.2, 24.8
"""What each ranking weighs; fitted, like what naming is worth, on the tuning questions."""
_ALIKE, _ALIKE_WORTH = 0.85, 40.0
"""An entry in almost the caller's words is worth more than its rank, by so much a cosine beyond."""
_CANDIDATES = 40
_NEAREST = 80
"""Entries that are asked of Chroma: enough for so many documents, for each has several."""
_REMOTE_THREADS = 8
"""Questions that wait for vectors from elsewhere at once."""
_OF_OUR_TRADE = re.compile(r"요금|데이터|통신|회선|유심|핸드폰|휴대폰")
"""Words that make a question ours rather than the weather's."""

Scores = Mapping[str, float]


class HybridRetriever:
    """Implements `Retriever`; one for all calls. All work runs on threads of its own."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        documents: Sequence[Document],
        analyzer: Analyzer,
        embedder: Embedder,
        index: VectorIndex,
        lexicon: Lexicon,
    ) -> None:
        self._catalog = catalog
        self._documents = {document.id: document for document in documents}
        self._analyzer = analyzer
        self._embedder = embedder
        self._index = index
        self._lexicon = lexicon
        self._repair = Repair({*TRADE_WORDS, *_name_words(catalog)})
        self._family_of = {plan.id: plan.family_id for plan in catalog.plans}
        texts = [(d.id, entry) for d in documents for entry in d.entries]
        terms = [analyzer.terms(text) for _, text in texts]
        self._terms = TermIndex([(name, of) for (name, _), of in zip(texts, terms, strict=True)])
        # Whether something is known is told by hashed features whatever makes the vectors: other
        # embeddings find everything somewhat alike.
        local = isinstance(embedder, HashedEmbedder)
        self._hashed: Embedder = (
            embedder if local else HashedEmbedder(analyzer, [text for _, text in texts])
        )
        vectors = np.stack(
            [self._hashed.query(text, terms=of) for (_, text), of in zip(texts, terms, strict=True)]
        )
        owners = np.array([name for name, _ in texts])
        self._wholes = {
            document.id: unit(vectors[owners == document.id].sum(axis=0)) for document in documents
        }
        self._threads = ThreadPoolExecutor(
            max_workers=1 if local else _REMOTE_THREADS, thread_name_prefix="knowledge"
        )

    async def search(self, query: str, *, limit: int = 5, only: Filters | None = None) -> Retrieval:
        """Search without blocking the event loop.

        Without vectors, where their maker does not answer, words alone decide.

        Raises:
            KnowledgeError: `index-unreadable`, retryable.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._search, query, limit, only)

    async def warm(self) -> None:
        """Run some queries, so that the first caller does not pay for lazy loading."""
        for query in ("요금제 얼마예요?", "심플 70기가 얼마예요?", "로밍은 어떻게 신청해요?"):
            await self.search(query)

    def close(self) -> None:
        """Let the threads end; the retriever is not used afterwards."""
        self._threads.shutdown(wait=True)

    def _search(self, query: str, limit: int, only: Filters | None) -> Retrieval:
        analysis = self._analyzer.analyze(self._repair(query))
        terms = analysis.terms
        mentions = self._lexicon.find(query)
        if not terms and not mentions:
            return Retrieval(passages=(), known=False)
        named = Named.of(
            mentions,
            family_of=self._family_of,
            sections={SECTION_OF[name] for name in map(concept_name, terms) if name in SECTION_OF},
        )
        among = None if only is None else self._fitting(only)
        hashed = self._hashed.query(query, terms=terms)
        fused = self._fused(query, terms, hashed, named, among)
        best = sorted(fused, key=lambda name: (-fused[name], name))[:limit]
        known = (
            bool(best) and self._probability(analysis, query, hashed, mentions, best[0]) >= KNOWN
        )
        return Retrieval(
            passages=tuple(self._passage(name, fused[name]) for name in best), known=known
        )

    def _fused(
        self,
        query: str,
        terms: Sequence[str],
        hashed: Vectors,
        named: Named,
        among: frozenset[str] | None,
    ) -> dict[str, float]:
        entries, wholes = self._nearest(query, terms, hashed, among)
        rankings = (
            (entries, _ENTRIES),
            (wholes, _WHOLES),
            (self._terms.bm25(terms), _BM25),
            (self._terms.bm25_whole(terms), _BM25_WHOLE),
            (self._terms.concept_overlap(terms), _CONCEPTS),
        )
        fused: dict[str, float] = defaultdict(float)
        for scores, weight in rankings:
            for rank, name in enumerate(_ranked(scores, among)):
                fused[name] += weight / (_RRF + rank + 1)
        for name in self._of_named(named, among):
            fused.setdefault(name, 0.0)
        for name, likeness in entries.items():
            fused[name] += _ALIKE_WORTH * max(0.0, likeness - _ALIKE)
        return {name: score + prior(self._documents[name], named) for name, score in fused.items()}

    def _of_named(self, named: Named, among: frozenset[str] | None) -> list[str]:
        """Passages of what was named: found even where no other word is."""
        return [
            document.id
            for document in self._documents.values()
            if (document.plan_id in named.plans or document.family_id in named.all_families)
            and (among is None or document.id in among)
        ]

    def _nearest(
        self, query: str, terms: Sequence[str], hashed: Vectors, among: frozenset[str] | None
    ) -> tuple[Scores, Scores]:
        """Each document's likeness by its best entry, and by all its entries together."""
        local = self._embedder is self._hashed
        try:
            vector = hashed if local else self._embedder.query(query, terms=terms)
        except KnowledgeError as error:
            log.warning("searching by words alone: %s", error)
            return {}, {}
        entries: dict[str, float] = {}
        wholes: dict[str, float] = {}
        for entry, similarity in self._index.nearest(vector, limit=_NEAREST, among=among):
            found = wholes if is_whole(entry) else entries
            found.setdefault(document_of(entry), max(similarity, 0.0))
        return entries, wholes

    def _probability(
        self,
        analysis: Analysis,
        query: str,
        hashed: Vectors,
        mentions: Sequence[Mention],
        best: str,
    ) -> float:
        nouns = {
            noun
            for noun in analysis.unexplained_nouns
            if not any(noun in mention.text for mention in mentions)  # 오지 슬림: a name
        }
        strange = {noun for noun in nouns if noun not in self._terms}
        return probability(
            Evidence(
                likeness=float(hashed @ self._wholes[best]),
                coverage=self._terms.coverage(analysis.terms, best),
                strange_nouns=len(strange),
                foreign_nouns=sum(not self._terms.holds(best, noun) for noun in nouns - strange),
                of_our_trade=_OF_OUR_TRADE.search(query) is not None,
                names_plan=any(mention.kind == "plan" for mention in mentions),
                names_family=any(mention.kind == "family" for mention in mentions),
                has_topic=self._has_topic(analysis),
            )
        )

    def _has_topic(self, analysis: Analysis) -> bool:
        """Whether a query names anything that we could know about (`얼마예요?` does not)."""
        concepts = {concept_name(term) for term in analysis.terms if is_concept(term)}
        nouns = any(noun in self._terms for noun in analysis.unexplained_nouns)
        return nouns or bool(concepts - GENERIC) or LISTING in concepts

    def _fitting(self, only: Filters) -> frozenset[str]:
        """Ids of the documents that pass the filters."""
        plans = {
            plan.id
            for plan in self._catalog.plans
            if (only.age is None and only.audience is None)
            or is_eligible(plan, age=only.age, audience=only.audience)
        }
        families = {self._family_of[plan] for plan in plans}
        if only.family_id is not None:
            families &= {only.family_id}
        return frozenset(
            document.id
            for document in self._documents.values()
            if (not document.families or document.families & families)
            and (document.plan_id is None or document.plan_id in plans)
        )

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


def _ranked(scores: Scores, among: frozenset[str] | None) -> list[str]:
    names = scores if among is None else [name for name in scores if name in among]
    return sorted(names, key=lambda name: (-scores[name], name))[:_CANDIDATES]


def _name_words(catalog: Catalog) -> set[str]:
    names = [family.name for family in catalog.families] + [plan.name for plan in catalog.plans]
    return {word for name in names for word in re.findall(r"[가-힣]{2,}", name)}
