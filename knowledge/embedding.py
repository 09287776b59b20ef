"""What turns texts into vectors: the Protocol, and the local embedding that needs no model file."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge.jamo import to_jamo
from knowledge.terms import Analyzer, fold, is_concept

Vectors = NDArray[np.float32]

DIMENSIONS = 1024
SCHEME = "hashed-2"
"""Goes into the index's version: change it with anything that changes the vectors."""

_CONCEPT_WEIGHT, _TERM_WEIGHT, _SYLLABLE_WEIGHT, _JAMO_WEIGHT = 1.8, 1.0, 0.4, 0.25


class Embedder(Protocol):
    """Makes vectors of length 1 (all zeros for nothing), comparable by cosine."""

    @property
    def name(self) -> str:
        """What made the vectors, as the index records it, such as `local:hashed-2x1024`."""
        ...

    def documents(self, texts: Sequence[str]) -> Vectors:
        """The vectors of texts to be found: shape (texts, dimensions), float32.

        Raises:
            KnowledgeError: `embedding-unavailable` (retryable) or `embedding-invalid`.
        """
        ...

    def query(self, text: str, *, terms: Sequence[str] | None = None) -> Vectors:
        """The vector of a question: shape (dimensions,), float32.

        Args:
            text: the question.
            terms: the analyzer's terms of it, where the caller has them already.

        Raises:
            KnowledgeError: `embedding-unavailable` (retryable) or `embedding-invalid`.
        """
        ...

    def close(self) -> None:
        """Let connections and models go."""
        ...


class HashedEmbedder:
    """Embeds text as idf-weighted hashed features, fitted on the corpus that it will search.

    Morphemes and concepts carry the meaning; syllable bigrams and jamo trigrams forgive what
    recognisers mishear. The same corpus and text give the same vector in every process.
    """

    name = f"local:{SCHEME}x{DIMENSIONS}"

    def __init__(self, analyzer: Analyzer, corpus: Sequence[str]) -> None:
        self._analyzer = analyzer
        features = [self._features(text) for text in corpus]
        frequency = Counter(feature for of_text in features for feature in of_text)
        self._unseen = math.log(1 + len(corpus)) + 1
        self._idf = {
            feature: math.log((1 + len(corpus)) / (1 + count)) + 1
            for feature, count in frequency.items()
        }

    def documents(self, texts: Sequence[str]) -> Vectors:
        """See Embedder; shape (texts, 1024)."""
        return np.stack([self.query(text) for text in texts])

    def query(self, text: str, *, terms: Sequence[str] | None = None) -> Vectors:
        """See Embedder; shape (1024,)."""
        vector = np.zeros(DIMENSIONS, dtype=np.float64)
        for feature, weight in self._features(text, terms).items():
            hashed = zlib.crc32(feature.encode())
            sign = 1.0 if hashed & 0x80000000 else -1.0
            vector[hashed % DIMENSIONS] += sign * weight * self._idf.get(feature, self._unseen)
        return unit(vector)

    def close(self) -> None:
        """Nothing to let go."""

    def _features(self, text: str, terms: Sequence[str] | None = None) -> dict[str, float]:
        squeezed = fold(text).replace(" ", "")
        jamo = to_jamo(squeezed)
        terms = self._analyzer.terms(text) if terms is None else terms
        counted = (
            ("c", Counter(term for term in terms if is_concept(term)), _CONCEPT_WEIGHT),
            ("t", Counter(term for term in terms if not is_concept(term)), _TERM_WEIGHT),
            ("s", _grams(squeezed, 2), _SYLLABLE_WEIGHT),
            ("j", _grams(jamo, 3), _JAMO_WEIGHT),
        )
        return {
            f"{kind}:{value}": weight * (1 + math.log(count))
            for kind, counter, weight in counted
            for value, count in counter.items()
        }


def unit(vectors: NDArray[np.floating]) -> Vectors:
    """The vectors, one or in rows, at length 1; zeros stay zeros."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.where(norms > 0, norms, 1.0)).astype(np.float32)


def _grams(text: str, size: int) -> Counter[str]:
    return Counter(text[at : at + size] for at in range(len(text) - size + 1))
