"""The lexicon against a golden list, and what its repair must never do."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from knowledge.catalog.loader import load_catalog, sample_catalog_path
from knowledge.catalog.model import Plan
from knowledge.jamo import distance, to_jamo
from knowledge.lexicon import Lexicon

GOLDEN: list[tuple[str, list[str]]] = yaml.safe_load(
    (Path(__file__).parent / "golden" / "lexicon.yaml").read_text(encoding="utf-8")
)
CATALOG = load_catalog(sample_catalog_path())
LEXICON = Lexicon(CATALOG)


def _found(text: str) -> list[str]:
    return [f"{mention.kind[0]}:{mention.id}" for mention in LEXICON.find(text)]


def test_golden_list_is_long_enough() -> None:
    assert len(GOLDEN) >= 80
    named = {name for _, names in GOLDEN for name in names}
    assert {f"p:{plan.id}" for plan in CATALOG.plans} <= named


@pytest.mark.parametrize(("text", "names"), GOLDEN, ids=[text for text, _ in GOLDEN])
def test_golden(text: str, names: list[str]) -> None:
    assert _found(text) == names
    assert _found(unicodedata.normalize("NFD", text)) == names


@given(
    st.sampled_from(CATALOG.plans), st.sampled_from(["", " 요금제요", "는 얼마예요?", " 쓰는데"])
)
def test_written_names_are_found_where_they_stand(plan: Plan, tail: str) -> None:
    (mention,) = LEXICON.find(f"저 {plan.family_name} {plan.name}{tail}")
    assert mention.start == 2
    assert mention.id == plan.id or (plan.id, mention.id) == ("junior", "5g-junior")


@given(st.text(max_size=20), st.sampled_from([None, "5g-senior"]))
def test_any_text_is_safe(text: str, within: str | None) -> None:
    normal = unicodedata.normalize("NFC", text)
    for mention in LEXICON.find(text, within=within):
        assert mention.text == normal[mention.start : mention.end]


@given(st.text(alphabet="슬림심플요고이월십사기가GB5 지 와이틴0123시니어A형베이직.", max_size=30))
def test_mentions_are_spans_in_order(text: str) -> None:
    mentions = LEXICON.find(text)
    assert all(mention.text == text[mention.start : mention.end] for mention in mentions)
    assert all(a.end <= b.start for a, b in pairwise(mentions))


@given(st.sampled_from(CATALOG.plans), st.data())
def test_one_wrong_jamo_never_makes_another_plan(plan: Plan, data: st.DataObject) -> None:
    letters = [at for at, letter in enumerate(plan.name) if "가" <= letter <= "힣"]
    at = data.draw(st.sampled_from(letters or [0]))
    letter = plan.name[at]
    if letters:
        code = ord(letter) - 0xAC00
        onset, vowel, coda = code // 588, code // 28 % 21, code % 28
        place = data.draw(st.sampled_from(["onset", "vowel", "coda"]))
        onset = data.draw(st.integers(0, 18)) if place == "onset" else onset
        vowel = data.draw(st.integers(0, 20)) if place == "vowel" else vowel
        coda = data.draw(st.integers(0, 27)) if place == "coda" else coda
        letter = chr(0xAC00 + onset * 588 + vowel * 28 + coda)
    misheard = plan.name[:at] + letter + plan.name[at + 1 :]
    plans = {mention.id for mention in LEXICON.find(misheard) if mention.kind == "plan"}
    assert plans <= {plan.id}


def test_jamo() -> None:
    assert to_jamo("슬림 14") == "ㅅㅡㄹㄹㅣㅁ 14"
    assert distance(to_jamo("슬림"), to_jamo("슬립")) == 1
    assert distance(to_jamo("주니어"), to_jamo("쥬니어")) == 0.5
    assert distance("", "가나") == 2
