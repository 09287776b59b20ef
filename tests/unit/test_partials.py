"""What two partials in a row agree on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.stt.partials import StablePrefix

_TEXTS = st.lists(st.sampled_from(["네", "오지", "슬림", "요금", "요금제"]), max_size=5).map(
    " ".join
)


@pytest.mark.parametrize(
    ("before", "now", "stable"),
    [
        ("", "네", ""),
        ("오지", "오지 슬림", "오지"),
        ("오지 요금", "오지 요금제 알려", "오지"),
        ("오지 슬림 알려", "오지 슬림", "오지 슬림"),
        ("오지 슬림", "파이브지 슬림", ""),
        ("오지  슬림 ", "오지 슬림 얼마", "오지 슬림"),
        ("잠깐만요", "", ""),
    ],
)
def test_the_common_words_are_stable(before: str, now: str, stable: str) -> None:
    prefix = StablePrefix()
    assert prefix.push(before) == ""
    assert prefix.push(now) == stable


def test_a_withdrawn_word_is_not_kept() -> None:
    prefix = StablePrefix()
    for text, stable in [
        ("잠깐 요금제", ""),
        ("잠깐 요금제", "잠깐 요금제"),
        ("장기 요금제", ""),
        ("장기 요금제가", "장기"),
    ]:
        assert prefix.push(text) == stable


def test_another_utterance_begins_anew() -> None:
    prefix = StablePrefix()
    prefix.push("네")
    prefix.reset()
    assert prefix.push("네") == ""


@given(_TEXTS, _TEXTS)
def test_it_is_whole_words_of_both_and_as_many_as_there_are(before: str, now: str) -> None:
    prefix = StablePrefix()
    prefix.push(before)
    words = prefix.push(now).split()
    count = len(words)
    assert before.split()[:count] == words == now.split()[:count]
    assert not (before.split()[count : count + 1] == now.split()[count : count + 1] != [])
    assert prefix.push(now) == now
