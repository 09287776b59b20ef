"""What counts as nobody having spoken, and which stage says so."""

import numpy as np
import pytest

from voice.stt.rejection import Stage, is_audible, rejected_by, voiced_seconds

PLANS = ("5G 슬림", "5G 슬림 이월", "Y틴", "시니어 A형", "요고 30")


def _stage(
    text: str,
    *,
    voiced_s: float = 2.0,
    avg_logprob: float = -0.1,
    no_speech_prob: float = 0.0,
    unsure_below: float = -1.0,
) -> Stage | None:
    return rejected_by(
        text,
        voiced_s=voiced_s,
        avg_logprob=avg_logprob,
        no_speech_prob=no_speech_prob,
        unsure_below=unsure_below,
        hotwords=PLANS,
    )


def test_voiced_time_counts_what_is_louder_than_the_line() -> None:
    silence = np.zeros(8000, np.float32)
    tone = np.sin(np.arange(4000) / 3).astype(np.float32) * np.float32(0.1)
    assert voiced_seconds(silence, 8000) == 0
    assert voiced_seconds(np.concatenate([silence, tone, silence]), 8000) == pytest.approx(0.5)
    assert voiced_seconds(silence[:10], 8000) == 0
    assert not is_audible(0.04)
    assert is_audible(0.2)


@pytest.mark.parametrize(
    "text", ["감사합니다", "네", "상담원 연결해 주세요", "010-0000-0000", "네네네", "5G 슬림", ""]
)
def test_what_callers_say_stays(text: str) -> None:
    assert _stage(text) is None


def test_thanks_stay_even_when_improbable() -> None:
    assert _stage("감사합니다.", voiced_s=0.6, avg_logprob=-0.9, no_speech_prob=0.3) is None


@pytest.mark.parametrize(
    "text",
    [
        "시청해 주셔서 감사합니다.",
        "구독과 좋아요 부탁드립니다!",
        "다음 영상에서 만나요",
        "오늘 영상은 여기까지입니다.",
        "MBC 뉴스 김철수입니다.",
        "한글자막 by",
        "자막 제공",
        "광고를 포함하고 있습니다",
    ],
)
def test_subtitles_go_only_when_short_and_improbable(text: str) -> None:
    assert _stage(text, avg_logprob=-0.8) is Stage.SUBTITLES
    assert _stage(text, avg_logprob=-0.1) is None
    assert _stage(text, avg_logprob=-0.8, voiced_s=5.0) is None


def test_what_the_model_itself_holds_for_no_speech_goes() -> None:
    assert _stage("네", no_speech_prob=0.95) is Stage.NO_SPEECH
    assert _stage("네", no_speech_prob=0.6, avg_logprob=-0.9) is Stage.NO_SPEECH
    assert _stage("네", no_speech_prob=0.6) is None


def test_loops_and_more_than_can_be_said_go() -> None:
    assert _stage("네 그래서 " * 8, voiced_s=9) is Stage.REPETITION
    assert _stage("오늘은 날씨가 좋아서 공원에 갔다 왔어요", voiced_s=0.2) is Stage.RATE


@pytest.mark.parametrize(
    "text", [", ".join(PLANS), ", ".join(PLANS[1:4]), "Y틴 시니어 A형. 요고 30"]
)
def test_a_recital_of_the_hotwords_goes_however_probable(text: str) -> None:
    assert _stage(text) is Stage.HOTWORDS


@pytest.mark.parametrize("text", ["Y틴, 시니어 A형", "요고 30, Y틴, 5G 슬림", "5G 슬림 이월 얼마"])
def test_callers_may_name_plans(text: str) -> None:
    assert _stage(text) is None


def test_a_lone_hotword_goes_where_it_is_improbable() -> None:
    assert _stage("5G 슬림", avg_logprob=-0.6) is Stage.HOTWORDS
    assert _stage("5G 슬림이요", avg_logprob=-0.6) is None


def test_what_is_more_guessed_than_heard_goes() -> None:
    assert _stage("요금제 알려 주세요", avg_logprob=-0.41, unsure_below=-0.4) is Stage.UNSURE
    assert _stage("요금제 알려 주세요", avg_logprob=-0.39, unsure_below=-0.4) is None


def test_the_first_stage_that_applies_is_named() -> None:
    loop = "구독 " * 40
    assert _stage(loop, avg_logprob=-3.0, no_speech_prob=0.99) is Stage.NO_SPEECH
    assert _stage(loop, avg_logprob=-3.0) is Stage.RATE
    assert _stage(loop, avg_logprob=-3.0, voiced_s=9.0) is Stage.REPETITION
