"""The figures of one way to search: recall, mean reciprocal rank, unknown F1, time."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scripts.bench.searching.questions import Question


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What one search gave for one question."""

    question: Question
    place: int | None
    """Of the first passage that answers, from 1."""
    confidence: float
    """The higher, the surer that our knowledge holds the answer."""
    known: bool
    """Whether the search took itself to know the answer."""
    best: str
    """Id of the first passage."""
    ms: float
    """What the search took."""


def figures(answered: Sequence[Answered]) -> dict[str, float]:
    """All figures; those of ranks are over the questions that our knowledge answers."""
    places = [one.place for one in answered if not one.question.unknown]
    return {
        "recall_at_1": _share([place == 1 for place in places]),
        "recall_at_5": _share([place is not None and place <= 5 for place in places]),
        "mrr": round(statistics.fmean([1 / at if at else 0.0 for at in places] or [0.0]), 4),
        "unknown_f1": round(unknown_f1([(a.question.unknown, not a.known) for a in answered]), 4),
        "ms_p95": round(p95([one.ms for one in answered]), 2),
    }


def unknown_f1(pairs: Sequence[tuple[bool, bool]]) -> float:
    """F1 of refusing, from (should be refused, was refused); 1 where nobody should or was."""
    right = sum(should and did for should, did in pairs)
    wrong = sum(should != did for should, did in pairs)
    return 2 * right / (2 * right + wrong) if right + wrong else 1.0


def best_threshold(answered: Sequence[Answered]) -> float:
    """The confidence below which refusing gives the best F1 on these very questions."""
    confidences = sorted({one.confidence for one in answered})
    return max(
        (*confidences, confidences[-1] + 1),
        key=lambda least: unknown_f1(
            [(one.question.unknown, one.confidence < least) for one in answered]
        ),
    )


def p95(values: Sequence[float]) -> float:
    """The 95th percentile."""
    if len(values) < 2:
        return values[0]
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def _share(hits: Sequence[bool]) -> float:
    return round(sum(hits) / len(hits), 4) if hits else 0.0
