"""What masking hides, and what it leaves."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.privacy import Kind, Reader, find, mask, mask_name, mask_phone

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
    assert mask(text) == masked


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
    assert mask(text) == text


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

    assert mask(written) == f"{before}010{mark}****{mark}{last}{after}"


MIXED = st.text(
    st.one_of(
        st.sampled_from("0123456789+-() .,*@공영일이삼사오육칠팔구십백천만년월생동호로길에의요원 "),
        st.characters(),
    ),
    max_size=80,
)


@settings(max_examples=400, deadline=None)
@given(MIXED, st.sampled_from([None, *Kind]))
def test_masking_again_changes_nothing(text: str, expects: Kind | None) -> None:
    once = mask(text, expects=expects)

    assert mask(once, expects=expects) == once


@settings(max_examples=200, deadline=None)
@given(MIXED)
def test_what_is_found_lies_in_order_and_apart(text: str) -> None:
    position = 0
    for one in find(text):
        assert position <= one.start < one.end <= len(text)
        position = one.end


WORDS = (
    "010 1234 공일공 천이백 일이삼사 시 구 동 호 로 길 년 월 일 - , 에 아니 이 골뱅이 @ . a M +82 "
    "55,000 원 카드 번호 이름은 김 *"
)
PIECES = st.sampled_from(WORDS.split(" "))


@settings(max_examples=30, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=3))
def test_long_texts_are_no_trap(pieces: list[str]) -> None:
    text = "".join(pieces) * (6000 // len("".join(pieces)))
    started = time.process_time()
    mask(text)

    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("공일공에 일이삼사에 오육칠팔이에요", "****이에요"),
        ("생년월일은 790314예요", "생년월일은 ******예요"),
        ("19790314입니다", "********입니다"),
        ("1979년 3월 14일생이에요", "****년 *월 **일생이에요"),
        ("주민번호 790314-1234567이요", "주민번호 ******-*******이요"),
        ("카드 1234-5678-9012-3456으로요", "카드 ****-****-****-****으로요"),
        ("계좌 110-234-567890이요", "계좌 ***-***-******이요"),
        ("여권 M123A4567이요", "여권 M***A****이요"),
        ("서울 마포구 월드컵로 12길 34예요", "서울 마포구 ****예요"),
        ("메일은 haneul@naver.com이요", "메일은 ****@naver.com이요"),
        ("메일은 me@haneul.example이요", "메일은 ****이요"),
        ("제 이름은 김철수고요", "제 이름은 김*수고요"),
        (
            "1588-1234로 걸었고 제 번호는 010-1234-5678",
            "1588-1234로 걸었고 제 번호는 010-****-5678",
        ),
        ("010-1234-5678이요", "010-****-5678이요"),
    ],
)
def test_what_identifies_somebody_is_hidden(text: str, masked: str) -> None:
    assert mask(text) == masked


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
    assert mask(text) == text


def masked(reader: Reader, heard: str, said: str = "네.", kind: str = "speech") -> str:
    return reader.turn(heard, said, kind).heard


def test_a_number_that_is_split_over_turns_is_hidden_in_all_of_them() -> None:
    reader = Reader()
    reader.turn("", "휴대폰 번호를 말씀해 주시거나 눌러 주세요.", "none")

    assert masked(reader, "공일공", "네, 이어서 말씀해 주세요.") == "****"
    assert masked(reader, "천이백삼십사", "네, 이어서 말씀해 주세요.") == "****"
    turn = reader.turn("오육칠팔이요", "010-1234-5678번 맞으실까요?")
    assert (turn.heard, turn.said) == ("****이요", "010-****-5678번 맞으실까요?")
    assert turn.kinds == (Kind.PHONE,)


def test_what_was_intended_and_not_said_is_hidden_too() -> None:
    reader = Reader()
    reader.turn("", "휴대폰 번호를 말씀해 주세요.", "none")
    turn = reader.turn("공일공 일이삼사 오육칠팔", "네, 5678", intended="네, 5678번이시죠?")

    assert (turn.said, turn.intended) == ("네, ****", "네, ****번이시죠?")


def test_keys_are_hidden_unless_they_are_one_choice() -> None:
    reader = Reader()
    reader.turn("", "생년월일 여섯 자리를 말씀해 주시거나 눌러 주세요.", "none")
    turn = reader.turn("790314", "네, 확인했습니다.", "keys")

    assert (turn.heard, turn.kinds) == ("******", (Kind.BIRTH_DATE,))
    assert masked(reader, "0", kind="keys") == "0"


def test_a_question_of_its_own_ends_the_wait_for_a_number() -> None:
    reader = Reader()
    reader.turn("", "휴대폰 번호를 말씀해 주세요.", "none")
    reader.turn("공일공 일이삼사 오육칠팔", "네, 확인했습니다. 몇 회선이세요?")

    assert reader.expects is None
    assert masked(reader, "이십사 회선이요") == "이십사 회선이요"


def test_a_reader_is_rebuilt_from_turns_that_are_masked_already() -> None:
    reader = Reader()
    reader.turn("", "카드 번호를 말씀해 주세요.", "none")
    reader.turn("****", "네.")

    assert reader.expects is Kind.CARD
    assert masked(reader, "오육칠팔") == "****"


def test_names_that_are_known_are_hidden_in_all_that_is_said() -> None:
    turn = Reader(["김철수"]).turn("김철수 본인이요", "네, 김철수 고객님.")

    assert (turn.heard, turn.said) == ("김*수 본인이요", "네, 김*수 고객님.")


@pytest.mark.parametrize(("heard", "kind"), [("칠구공삼일사", "speech"), ("790314", "keys")])
def test_the_half_of_a_number_is_of_the_kind_that_was_asked_for(heard: str, kind: str) -> None:
    reader = Reader()
    reader.turn("", "주민등록번호 앞 여섯 자리를 말씀하시거나 눌러 주세요.", "none")

    # Recordings are silenced by it: a date of birth alone would still be heard.
    assert reader.turn(heard, "네.", kind).kinds == (Kind.RESIDENT,)


@pytest.mark.parametrize(
    ("heard", "said"),
    [("공일공이요", "****이요"), ("오육칠팔이요", "****이요"), ("오육칠이요", "****요")],
)
def test_is_is_no_two_where_a_number_is_told_in_parts(heard: str, said: str) -> None:
    reader = Reader()
    reader.turn("", "휴대폰 번호를 말씀해 주세요.", "none")

    assert masked(reader, heard) == said
