"""Finds names of plans that do not exist: `골드 플러스는 월 80,000원이에요.`"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from agent import lines
from agent.grounding.evidence import Evidence, squeeze
from agent.grounding.mentions import Mention, Names
from knowledge.catalog.model import Catalog
from knowledge.terms import Analyzer

_NOUNS = frozenset({"NNG", "NNP", "SL", "XPN", "XSN", "SN", "NNB", "NR", "SW", "XR", "SH"})
_SAYS_SOMETHING = frozenset({"NNG", "NNP", "SL", "SH"})
_STANDS_FOR_NAME, _CLOSED_NAME = "요금제", "상품"
_AFTER_CLOSED = re.compile(r"은|이|을|과|으로")
"""Particles behind a final consonant: what stands for the name must have one as well."""
_KINDS = frozenset({"요금제", "요금", "상품", "플랜", "패키지", "팩"})
_TAKES = frozenset(
    {"추천", "이용", "가입", "선택", "소개", "권하", "고르", "바꾸", "변경", "옮기", "갈아타", "쓰"}
)
_WORTH_A_LOOK = re.compile(
    r"\d|[일이삼사오육칠팔구십백천만]\s?(?:원|기가)|무제한|요금제|상품|플랜|패키지"
    r"|추천|가입|변경|바꾸|이용"
)
_ORDINARY = frozenset((Path(__file__).parent / "ordinary.txt").read_text(encoding="utf-8").split())
"""Nouns that people say about plans and that name none."""
_NAME_LIKE = re.compile(
    r"(?<![가-힣])(?:골드|실버|플래티넘|다이아|맥스|울트라|플러스|프라임|스타터|에센셜|스탠[다더]드|레귤러"
    r"|패밀리|프리미어|슈퍼|하이퍼|이코노미|비즈니스|로[열얄]|블랙|퍼펙트|올인원|프로(?!그램|모션|필))"
)
"""What plans are called; where no fact says it, it is a name that somebody made up."""


@dataclass(frozen=True)
class _Phrase:
    """A run of nouns, and what stands behind it."""

    nouns: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]

    def words(self) -> Iterable[str]:
        return (form for form, tag in self.nouns if tag in _SAYS_SOMETHING)


class Strangers:
    """Knows the words of one catalogue, and so which names are none of its."""

    def __init__(self, catalog: Catalog, names: Names) -> None:
        self._analyzer = Analyzer(catalog)
        self._name_words = names.words - _ORDINARY
        heads = {p.name.split()[0] for p in catalog.plans if " " in p.name} - {"5G"}
        self._sized = re.compile(
            rf"(?<![가-힣A-Za-z0-9])(?:{'|'.join(sorted(map(re.escape, heads), reverse=True))})"
            r"\s?(?:\d+\s?(?:GB|기가)|[A-Z가-힣]형(?![가-힣])|\d+(?=[은는이가을를의도]|\s?(?:으로|로|요금제)))",
            re.IGNORECASE,
        )
        self._words = frozenset(self._nouns_of(catalog)) | _ORDINARY
        self._morphemes = lru_cache(maxsize=2048)(self._analyzer.morphemes)

    def find(self, text: str, mentions: Sequence[Mention], evidence: Evidence) -> list[str]:
        """Names in the sentence that are of no plan, though they are used as one's."""
        found = [
            match[0]
            for pattern in (self._sized, _NAME_LIKE)
            for match in pattern.finditer(text)
            if not any(m.start <= match.start() and match.end() <= m.end for m in mentions)
            and squeeze(match[0]) not in evidence.read
        ]
        if not _WORTH_A_LOOK.search(text):
            return found
        shown = text
        for mention in reversed(mentions):
            rest = shown[mention.end :]
            stands_for = _CLOSED_NAME if _AFTER_CLOSED.match(rest) else _STANDS_FOR_NAME
            shown = shown[: mention.start] + stands_for + rest
        phrases = _phrases(self._morphemes(shown))
        for phrase in phrases:
            strange = [word for word in phrase.words() if self._is_strange(word, evidence)]
            stray = not self._name_words.isdisjoint(strange)
            if strange and (stray or _used_as_name(phrase, phrases)):
                found.append(" ".join(strange))
        return found

    def _is_strange(self, word: str, evidence: Evidence) -> bool:
        if word in self._name_words:
            return True
        return word not in self._words and word.lower() not in evidence.read

    def nouns(self, text: str) -> list[str]:
        """The nouns of a text."""
        return [form for form, tag in self._morphemes(text) if tag in _SAYS_SOMETHING]

    def _nouns_of(self, catalog: Catalog) -> Iterable[str]:
        """The ordinary nouns of the catalogue's pages and of the fixed lines."""
        texts = [entry.answer for entry in catalog.faqs]
        texts += [text for family in catalog.families for _, text in family.sections]
        texts += [", ".join((p.eligibility.text, *p.notes)) for p in catalog.plans]
        texts += [line for line in vars(lines).values() if isinstance(line, str)]
        for text in texts:
            for form, tag in self._analyzer.morphemes(text):
                if tag in _SAYS_SOMETHING and form not in self._name_words:
                    yield form


def _phrases(morphemes: Sequence[tuple[str, str]]) -> list[_Phrase]:
    phrases = []
    at = 0
    while at < len(morphemes):
        start = at
        while at < len(morphemes) and morphemes[at][1] in _NOUNS:
            at += 1
        if at > start:
            phrases.append(_Phrase(tuple(morphemes[start:at]), tuple(morphemes[at : at + 4])))
        at += 1
    return phrases


def _used_as_name(phrase: _Phrase, phrases: Sequence[_Phrase]) -> bool:
    """Whether an unknown noun stands where a plan's name would."""
    forms = [form for form, _ in phrase.nouns]
    after = [form for form, _ in phrase.after]
    if forms[-1] in ("님", "씨") or after[:1] == ["님"]:
        return False  # a person
    if _KINDS & set(forms):
        return True
    marker = phrase.after[0] if phrase.after else ("", "")
    if marker[1] in ("JKO", "JKB") and _TAKES & set(after[1:]):
        return True
    own_figure = _has_money(forms)
    if marker[1] in ("JX", "JKS") or own_figure:
        later = phrases[phrases.index(phrase) + 1 :]
        return own_figure or any(_has_money([form for form, _ in p.nouns]) for p in later[:3])
    return False


def _has_money(forms: Sequence[str]) -> bool:
    return any(
        unit in ("원", "GB", "기가", "gb")
        and any(c.isdigit() or c in "천만백십오육칠팔구삼사이일" for c in amount)
        for amount, unit in pairwise(forms)
    )
