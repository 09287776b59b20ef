"""What counts as nobody having spoken."""

import numpy as np
import pytest

from voice.stt.rejection import is_audible, is_invented, voiced_seconds


def _invented(
    text: str, *, voiced_s: float = 2.0, avg_logprob: float = -0.1, no_speech_prob: float = 0.0
) -> bool:
    return is_invented(
        text, voiced_s=voiced_s, avg_logprob=avg_logprob, no_speech_prob=no_speech_prob
    )


def test_voiced_time_counts_what_is_louder_than_the_line() -> None:
    silence = np.zeros(8000, np.float32)
    tone = np.sin(np.arange(4000) / 3).astype(np.float32) * np.float32(0.1)
    assert voiced_seconds(silence, 8000) == 0
    assert voiced_seconds(np.concatenate([silence, tone, silence]), 8000) == pytest.approx(0.5)
    assert voiced_seconds(silence[:10], 8000) == 0
    assert not is_audible(0.04)
    assert is_audible(0.2)


@pytest.mark.parametrize("text", ["감사합니다", "네", "상담원 연결해 주세요", "010-0000-0000"])
def test_what_callers_say_stays(text: str) -> None:
    assert not _invented(text)


def test_thanks_stay_even_when_improbable() -> None:
    assert not _invented("감사합니다.", voiced_s=0.6, avg_logprob=-0.9, no_speech_prob=0.3)


@pytest.mark.parametrize(
    "text",
    [
        "시청해 주셔서 감사합니다.",
        "구독과 좋아요 부탁드립니다!",
        "MBC 뉴스 김철수입니다.",
        "한글자막 by",
    ],
)
def test_subtitles_go_only_when_short_and_improbable(text: str) -> None:
    assert _invented(text, avg_logprob=-0.8)
    assert not _invented(text, avg_logprob=-0.1)
    assert not _invented(text, avg_logprob=-0.8, voiced_s=5.0)


def test_what_the_model_itself_holds_for_no_speech_goes() -> None:
    assert _invented("네", no_speech_prob=0.95)
    assert _invented("네", no_speech_prob=0.6, avg_logprob=-0.9)
    assert not _invented("네", no_speech_prob=0.6)


def test_loops_and_more_than_can_be_said_go() -> None:
    assert _invented("네 그래서 " * 8, voiced_s=9)
    assert _invented("오늘은 날씨가 좋아서 공원에 갔다 왔어요", voiced_s=0.2)
