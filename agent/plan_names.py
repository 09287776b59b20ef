"""Puts misheard and oddly spelled plan names right: `오지 스림`, `와이 틴` are `5G 슬림`, `Y틴`.

Two steps. A word that is near to one word of the catalogue's names, by jamo, and clearly nearer
than to any other, becomes that word where what stands beside it makes it a name (`5G`, `요금제`,
another part of the same name). Then names are spelled as the catalogue writes them. A word that
is part of a name already is never changed, so that no plan becomes another.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache, partial

from knowledge.catalog.model import Catalog
from knowledge.jamo import distance, to_jamo
from knowledge.spellings import part_count, spelling

_MARGIN = 1.5
"""How much nearer (in jamo) a misheard word must be to one word than to any other."""
_SURE_JAMO = 6
"""Words of so many jamo and more are repaired before 요금제 alone; shorter ones are too common."""
_MOST_OTHER = 4
"""Where more sounds than that differ, blurred ones included, a word is near to no other."""
_ORDINARY = frozenset(
    {
        # near 요고
        "요거", "요구", "여고", "요기", "요소", "요가", "요즘", "오고", "요점", "보고", "하고",
        # near 이월
        "일월", "삼월", "사월", "오월", "유월", "칠월", "구월", "시월", "익월", "매월", "이웃",
        "이걸",
        # near 복지
        "복사", "복귀", "복직", "볶지", "보지", "놓지", "먹지", "녹지", "벅지",
        # near 슬림, 심플, 초이스, 웰컴, 시니어, 주니어, 베이직, 스페셜
        "살림", "그림", "쓰림", "올림", "샘플", "베이지", "배지",
        # near 틴, after a letter
        "인", "신", "진", "민", "린", "빈", "긴", "킨",
    }
)  # fmt: skip
"""Words that mean themselves; only a full name around them (`5G 베이지`) says otherwise."""
_FIVE_G = r"(?:5\s?G|5[지쥐]|[파바빠하화]이[브프부]\s?[지쥐치]|오[지쥐])"
"""`5G` as it is said and misheard; counts only before a name."""
_CALLERS_ASK = (
    r"(?=\s(?:요금|가입|변경|얼마|가격|데이터|할인|테더링|핫스팟|멤버십|OTT|누가|조건|기본료|궁금|설명"
    r"|알려|문의|말고|신청|쓰|중에)|(?:는|로|랑|를|도)(?:\s|$)|\s?요금제)"
)
"""What follows a family that is named by one letter (`와이`), which may be a dialect's `why`."""
_LETTERS = {"A": "에이", "B": "비", "C": "씨", "Y": "와이"}
_CLOSES = r"(?=$|[^가-힣]|은|는|이|으로|로|을|를|요|도|의|에|랑|하고|보다|예요|인데|입니다|와|과)"
_HOMOPHONES = {"이월": "2월"}
"""Words of names that a recogniser prints as something else with the same sound."""
_AS_A_PLAN = r"(?=로|랑|하고|이?요(?:$|[^가-힣])|짜리|는요|\s?요금|\s?얼마|\s?말고|\s?비교)"
_PLAN_WORD = re.compile(r"\s*요금제")
_RUN = re.compile(r"[가-힣]+")


@dataclass(frozen=True, kw_only=True)
class _Repair:
    word: str
    start: int
    end: int


