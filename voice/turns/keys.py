"""Collects telephone keys into what the agent hears: digits with a time-out, 0, * and #."""

from dataclasses import dataclass

from agent.actions import Expectation

ENTRY_TIMEOUT_S = 3.0
"""Seconds after the last digit until an entry counts as complete."""

_PHONE_DIGITS = 11
_MAX_DIGITS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """A finished entry; times in milliseconds since the stream began."""

    keys: str
    first_ms: int
    last_ms: int


class KeyCollector:
    """Synchronous; the call tells the time: `timed_out`, some seconds after a key or an entry."""

    def __init__(self) -> None:
        self._digits = ""
        self._first_ms = 0
        self._last_ms = 0
        self._closed = False
        """Whether an entry closed by itself a moment ago, which the caller may not have known."""

    @property
    def waiting(self) -> bool:
        """Whether digits are collected that are not complete yet."""
        return bool(self._digits)

    def closes_late(self, digit: str) -> bool:
        """Whether this key is the # of an entry that had closed by itself; asked before `press`.

        Many add # to a whole telephone number. It must not become an entry of its own.
        """
        late = self._closed and digit == "#"
        self._closed = False
        return late

    def press(self, digit: str, expects: Expectation, at_ms: int) -> KeyEntry | None:
        """Takes one key, pressed at a stream time; gives the finished entry.

        None while more may follow.
        0 alone means the human at once, but begins a number where one was asked for.
        # closes an entry, and alone is handed on as `#`; * drops an entry and is handed on.
        """
        if not self._digits:
            self._first_ms = at_ms
        self._last_ms = at_ms
        if digit == "*":
            self._digits = ""
            return self._entry("*")
        if digit == "#":
            return self._take() or self._entry("#")
        self._digits += digit
        if self._digits == "0" and expects is not Expectation.NUMBER:
            return self._take()
        is_phone = self._digits.startswith("01") and len(self._digits) == _PHONE_DIGITS
        if is_phone or len(self._digits) == _MAX_DIGITS:
            self._closed = True
            return self._take()
        return None

    def timed_out(self) -> KeyEntry | None:
        """No further key came in time: the digits so far, None when there are none."""
        self._closed = self.waiting
        return self._take()

    def _take(self) -> KeyEntry | None:
        digits, self._digits = self._digits, ""
        return self._entry(digits) if digits else None

    def _entry(self, keys: str) -> KeyEntry:
        return KeyEntry(keys=keys, first_ms=self._first_ms, last_ms=self._last_ms)
