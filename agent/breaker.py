"""When a service that keeps failing is asked again: a circuit breaker, pure, on loop times."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from enum import StrEnum

FAILURES = 3
"""Failures in a row after which a service is not asked for a while."""

FIRST_PAUSE_S = 30.0
"""Longer than it takes to come to the next turn, or the pause would spare nobody anything."""

LONGEST_PAUSE_S = 300.0
LONGEST_RETRY_AFTER_S = 3_600.0
"""What a service asks for is respected up to an hour; a mistaken date is not."""


class State(StrEnum):
    """Whether the service is asked."""

    CLOSED = "closed"
    """Always."""
    OPEN = "open"
    """Not now."""
    HALF_OPEN = "half-open"
    """Once, to see whether it is back."""


class Breaker:
    """Says whether a service is to be asked, and learns from what came of it.

    Whoever gets an attempt from `ask` ends it by exactly one of `succeeded`, `failed` and
    `abandoned`. What attempts tell that began before the breaker opened is old news and changes
    nothing. Each probe that fails doubles the pause before the next.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._open = False
        self._probing = False
        self._until = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._generation = 0

    def state(self, now: float) -> State:
        """Its state at `now`, loop time in seconds."""
        if not self._open:
            return State.CLOSED
        return State.OPEN if now < self._until else State.HALF_OPEN

    def ready(self, now: float) -> bool:
        """Whether `ask` would allow an attempt."""
        return not self._open or (not self._probing and now >= self._until)

    def ask(self, now: float) -> int | None:
        """An attempt, or None when the service is not to be asked now."""
        if not self.ready(now):
            return None
        if self._open:
            self._probing = True
            self._generation += 1
        return self._generation

    def succeeded(self, attempt: int) -> None:
        """The service did what it was asked."""
        if attempt != self._generation:
            return
        self._open = self._probing = False
        self._failures = 0
        self._pause_s = FIRST_PAUSE_S

    def failed(
        self,
        attempt: int,
        now: float,
        *,
        for_good: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        """The service failed; `for_good` when nothing but its owner can change that."""
        if attempt != self._generation:
            return
        self._failures += 1
        if for_good:
            self._pause_s = LONGEST_PAUSE_S
        elif self._open:
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
        elif self._failures < FAILURES and retry_after_s is None:
            return
        pause_s = self._pause_s
        if retry_after_s is not None:
            asked_s = min(retry_after_s, LONGEST_RETRY_AFTER_S)
            # The service knows best, unless its word proved worthless.
            known_bad = for_good or self._open or self._failures >= FAILURES
            pause_s = max(asked_s, pause_s) if known_bad else asked_s
        self._open = True
        self._probing = False
        self._generation += 1
        self._until = now + pause_s

    def abandoned(self, attempt: int) -> None:
        """Nobody waited for the end: nothing was learned."""
        if attempt == self._generation:
            self._probing = False


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """What an answer's Retry-After asks for, in seconds; None without one that makes sense.

    A date is taken relative to the answer's own, so that no clock but the server's matters.
    """
    headers = {name.lower(): value for name, value in headers.items()}
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
        seconds = (until - parsedate_to_datetime(headers.get("date", ""))).total_seconds()
    except (TypeError, ValueError):  # No date, or one with and one without a time zone.
        return None
    return max(0.0, seconds)
