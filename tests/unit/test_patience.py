"""How long a pause may last: Korean endings, fillers, numbers, and what was asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.actions import Expectation
from knowledge.catalog.loader import load_catalog, sample_catalog_path
from knowledge.terms import Analyzer
from voice.turns.patience import (
    FINAL_MS,
    IN_NUMBER_MS,
    SHORT_ANSWER_MS,
    SOFT_MS,
    UNCLEAR_MS,
    UNFINISHED_MS,
    UNKNOWN_MS,
    FixedPatience,
    KoreanPatience,
)

OPEN, YES_NO, NUMBER = Expectation.OPEN, Expectation.YES_NO, Expectation.NUMBER


@pytest.fixture(scope="module")
def patience() -> KoreanPatience:
    return KoreanPatience(Analyzer(load_catalog(sample_catalog_path())).morphemes)


@pytest.mark.parametrize(
    "text",
    [
        "이월 10GB 얼마예요",
        "요금제를 바꾸고 싶어요",
        "5G 슬림으로 바꿔 주세요",
        "데이터 무제한이 있습니까",
        "더 싼 거 없어",
        "그걸로 할게요",
        "얼마나 남았나요",
        "시니어 A형이요",
        "그럼 이월은요",
        "그건요",
        "추천해 줘",
        "상담원 연결해 주세요.",
        "알겠습니다",
    ],
)
def test_a_final_ending_is_answered_soon(patience: KoreanPatience, text: str) -> None:
    assert patience(text, OPEN) == FINAL_MS


@pytest.mark.parametrize(
    "text",
    [
        "한 달에 10GB 쓰는데",
        "부모님이 쓰실 건데",
        "요금이 비싸서",
        "데이터를 많이 쓰니까",
        "약정이 끝나면",
        "해지하고",
        "이월 요금제는",
        "5G 슬림이랑",
        "제가 지금",
        "음",
        "어 그",
        "저기",
        "그러니까",
        "음 그게",
        "좀 더 싼",
        "번호는",
        "얼마나 남았는지",
        "잠깐만요",
    ],
)
def test_connectives_particles_and_fillers_are_waited_for(
    patience: KoreanPatience, text: str
) -> None:
    assert patience(text, OPEN) == UNFINISHED_MS


@pytest.mark.parametrize(
    "text", ["결정 못 했어서", "바꾸고 싶은데요", "데이터를 많이 쓰거든요", "얼마", "궁금해서요"]
)
def test_an_ending_that_may_be_either_takes_a_little_longer(
    patience: KoreanPatience, text: str
) -> None:
    assert patience(text, OPEN) == SOFT_MS


@pytest.mark.parametrize("text", [None, "상담원 연결", "이월 10GB", "요금제 추천"])
def test_what_says_nothing_about_its_end_waits_as_usual(
    patience: KoreanPatience, text: str | None
) -> None:
    assert patience(text, OPEN) == UNKNOWN_MS


@pytest.mark.parametrize("text", ["네", "아니요", "네 맞아요", "아니", "예", "괜찮아요"])
def test_yes_and_no_are_enough_where_they_were_asked_for(
    patience: KoreanPatience, text: str
) -> None:
    assert patience(text, YES_NO) == SHORT_ANSWER_MS
    assert patience(text, OPEN) > SHORT_ANSWER_MS


@pytest.mark.parametrize(
    "text",
    ["010", "010-1234", "010-1234-567", "010에", "번호는 010-1234에", "1955년", "5501", "195501"],
)
def test_within_a_number_there_is_time(patience: KoreanPatience, text: str) -> None:
    assert patience(text, NUMBER) == IN_NUMBER_MS


@pytest.mark.parametrize(
    "text",
    ["010-1234-5678", "제 번호는 010-1234-5678", "011-234-5678", "550130", "19550130",
     "1955년 1월 30일", "010-1234-5678이요", "550130이에요", "010 다음에 1234 그리고 5678"],
)  # fmt: skip
def test_a_whole_number_is_answered_soon(patience: KoreanPatience, text: str) -> None:
    assert patience(text, NUMBER) == FINAL_MS


def test_a_mobile_number_is_known_without_being_asked_for(patience: KoreanPatience) -> None:
    assert patience("010-1234", OPEN) == IN_NUMBER_MS
    assert patience("010-1234-5678", OPEN) == FINAL_MS
    assert patience("요고 36", OPEN) == UNKNOWN_MS


def test_a_plain_timer_knows_no_words() -> None:
    assert FixedPatience(600)("음", OPEN) == FixedPatience(600)(None, NUMBER) == 600


@given(text=st.text(max_size=60), expects=st.sampled_from(Expectation))
def test_whatever_is_heard_the_wait_is_bounded(
    patience: KoreanPatience, text: str, expects: Expectation
) -> None:
    assert SHORT_ANSWER_MS <= patience(text, expects) <= IN_NUMBER_MS


@pytest.mark.parametrize("text", ["", "?"])
def test_speech_that_was_not_understood_is_given_time(patience: KoreanPatience, text: str) -> None:
    assert patience(text, OPEN) == UNCLEAR_MS


def test_half_a_telephone_number_is_no_date_of_birth(patience: KoreanPatience) -> None:
    assert patience("번호가 010-521", NUMBER) == IN_NUMBER_MS
    assert patience("010521", NUMBER) == FINAL_MS


@pytest.mark.parametrize("text", ["네", "아니", "80년 7월 아니"])
def test_after_yes_or_no_the_number_is_still_to_come(patience: KoreanPatience, text: str) -> None:
    assert patience(text, NUMBER) == UNFINISHED_MS


@pytest.mark.parametrize(
    "text", ["지금은 없는데", "아침에 뉴스 보고", "출근할 때는 안 쓰고", "얼마인데"]
)
def test_connectives_are_known_where_kiwi_takes_them_for_endings(
    patience: KoreanPatience, text: str
) -> None:
    assert patience(text, OPEN) == UNFINISHED_MS
