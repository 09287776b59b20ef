"""The Retriever Protocol and what it returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One retrieved piece of knowledge."""

    id: str
    """Fact id: `plan:rollover-10`, `family:5g-slim#join`, or `faq:roaming-cost`."""
    kind: str
    """`plan`, `family` or `faq`."""
    title: str
    text: str
    family_id: str | None
    plan_id: str | None
    score: float
    """Fused score, higher is better; comparable within one answer only."""


@dataclass(frozen=True, kw_only=True)
class Retrieval:
    """The answer to one search."""

    passages: tuple[Passage, ...]
    """Best first."""
    known: bool
    """False when nothing retrieved is near enough to answer from."""


class Retriever(Protocol):
    """Finds passages for a question as callers ask it."""

    async def search(self, query: str, *, limit: int = 5) -> Retrieval:
        """Search without blocking the event loop.

        Raises:
            KnowledgeError: the index cannot be read.
        """
        ...
