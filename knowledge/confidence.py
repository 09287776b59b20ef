"""Tells questions that our knowledge answers from those that it does not."""

from __future__ import annotations

import math
from dataclasses import dataclass

KNOWN = 0.4
"""Least probability to answer from the best passage."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What speaks for the best passage answering a question."""

    likeness: float
    """Cosine of the question to all wordings of the passage together, in hashed features."""
    coverage: float
    """The share of what the question is about that the passage holds, in 0 … 1."""
    strange_nouns: int
    """Nouns that stand nowhere in the catalogue (`피자`)."""
    foreign_nouns: int
    """Nouns that stand elsewhere in the catalogue, but not in the passage."""
    of_our_trade: bool
    """Whether it says `요금`, `데이터` and the like."""
    names_plan: bool
    names_family: bool
    """Worth less than a plan: people say `노인` and `외국인` about other things too."""
    has_topic: bool
    """Whether it names anything that we could know about (`얼마예요?` does not)."""


def probability(evidence: Evidence) -> float:
    """How probable it is that the passage answers, by a logistic model fitted on the tuning half.

    Nothing named at all is nothing known.
    """
    if not (evidence.has_topic or evidence.names_plan or evidence.names_family):
        return 0.0
    score = (
        -2.51
        + 6.14 * evidence.likeness
        + 1.61 * evidence.coverage
        - 2.65 * min(evidence.strange_nouns, 2)
        - 1.13 * min(evidence.foreign_nouns, 2)
        + 1.45 * evidence.of_our_trade
        + 3.09 * evidence.names_plan
        + 1.25 * evidence.names_family
    )
    return 1 / (1 + math.exp(-score))
