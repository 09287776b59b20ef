"""What was heard gets the written form that the golden file says, and back again."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.korean.numbers import by_digit
from agent.korean.spoken import to_spoken
from agent.korean.written import to_written
from scripts.demo_stt.heldout import held_out
from tests.support.golden import golden_pairs

GOLDEN = golden_pairs(Path(__file__).parent / "golden" / "written.tsv")
_DIGITS = "0123456789"


@pytest.mark.parametrize(("heard", "written"), GOLDEN)
def test_golden(heard: str, written: str) -> None:
    assert to_written(heard) == written
    assert to_written(written) == written
    assert to_written(unicodedata.normalize("NFD", heard)) == written


def test_the_golden_file_is_wide() -> None:
    assert len(GOLDEN) >= 300
    assert len({heard for heard, _ in GOLDEN}) == len(GOLDEN)
    assert sum(heard == written for heard, written in GOLDEN) >= len(GOLDEN) / 3


def _digits(size: int) -> st.SearchStrategy[str]:
    return st.text(alphabet=_DIGITS, min_size=size, max_size=size)


def _joined(*parts: st.SearchStrategy[str], by: str) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(by.join)


_PHONES = st.one_of(
    _joined(st.just("010"), _digits(4), _digits(4), by="-"),
    _joined(st.sampled_from(["010", "011", "016", "017", "019"]), _digits(3), _digits(4), by="-"),
    _joined(st.sampled_from(["011", "018"]), _digits(4), _digits(4), by="-"),
    _joined(
        st.sampled_from(["02", "031", "042", "051", "064", "070"]),
        st.one_of(_digits(3), _digits(4)),
        _digits(4),
        by="-",
    ),
    _joined(st.sampled_from(["1588", "1544", "1899"]), _digits(4), by="-"),
)
_MONEY = st.one_of(
    st.integers(1, 15_000).map(lambda amount: f"{amount * 10:,}원"),
    st.integers(10, 10**12 - 1).map(lambda amount: f"{amount:,}원"),
)
_WHOLE_OR_ONE_PLACE = st.one_of(
    st.integers(1, 999).map(str),
    st.tuples(st.integers(0, 99), st.integers(1, 9)).map(lambda p: f"{p[0]}.{p[1]}"),
)
_MONTH_DAY = st.tuples(st.integers(1, 12), st.integers(1, 31)).map(lambda d: f"{d[0]}월 {d[1]}일")
_DATES = st.one_of(
    st.tuples(st.integers(1900, 2099), _MONTH_DAY).map(lambda d: f"{d[0]}년 {d[1]}"),
    st.tuples(_digits(2), _MONTH_DAY).map(lambda d: f"{d[0]}년 {d[1]}"),
    # `이월 십일` alone may be a plan: see test_february_needs_more.
    _MONTH_DAY.filter(lambda day: not day.startswith("2월")),
)
_AGES = st.one_of(
    st.integers(1, 99).map(lambda age: f"만 {age}세"),
    st.integers(11, 99).map(lambda age: f"{age}세"),
    st.integers(1, 99).map(lambda age: f"{age}살"),
)
_TIMES = st.one_of(
    st.integers(1, 24).map(lambda hour: f"{hour}시"),
    st.tuples(st.integers(1, 24), st.integers(1, 59)).map(lambda t: f"{t[0]}시 {t[1]}분"),
)
FIGURES = st.one_of(
    _PHONES,
    _MONEY,
    _WHOLE_OR_ONE_PLACE.map("{}GB".format),
    st.integers(1, 99).map("{}Mbps".format),
    st.integers(1, 999).map("{}kbps".format),
    _WHOLE_OR_ONE_PLACE.map("{}%".format),
    _DATES,
    _AGES,
    _TIMES,
    st.integers(1, 99).map("{}개월".format),
    st.integers(1, 30).map("{}년".format),
    st.integers(10, 999).map("{}분".format),
)
_BEFORE = st.sampled_from(["", "네 ", "저는 ", "음, ", "번호는 ", "요금이 "])
_AFTER = st.sampled_from(["", "입니다", "인데요", " 맞아요", "."])


@example("", "10분", "")
@example("", "100분", " 맞아요")
@given(_BEFORE, FIGURES, _AFTER)
def test_a_figure_comes_back_from_its_spoken_form(before: str, figure: str, after: str) -> None:
    written = before + figure + after
    assert to_written(to_spoken(written)) == written
    assert to_written(written) == written


@given(st.integers(1, 12), st.integers(1, 31))
def test_birth_digits_come_back(month: int, day: int) -> None:
    digits = f"88{month:02d}{day:02d}"
    assert to_written(f"생년월일은 {by_digit(digits)}입니다") == f"생년월일은 {digits}입니다"


def test_a_long_string_of_digits_takes_no_time() -> None:
    digits = "1" * 200
    assert to_written(f"{digits}x") == f"{digits}x"


def test_february_needs_more() -> None:
    assert to_written("이월 이십일") == "이월 이십일"
    assert to_written("이월 이십일에") == "2월 20일에"


_SAID = st.text(
    alphabet="공영일이삼사오육칠팔구십백천만억하나둘셋넷한두세네열스물 ,.-에요의"
    "기가원년월시분살메프로퍼센트0123456789GB%점지와",
    max_size=40,
)


@given(_SAID)
def test_writing_twice_changes_nothing_more(heard: str) -> None:
    written = to_written(heard)
    assert to_written(written) == written


@given(st.text(max_size=60))
def test_any_text_is_safe(heard: str) -> None:
    assert to_written(to_written(heard)) == to_written(heard)


@given(st.text(alphabet="가나다라마바사아자차카타파하요금제데터좋습니 .,?!abc", max_size=40))
def test_text_without_numerals_stays(heard: str) -> None:
    plain = heard.replace("사", "").replace("이", "")
    assert to_written(plain) == plain


def test_the_held_out_sentences_stay_as_they_are_written() -> None:
    assert [p.written for p in held_out() if to_written(p.written) != p.written] == []
