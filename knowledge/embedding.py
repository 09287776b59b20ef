"""A local text embedding that needs no model file: hashed morphemes, syllables and jamo."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from knowledge.jamo import to_jamo
from knowledge.terms import Analyzer, fold, is_concept

DIMENSIONS = 1024
SCHEME = "hashed-1"
"""Goes into the index's version: change it with anything that changes the vectors."""

_CONCEPT_WEIGHT, _TERM_WEIGHT, _SYLLABLE_WEIGHT, _JAMO_WEIGHT = 1.6, 1.0, 0.25, 0.15


class HashedEmbedder:
    """Embeds text as idf-weighted hashed features, fitted on the corpus that it will search.

    Morphemes and concepts carry the meaning; syllable bigrams and jamo trigrams forgive what
    recognisers mishear. The same corpus and text give the same vector in every process.
    """

    def __init__(self, analyzer: Analyzer, corpus: Sequence[str]) -> None:
        self._analyzer = analyzer
        frequency = Counter(feature for text in corpus for feature in self._features(text))
        self._unseen = math.log(1 + len(corpus)) + 1
        self._idf = {
            feature: math.log((1 + len(corpus)) / (1 + count)) + 1
            for feature, count in frequency.items()
        }

    def embed(self, text: str, *, terms: Sequence[str] | None = None) -> NDArray[np.float32]:
        """The vector of `text`: shape (1024,), float32, length 1 (all zeros for no features).

        Args:
            terms: the analyzer's terms of `text`, where the caller has them already.
        """
        vector = np.zeros(DIMENSIONS, dtype=np.float64)
        for feature, weight in self._features(text, terms).items():
            hashed = zlib.crc32(feature.encode())
            sign = 1.0 if hashed & 0x80000000 else -1.0
            vector[hashed % DIMENSIONS] += sign * weight * self._idf.get(feature, self._unseen)
        norm = float(np.linalg.norm(vector))
        return (vector / norm if norm else vector).astype(np.float32)

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


def _grams(text: str, size: int) -> Counter[str]:
    return Counter(text[at : at + size] for at in range(len(text) - size + 1))
