"""Interruptions: a voice pauses the reply, its words decide, and nothing is left undecided."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.actions import Expectation
from voice.turns.barge_in import (
    MEANT_VOICED_MS,
    PAUSE_VOICED_MS,
    STOP_VOICED_MS,
    BargeIn,
    Verdict,
    is_answer,
    is_backchannel,
    is_stop_word,
    may_be_backchannel,
)

OPEN, YES_NO = Expectation.OPEN, Expectation.YES_NO


def paused() -> BargeIn:
    barge_in = BargeIn()
    assert barge_in.voiced(PAUSE_VOICED_MS - 32) is None
    assert barge_in.voiced(PAUSE_VOICED_MS) is Verdict.PAUSE
    assert barge_in.voiced(PAUSE_VOICED_MS + 32) is None
    return barge_in


@pytest.mark.parametrize("text", ["네", "네네", "아 그렇군요", "음", "네 알겠습니다", "", "예예예"])
def test_a_backchannel_lets_the_reply_go_on(text: str) -> None:
    barge_in = paused()
    assert barge_in.heard(text, 300, OPEN) is Verdict.RESUME
    assert barge_in.dismissed


@pytest.mark.parametrize(
    "text", ["잠깐만요", "아니", "상담원", "그만", "그건 얼마예요", "네 그런데 이월은요"]
)
def test_words_stop_the_reply(text: str) -> None:
    barge_in = paused()
    assert barge_in.heard(text, 400, OPEN) is Verdict.STOP
    assert not barge_in.dismissed


def test_yes_after_a_question_is_an_answer() -> None:
    assert paused().heard("네", 300, YES_NO) is Verdict.STOP
    assert paused().heard("음", 300, YES_NO) is Verdict.RESUME


def test_words_are_obeyed_before_the_caller_has_finished() -> None:
    barge_in = paused()
    assert barge_in.partial("네") is None
    assert barge_in.partial("네 아니") is Verdict.STOP
    assert barge_in.heard("네", 900, OPEN) is None, "it has been decided"


def test_nobody_says_yes_for_so_long() -> None:
    assert paused().voiced(STOP_VOICED_MS) is Verdict.STOP


def test_a_short_sound_needs_no_pause_and_a_short_answer_counts() -> None:
    barge_in = BargeIn()
    assert barge_in.heard("네", 96, OPEN) is None
    assert barge_in.dismissed
    barge_in.begin()
    assert barge_in.heard("네", 96, YES_NO) is Verdict.STOP
    barge_in.begin()
    assert barge_in.heard("왜", MEANT_VOICED_MS - 32, OPEN) is None
    assert barge_in.dismissed


def test_who_goes_on_after_a_backchannel_is_heard() -> None:
    barge_in = paused()
    assert barge_in.heard("네", 256, OPEN) is Verdict.RESUME
    assert barge_in.voiced(256 + PAUSE_VOICED_MS) is Verdict.PAUSE
    assert barge_in.heard("네 그럼 이월은요", 1_000, OPEN) is Verdict.STOP


def test_a_reply_that_ends_meanwhile_loses_no_turn() -> None:
    barge_in = BargeIn()
    assert barge_in.heard("이월 요금제 얼마예요", 1_500, OPEN) is Verdict.STOP
    barge_in.begin()
    barge_in.dismiss(200)
    assert barge_in.heard("네 그럼 이월은요", 1_500, OPEN) is Verdict.STOP


def test_without_words_the_length_decides() -> None:
    assert paused().ended(STOP_VOICED_MS) is Verdict.STOP
    assert paused().ended(200) is Verdict.RESUME


def test_kinds_of_words() -> None:
    assert is_backchannel("네, 그렇군요.")
    assert is_backchannel("아 그러쿤요")
    assert is_backchannel("네 알겠슴니다")
    assert may_be_backchannel("아 에서 요"), "알겠어요, misheard"
    assert not may_be_backchannel("멤버")
    assert not any(map(is_backchannel, ("그건요", "왜요", "얼마예요", "그게 뭐예요", "맞나요")))
    assert not is_backchannel("네 얼마예요")
    assert is_stop_word("어 잠깐만")
    assert not is_stop_word("아니면 다른 거")
    assert is_answer("네 맞아요")
    assert not is_answer("네 얼마예요")


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("voice"), st.integers(1, 30)),
            st.tuples(st.just("words"), st.sampled_from(["", "네", "잠깐만", "얼마예요"])),
            st.tuples(st.just("echo"), st.just(0)),
        ),
        max_size=30,
    )
)
def test_pause_and_verdict_alternate(steps: list[tuple[str, int | str]]) -> None:
    barge_in = BargeIn()
    voiced_ms = 0
    waiting = over = False
    for kind, value in steps:
        if kind == "voice":
            voiced_ms += 32 * int(value)
            verdict = barge_in.voiced(voiced_ms)
        elif kind == "words":
            verdict = barge_in.heard(str(value), voiced_ms, OPEN)
        elif not over:
            verdict = barge_in.dismiss(voiced_ms)
        else:
            continue
        assert not (over and verdict), "after a stop there is nothing to decide"
        if verdict is Verdict.PAUSE:
            assert not waiting
            waiting = True
        elif verdict is not None:
            assert waiting or verdict is Verdict.STOP
            waiting, over = False, verdict is Verdict.STOP
        assert barge_in.paused == waiting
