"""What the model may cost: tokens and money by call and day, noted while no turn waits."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Protocol
from uuid import uuid4
from zoneinfo import ZoneInfo

from agent.model.completion import Tokens
from storage.errors import StorageError
from storage.records import ModelUse, Spent

log = logging.getLogger(__name__)

_SEOUL = ZoneInfo("Asia/Seoul")
_BATCH = 50
_MOST_UNWRITTEN = 20_000
"""Answers kept for a database that is away: about a day of them; then the oldest are lost."""
_AGAIN_S = 5.0
"""Pause before a database that was away is written to again."""
_CLOSE_S = 5.0
"""For what is still unwritten when the server ends."""


class UsageJournal(Protocol):
    """Keeps what was used."""

    async def record(self, uses: Sequence[ModelUse]) -> None:
        """Note uses; one whose key is known already counts once. Raises StorageError."""
        ...

    async def spent(self, day: date) -> Spent:
        """What all processes used on a day in Seoul. Raises StorageError."""
        ...


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much may be used; None is no limit."""

    call_tokens: int | None = None
    day_tokens: int | None = None
    day_cost: float | None = None
    """In the currency of the prices."""


@dataclass(frozen=True, kw_only=True)
class Prices:
    """For a million tokens each."""

    read: float = 0.0
    written: float = 0.0

    def micros(self, tokens: Tokens) -> int:
        """The cost in millionths, rounded up."""
        return math.ceil(tokens.read * self.read + tokens.written * self.written)


@dataclass(kw_only=True)
class Meter:
    """What one call has used so far."""

    call_sid: str
    tokens: int = 0
    told: bool = False
    """Whether it was logged that the call's limit is reached."""


class Accounts:
    """One organization's account with the model, over all calls of this process.

    What was used counts at once, and is written by `run` in the background, again and again until
    the database takes it. What other processes wrote is read back each time.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        limits: Limits | None = None,
        prices: Prices | None = None,
        journal: UsageJournal | None = None,
    ) -> None:
        """`clock` gives aware times; without a journal nothing outlives the process."""
        self._clock = clock
        self._limits = limits or Limits()
        self._prices = prices or Prices()
        self._journal = journal
        self._day = self._today()
        self._stored = Spent()
        self._unwritten: deque[ModelUse] = deque()
        self._lost = 0
        self._told: date | None = None
        self._noted = asyncio.Event()
        self._writing = asyncio.Lock()

    @property
    def today(self) -> Spent:
        """What was used today, as far as this process knows."""
        day = self._turn_page()
        return _sum(self._stored, (use for use in self._unwritten if use.day == day))

    @property
    def unwritten(self) -> int:
        """How many answers the database has not taken yet."""
        return len(self._unwritten)

    def refusal(self, meter: Meter) -> str:
        """Which limit is reached, `call_tokens`, `day_tokens` or `day_cost`; empty if none is."""
        limits = self._limits
        if limits.call_tokens is not None and meter.tokens >= limits.call_tokens:
            if not meter.told:
                meter.told = True
                log.warning("call %s has used up its tokens of the model", meter.call_sid)
            return "call_tokens"
        today = self.today
        reached = ""
        if limits.day_tokens is not None and today.tokens >= limits.day_tokens:
            reached = "day_tokens"
        elif limits.day_cost is not None and today.cost_micros >= limits.day_cost * 1_000_000:
            reached = "day_cost"
        if reached and self._told != self._day:
            self._told = self._day
            log.warning("today's limit of the model (%s) is reached", reached)
        return reached

    def note(self, meter: Meter, tokens: Tokens, *, purpose: str, model: str, prompt: str) -> None:
        """Count an answer; returns at once."""
        now = self._clock()
        meter.tokens += tokens.read + tokens.written
        use = ModelUse(
            key=uuid4().hex,
            call_sid=meter.call_sid,
            purpose=purpose,
            model=model,
            prompt=prompt,
            tokens_read=tokens.read,
            tokens_written=tokens.written,
            estimated=tokens.estimated,
            cost_micros=self._prices.micros(tokens),
            at=now,
            day=now.astimezone(_SEOUL).date(),
        )
        if self._journal is None:
            self._turn_page()
            self._stored = _sum(self._stored, [use])
            return
        if len(self._unwritten) >= _MOST_UNWRITTEN:
            self._unwritten.popleft()
            self._lost += 1
            log.error("%d uses of the model were never written", self._lost)
        self._unwritten.append(use)
        self._noted.set()

    async def run(self) -> None:
        """Write what is noted until cancelled, through any time without a database."""
        while True:
            try:
                await self.flush()
            except StorageError as error:
                log.warning("what the model took is not written yet: %s", error.code)
                await asyncio.sleep(_AGAIN_S)
                continue
            self._noted.clear()
            if not self._unwritten:
                await self._noted.wait()

    async def flush(self) -> None:
        """Write all that is noted. Raises StorageError when the database is away."""
        if self._journal is None:
            return
        async with self._writing:
            while True:
                batch = list(islice(self._unwritten, _BATCH))
                if batch:
                    await self._record(self._journal, batch)
                day = self._turn_page()
                stored = await self._journal.spent(day)
                written = {use.key for use in batch}
                self._unwritten = deque(u for u in self._unwritten if u.key not in written)
                if day == self._turn_page():
                    self._stored = stored
                if not self._unwritten:
                    return

    async def close(self) -> None:
        """Write the rest; what a database that is away does not take is told of and lost."""
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self.flush()
        except (TimeoutError, StorageError):
            log.exception("%d uses of the model were never written", len(self._unwritten))

    async def _record(self, journal: UsageJournal, batch: Sequence[ModelUse]) -> None:
        """Write a batch; what the database will never take must not hold up the rest."""
        try:
            await journal.record(batch)
        except StorageError as error:
            if error.retryable:
                raise
            if len(batch) == 1:
                log.exception("a use of the model by call %s is not written", batch[0].call_sid)
                return
            for use in batch:
                await self._record(journal, [use])

    def _today(self) -> date:
        return self._clock().astimezone(_SEOUL).date()

    def _turn_page(self) -> date:
        """Begin a new day's count where one has begun; gives the day."""
        if (today := self._today()) != self._day:
            self._day, self._stored = today, Spent()
        return self._day


def _sum(spent: Spent, uses: Iterable[ModelUse]) -> Spent:
    tokens, cost = spent.tokens, spent.cost_micros
    for use in uses:
        tokens += use.tokens_read + use.tokens_written
        cost += use.cost_micros
    return Spent(tokens=tokens, cost_micros=cost)
