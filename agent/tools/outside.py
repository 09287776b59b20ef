"""What the tools need from outside: the customers, their earlier calls, and who takes requests."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from storage.patience import within
from storage.records import ChangeRequest, Customer, EarlierCall, Outcome

if TYPE_CHECKING:
    from knowledge.cases import SimilarCase

LOOKUP_S = 3.0
"""Seconds for one look-up: less than the first two sentences of the greeting take."""

T = TypeVar("T")


class CustomerDirectory(Protocol):
    """Finds customers by number."""

    async def by_phone(self, phone: str) -> Sequence[Customer]:
        """All customers with this number, E.164; empty when there is none."""
        ...


class EarlierCalls(Protocol):
    """Knows what a customer called about before."""

    async def earlier(self, customer_id: int, *, limit: int) -> Sequence[EarlierCall]:
        """The customer's own calls that have ended, newest first."""
        ...


class SimilarCalls(Protocol):
    """Knows what other callers asked before, and what became of it."""

    async def search(
        self, text: str, *, limit: int = 5, outcome: Outcome | None = None
    ) -> Sequence[SimilarCase]:
        """The calls in which something similar was asked, nearest first; those that ended so.

        Raises:
            KnowledgeError, StorageError: they cannot be read.
        """
        ...


class ChangeLedger(Protocol):
    """Takes requests to change a plan, for a human to carry out."""

    async def request(
        self, *, call_sid: str, customer_id: int, from_plan_id: str, to_plan_id: str
    ) -> ChangeRequest:
        """Note the request; the same one again in the same call is the one already noted.

        The customer is never changed by it.
        """
        ...


async def in_time(work: Coroutine[Any, Any, T], what: str) -> T:
    """The result of a look-up. Raises StorageError `unavailable` when it takes too long."""
    return await within(LOOKUP_S, work, what)
