"""The sample catalogue against a table of its own, and what the loader refuses."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from knowledge.catalog.loader import discounted_fee_krw, load_catalog, sample_catalog_path
from knowledge.catalog.model import Catalog, EligibilityKind, Plan
from knowledge.errors import CatalogError
from knowledge.lexicon import Lexicon
from knowledge.passages import build_documents

# Family, plan, name, fee, data, speed afterwards, sharing GB, extra minutes, eligibility: written
# down on its own, so that a slip in the pages cannot hide.
TABLE = """
    yogo-direct | yogo-30 | 요고 30 | 30,000 | 5 GB | 400 kbps | 5 | 300 | 온라인 가입
    yogo-direct | yogo-36 | 요고 36 | 36,000 | 14 GB | 1 Mbps | 14 | 300 | 온라인 가입
    yogo-direct | yogo-46 | 요고 46 | 46,000 | 80 GB | 1 Mbps | 40 | 300 | 온라인 가입
    yogo-direct | yogo-69 | 요고 69 | 69,000 | 무제한 | - | 80 | 300 | 온라인 가입
    5g-choice | choice-basic | 초이스 베이직 | 90,000 | 무제한 | - | 60 | 300 | 누구나
    5g-choice | choice-special | 초이스 스페셜 | 110,000 | 무제한 | - | 100 | 300 | 누구나
    5g-choice | choice-premium | 초이스 프리미엄 | 130,000 | 무제한 | - | 100 | 300 | 누구나
    5g-special-basic | special | 5G 스페셜 | 100,000 | 무제한 | - | 100 | 300 | 누구나
    5g-special-basic | basic | 5G 베이직 | 80,000 | 무제한 | - | 40 | 300 | 누구나
    5g-simple | simple-110 | 심플 110GB | 69,000 | 110 GB | 5 Mbps | 110 | 300 | 누구나
    5g-simple | simple-70 | 심플 70GB | 65,000 | 70 GB | 1 Mbps | 70 | 300 | 누구나
    5g-simple | simple-50 | 심플 50GB | 63,000 | 50 GB | 1 Mbps | 50 | 300 | 누구나
    5g-simple | simple-30 | 심플 30GB | 61,000 | 30 GB | 1 Mbps | 30 | 300 | 누구나
    5g-slim | slim-14 | 슬림 14GB | 55,000 | 14 GB | 1 Mbps | 14 | 300 | 누구나
    5g-slim | slim-5 | 슬림 5GB | 45,000 | 5 GB | 400 kbps | 5 | 300 | 누구나
    5g-slim-rollover | rollover-21 | 이월 21GB | 58,000 | 21 GB | 1 Mbps | 21 | 300 | 누구나
    5g-slim-rollover | rollover-10 | 이월 10GB | 50,000 | 10 GB | 1 Mbps | 10 | 300 | 누구나
    5g-slim-rollover | rollover-4 | 이월 4GB | 37,000 | 4 GB | 400 kbps | 4 | 300 | 누구나
    5g-y | y-basic | Y 베이직 | 80,000 | 무제한 | - | 80 | 300 | 만 34세 이하
    5g-y | y-slim | Y 슬림 | 55,000 | 28 GB | 1 Mbps | 28 | 300 | 만 34세 이하
    5g-yteen | yteen | Y틴 | 47,000 | 10 GB | 1 Mbps | 10 | 300 | 만 18세 이하
    5g-junior | junior | 주니어 | 38,000 | 8 GB | 1 Mbps | 8 | 100 | 만 12세 이하
    5g-junior | junior-slim | 주니어 슬림 | 28,000 | 3 GB | 400 kbps | 3 | 100 | 만 12세 이하
    5g-senior | senior-basic | 시니어 베이직 | 49,000 | 15 GB | 1 Mbps | 15 | 300 | 만 65세 이상
    5g-senior | senior-a | 시니어 A형 | 44,000 | 10 GB | 1 Mbps | 10 | 300 | 만 65세 이상
    5g-senior | senior-b | 시니어 B형 | 42,000 | 9 GB | 1 Mbps | 9 | 300 | 만 65세 이상
    5g-senior | senior-c | 시니어 C형 | 41,000 | 8 GB | 400 kbps | 8 | 300 | 만 65세 이상
    5g-welcome | welcome | 웰컴 | 49,000 | 12 GB | 1 Mbps | 12 | 100 | 외국인 (외국인등록증)
    5g-welfare | welfare-basic | 복지 베이직 | 56,000 | 무제한 | - | 40 | 600 | 장애인 (복지카드)
    5g-welfare | welfare-slim | 복지 슬림 | 39,000 | 10 GB | 1 Mbps | 10 | 600 | 장애인 (복지카드)
