"""The written form becomes the spoken one as the golden file says."""

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import lines
from agent.facts import plan_fact
from agent.korean.endings import agreeing, final_consonant
from agent.korean.spoken import to_spoken
from knowledge.catalog.loader import load_catalog, sample_catalog_path
from voice import phrases

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
    assert len(_pairs()) >= 400
    assert len({written for written, _ in _pairs()}) == len(_pairs())


@pytest.mark.parametrize("spoken", [spoken for _, spoken in _pairs()])
def test_spoken_text_stays_as_it_is(spoken: str) -> None:
    assert to_spoken(spoken) == spoken


_ROOT = Path(__file__).parents[2]
_CATALOG = load_catalog(sample_catalog_path())


def _literals() -> set[str]:
    """Every Korean string in the agent's code: its templates, whatever they are filled with."""
    found: set[str] = set()
    for path in sorted((_ROOT / "agent").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return {text for text in found if re.search("[가-힣]", text)}


def _facts() -> list[str]:
    """Whatever the catalogue can make anybody say."""
    said = [plan_fact(plan).text for plan in _CATALOG.plans]
    said += [text for plan in _CATALOG.plans for text in (plan.name, plan.full_name, *plan.aliases)]
    for family in _CATALOG.families:
        said += [family.name, *family.aliases, *(part for pair in family.sections for part in pair)]
    return said + [text for faq in _CATALOG.faqs for text in (faq.question, faq.answer, *faq.also)]


def _fixed() -> list[str]:
    modules = (vars(lines), vars(phrases))
    values = [value for names in modules for key, value in names.items() if key.isupper()]
    return [text for value in values for text in ([value] if isinstance(value, str) else value)]


def _is_spoken(text: str) -> bool:
    return re.fullmatch(r"[가-힣ㄱ-ㅣ .,?!]*", text) is not None


def test_all_that_can_be_said_has_a_spoken_form() -> None:
    texts = {*_facts(), *_fixed(), *_literals()}
    assert len(texts) > 500
    for written in texts:
        spoken = to_spoken(written)
        assert _is_spoken(spoken), written
        assert to_spoken(spoken) == spoken, written


_HEADS = st.one_of(
    st.sampled_from([plan.name for plan in _CATALOG.plans]).filter(lambda name: name[-1] < "가"),
    st.integers(0, 10**7).map("{:,}원".format),
    st.integers(1, 999).map("{}GB".format),
    st.integers(1, 99).map("{}%".format),
    st.integers(1, 99).map("{}개월".format),
    st.integers(0, 9_999).map("010-1234-{:04}".format),
    st.sampled_from(["KT", "OTT", "LTE", "5G", "eSIM", "USIM", "VIP", "Wi-Fi", "(KT)", "1Mbps"]),
)


@given(_HEADS, st.sampled_from("은는이가을를과와"), st.sampled_from(["", " 좋아요", "."]))
def test_particles_follow_what_is_said(head: str, particle: str, after: str) -> None:
    said = to_spoken(head)
    right = agreeing(final_consonant(said), particle)
    assert to_spoken(head + particle + after) == said + right + after


@pytest.mark.parametrize("written", ["3가지", "2가구", "5이하", "4과목", "KT로밍", "종로3가"])
def test_what_only_looks_like_a_particle_stays(written: str) -> None:
    assert to_spoken(written)[-1] == written[-1]


@given(
    st.text(
        alphabet="0123456789,.-~:+%()/# *₩$'\"@&ABGPMkmpbsYKT가원만월일년개시분번째세은을이에요로",
        max_size=40,
    )
)
def test_no_digit_and_no_latin_letter_survives(written: str) -> None:
    spoken = to_spoken(written)
    assert _is_spoken(spoken)
    assert to_spoken(spoken) == spoken


@given(
    st.text(alphabet="0123456789", min_size=18, max_size=60),
    st.sampled_from(["원", "GB", "번째", "번을 누르세요", "월", ".5%", "만 원"]),
)
def test_a_number_too_long_to_be_one_is_still_said(digits: str, after: str) -> None:
    assert _is_spoken(to_spoken(digits + after))


@given(st.text(max_size=60))
def test_any_text_becomes_hangul_and_punctuation(written: str) -> None:
    spoken = to_spoken(written)
    assert _is_spoken(spoken)
    assert to_spoken(spoken) == spoken


@pytest.mark.parametrize(("written", "spoken"), [("7일0…1만6", "칠 일영, 만 육"), ("끝. .", "끝.")])
def test_odd_signs_between_figures(written: str, spoken: str) -> None:
    assert to_spoken(written) == spoken


def test_a_long_string_of_digits_takes_no_time() -> None:
    assert len(to_spoken("1" * 5_000)) == 5_000
