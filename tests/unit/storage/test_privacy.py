"""What masking hides, and what it leaves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.privacy import mask_name, mask_phone, mask_private, mask_text

DIGITS = st.text("0123456789", min_size=4, max_size=4)
KOREAN = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), max_size=20)


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("+821012345678", "010-****-5678"),
        ("01012345678", "010-****-5678"),
        ("+82212345678", "02-****-5678"),
        ("+8221234567", "02-***-4567"),
        ("+823112345678", "031-****-5678"),
        ("+827012345678", "070-****-5678"),
        ("+14155550123", "+1 ***-***-0123"),
        ("114", "***"),
        ("", ""),
        ("12", "**"),
        ("anonymous", "anonymous"),
    ],
)
def test_phone(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


@given(middle=DIGITS, last=DIGITS)
def test_every_mobile_number(middle: str, last: str) -> None:
    assert mask_phone(f"+8210{middle}{last}") == f"010-****-{last}"


@given(st.text(max_size=20))
def test_no_more_than_a_head_and_four_digits_are_shown(phone: str) -> None:
    shown = [letter for letter in mask_phone(phone) if letter.isdigit()]

    assert len(shown) <= 8


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("김철수", "김*수"),
        ("김철", "김*"),
        ("김", "*"),
        ("", ""),
        ("남궁민수", "남**수"),
        ("John Smith", "J*** ****h"),
    ],
)
def test_name(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@given(st.text(max_size=20))
def test_a_name_keeps_its_length_and_shows_two_letters(name: str) -> None:
    masked = mask_name(name)

    assert len(masked) == len(name)
    assert sum(1 for letter in masked if letter != "*" and not letter.isspace()) <= 2


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("제 번호는 010-1234-5678이에요.", "제 번호는 010-****-5678이에요."),
        ("01012345678로 주세요", "010****5678로 주세요"),
        ("010 1234 5678", "010 **** 5678"),
        ("010.1234.5678", "010.****.5678"),
        ("010, 1234, 5678", "010, ****, 5678"),
        ("010-123-4567", "010-***-4567"),
        ("+82 10-1234-5678", "+82 10-****-5678"),
        ("+821012345678", "+8210****5678"),
        ("+82 (0)10 1234 5678", "+82 (0)10 **** 5678"),
        ("02-123-4567", "02-***-4567"),
        ("(02) 123-4567", "(02) ***-4567"),
        ("031-1234-5678", "031-****-5678"),
        ("070-1234-5678", "070-****-5678"),
        ("+1 415 555 0123", "+1 *** *** 0123"),
        ("뒷번호 1234-5678이요", "뒷번호 ****-5678이요"),
    ],
)
def test_numbers_in_text(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "월 55,000원이고 110GB를 드립니다.",
        "2026-11-01부터 1979-03-14까지, 12:30",
        "로밍은 일 15,000원, 400 kbps",
        "고객센터 1588-1234, 114",
        "주문 20260101123456",
        "plan:rollover-10:fee_krw",
        "하루 1,000,000원",
    ],
)
def test_figures_that_are_no_telephone_numbers_stay(text: str) -> None:
    assert mask_text(text) == text


@given(
    before=KOREAN,
    after=KOREAN,
    middle=DIGITS,
    last=DIGITS,
    mark=st.sampled_from(["-", " ", ".", "", " - ", "·"]),
)
def test_a_number_anywhere_in_text_is_masked_and_nothing_else(
    before: str, after: str, middle: str, last: str, mark: str
) -> None:
    mark = mark[:2]
    written = f"{before}010{mark}{middle}{mark}{last}{after}"

    assert mask_text(written) == f"{before}010{mark}****{mark}{last}{after}"


@given(st.text(st.one_of(st.sampled_from("0123456789+-() .원"), st.characters()), max_size=60))
def test_masking_again_changes_nothing(text: str) -> None:
    once = mask_text(text)

    assert len(once) == len(text)
    assert mask_text(once) == once


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("공일공에 일이삼사에 오육칠팔이에요", "****이에요"),
        ("생년월일은 790314예요", "생년월일은 ******예요"),
        ("19790314입니다", "********입니다"),
        ("1979년 3월 14일생이에요", "****년 *월 **일생이에요"),
        ("주민번호 790314-1234567이요", "주민번호 ******-*******이요"),
        ("카드 1234-5678-9012-3456으로요", "카드 ****-****-****-****으로요"),
        ("010-1234-5678이요", "010-****-5678이요"),
    ],
)
def test_what_identifies_somebody_is_hidden(text: str, masked: str) -> None:
    assert mask_private(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "월 50,000원이고 데이터 10GB예요",
        "2028년 6월 25일 생일 전까지 이용하실 수 있어요",
        "오만 오천 원에 열네 기가예요",
        "130000원이요",
        "400kbps로 쓰실 수 있어요",
        "이월 십 기가랑 슬림 십사 기가 비교해 주세요",
    ],
)
def test_what_is_said_of_plans_stays(text: str) -> None:
    assert mask_private(text) == text
