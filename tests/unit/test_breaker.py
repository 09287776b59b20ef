"""The circuit breaker: a dead service is left alone, asked once in a while, and taken back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.breaker import (
    FAILURES,
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    LONGEST_RETRY_AFTER_S,
    Breaker,
    State,
)


def _ask(breaker: Breaker, now: float) -> int:
    attempt = breaker.ask(now)
    assert attempt is not None
    return attempt


def _opened() -> Breaker:
    """One that opened at 0."""
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.failed(_ask(breaker, 0), 0)
    return breaker


def test_failures_in_a_row_open_it_and_others_do_not() -> None:
    breaker = Breaker()
    for _ in range(3 * FAILURES):
        for _ in range(FAILURES - 1):
            breaker.failed(_ask(breaker, 0), 0)
        breaker.succeeded(_ask(breaker, 0))
    assert breaker.state(0) is State.CLOSED
    breaker = _opened()
    assert breaker.state(FIRST_PAUSE_S - 0.1) is State.OPEN
    assert breaker.ask(FIRST_PAUSE_S - 0.1) is None
    assert breaker.state(FIRST_PAUSE_S) is State.HALF_OPEN


def test_what_only_the_owner_can_change_opens_it_at_once_and_for_long() -> None:
    breaker = Breaker()
    breaker.failed(_ask(breaker, 5), 5, for_good=True)
    assert breaker.ask(5 + LONGEST_PAUSE_S - 0.1) is None
    assert breaker.ask(5 + LONGEST_PAUSE_S) is not None


@pytest.mark.parametrize(
    ("asked_s", "pause_s"), [(1, 1), (60, 60), (1e9, LONGEST_RETRY_AFTER_S), (0, 0)]
)
def test_the_service_is_left_alone_for_as_long_as_it_asks(asked_s: float, pause_s: float) -> None:
    breaker = Breaker()
    breaker.failed(_ask(breaker, 5), 5, retry_after_s=asked_s)
    assert not breaker.ready(5 + pause_s - 0.1)
    assert breaker.ready(5 + pause_s)


def test_a_service_whose_word_proved_worthless_is_left_alone_for_longer() -> None:
    breaker = Breaker()
    breaker.failed(_ask(breaker, 0), 0, retry_after_s=1)
    breaker.failed(_ask(breaker, 1), 1, retry_after_s=1)
    assert not breaker.ready(1 + FIRST_PAUSE_S)


def test_one_attempt_probes_and_closes_it() -> None:
    breaker = _opened()
    probe = _ask(breaker, FIRST_PAUSE_S)
    assert breaker.ask(FIRST_PAUSE_S) is None
    breaker.succeeded(probe)
    assert breaker.state(FIRST_PAUSE_S) is State.CLOSED
    breaker.failed(_ask(breaker, 40), 40)
    assert breaker.ready(40)


def test_each_probe_that_fails_doubles_the_pause_up_to_the_longest() -> None:
    breaker, now, pauses = _opened(), FIRST_PAUSE_S, []
    for _ in range(6):
        breaker.failed(_ask(breaker, now), now)
        began = now
        while not breaker.ready(now):
            now += 1
        pauses.append(now - began)
    assert pauses == [60, 120, 240, 300, 300, 300]


def test_an_abandoned_probe_leaves_the_next_to_another() -> None:
    breaker = _opened()
    breaker.abandoned(_ask(breaker, FIRST_PAUSE_S))
    assert breaker.state(FIRST_PAUSE_S) is State.HALF_OPEN
    assert breaker.ready(FIRST_PAUSE_S)


def test_news_from_before_it_opened_change_nothing() -> None:
    breaker = Breaker()
    old = [_ask(breaker, 0) for _ in range(3)]
    breaker.failed(_ask(breaker, 0), 0, for_good=True)
    breaker.succeeded(old[0])
    breaker.failed(old[1], 200)
    breaker.abandoned(old[2])
    assert breaker.state(LONGEST_PAUSE_S - 0.1) is State.OPEN
    assert breaker.state(LONGEST_PAUSE_S) is State.HALF_OPEN


@given(
    st.lists(
        st.tuples(
            st.floats(0, 100),
            st.sampled_from(["good", "bad", "account", "busy", "left", "pending"]),
        ),
        max_size=60,
    )
)
def test_it_is_never_closed_to_a_service_for_good(steps: list[tuple[float, str]]) -> None:
    breaker, now = Breaker(), 0.0
    pending: list[int] = []
    for wait_s, ending in steps:
        now += wait_s
        attempt = breaker.ask(now)
        if attempt is None:
            continue
        if breaker.state(now) is not State.CLOSED:
            assert not breaker.ready(now)  # One probe at a time.
        match ending:
            case "good":
                breaker.succeeded(attempt)
                assert breaker.state(now) is State.CLOSED
            case "bad":
                breaker.failed(attempt, now)
            case "account":
                breaker.failed(attempt, now, for_good=True)
                assert not breaker.ready(now)
            case "busy":
                breaker.failed(attempt, now, retry_after_s=7)
                assert not breaker.ready(now)
            case "left":
                breaker.abandoned(attempt)
            case _:
                pending.append(attempt)
    for attempt in pending:
        breaker.abandoned(attempt)
    assert breaker.ready(now + LONGEST_PAUSE_S)
