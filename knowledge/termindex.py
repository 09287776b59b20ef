"""The lexical half of the search: BM25, overlap of concepts, and how much of a query is covered."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import bm25s

from knowledge.synonyms import GENERIC
from knowledge.terms import concept_name, is_concept


class TermIndex:
    """Documents by their entries' terms, in memory; all scores are of a document's best entry."""

    def __init__(self, entries: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Index entries given as (document id, terms); a document may have several."""
        self._names = [name for name, _ in entries]
        self._bm25 = bm25s.BM25(k1=1.2, b=0.5)
        self._bm25.index([list(terms) for _, terms in entries], show_progress=False)
        whole: dict[str, list[str]] = defaultdict(list)
        for name, terms in entries:
            whole[name] += terms
        self._documents = list(whole)
        self._whole = bm25s.BM25(k1=1.2, b=0.5)
        self._whole.index(list(whole.values()), show_progress=False)
        self._terms_of = {name: frozenset(terms) for name, terms in whole.items()}
        self._postings: dict[str, list[int]] = defaultdict(list)
        for number, (_, terms) in enumerate(entries):
            for term in set(terms):
                self._postings[term].append(number)
        self._unseen = math.log(1 + len(entries))
        self._concept_weight = [
            sum(self._weight(term) for term in set(terms) if is_concept(term))
            for _, terms in entries
        ]

    def bm25(self, terms: Sequence[str]) -> dict[str, float]:
        """BM25 of every document that shares a term; what is asked about counts twice."""
        words = _with_topics(terms)
        if not words:
            return {}
        scores = self._bm25.get_scores(words)
        return self._best({int(n): float(scores[n]) for n in scores.nonzero()[0]})

    def bm25_whole(self, terms: Sequence[str]) -> dict[str, float]:
        """BM25 of documents with all their entries taken together."""
        words = _with_topics(terms)
        if not words:
            return {}
        scores = self._whole.get_scores(words)
        return {self._documents[n]: float(scores[n]) for n in scores.nonzero()[0]}

    def concept_overlap(self, terms: Sequence[str]) -> dict[str, float]:
        """Shared concepts over all concepts of query and entry, weighted, in 0 … 1."""
        concepts = {term for term in terms if is_concept(term)}
        if all(concept_name(concept) in GENERIC for concept in concepts):
            return {}  # `얼마예요?` alone fits everything and names nothing
        asked = sum(self._weight(concept) for concept in concepts)
        shared = self._shared({concept: self._weight(concept) for concept in concepts})
        return self._best(
            {
                number: weight / (asked + self._concept_weight[number] - weight)
                for number, weight in shared.items()
            }
        )

    def __contains__(self, term: str) -> bool:
        """Whether any entry holds the term."""
        return term in self._postings

    def holds(self, document: str, term: str) -> bool:
        """Whether the document holds the term."""
        return term in self._terms_of[document]

    def coverage(self, terms: Sequence[str], document: str) -> float:
        """The share of what a query is about that a document holds, in 0 … 1.

        Topics count twice, for they hold several words; how something is asked counts little.
        """
        weights = {term: self._idf(term) * _share(term) for term in terms}
        total = sum(weights.values())
        held = self._terms_of[document]
        return sum(w for term, w in weights.items() if term in held) / total if total else 0.0

    def _shared(self, weights: Mapping[str, float]) -> dict[int, float]:
        totals: dict[int, float] = defaultdict(float)
        for term, weight in weights.items():
            for number in self._postings.get(term, ()):
                totals[number] += weight
        return totals

    def _best(self, scores: Mapping[int, float]) -> dict[str, float]:
        best: dict[str, float] = {}
        for number, score in scores.items():
            name = self._names[number]
            best[name] = max(best.get(name, 0.0), score)
        return best

    def _idf(self, term: str) -> float:
        held = self._postings.get(term)
        return math.log(1 + len(self._names) / len(held)) if held else self._unseen

    def _weight(self, concept: str) -> float:
        return self._idf(concept) * (0.5 if concept_name(concept) in GENERIC else 1.0)


def _with_topics(terms: Sequence[str]) -> list[str]:
    topics = [term for term in terms if is_concept(term) and concept_name(term) not in GENERIC]
    return [*terms, *topics]


def _share(term: str) -> float:
    if not is_concept(term):
        return 1.0
    return 0.3 if concept_name(term) in GENERIC else 2.0
