"""Stream tokens: single use, bound to a call, short-lived, bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from voice.telephony.tokens import PendingCall, PendingCalls, Recent, TokenBook


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(clock: Clock) -> TokenBook:
    return TokenBook(clock, ttl_s=60)


def test_a_token_is_redeemed_once(book: TokenBook) -> None:
    token = book.mint("CA1")
    assert book.redeem(token, "CA1")
    assert not book.redeem(token, "CA1")


def test_a_token_has_at_least_128_bits_and_fits_a_parameter(book: TokenBook) -> None:
    token = book.mint("CA1")
    assert 22 <= len(token) < 490
    assert token.isascii()


def test_a_retried_webhook_gets_the_same_token(book: TokenBook, clock: Clock) -> None:
    token = book.mint("CA1")
    clock.now += 5
    assert book.mint("CA1") == token
    assert book.redeem(token, "CA1")
    assert book.mint("CA1") != token


def test_a_retry_does_not_prolong_a_token(book: TokenBook, clock: Clock) -> None:
    token = book.mint("CA1")
    clock.now += 59
    book.mint("CA1")
    clock.now += 1
    assert not book.redeem(token, "CA1")


def test_a_token_belongs_to_its_call(book: TokenBook) -> None:
    token = book.mint("CA1")
    book.mint("CA2")
    assert not book.redeem(token, "CA2")
    assert not book.redeem(token, "CA3")
    assert book.redeem(token, "CA1")


@given(guess=st.text(max_size=60))
def test_a_wrong_guess_uses_nothing_up(guess: str) -> None:
    book = TokenBook(Clock())
    token = book.mint("CA1")
    assert not book.redeem(guess, "CA1")
    assert not book.redeem("\ud800", "CA1")
    assert book.redeem(token, "CA1")


def test_old_tokens_are_purged(book: TokenBook, clock: Clock) -> None:
    for number in range(10):
        book.mint(f"CA{number}")
    assert len(book) == 10
    clock.now += 60
    book.mint("CA")
    assert len(book) == 1


def test_the_book_is_bounded(clock: Clock) -> None:
    book = TokenBook(clock, max_tokens=3)
    tokens = {sid: book.mint(sid) for sid in ("CA1", "CA2", "CA3", "CA4")}
    assert len(book) == 3
    assert not book.redeem(tokens["CA1"], "CA1")
    assert book.redeem(tokens["CA4"], "CA4")


def test_a_pending_call_comes_with_its_token(clock: Clock) -> None:
    pending = PendingCalls(clock)
    token = pending.announce("CA1", caller="+821012345678", called="+8215880000")
    assert pending.waiting("CA1")
    assert pending.redeem("wrong", "CA1") is None
    assert pending.redeem(token, "CA1") == PendingCall(
        call_sid="CA1", caller="+821012345678", called="+8215880000", minted_at=1000.0
    )
    assert pending.redeem(token, "CA1") is None
    assert not pending.waiting("CA1")
    assert len(pending) == 0


def test_a_pending_call_is_forgotten(clock: Clock) -> None:
    pending = PendingCalls(clock, ttl_s=60)
    token = pending.announce("CA1", caller="", called="")
    clock.now += 60
    assert pending.redeem(token, "CA1") is None
    assert pending.take("CA1") is None


def test_development_takes_a_call_without_its_token(clock: Clock) -> None:
    pending = PendingCalls(clock)
    pending.announce("CA1", caller="+821012345678", called="")
    taken = pending.take("CA1")
    assert taken is not None
    assert taken.caller == "+821012345678"
    assert pending.take("CA1") is None
    assert len(pending) == 0


class RecentAgainstModel(RuleBasedStateMachine):
    """Recent behaves as a list that is searched from its end."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.recent: Recent[int] = Recent(self.clock, ttl_s=10, max_entries=4)
        self.model: list[tuple[float, str, int]] = []

    def alive(self) -> list[tuple[float, str, int]]:
        return [entry for entry in self.model if entry[0] > self.clock.now - 10]

    @rule(key=st.sampled_from("abcdef"), value=st.integers())
    def put(self, key: str, value: int) -> None:
        self.recent.put(key, value)
        kept = [entry for entry in self.alive() if entry[1] != key]
        self.model = [*kept[-3:], (self.clock.now, key, value)]

    @rule(key=st.sampled_from("abcdef"))
    def pop(self, key: str) -> None:
        expected = next((value for _, name, value in self.alive() if name == key), None)
        assert self.recent.pop(key) == expected
        self.model = [entry for entry in self.model if entry[1] != key]

    @rule(seconds=st.floats(0, 6))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @invariant()
    def same(self) -> None:
        for key in "abcdef":
            expected = next((value for _, name, value in self.alive() if name == key), None)
            assert self.recent.get(key) == expected
        assert len(self.recent) == len(self.alive())


TestRecent = RecentAgainstModel.TestCase
