"""Misheard plan names come out as the golden file says, and no plan becomes another."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.hearing import Hearing
from agent.korean.spoken import to_spoken
from knowledge.catalog.loader import load_catalog, sample_catalog_path
from knowledge.catalog.model import Plan
from knowledge.lexicon import Lexicon
from scripts.demo_stt.grammar import tidy_written
from scripts.demo_stt.heldout import held_out
from tests.support.golden import golden_pairs
from tests.unit.test_written import FIGURES

GOLDEN = golden_pairs(Path(__file__).parent / "golden" / "plan_names.tsv")
CATALOG = load_catalog(sample_catalog_path())
LEXICON = Lexicon(CATALOG)
HEARING = Hearing(CATALOG)
_NAMES = sorted(
    {
        name
        for family in CATALOG.families
        for plan in family.plans
        for name in (
            family.name, *family.aliases, plan.name, *plan.aliases, f"{family.name} {plan.name}"
        )
    }
)  # fmt: skip
_FAMILY_OF = {plan.id: plan.family_id for plan in CATALOG.plans}


def _meant(text: str) -> set[str]:
    return {mention.id for mention in LEXICON.find(text)}


@pytest.mark.parametrize(("heard", "written"), GOLDEN)
def test_golden(heard: str, written: str) -> None:
    assert HEARING.written(heard) == written
    assert HEARING.written(written) == written
    assert HEARING.written(unicodedata.normalize("NFD", heard)) == written


def test_the_golden_file_is_wide() -> None:
    assert len(GOLDEN) >= 200
    assert len({heard for heard, _ in GOLDEN}) == len(GOLDEN)
    assert sum(heard == written for heard, written in GOLDEN) >= len(GOLDEN) / 3
    repaired = " ".join(written for heard, written in GOLDEN if heard != written)
    assert [plan.name for plan in CATALOG.plans if plan.name not in repaired] == []
    families = {re.sub(r"[(/].*", "", family.name) for family in CATALOG.families}
    assert sorted(name for name in families if name not in repaired) == []


@given(st.sampled_from(CATALOG.plans), st.sampled_from(["", " 요금제", "는 얼마예요", " 쓰는데요"]))
def test_a_plan_comes_back_from_its_spoken_form(plan: Plan, after: str) -> None:
    assert HEARING.written(to_spoken(plan.name) + after) == plan.name + after
    assert HEARING.written(plan.name + after) == plan.name + after


@pytest.mark.parametrize("name", _NAMES)
def test_no_name_becomes_another(name: str) -> None:
    written = HEARING.written(name)
    assert _meant(written) == _meant(name)
    said = to_spoken(name).replace(",", "")  # the voice pauses where the name has brackets
    families = {_FAMILY_OF[plan] for plan in _meant(name) if plan in _FAMILY_OF}
    assert _meant(HEARING.written(said)) <= _meant(name) | families


@given(
    st.sampled_from(CATALOG.plans).map(lambda plan: plan.name),
    st.sampled_from(["", " 요금제"]),
    st.data(),
)
def test_one_wrong_jamo_never_makes_another_plan(
    name: str, after: str, data: st.DataObject
) -> None:
    hangul = [at for at, letter in enumerate(name) if "가" <= letter <= "힣"]
    at = data.draw(st.sampled_from(hangul))
    code = ord(name[at]) - 0xAC00
    sounds = [code // 588, code // 28 % 21, code % 28]
    place = data.draw(st.integers(0, 2))
    sounds[place] = data.draw(st.integers(0, (18, 20, 27)[place]))
    letter = chr(0xAC00 + sounds[0] * 588 + sounds[1] * 28 + sounds[2])
    misheard = name[:at] + letter + name[at + 1 :] + after
    plans = {m.id for m in LEXICON.find(HEARING.written(misheard)) if m.kind == "plan"}
    assert plans <= {m.id for m in LEXICON.find(name) if m.kind == "plan"} | {
        m.id for m in LEXICON.find(misheard) if m.kind == "plan"
    }


@given(st.sampled_from(_NAMES), FIGURES)
def test_names_and_figures_stay_as_they_are_written(name: str, figure: str) -> None:
    written = HEARING.written(f"{name}, {figure} 맞아요")
    assert HEARING.written(written) == written
    assert figure in written


@given(
    st.text(
        alphabet="심풀슬립림이월요고시니오어형초이스쓰배베이직와틴복지찌웰캄컴다렉트오지파브"
        "에비씨5GY 일삼십육칠기가0136요금제,.",
        max_size=40,
    )
)
def test_writing_twice_changes_nothing_more(heard: str) -> None:
    written = HEARING.written(heard)
    assert HEARING.written(written) == written


@given(st.text(max_size=60))
def test_any_text_is_safe(heard: str) -> None:
    written = HEARING.written(heard)
    assert HEARING.written(written) == written


def test_the_held_out_sentences() -> None:
    pairs = held_out()
    assert [p.written for p in pairs if HEARING.written(p.written) != p.written] == []
    wrong = [p for p in pairs if tidy_written(HEARING.written(p.spoken)) != p.written]
    # 유심 is what callers say and what the catalogue's pages write.
    assert {p.written for p in wrong} <= {"USIM 구매는 어떻게 해요"}
