"""Signing in: password hashes, sessions in cookies, form tokens, and a limit on guessing."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import unicodedata
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from storage.records import User
from storage.users import UserStore

SESSION_LENGTH = timedelta(hours=12)
"""A working day; then one signs in again."""
ATTEMPTS = 5
WINDOW = timedelta(minutes=5)
"""So many failed sign-ins of one name in this time, and further ones are not even looked at."""
MIN_PASSWORD = 10
MAX_PASSWORD = 1024
"""Characters."""
MAX_NAME = 100
_NAMES_REMEMBERED = 1000
_TOKEN_BYTES = 32
_T = TypeVar("_T")

# OWASP's figures: 19 MiB, twice, on one thread, so that calls on this machine keep theirs.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """A salted argon2id hash; takes tens of milliseconds, so not on the event loop."""
    return _HASHER.hash(unicodedata.normalize("NFC", password))


def plain_name(name: str) -> str:
    """A user's name in one spelling: systems write composed Korean in two ways."""
    return unicodedata.normalize("NFC", name).strip()


def new_token() -> str:
    """256 random bits for a cookie or a form."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def same(left: str, right: str) -> bool:
    """Whether two tokens are the same, compared in constant time; empty ones never are."""
    return bool(left) and hmac.compare_digest(left.encode(), right.encode())


def form_token(session_token: str) -> str:
    """The token that forms of a signed-in browser carry; tells nothing of the session's."""
    return hmac.new(session_token.encode(), b"form", hashlib.sha256).hexdigest()


class Guesses:
    """Counts sign-ins of each name that have not succeeded; a pure state machine."""

    def __init__(self) -> None:
        self._tries: dict[str, deque[datetime]] = {}

    def allow(self, name: str, now: datetime) -> bool:
        """Whether this name may be tried now; if so, the try counts until `forget`."""
        key = name.casefold()
        tries = self._tries.pop(key, deque())
        while tries and tries[0] <= now - WINDOW:
            tries.popleft()
        allowed = len(tries) < ATTEMPTS
        if allowed:
            tries.append(now)
        # The dictionary is in order of use, so that the first names are the longest unused.
        self._tries[key] = tries
        if len(self._tries) > _NAMES_REMEMBERED:
            del self._tries[next(iter(self._tries))]
        return allowed

    def forget(self, name: str) -> None:
        """The name's owner has signed in."""
        self._tries.pop(name.casefold(), None)


class TooManyGuesses(Exception):  # noqa: N818  an answer to the user, not a fault
    """This name is not looked at for a while."""


class Authenticator:
    """Checks passwords and keeps the sessions of signed-in browsers."""

    def __init__(self, users: UserStore, *, clock: Callable[[], datetime]) -> None:
        self._users = users
        self._clock = clock
        self._guesses = Guesses()
        self._strangers = Guesses()
        # Hashing takes memory and a processor each time; strangers must not take them all.
        self._hashing = asyncio.Semaphore(2)
        self._nobodys_hash = hash_password(new_token())

    async def sign_in(self, name: str, password: str) -> str | None:
        """A new session's token, or None where name and password do not belong together.

        Takes the same work whether the name exists or not. Raises TooManyGuesses.
        """
        name = plain_name(name)[:MAX_NAME]
        if not self._guesses.allow(name, self._clock()):
            raise TooManyGuesses
        found = await self._users.credentials(name)
        password_hash = self._nobodys_hash if found is None else found[1]
        matches = await self._in_thread(_verify, password_hash, password[:MAX_PASSWORD])
        if found is None or not matches:
            await self._note_failure(None if found is None else found[0].name)
            return None
        user, _ = found
        if _HASHER.check_needs_rehash(password_hash):
            renewed = await self._in_thread(hash_password, password[:MAX_PASSWORD])
            await self._users.change_hash(user.id, renewed)
        self._guesses.forget(name)
        token = new_token()
        now = self._clock()
        await self._users.sign_in(user, _sha256(token), now=now, expires_at=now + SESSION_LENGTH)
        return token

    async def user(self, token: str) -> User | None:
        """Who is signed in with this token."""
        return await self._users.signed_in(_sha256(token), self._clock()) if token else None

    async def sign_out(self, user: User, token: str) -> None:
        """End a session."""
        await self._users.sign_out(user, _sha256(token), self._clock())

    async def _note_failure(self, name: str | None) -> None:
        """Of names that are nobody's only the first ones are written down: there are too many."""
        now = self._clock()
        if name is not None or self._strangers.allow("", now):
            await self._users.sign_in_failed(name, now)

    async def _in_thread(self, work: Callable[..., _T], *arguments: str) -> _T:
        async with self._hashing:
            return await asyncio.to_thread(work, *arguments)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, unicodedata.normalize("NFC", password))
    except (VerifyMismatchError, InvalidHashError):
        return False


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
