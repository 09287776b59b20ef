"""Journals of the model's use for tests: one that keeps all, and one that may be away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from storage.errors import StorageError
from storage.records import ModelUse, Spent


class Journal:
    """Keeps what it is given in memory, each key once."""

    def __init__(self) -> None:
        self.kept: dict[str, ModelUse] = {}
        self.away = False
        self.refuses: set[str] = set()
        """Calls whose uses no database would take."""
        self.elsewhere = Spent()
        """What another process used."""

    @property
    def uses(self) -> list[ModelUse]:
        return list(self.kept.values())

    async def record(self, uses: Sequence[ModelUse]) -> None:
        self._check()
        if any(use.call_sid in self.refuses for use in uses):
            raise StorageError("refused", "the database refused a value")
        for use in uses:
            self.kept.setdefault(use.key, use)

    async def spent(self, day: date) -> Spent:
        self._check()
        uses = [use for use in self.uses if use.day == day]
        return Spent(
            tokens=self.elsewhere.tokens + sum(u.tokens_read + u.tokens_written for u in uses),
            cost_micros=self.elsewhere.cost_micros + sum(use.cost_micros for use in uses),
        )

    def _check(self) -> None:
        if self.away:
            raise StorageError("unavailable", "the database does not answer", retryable=True)
