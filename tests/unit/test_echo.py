"""Our own voice coming back is known; the caller's is the caller's, over an echo too."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.line import spoken
from voice.audio import mulaw
from voice.turns.echo import (
    ECHO_CORRELATION,
    HEARD_S,
    KNOWN_ECHO_CORRELATION,
    MAX_DELAY_S,
    correlation,
    level_dbfs,
)

REPLY = spoken("이월 십 기가 요금제는 월 오만 원이고 데이터는 십 기가를 드려요.")
QUESTION = spoken("그건 얼마예요 저는 싼 거로 할게요")
SECOND = 8_000


def echoed(at: int, *, delay: int, gain_db: float, caller: bytes = b"") -> bytes:
    """A second of the line up to sample `at` of the reply, noise and a caller in it."""
    reply = mulaw.decode(REPLY).astype(np.float64)
    heard = reply[at - delay - SECOND : at - delay] * 10 ** (gain_db / 20)
    heard += np.random.default_rng(3).normal(0, 40, SECOND)
    if caller:
        heard += mulaw.decode(caller[:SECOND])
    return mulaw.encode(heard.astype(np.int16))


def played(at: int) -> bytes:
    return REPLY[at - round((HEARD_S + MAX_DELAY_S) * SECOND) : at]


@pytest.mark.parametrize("gain_db", [-3.0, -10.0, -20.0, -25.0])
@pytest.mark.parametrize("delay", [480, 1_600, 3_200])
def test_an_echo_is_like_what_was_played(gain_db: float, delay: int) -> None:
    at = 3 * SECOND
    assert correlation(echoed(at, delay=delay, gain_db=gain_db), played(at)) > ECHO_CORRELATION


def test_a_caller_is_not_alone_or_over_an_echo() -> None:
    at = 3 * SECOND
    silent = echoed(at, delay=1_600, gain_db=-90, caller=QUESTION)
    assert correlation(silent, played(at)) < KNOWN_ECHO_CORRELATION
    over = echoed(at, delay=1_600, gain_db=-20, caller=QUESTION)
    assert correlation(over, played(at)) < KNOWN_ECHO_CORRELATION


def test_a_level_is_that_of_the_loudest_moment() -> None:
    half = np.full(SECOND, 16_384, np.int16)
    assert level_dbfs(mulaw.encode(half)) == pytest.approx(-6.0, abs=0.3)
    assert level_dbfs(b"\xff" * SECOND + mulaw.encode(half)) == pytest.approx(-6.0, abs=0.3)


def test_silence_has_a_level_and_no_likeness() -> None:
    assert level_dbfs(b"") == level_dbfs(b"\xff" * SECOND) == -100
    assert correlation(b"\xff" * SECOND, REPLY) == correlation(b"", REPLY) == 0.0
    assert correlation(QUESTION, QUESTION[:100]) == 0.0


@given(st.binary(max_size=2_000), st.binary(max_size=4_000))
def test_a_likeness_is_a_share(heard: bytes, far: bytes) -> None:
    assert 0 <= correlation(heard, far) <= 1.001