"""
ROWS = [[cell.strip() for cell in row.split("|")] for row in TABLE.strip().splitlines()]
SPEEDS = {"-": None, "400 kbps": 400, "1 Mbps": 1000, "5 Mbps": 5000}
AGES = {
    "만 34세 이하": (EligibilityKind.MAX_AGE, 34),
    "만 18세 이하": (EligibilityKind.MAX_AGE, 18),
    "만 12세 이하": (EligibilityKind.MAX_AGE, 12),
    "만 65세 이상": (EligibilityKind.MIN_AGE, 65),
    "누구나": (EligibilityKind.ANYONE, None),
    "온라인 가입": (EligibilityKind.ONLINE, None),
    "외국인 (외국인등록증)": (EligibilityKind.FOREIGNER, None),
    "장애인 (복지카드)": (EligibilityKind.DISABLED, None),
}
DISCOUNTED = {
    "choice-basic": 67_500,
    "simple-110": 51_750,
    "simple-70": 48_750,
    "simple-50": 47_250,
    "slim-14": 41_250,
    "slim-5": 33_750,
    "rollover-21": 43_500,
    "rollover-4": 27_750,
    "yteen": 35_250,
    "senior-c": 30_750,
    "welfare-slim": 29_250,
}
CATEGORIES = {
    *(
        "가입",
        "변경",
        "해지",
        "약정·위약금",
        "데이터 소진·속도 제한",
        "공유·테더링",
        "이월",
        "로밍",
    ),
    *(
        "가족·미성년자 가입",
        "시니어",
        "외국인",
        "장애인",
        "멤버십",
        "OTT",
        "청구·납부",
        "분실·정지",
    ),
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(sample_catalog_path())


def test_table_has_every_plan_in_order(catalog: Catalog) -> None:
    assert len(ROWS) == 30
    assert [row[1] for row in ROWS] == [plan.id for plan in catalog.plans]
    assert len(catalog.families) == 12
    assert catalog.sample
    assert catalog.as_of == date(2026, 11, 1)


@pytest.mark.parametrize("row", ROWS, ids=[row[1] for row in ROWS])
def test_every_figure(catalog: Catalog, row: list[str]) -> None:
    family_id, plan_id, name, fee, data, speed, sharing, minutes, eligibility = row
    plan = catalog.plan(plan_id)
    assert plan is not None
    kind, age = AGES[eligibility]
    assert (plan.family_id, plan.name) == (family_id, name)
    assert plan.fee_krw == int(fee.replace(",", ""))
    assert plan.data_gb == (None if data == "무제한" else int(data.removesuffix(" GB")))
    assert plan.throttle_kbps == SPEEDS[speed]
    assert (plan.sharing_gb, plan.extra_minutes) == (int(sharing), int(minutes))
    assert (plan.eligibility.kind, plan.eligibility.age) == (kind, age)
    assert plan.eligibility.text == eligibility
    if family_id == "yogo-direct":
        assert plan.discounted_fee_krw is None
    else:
        assert plan.discounted_fee_krw == DISCOUNTED.get(plan_id, plan.fee_krw * 3 // 4)


@pytest.mark.parametrize(("fee", "discounted"), [(65_000, 48_750), (33_330, 24_990), (10, 0)])
def test_discount_is_rounded_down_to_ten_won(fee: int, discounted: int) -> None:
    assert discounted_fee_krw(fee) == discounted


def test_every_page_has_its_sections(catalog: Catalog) -> None:
    anchors = {document.id for document in build_documents(catalog, Lexicon(catalog))}
    for family in catalog.families:
        for anchor in ("about", "join", "change", "termination", "roaming"):
            assert f"family:{family.id}#{anchor}" in anchors
        roaming = dict(family.sections)["로밍"]
        assert "15,000원" in roaming
        assert "상담원" in roaming


def test_questions_cover_every_category(catalog: Catalog) -> None:
    assert len(catalog.faqs) >= 48
    assert {entry.category for entry in catalog.faqs} == CATEGORIES
    for entry in catalog.faqs:
        sentences = re.findall(r"[.?!](?:\s|$)", entry.answer)
        assert 1 <= len(sentences) <= 3, entry.id
        assert re.search(r"(니다|세요|니까|요)[.?]$", entry.answer), entry.id
        if entry.category in {"청구·납부", "분실·정지"}:
            assert entry.needs_human, entry.id


def _texts(catalog: Catalog) -> list[str]:
    pages = [text for family in catalog.families for _, text in family.sections]
    return pages + [entry.answer for entry in catalog.faqs]


def test_prose_has_no_figure_of_its_own(catalog: Catalog) -> None:
    fees = {plan.fee_krw for plan in catalog.plans} | {15_000, 10}  # a day of roaming; rounding
    fees |= {plan.discounted_fee_krw for plan in catalog.plans if plan.discounted_fee_krw}
    sizes = {plan.data_gb for plan in catalog.plans} | {plan.sharing_gb for plan in catalog.plans}
    sizes |= {1, 2}  # what 시니어 B형 and C형 add for the oldest
    for text in _texts(catalog):
        for fee in re.findall(r"([\d,]+)원", text):
            assert int(fee.replace(",", "")) in fees, text
        for size in re.findall(r"(\d+)GB", text):
            assert int(size) in sizes, text


def test_prose_gives_every_plan_its_own_fee(catalog: Catalog) -> None:
    lexicon = Lexicon(catalog)
    checked: list[Plan] = []
    for text in _texts(catalog):
        for mention in lexicon.find(text):
            before = re.search(r"월 ([\d,]+)원인 $", text[: mention.start])
            after = re.match(r"(?:[이가은는] |은 )?(?:월 )?([\d,]+)원", text[mention.end :])
            figure = before or after
            plan = catalog.plan(mention.id)
            if figure is None or plan is None:
                continue
            assert int(figure[1].replace(",", "")) == plan.fee_krw, text
            checked.append(plan)
    assert len(checked) >= 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(sample_catalog_path(), tmp_path / "catalog"))


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "words"),
    [
        ("05-5g-slim.md", "fee_krw: 55000", "fee_krw: 오만", "catalog-invalid", "plans.0.fee_krw"),
        ("05-5g-slim.md", "fee_krw: 55000", "fee_krw: '55000'", "catalog-invalid", "plans.0.fee"),
        ("05-5g-slim.md", "fee_krw: 45000", "price: 45000", "catalog-invalid", "plans.1.fee_krw"),
        ("05-5g-slim.md", "data_gb: 14", "data_gb: unlimited", "catalog-invalid", "throttle_kbps"),
        ("07-5g-y.md", ", age: 34", "", "catalog-invalid", "plans.0.eligibility"),
        ("05-5g-slim.md", "id: slim-5", "id: slim-14", "catalog-inconsistent", "slim-14"),
        ("05-5g-slim.md", "sample: true", "sample: false", "catalog-inconsistent", "sample"),
        ("05-5g-slim.md", "---\n", "", "catalog-invalid", "front matter"),
        ("05-5g-slim.md", "## ", "### ", "catalog-invalid", ""),
        ("faq.yaml", "id: join-list", "id: join-how", "catalog-inconsistent", "join-how"),
        ("faq.yaml", "needs_human: false", "needs_human: maybe", "catalog-invalid", "needs_human"),
        ("faq.yaml", "id: join-how", "id: Join How", "catalog-invalid", "entries.0.id"),
        ("faq.yaml", "entries:", "entries: [", "catalog-invalid", "YAML"),
    ],
)
def test_loader_names_file_and_field(
    folder: Path, *, file: str, old: str, new: str, code: str, words: str
) -> None:
    path = folder / file
    if old == "## ":
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    else:
        _edit(path, old, new)
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    assert caught.value.code == code
    assert not caught.value.retryable
    assert words in caught.value.message
    assert file in caught.value.message or code == "catalog-inconsistent"


def test_missing_parts(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="catalog-missing"):
        load_catalog(tmp_path / "nowhere")
    (folder / "faq.yaml").unlink()
    with pytest.raises(CatalogError, match=r"catalog-missing.*faq\.yaml"):
        load_catalog(folder)


def test_not_utf8(folder: Path) -> None:
    (folder / "05-5g-slim.md").write_bytes("5G 슬림".encode("cp949"))
    with pytest.raises(CatalogError, match=r"catalog-unreadable.*05-5g-slim"):
        load_catalog(folder)


@pytest.mark.parametrize(
    ("plan_id", "full_name"),
    [
        ("yteen", "5G Y틴"),
        ("simple-70", "5G 심플 70GB"),
        ("rollover-10", "5G 슬림(이월) 이월 10GB"),
        ("basic", "5G 베이직"),
        ("y-basic", "5G Y 베이직"),
        ("junior-slim", "5G 주니어 슬림"),
        ("yogo-36", "요고 다이렉트 요고 36"),
    ],
)
def test_a_full_name_says_nothing_twice(plan_id: str, full_name: str) -> None:
    plan = load_catalog(sample_catalog_path()).plan(plan_id)
    assert plan is not None
    assert plan.full_name == full_name
