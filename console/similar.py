"""Similar cases as the pages show them: what was asked then, and what became of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.show import HANDOFF_REASONS, SEOUL, day_of, outcome_badge
from knowledge.errors import KnowledgeError
from storage.errors import StorageError
from storage.records import Outcome, StoredCall

if TYPE_CHECKING:
    from console.show import Badge
    from console.state import Console
    from knowledge.cases import SimilarCase

logger = logging.getLogger(__name__)

SHOWN = 4
_LOOKED_AT = 20
"""Cases of which those are shown: people ask many things in the very same words."""
_ASKED = 3
"""Questions of a call for which similar cases are looked for."""


@dataclass(frozen=True, kw_only=True)
class SimilarLine:
    """One similar case."""

    id: int
    when: str
    asked: str
    solved: str
    """The answer, or why a human took the call, or what is left to do."""
    badge: Badge


async def similar_lines(
    console: Console, *texts: str, but: int | None = None
) -> tuple[SimilarLine, ...]:
    """The cases nearest to any of the texts; none where they cannot be looked for."""
    found: dict[int, SimilarCase] = {}
    try:
        for text in texts:
            for near in await console.similar(text, limit=_LOOKED_AT, but=but):
                known = found.get(near.case.call_id)
                if known is None or near.similarity > known.similarity:
                    found[near.case.call_id] = near
    except (KnowledgeError, StorageError) as error:
        # The page tells of the call all the same.
        logger.warning("similar cases cannot be shown: %s", error.code)
        return ()
    nearest = sorted(
        found.values(), key=lambda near: (-round(near.similarity, 2), -near.case.call_id)
    )
    # What was asked in the same words tells nothing new; the newest stands for all.
    told: dict[tuple[str, str], SimilarLine] = {}
    for near in nearest:
        line = _line(console, near)
        told.setdefault((line.asked, line.badge.label), line)
    return tuple(told.values())[:SHOWN]


async def similar_to(console: Console, call: StoredCall) -> Sequence[SimilarLine]:
    """The cases most like a call that has its summary."""
    if call.summary is None:
        return ()
    texts = [asked.question for asked in call.summary.questions[:_ASKED]]
    return await similar_lines(console, *texts, but=call.id)


def _line(console: Console, near: SimilarCase) -> SimilarLine:
    case = near.case
    at = case.started_at.astimezone(SEOUL)
    return SimilarLine(
        id=case.call_id,
        when=f"{day_of(at, console.clock().astimezone(SEOUL))} {at:%H:%M}",
        asked=near.question.question if near.question else case.reason,
        solved=_solved(near),
        badge=outcome_badge(case.outcome),
    )


def _solved(near: SimilarCase) -> str:
    case = near.case
    if near.question:
        return near.question.answer
    if case.outcome is Outcome.HANDED_OFF and case.handoff_reason:
        return HANDOFF_REASONS[case.handoff_reason]
    return ", ".join(case.follow_ups)
