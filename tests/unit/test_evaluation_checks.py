"""How a scenario's expectations are held against what happened."""

import pytest

from scripts.carrier.checks import Answered, faults, turn_checks
from scripts.carrier.figures import comparable, mentions
from scripts.carrier.scenario import TurnExpectation


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5만 원", "50,000원"),
        ("50,000 원", "50000원"),
        ("5만5천원", "55,000원"),
        ("5만 5,000원", "5만 5천 원"),
        ("1만 5천 원", "15000원"),
        ("6천 원", "6,000원"),
        ("3천5백원", "3,500원"),
        ("1.5만 원", "15,000원"),
        ("10 GB", "10GB"),
        ("이월 10GB", "이월10GB"),
        ("\u110b\u1165", "어"),
    ],
)
def test_these_are_one(one: str, other: str) -> None:
    assert comparable(one) == comparable(other)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("한 달에 45,000원이에요.", "5,000원"),
        ("110GB예요.", "10GB"),
        ("요고 30 만 19세", "300,019"),
        ("100,000원이에요", "10만 5천 원"),
        ("2028년", "28년"),
    ],
)
def test_these_are_not_found(text: str, wanted: str) -> None:
    assert not mentions(text, wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("요고 30 30,000원이에요.", "30,000원"),
        ("요고 30 30,000원이에요.", "요고 30"),
        ("번호는 010-1234-5678입니다", "1234"),
        ("하루 15,000원이에요.", "1만5천원"),
        ("14GB를 다 쓰면 1Mbps예요.", "1Mbps"),
    ],
)
def test_these_are_found(text: str, wanted: str) -> None:
    assert mentions(text, wanted)


def test_every_fault_of_a_reply_is_told() -> None:
    expected = TurnExpectation(
        says=("50,000원", "10GB"),
        says_any=("할인", "반값"),
        not_says=("45,000원",),
        tools=("get_plan", "find_plans"),
        within_ms=1500,
    )
    reply = Answered(
        said="45,000원이고 10GB예요.", tools=["get_plan"], reply_ms=1700.0, audible=True
    )
    assert faults(turn_checks(expected, reply)) == [
        "does not say '50,000원': 45,000원이고 10GB예요.",
        "says none of '할인', '반값': 45,000원이고 10GB예요.",
        "says '45,000원': 45,000원이고 10GB예요.",
        "does not use find_plans",
        "answers after 1700 ms, not within 1500 ms",
    ]


def test_times_are_held_against_nothing_without_audio() -> None:
    expected = TurnExpectation(within_ms=1, reply="stops")
    assert list(turn_checks(expected, Answered(said=""))) == []


def test_a_reply_that_stops_is_measured_from_the_words_into_it() -> None:
    expected = TurnExpectation(within_ms=500, reply="stops")
    quick = Answered(said="", stopped=True, stopped_ms=400.0, reply_ms=900.0, audible=True)
    assert faults(turn_checks(expected, quick)) == []
    slow = Answered(said="", stopped=True, stopped_ms=600.0, reply_ms=100.0, audible=True)
    assert faults(turn_checks(expected, slow)) == ["stops after 600 ms, not within 500 ms"]
    never = Answered(said="", stopped=False, audible=True)
    assert faults(turn_checks(expected, never)) == [
        "the reply continues",
        "stops never, not within 500 ms",
    ]
