"""Collects telephone keys into what the agent hears: digits with a time-out, 0, * and #."""

from agent.actions import Expectation

ENTRY_TIMEOUT_S = 3.0
"""Seconds after the last digit until an entry counts as complete."""

_PHONE_DIGITS = 11
_MAX_DIGITS = 20


class KeyCollector:
    """Synchronous; the call tells the time by calling `timed_out` when ENTRY_TIMEOUT_S passed."""

    def __init__(self) -> None:
        self._digits = ""

    @property
    def waiting(self) -> bool:
        """Whether digits are collected that are not complete yet."""
        return bool(self._digits)

    def press(self, digit: str, expects: Expectation) -> str | None:
        """Takes one key; gives the finished entry, or None while more may follow.

        0 alone means the human at once, but begins a number where one was asked for.
        # closes an entry, and alone is handed on as `#`; * drops an entry and is handed on.
        """
        if digit == "*":
            self._digits = ""
            return "*"
        if digit == "#":
            return self._take() or "#"
        self._digits += digit
        if self._digits == "0" and expects is not Expectation.NUMBER:
            return self._take()
        is_phone = self._digits.startswith("01") and len(self._digits) == _PHONE_DIGITS
        if is_phone or len(self._digits) == _MAX_DIGITS:
            return self._take()
        return None

    def timed_out(self) -> str | None:
        """No further key came in time: the digits so far, None when there are none."""
        return self._take() or None

    def _take(self) -> str:
        digits, self._digits = self._digits, ""
        return digits
