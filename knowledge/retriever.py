"""The Retriever Protocol and what it returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from knowledge.compare import Audience


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


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What passages must fit; an entry of the FAQ fits unless it is about others."""

    family_id: str | None = None
    """Only what is about this family; entries that name no family stay."""
    age: int | None = None
    """Only what somebody of this age may join, in full years."""
    audience: Audience | None = None
    """Only what this audience may join."""


class Retriever(Protocol):
    """Finds passages for a question as callers ask it."""

    async def search(self, query: str, *, limit: int = 5, only: Filters | None = None) -> Retrieval:
        """Search without blocking the event loop.

        Raises:
            KnowledgeError: the index cannot be read.
        """
        ...
