"""Tells one hearing of a recording from the next: a player asks for it in many parts."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

HEARING = timedelta(hours=1)
"""So long the parts that one page asks for are one hearing."""
_REMEMBERED = 10_000
"""Pages; what is asked for by a page that is not among them counts each time."""


class Hearings:
    """The pages with a player that were given out, and what of them was listened to."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._pages: OrderedDict[str, tuple[int, int, datetime | None]] = OrderedDict()

    def page(self, user_id: int, call_id: int) -> str:
        """A token for a page that shows a call's player to a user."""
        token = secrets.token_urlsafe(12)
        self._pages[token] = (user_id, call_id, None)
        if len(self._pages) > _REMEMBERED:
            self._pages.popitem(last=False)
        return token

    def begins(self, token: str, user_id: int, call_id: int) -> bool:
        """Whether a part that is asked for begins a hearing, which is to be written down."""
        shown_to, shown, heard_at = self._pages.get(token, (0, 0, None))
        if (shown_to, shown) != (user_id, call_id):
            return True
        now = self._clock()
        if heard_at is not None and now - heard_at < HEARING:
            return False
        self._pages[token] = (user_id, call_id, now)
        return True
