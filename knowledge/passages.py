"""Cuts a catalogue into passages: what is retrieved, and the texts under which it is found."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.catalog.model import Catalog, EligibilityKind, Family, FaqEntry, Plan
from knowledge.lexicon import Lexicon

_ANCHORS = {
    "소개": "about",
    "가입 방법": "join",
    "요금제 변경": "change",
    "위약금": "termination",
    "로밍": "roaming",
}
_WHOLE = "whole"


@dataclass(frozen=True, kw_only=True)
class Document:
    """One passage with its ways in."""

    id: str
    """Fact id, such as `plan:rollover-10`, `family:5g-slim#join` or `faq:roaming-cost`."""
    kind: str
    """`plan`, `family` or `faq`."""
    title: str
    text: str
    """What is retrieved: full Korean sentences in written form."""
    family_id: str | None
    plan_id: str | None
    families: frozenset[str]
    """Ids of all families that it is about: its own, or those that a question's entry names."""
    plans: frozenset[str]
    """Ids of the plans that it is about, in the same way."""
    entries: tuple[str, ...]
    """Texts that are indexed, each on its own."""


def build_documents(catalog: Catalog, lexicon: Lexicon) -> tuple[Document, ...]:
    """All passages of a catalogue: plans, the families' sections, frequent questions."""
    plans = [_plan_document(plan) for plan in catalog.plans]
    sections = [
        _section_document(family, index, heading, text)
        for family in catalog.families
        for index, (heading, text) in enumerate(family.sections)
    ]
    faqs = [_faq_document(entry, catalog, lexicon) for entry in catalog.faqs]
    return (*plans, *sections, *faqs)


def entry_id(document: Document, number: int) -> str:
    """The id under which a document's entry is indexed."""
    return f"{document.id}~{number}"


def whole_id(document: Document) -> str:
    """The id under which all of a document's entries together are indexed."""
    return f"{document.id}~{_WHOLE}"


def is_whole(entry: str) -> bool:
    """Whether an entry's id stands for a whole document."""
    return entry.endswith(f"~{_WHOLE}")


def document_of(entry: str) -> str:
    """The document's id in an entry's id."""
    return entry.rpartition("~")[0]


def data_text(plan: Plan) -> str:
    """The plan's data as it is written: `무제한` or `14GB`."""
    return "무제한" if plan.data_gb is None else f"{plan.data_gb}GB"


def speed_text(kbps: int) -> str:
    """A speed as it is written: `400kbps` or `1Mbps`."""
    return f"{kbps // 1000}Mbps" if kbps % 1000 == 0 else f"{kbps}kbps"


def describe_plan(plan: Plan) -> str:
    """Every figure of a plan in plain sentences, for answering and for grounding."""
    sentences = [f"{plan.name} 요금제는 월 {plan.fee_krw:,}원입니다."]
    if plan.discounted_fee_krw is None:
        sentences.append("무약정 요금제라 선택약정 할인이 없습니다.")
    else:
        sentences.append(f"선택약정 25% 할인을 받으시면 월 {plan.discounted_fee_krw:,}원입니다.")
    if plan.throttle_kbps is None:
        sentences.append("데이터는 무제한이고 속도 제한이 없습니다.")
    else:
        speed = speed_text(plan.throttle_kbps)
        sentences.append(
            f"데이터는 {data_text(plan)}이고, 다 쓰신 뒤에는 {speed} 속도로 계속 쓰실 수 있습니다."
        )
    sentences.append(f"공유·테더링은 {plan.sharing_gb}GB까지입니다.")
    sentences.append(
        f"집전화와 이동전화 통화는 무제한, 영상·부가통화는 {plan.extra_minutes}분이고 "
        "문자는 기본 제공입니다."
    )
    if plan.eligibility.kind is EligibilityKind.ONLINE:
        sentences.append("온라인에서만 가입하실 수 있습니다.")
    else:
        sentences.append(f"가입 대상: {plan.eligibility.text}.")
    if plan.notes:
        sentences.append(f"혜택: {', '.join(plan.notes)}.")
    return " ".join(sentences)


def _plan_document(plan: Plan) -> Document:
    text = describe_plan(plan)
    return Document(
        id=f"plan:{plan.id}",
        kind="plan",
        title=f"{plan.family_name} {plan.name}",
        text=text,
        family_id=plan.family_id,
        plan_id=plan.id,
        families=frozenset({plan.family_id}),
        plans=frozenset({plan.id}),
        entries=(f"{plan.name} 요금제 가격 데이터", f"{plan.family_name} {text}"),
    )


def _section_document(family: Family, index: int, heading: str, text: str) -> Document:
    return Document(
        id=f"family:{family.id}#{_ANCHORS.get(heading, f'section-{index + 1}')}",
        kind="family",
        title=f"{family.name} {heading}",
        text=text,
        family_id=family.id,
        plan_id=None,
        families=frozenset({family.id}),
        plans=frozenset(plan.id for plan in family.plans) if index == 0 else frozenset(),
        entries=(f"{family.name} {heading}", f"{family.name} {heading} {text}"),
    )


def _faq_document(entry: FaqEntry, catalog: Catalog, lexicon: Lexicon) -> Document:
    named = lexicon.find(f"{entry.question} {entry.answer}")
    plans = frozenset(mention.id for mention in named if mention.kind == "plan")
    families = {mention.id for mention in named if mention.kind == "family"}
    families |= {plan.family_id for plan in catalog.plans if plan.id in plans}
    return Document(
        id=f"faq:{entry.id}",
        kind="faq",
        title=entry.question,
        text=entry.answer,
        family_id=None,
        plan_id=None,
        families=frozenset(families),
        plans=plans,
        entries=(entry.question, *entry.also, f"{entry.question} {entry.answer}"),
    )
