"""Turns Korean text into search terms: Kiwi's content morphemes and the carrier's synonyms."""

from __future__ import annotations

import functools
import hashlib
import re
import threading
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import kiwipiepy

from knowledge.catalog.model import Catalog
from knowledge.synonyms import CONCEPTS

_COMPILED = tuple((f"#{name}", re.compile(pattern)) for name, pattern in CONCEPTS)

_USER_NOUNS = (
    "요금제",
    "핫스팟",
    "테더링",
    "선택약정",
    "반환금",
    "부가통화",
    "일할",
    "유심",
    "오티티",
)
_CONTENT_TAGS = frozenset({"NNG", "NNP", "NR", "SN", "SL", "XR", "VV", "VA", "MAG", "VV-I", "VA-I"})
_NUMBER_TAGS = frozenset({"NR", "SN"})
_NOUN_TAGS = frozenset({"NNG", "NNP", "SL"})
# Words that every caller says and that name nothing.
_STOP_WORDS = (
    "하 되 있 주 알리 싶 보 말씀 말 궁금 거 것 저 나 제 좀 그 이 뭐 무엇 어떻 어떠 어떤 지금 혹시 "
    "그냥 경우 네 예 아니 안녕 감사 부탁 때 중 수 건 분 같 좋 그렇 이렇 쓰 요금제 요금 데이터 "
    "가능 필요 원하 고객 안내 상담원 연결 확인 돕 드리 모두 위하 정도 한번 다 더 안 못 가 오 몇 "
    "나오 추천 소개 설명 종류 넘 얼마 얼마나 어떻게 어디 언제 사람 걸 달 이번 궁금하 왜 너무 5g "
    "요새 지난달 오늘 당장 이상 이하 다시 말하 내일 어제 모레 지난주 아까 요즘 방금 시작 예전 나중"
)
_STOP = frozenset(_STOP_WORDS.split())
_UNITS = re.compile(r"(\d+)\s*(?:gb|기가(?:바이트)?|지비)")
_NOT_WORDS = re.compile(rf"{_UNITS.pattern}|5g")


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What a text is about, for searching."""

    terms: tuple[str, ...]
    """Morphemes and sizes (`14gb`) in order, then concepts (`#공유`); repeated ones stay."""
    unexplained: frozenset[str]
    """Morphemes, numbers aside, that belong to no concept's wording."""
    unexplained_nouns: frozenset[str]
    """The nouns among them."""


class Analyzer:
    """Finds search terms with Kiwi, which knows the catalogue's names.

    Kiwi takes seconds and hundreds of megabytes to load, so catalogues with the same names share
    it; a lock lets their threads take turns.
    """

    def __init__(self, catalog: Catalog) -> None:
        names = (
            name
            for family in catalog.families
            for name in (family.name, *(plan.name for plan in family.plans))
        )
        self._kiwi, self._lock = _load_kiwi(tuple(sorted({*_USER_NOUNS, *_hangul_words(names)})))

    def terms(self, text: str) -> list[str]:
        """Search terms of `text`, as `analyze` gives them."""
        return list(self.analyze(text).terms)

    def analyze(self, text: str) -> Analysis:
        """The search terms of `text` and which of its words no concept explains."""
        folded = fold(text)
        sizes = [f"{size}gb" for size in _UNITS.findall(folded)]
        words = _NOT_WORDS.sub(lambda match: " " * len(match[0]), folded)
        with self._lock:
            tokens = self._kiwi.tokenize(words)
        content = [t for t in tokens if t.tag in _CONTENT_TAGS and t.form not in _STOP]
        matched = [(name, match) for name, p in _COMPILED if (match := p.search(folded))]
        explained = {at for _, match in matched for at in range(match.start(), match.end())}
        foreign = [t for t in content if t.start not in explained and t.tag not in _NUMBER_TAGS]
        return Analysis(
            terms=(*(token.form for token in content), *sizes, *(name for name, _ in matched)),
            unexplained=frozenset(token.form for token in foreign),
            unexplained_nouns=frozenset(t.form for t in foreign if t.tag in _NOUN_TAGS),
        )

    def morphemes(self, text: str) -> list[tuple[str, str]]:
        """The morphemes of `text` in order, each with Kiwi's part of speech."""
        with self._lock:
            return [(token.form, token.tag) for token in self._kiwi.tokenize(text)]

    @staticmethod
    def fingerprint() -> str:
        """Changes whenever the same text may give other terms."""
        rules = repr((CONCEPTS, _USER_NOUNS, sorted(_STOP), sorted(_CONTENT_TAGS)))
        digest = hashlib.sha256(rules.encode()).hexdigest()[:16]
        return f"kiwi-{kiwipiepy.__version__}-{digest}"


@functools.lru_cache(maxsize=1)
def _load_kiwi(nouns: tuple[str, ...]) -> tuple[kiwipiepy.Kiwi, threading.Lock]:
    kiwi = kiwipiepy.Kiwi(num_workers=1)
    kiwi.add_user_word("기가", "NNB", 3.0)
    for noun in nouns:
        kiwi.add_user_word(noun, "NNP", 3.0)
    return kiwi, threading.Lock()


def is_concept(term: str) -> bool:
    """Whether a term is a concept (`#공유`) and not a morpheme."""
    return term.startswith("#")


def concept_name(term: str) -> str:
    """The name of a concept as the table of synonyms has it."""
    return term.removeprefix("#")


def fold(text: str) -> str:
    """NFC, lower case, single spaces, no thousands separators."""
    text = unicodedata.normalize("NFC", text).lower()
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    return re.sub(r"\s+", " ", text).strip()


def _hangul_words(names: Iterable[str]) -> set[str]:
    return {word for name in names for word in re.findall(r"[가-힣]{2,}", name)}
