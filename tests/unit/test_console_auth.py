"""Guess counting and tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from console.auth import (
    ATTEMPTS,
    WINDOW,
    Guesses,
    form_token,
    hash_password,
    new_token,
    plain_name,
    same,
)

START = datetime(2026, 11, 20, tzinfo=UTC)


@given(st.lists(st.integers(0, 400), max_size=60))
def test_so_many_tries_in_a_window_and_then_again(gaps_s: list[int]) -> None:
    guesses, now, allowed = Guesses(), START, list[datetime]()
    for gap in gaps_s:
        now += timedelta(seconds=gap)
        recent = [time for time in allowed if time > now - WINDOW]
        assert guesses.allow("arim", now) is (len(recent) < ATTEMPTS)
        if len(recent) < ATTEMPTS:
            allowed.append(now)


def test_names_are_counted_apart_and_forgotten_after_success() -> None:
    guesses = Guesses()
    for _ in range(ATTEMPTS):
        assert guesses.allow("arim", START)
    assert not guesses.allow("ARIM", START)
    assert guesses.allow("minji", START)

    guesses.forget("Arim")

    assert guesses.allow("arim", START)


def test_made_up_names_do_not_fill_the_memory() -> None:
    guesses = Guesses()
    for number in range(5000):
        guesses.allow(f"name-{number}", START)

    assert len(guesses._tries) <= 1000


def test_tokens() -> None:
    token = new_token()

    assert len(token) >= 43
    assert token != new_token()
    assert same(token, token)
    assert not same(token, new_token())
    assert not same("", "")
    assert not same("한글", token)
    assert form_token(token) != form_token(new_token())
    assert token not in form_token(token)


def test_hashes_are_argon2id_and_salted() -> None:
    first, second = hash_password("a long password"), hash_password("a long password")

    assert first.startswith("$argon2id$")
    assert first != second


def test_names_have_one_spelling() -> None:
    assert plain_name("  아림 ") == "아림" == plain_name("아림")
