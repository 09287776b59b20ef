"""Caller numbers to E.164."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.telephony.numbers import normalise_caller


@pytest.mark.parametrize(
    ("given_number", "expected"),
    [
        ("+821012345678", "+821012345678"),
        ("01012345678", "+821012345678"),
        ("010-1234-5678", "+821012345678"),
        ("+8201012345678", "+821012345678"),
        (" +82 10 1234 5678 ", "+821012345678"),
        ("021234567", "+8221234567"),
        ("+8215880000", "+8215880000"),
        ("+14155550100", "+14155550100"),
        ("+819012345678", "+819012345678"),
        ("+999123456789", "+999123456789"),
    ],
)
def test_numbers(given_number: str, expected: str) -> None:
    assert normalise_caller(given_number) == expected


@pytest.mark.parametrize(
    "given_number",
    [
        "",
        " ",
        "anonymous",
        "Anonymous",
        "unknown",
        "RESTRICTED",
        "private",
        "unavailable",
        "withheld",
        "blocked",
        "+266696687",
        "+7378742833",
        "+8656696",
        "+86282452253",
        "+2562533",
        "client:alice",
        "sip:alice@example.com",
        "114",
        "없음",
    ],
)
def test_withheld_or_no_number(given_number: str) -> None:
    assert normalise_caller(given_number) == ""


@given(st.text(max_size=40) | st.text("+0123456789- ()", max_size=25))
def test_anything_else_is_e164_or_empty(text: str) -> None:
    number = normalise_caller(text)
    assert number == "" or (number[0] == "+" and number[1:].isdigit() and len(number) <= 16)
    assert normalise_caller(number) in {number, ""}
