"""Single-use stream tokens and the calls that they announce.

A signature carries no time, so a signed upgrade could be replayed; a token cannot. It is minted
by the webhook, travels in the TwiML, and comes back once, in the stream's `start`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from typing import Generic, TypeVar

_TOKEN_BYTES = 32
_MAX_ENTRIES = 10_000

V = TypeVar("V")


class Recent(Generic[V]):
    """Values by key that are forgotten `ttl_s` seconds after they were put, oldest first."""

    def __init__(
        self, clock: Callable[[], float], *, ttl_s: float, max_entries: int = _MAX_ENTRIES
    ) -> None:
        self._clock = clock
        self._ttl_s = ttl_s
        self._max_entries = max_entries
        self._entries: dict[str, tuple[float, V]] = {}

    def __len__(self) -> int:
        self._purge()
        return len(self._entries)

    def put(self, key: str, value: V) -> None:
        """Remember `value`; the oldest one goes when there are too many."""
        self._purge()
        self._entries.pop(key, None)
        if len(self._entries) >= self._max_entries:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (self._clock(), value)

    def get(self, key: str) -> V | None:
        """The value, or None when there is none or it is too old."""
        self._purge()
        entry = self._entries.get(key)
        return entry[1] if entry else None

    def pop(self, key: str) -> V | None:
        """The value, forgotten from now on."""
        value = self.get(key)
        self._entries.pop(key, None)
        return value

    def _purge(self) -> None:
        """Forget what is too old; entries stand in the order of their time."""
        oldest = self._clock() - self._ttl_s
        while self._entries:
            key = next(iter(self._entries))
            if self._entries[key][0] > oldest:
                return
            del self._entries[key]


class TokenBook:
    """Tokens of 256 bits, each bound to one call, to be redeemed once within `ttl_s` seconds."""

    def __init__(
        self, clock: Callable[[], float], ttl_s: float = 60.0, *, max_tokens: int = _MAX_ENTRIES
    ) -> None:
        self._tokens: Recent[str] = Recent(clock, ttl_s=ttl_s, max_entries=max_tokens)

    def __len__(self) -> int:
        return len(self._tokens)

    def mint(self, call_sid: str) -> str:
        """The call's token: a retried webhook gets the one that still waits to be redeemed."""
        token = self._tokens.get(call_sid)
        if token is None:
            token = secrets.token_urlsafe(_TOKEN_BYTES)
            self._tokens.put(call_sid, token)
        return token

    def waiting(self, call_sid: str) -> bool:
        """True while a token of this call is minted and not redeemed."""
        return self._tokens.get(call_sid) is not None

    def cancel(self, call_sid: str) -> None:
        """Forget the call's token."""
        self._tokens.pop(call_sid)

    def redeem(self, token: str, call_sid: str) -> bool:
        """True once for the token of this call; a wrong guess does not use it up."""
        expected = self._tokens.get(call_sid)
        # An unknown call takes as long as a wrong token.
        right = compare_digest(
            token.encode(errors="replace"),
            (expected or secrets.token_urlsafe(_TOKEN_BYTES)).encode(),
        )
        if expected is None or not right:
            return False
        self._tokens.pop(call_sid)
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingCall:
    """A call that was sent to the stream and whose stream has not begun."""

    call_sid: str
    caller: str
    """E.164, or empty when withheld."""
    called: str
    """The number as the carrier gave it, E.164 where it is one."""
    minted_at: float
    """Seconds on the clock of the book."""


class PendingCalls:
    """Calls between their webhook and their stream: who calls, and the token that proves it."""

    def __init__(self, clock: Callable[[], float], ttl_s: float = 60.0) -> None:
        self._clock = clock
        self._tokens = TokenBook(clock, ttl_s)
        self._calls: Recent[PendingCall] = Recent(clock, ttl_s=ttl_s)

    def __len__(self) -> int:
        """How many streams are expected."""
        return len(self._tokens)

    def announce(self, call_sid: str, *, caller: str, called: str) -> str:
        """Expect the call's stream; returns the token that it must bring."""
        token = self._tokens.mint(call_sid)
        call = PendingCall(call_sid=call_sid, caller=caller, called=called, minted_at=self._clock())
        self._calls.put(call_sid, call)
        return token

    def waiting(self, call_sid: str) -> bool:
        """True while the call's stream is expected."""
        return self._tokens.waiting(call_sid)

    def redeem(self, token: str, call_sid: str) -> PendingCall | None:
        """The call that this token belongs to, once; None for a wrong, used or old token."""
        if not self._tokens.redeem(token, call_sid):
            return None
        return self._calls.pop(call_sid)

    def take(self, call_sid: str) -> PendingCall | None:
        """The call without its token, for development mode alone; None if nobody announced it."""
        self._tokens.cancel(call_sid)
        return self._calls.pop(call_sid)
