"""Hybrid search: Chroma vectors, BM25 over Kiwi morphemes, concepts and names, fused by rank."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from knowledge.embedding import HashedEmbedder
from knowledge.index import VectorIndex
from knowledge.lexicon import Lexicon, Mention
from knowledge.passages import Document, document_of
from knowledge.retriever import Passage, Retrieval
from knowledge.synonyms import GENERIC, LISTING, SECTION_OF
from knowledge.termindex import TermIndex
from knowledge.terms import Analysis, Analyzer, concept_name, is_concept

_RRF = 10
"""Reciprocal rank fusion's constant: small, for the lists are short and their tops are good."""
_CANDIDATES = 40
_FIRST = 1 / (_RRF + 1)
"""What the first place of one ranking is worth."""
_UNNAMED = {"faq": 1.0, "family": 0.5, "plan": 0.6}
"""Pages of what the caller did not name crowd out the answer: they count for less."""
_KNOWN = 0.4
"""Least confidence to answer from the best passage; tuned on the labelled questions."""
_OF_OUR_TRADE = re.compile(r"요금|데이터|통신|회선|유심|핸드폰|휴대폰")
"""Words that make a question ours rather than the weather's; worth a little confidence."""


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
        self._terms = TermIndex(
            [(d.id, analyzer.terms(entry)) for d in documents for entry in d.entries]
        )
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
        analysis = self._analyzer.analyze(query)
        terms = analysis.terms
        mentions = self._lexicon.find(query)
        if not terms and not mentions:
            return Retrieval(passages=(), known=False)
        similarity = self._similarity(query, terms)
        fused: dict[str, float] = defaultdict(float)
        for scores in (similarity, self._terms.bm25(terms), self._terms.concept_overlap(terms)):
            for rank, name in enumerate(_ranked(scores)):
                fused[name] += 1 / (_RRF + rank + 1)
        for name, bonus in self._named(mentions, terms).items():
            fused[name] += bonus
        self._discount_unnamed(fused, mentions)
        best = sorted(fused, key=lambda name: (-fused[name], name))[:limit]
        known = (
            bool(best)
            and self._confidence(query, analysis, mentions, best[0], similarity) >= _KNOWN
        )
        return Retrieval(
            passages=tuple(self._passage(name, fused[name]) for name in best),
            known=known,
        )

    def _confidence(
        self,
        query: str,
        analysis: Analysis,
        mentions: Sequence[Mention],
        best: str,
        similarity: Mapping[str, float],
    ) -> float:
        """How sure it is that `best` answers: about 0 for other matters, above 0.5 for ours.

        A plan's name is enough. A family's (`노인`, `외국인`) only helps, for people say such words
        about other things too; nouns that stand nowhere in the catalogue (`피자`) speak against.
        """
        if any(mention.kind == "plan" for mention in mentions):
            return 1.0
        if not mentions and not self._has_topic(analysis):
            return 0.0
        coverage = self._terms.coverage(analysis).get(best, 0.0)
        confidence = similarity.get(best, 0.0) / 2 + coverage / 2
        if _OF_OUR_TRADE.search(query):
            confidence += 0.1
        if mentions:
            return confidence + 0.2
        strange = [noun for noun in analysis.unexplained_nouns if noun not in self._terms]
        return confidence - 0.1 * min(len(strange), 2)

    def _has_topic(self, analysis: Analysis) -> bool:
        """Whether a query names anything that we could know about (`얼마예요?` does not)."""
        concepts = {concept_name(term) for term in analysis.terms if is_concept(term)}
        nouns = any(noun in self._terms for noun in analysis.unexplained_nouns)
        return nouns or bool(concepts - GENERIC) or LISTING in concepts

    def _similarity(self, query: str, terms: Sequence[str]) -> dict[str, float]:
        vector = self._embedder.embed(query, terms=terms)
        found: dict[str, float] = {}
        for entry, similarity in self._index.nearest(vector, limit=_CANDIDATES):
            found.setdefault(document_of(entry), max(similarity, 0.0))
        return found

    def _named(self, mentions: Sequence[Mention], terms: Sequence[str]) -> dict[str, float]:
        """What naming a plan or family adds to its pages: to the one that the question is about.

        A plan's own page holds its figures; joining, changing, leaving and roaming are sections of
        its family's page.
        """
        asked = {SECTION_OF[name] for name in map(concept_name, terms) if name in SECTION_OF}
        bonus: dict[str, float] = {}
        for mention in mentions:
            family_id = mention.id
            if mention.kind == "plan":
                plan_page = f"plan:{mention.id}"
                family_id = self._documents[plan_page].family_id or ""
                bonus[plan_page] = _FIRST if asked else 3 * _FIRST
            sections = asked or ({"about"} if mention.kind == "family" else set())
            for section in sections:
                page = f"family:{family_id}#{section}"
                if page in self._documents:
                    bonus[page] = _FIRST
        return bonus

    def _discount_unnamed(self, fused: dict[str, float], mentions: Sequence[Mention]) -> None:
        plans = {mention.id for mention in mentions if mention.kind == "plan"}
        families = {mention.id for mention in mentions if mention.kind == "family"}
        families |= {self._documents[f"plan:{plan}"].family_id or "" for plan in plans}
        for name in fused:
            document = self._documents[name]
            named = (
                document.family_id in families
                if document.kind == "family"
                else (document.plan_id in plans)
            )
            if not named:
                fused[name] *= _UNNAMED[document.kind]

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
