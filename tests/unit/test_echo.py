"""Our own voice coming back is known; the caller's is the caller's, over an echo too."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.line import spoken
from voice.audio import mulaw
from voice.turns.echo import (
    HEARD_S,
    MAX_DELAY_S,
    USUAL_DBFS,
    correlation,
    is_callers,
    is_ours,
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


@pytest.mark.parametrize("gain_db", [-10.0, -20.0, -30.0])
@pytest.mark.parametrize("delay", [480, 1_600, 3_200])
def test_an_echo_is_not_the_caller(gain_db: float, delay: int) -> None:
    at = 3 * SECOND
    heard = echoed(at, delay=delay, gain_db=gain_db)
    assert not is_callers(heard, played(at), USUAL_DBFS)


def test_a_loud_echo_shows_by_its_likeness() -> None:
    at = 3 * SECOND
    heard = echoed(at, delay=1_600, gain_db=-3)
    assert level_dbfs(heard) > USUAL_DBFS
    assert is_ours(heard, played(at))


def test_a_caller_over_an_echo_is_the_caller() -> None:
    at = 3 * SECOND
    heard = echoed(at, delay=1_600, gain_db=-20, caller=QUESTION)
    assert is_callers(heard, played(at), USUAL_DBFS)


def test_people_in_the_background_are_not_the_caller() -> None:
    faint = mulaw.encode((mulaw.decode(QUESTION[:SECOND]) * 0.05).astype(np.int16))
    assert not is_callers(faint, played(3 * SECOND), USUAL_DBFS)
    assert is_callers(faint, played(3 * SECOND), level_dbfs(faint) + 3), "who always speaks so low"


def test_silence_has_a_level_and_no_likeness() -> None:
    assert level_dbfs(b"") == level_dbfs(b"\xff" * SECOND) == -100
    assert correlation(b"\xff" * SECOND, REPLY) == correlation(b"", REPLY) == 0.0
    assert correlation(QUESTION, QUESTION[:100]) == 0.0


@given(st.binary(max_size=2_000), st.binary(max_size=4_000))
def test_a_likeness_is_a_share(heard: bytes, far: bytes) -> None:
    assert 0 <= correlation(heard, far) <= 1.001
