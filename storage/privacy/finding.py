"""Finds personal data in a text, written or spoken; pure, and linear in the text's length."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from storage.privacy.addresses import addresses_in
from storage.privacy.births import births_in, parts_in
from storage.privacy.documents import licences_in, passports_in
from storage.privacy.figures import figures_in
from storage.privacy.kinds import Found, Kind
from storage.privacy.mail import mails_in
from storage.privacy.names import names_in


def find(text: str, *, expects: Kind | None = None, pending: bool = False) -> list[Found]:
    """The personal data in a text, in order and without overlaps.

    `expects` is what the text was asked for: then a part of a number, a date without its year or a
    street is enough. `pending` says that a number was begun before and may go on here.
    """
    return list(_remembered(text, expects, pending))


@lru_cache(maxsize=256)
def _remembered(text: str, expects: Kind | None, pending: bool) -> tuple[Found, ...]:
    """A turn's words are looked at many times over, and an agent says the same to many."""
    found = _Kept(len(text))
    found.add(mails_in(text, asked=expects is Kind.EMAIL))
    found.add(names_in(text, asked=expects is Kind.NAME))
    found.add(licences_in(text))
    found.add(passports_in(text, asked=expects is Kind.PASSPORT))
    found.add(births_in(text, asked=expects is Kind.BIRTH_DATE))
    found.add(addresses_in(text, asked=expects is Kind.ADDRESS))
    found.add(figures_in(text, tuple(found.found), expects=expects, pending=pending))
    if expects is Kind.BIRTH_DATE:
        found.add(parts_in(text))
    return tuple(sorted(found.found, key=lambda one: one.start))


class _Kept:
    """What was found so far, and which letters it covers."""

    def __init__(self, length: int) -> None:
        self.found: list[Found] = []
        self._covered = bytearray(length)

    def add(self, more: Iterable[Found]) -> None:
        """Add what lies in nothing that was found before."""
        for one in more:
            if one.start < one.end and not any(self._covered[one.start : one.end]):
                self._covered[one.start : one.end] = b"\1" * (one.end - one.start)
                self.found.append(one)
