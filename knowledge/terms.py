"""Turns Korean text into search terms: Kiwi's content morphemes and the carrier's synonyms."""

from __future__ import annotations

import functools
import hashlib
import re
import threading
import unicodedata
from collections.abc import Iterable

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
# Words that every caller says and that name nothing.
_STOP_WORDS = (
    "하 되 있 주 알리 싶 보 말씀 말 궁금 거 것 저 나 제 좀 그 이 뭐 무엇 어떻 어떠 어떤 지금 혹시 "
    "그냥 경우 네 예 아니 안녕 감사 부탁 때 중 수 건 분 같 좋 그렇 이렇 쓰 요금제 요금 데이터 "
    "가능 필요 원하 고객 안내 상담원 연결 확인 돕 드리 모두 위하 정도 한번 다 더 안 못 가 오 몇 "
    "나오 추천 소개 설명 종류 얼마 얼마나 어떻게 어디 언제 사람 걸 달 이번 궁금하 왜 너무 5g"
)
_STOP = frozenset(_STOP_WORDS.split())
_UNITS = re.compile(r"(\d+)\s*(?:gb|기가(?:바이트)?|지비)")
_NOT_WORDS = re.compile(rf"{_UNITS.pattern}|5g")


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
        """Search terms of `text` in order, concepts (`#공유`) last; repeated ones stay repeated."""
        folded = fold(text)
        sizes = [f"{size}gb" for size in _UNITS.findall(folded)]
        with self._lock:
            tokens = self._kiwi.tokenize(_NOT_WORDS.sub(" ", folded))
        morphemes = [
            token.form for token in tokens if token.tag in _CONTENT_TAGS and token.form not in _STOP
        ]
        concepts = [name for name, pattern in _COMPILED if pattern.search(folded)]
        return morphemes + sizes + concepts

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