class PlanNames:
    """The names of one catalogue, ready for putting right what was heard."""

    def __init__(self, catalog: Catalog) -> None:
        names = [family.name for family in catalog.families] + [p.name for p in catalog.plans]
        words = {word for name in names for word in re.findall(r"[가-힣]{2,}", name)}
        self._words = {word: to_jamo(word) for word in sorted(words)}
        self._syllables = {word: _syllables(word) for word in self._words}
        self._sizes = sorted({len(word) for word in words}, reverse=True)
        spelled = _spelled_names(catalog, words)
        self._names = tuple((spelling(name), target) for name, target in spelled.items())
        self._homophones = tuple(
            (re.compile(rf"(?<![\d가-힣]){_HOMOPHONES[word]} {size}{_AS_A_PLAN}"), f"{word} {size}")
            for plan in catalog.plans
            for word, _, size in (plan.name.partition(" "),)
            if word in _HOMOPHONES and size.endswith("GB")
        )
        openers = {
            name.removeprefix("5G ").split()[0]
            for family in catalog.families
            for name in (family.name, *family.aliases, *(plan.name for plan in family.plans))
        }
        said = {_LETTERS.get(opener[0], opener[0]) + opener[1:] for opener in openers}
        first = "|".join(sorted(map(re.escape, openers | said), key=len, reverse=True))
        self._five_g = re.compile(
            rf"(?<![가-힣A-Za-z0-9]){_FIVE_G}\s*(?={first}|요금제)", re.IGNORECASE
        )
        letters = {
            name.removeprefix("5G ") for name in names if re.fullmatch(r"(?:5G )?[ABCY]", name)
        }
        self._letters = tuple(
            (
                re.compile(
                    rf"(?<=5G ){_LETTERS[letter]}{_CLOSES}"
                    rf"|(?<![가-힣A-Za-z0-9]){_LETTERS[letter]}{_CALLERS_ASK}"
                ),
                letter,
            )
            for letter in sorted(letters)
        )
        self._short = tuple(
            (
                re.compile(
                    rf"(?<![가-힣A-Za-z0-9])(?P<letter>{name[0]}|{_LETTERS[name[0]]})\s?"
                    rf"(?P<heard>[가-힣]){_CLOSES}",
                    re.IGNORECASE,
                ),
                name,
            )
            for name in sorted(names)
            if re.fullmatch(r"[ABCY][가-힣]", name)
        )
        self._nearest = lru_cache(maxsize=4096)(self._find_nearest)

    def repaired(self, heard: str) -> str:
        """The text with its plan names put right; NFC goes in, everything else stays as it was.

        Names in `heard` become what the catalogue writes, or stay as heard where that is not clear.
        """
        text = self._five_g.sub("5G ", heard)
        text = self._with_repairs(text)
        text = self._five_g.sub("5G ", text)
        for pattern, name in self._short:
            text = pattern.sub(partial(_short_name, name=name), text)
        for pattern, target in (*self._homophones, *self._names):
            text = pattern.sub(target, text)
        for pattern, letter in self._letters:
            text = pattern.sub(letter, text)
        return text

    def _with_repairs(self, text: str) -> str:
        repairs = [repair for run in _RUN.finditer(text) for repair in self._in_run(run)]
        if not repairs:
            return text
        tried = _replaced(text, repairs)
        # A word has as many syllables as what was heard, so places stay the same.
        spans = [m.span() for pattern, _ in self._names for m in pattern.finditer(tried)]
        return _replaced(text, [r for r in repairs if self._borne_out(r, text, tried, spans)])

    def _in_run(self, run: re.Match[str]) -> list[_Repair]:
        """Words of names that the beginning of a run of hangul may be, and what follows them."""
        repairs = []
        at, text = 0, run[0]
        while at < len(text):
            for size in self._sizes:
                window = text[at : at + size]
                word = window if window in self._words else self._nearest(window)
                if word is None or len(window) < size:
                    continue
                if word != window:
                    start = run.start() + at
                    repairs.append(_Repair(word=word, start=start, end=start + size))
                at += size
                break
            else:
                break
        return repairs

    def _borne_out(
        self, repair: _Repair, text: str, tried: str, spans: list[tuple[int, int]]
    ) -> bool:
        """Whether what stands beside a repaired word makes it a name."""
        heard = text[repair.start : repair.end]
        before = tried[: repair.start].rstrip()
        led = before.endswith(("5G", "Y", "와이", *self._words))
        if heard in _ORDINARY and not led:
            return False
        if any(start <= repair.start and repair.end <= end for start, end in spans):
            return True
        if before.endswith(("5G", "오지", "오쥐")):
            return True
        enough = len(self._words[repair.word]) >= _SURE_JAMO
        return enough and _PLAN_WORD.match(tried, repair.end) is not None

    def _find_nearest(self, heard: str) -> str | None:
        """The word of a name that `heard` is a mishearing of, if it is clearly nearest."""
        syllables = _syllables(heard)
        if not any(_alike(syllables, known) for known in self._syllables.values()):
            return None
        jamo = to_jamo(heard)
        ranked = sorted(
            (distance(jamo, other), word)
            for word, other in self._words.items()
            if abs(len(word) - len(heard)) <= 1
        )
        if not ranked or len(ranked[0][1]) != len(heard):
            return None
        best, word = ranked[0]
        rival = ranked[1][0] if len(ranked) > 1 else math.inf
        return word if best <= _allowed(self._words[word]) and rival - best >= _MARGIN else None


def _allowed(jamo: str) -> float:
    """How many jamo may differ in a word of a name."""
    return 1.0 if len(jamo) < 6 else 1.5 if len(jamo) < 9 else 2.0


def _syllables(word: str) -> tuple[tuple[int, int, int], ...]:
    """Each syllable as the numbers of its onset, vowel and coda."""
    return tuple(
        (code // 588, code // 28 % 21, code % 28) for code in (ord(c) - 0xAC00 for c in word)
    )


def _alike(left: tuple[tuple[int, int, int], ...], right: tuple[tuple[int, int, int], ...]) -> bool:
    """Whether two words of one length may be near: a cheap look before the distance is reckoned."""
    if len(left) != len(right):
        return False
    other = sum(x != y for a, b in zip(left, right, strict=True) for x, y in zip(a, b, strict=True))
    return other <= _MOST_OTHER


def _replaced(text: str, repairs: list[_Repair]) -> str:
    for repair in repairs:
        text = text[: repair.start] + repair.word + text[repair.end :]
    return text


def _short_name(match: re.Match[str], name: str) -> str:
    """A name of one letter and one syllable (`Y틴`), that syllable heard one jamo off at most."""
    heard = match["heard"]
    near = distance(to_jamo(heard), to_jamo(name[1])) <= 1 and heard not in _ORDINARY
    return name if near else match[0]


def _spelled_names(catalog: Catalog, words: set[str]) -> dict[str, str]:
    """Names of two parts and more, longest first, and how each is written.

    Other spellings keep their own words (`요고 다이렉트 36`), with the unit of the plan's name.
    """
    found = {}
    for family in catalog.families:
        for plan in family.plans:
            for name in (plan.name, *plan.aliases):
                found[name] = plan.name if _same_but_unit(name, plan.name) else name
        found |= {name: name for name in (family.name.removeprefix("5G "), *family.aliases)}
    proper = {
        name: target
        for name, target in found.items()
        if part_count(name) > 1
        and "(" not in name
        and "/" not in name
        and set(re.findall(r"[가-힣]{2,}", name)) <= words
    }
    order = sorted(proper, key=lambda name: (-part_count(name), -len(name)))
    return {name: proper[name] for name in order}


def _same_but_unit(name: str, plan_name: str) -> bool:
    return plan_name == f"{name}GB" or name.lower() == "y teen"
