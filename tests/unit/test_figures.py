"""Figures read from written and spoken Korean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.korean.figures import (
    Figure,
    Unit,
    birth_digits,
    digit_runs,
    find_figures,
    native_number,
    number,
    phone_number,
)
from agent.korean.numbers import by_digit, native, sino


def figures(text: str) -> list[tuple[str, float]]:
    return [(item.figure.unit.value, item.figure.value) for item in find_figures(text)]


@given(st.integers(1, 99_999_999))
def test_sino_numerals_are_read_back(value: int) -> None:
    assert number(sino(value)) == value
    assert number(f"{value:,}") == value


@given(st.integers(1, 99))
def test_native_numerals_are_read_back(value: int) -> None:
    assert native_number(native(value)) == value
    assert native_number(native(value, before_counter=True)) == value


@given(st.integers(1, 999))
def test_won_is_read_written_and_spoken(thousands: int) -> None:
    amount = thousands * 1000
    wanted = Figure(Unit.WON, amount)
    for text in (f"월 {amount:,}원이에요", f"요금이 {sino(amount)} 원", f"{amount}원"):
        assert [item.figure for item in find_figures(text)] == [wanted], text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("5만 5천원", [("won", 55000)]),
        ("요금이오만원이하로", [("won", 50000)]),
        ("십사 기가", [("gb", 14)]),
        ("열네 기가", [("gb", 14)]),
        ("백십기가", [("gb", 110)]),
        ("5G 슬림", []),
        ("열 살", [("age", 10)]),
        ("어머니가 일흔이신데", [("age", 70)]),
        ("만 육십오 세", [("age", 65)]),
        ("칠십대", [("decade", 70)]),
        ("사백 케이비피에스", [("kbps", 400)]),
        ("1Mbps", [("kbps", 1000)]),
        ("이십오 퍼센트", [("percent", 25)]),
        ("삼백 분", [("minutes", 300)]),
        ("이분이 누구세요", []),
        ("24개월", [("months", 24)]),
        ("고객센터 114", [("plain", 114)]),
    ],
)
def test_figures(text: str, wanted: list[tuple[str, float]]) -> None:
    assert figures(text) == wanted


@given(st.text(alphabet="0123456789", min_size=8, max_size=8))
def test_telephone_numbers_however_they_are_said(rest: str) -> None:
    digits = "010" + rest
    grouped = (digits[:3], digits[3:7], digits[7:])
    spoken = [by_digit(group) for group in grouped]
    assert phone_number("-".join(grouped)) == digits
    assert phone_number(f"제 번호는 {digits}이요") == digits
    assert phone_number(f"{spoken[0]}에 {spoken[1]}에 {spoken[2]}입니다") == digits
    assert phone_number(" ".join(spoken).replace("공", "영") + "이에요") == digits


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("790314", "790314"),
        ("19790314", "19790314"),
        ("칠구공삼일사요", "790314"),
        ("1979년 3월 14일", "19790314"),
        ("칠십구년 삼월 십사일이요", "790314"),
        ("천구백칠십구년 삼월 십사일입니다", "19790314"),
        ("이천구년 유월 이십오일이에요", "20090625"),
        ("팔팔년 십일월 이일생입니다", "881102"),
        ("일구칠구년 시월 십일", "19791010"),
        ("오만 원 이하", None),
        ("공일공", None),
    ],
)
def test_dates_of_birth(text: str, wanted: str | None) -> None:
    assert birth_digits(text) == wanted


@given(st.text(max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    find_figures(text)
    digit_runs(text)
    phone_number(text)
    birth_digits(text)


def test_a_long_string_of_digits_takes_no_time() -> None:
    assert birth_digits("1" * 200 + "x") is None
    assert find_figures("1" * 200 + " x")[0].figure.unit is Unit.PLAIN
