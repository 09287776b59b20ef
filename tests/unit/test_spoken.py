"""The written form becomes the spoken one as the golden file says."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.korean.spoken import to_spoken

_GOLDEN = Path(__file__).parent / "golden" / "spoken.tsv"


def _pairs() -> list[tuple[str, str]]:
    pairs = []
    for line in _GOLDEN.read_text(encoding="utf-8").splitlines():
        written, spoken = line.split("\t")
        pairs.append((written, spoken))
    return pairs


@pytest.mark.parametrize(("written", "spoken"), _pairs())
def test_golden(written: str, spoken: str) -> None:
    assert to_spoken(written) == spoken


def test_the_golden_file_is_wide() -> None:
    assert len(_pairs()) >= 120


@pytest.mark.parametrize("spoken", [spoken for _, spoken in _pairs()])
def test_spoken_text_stays_as_it_is(spoken: str) -> None:
    assert to_spoken(spoken) == spoken


@given(st.text(alphabet="0123456789,.-~:+%()/ ABGkmpbsYKT가원만월일년개살시분번세은", max_size=30))
def test_no_digit_and_no_latin_letter_survives(written: str) -> None:
    assert not re.search(r"[0-9A-Za-z]", to_spoken(written))


@given(st.text(max_size=30))
def test_any_text_becomes_hangul_and_punctuation(written: str) -> None:
    assert re.fullmatch(r"[가-힣ㄱ-ㅣ\s.,?!]*", to_spoken(written))
