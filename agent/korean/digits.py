"""Digit strings as callers say them, in their written form: `공일공에 일이삼사` is `010-1234`.

Telephone numbers in every grouping, parts of them while the rest is still being said, dates of
birth in six or eight digits, and codes. Digits come singly (`공일공`), spaced, in pairs, as
natives (`공하나공`), written, or as cardinals within a group (`천이백삼십사`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby, pairwise

from agent.korean.figures import number

_NAMES = {
    "공": "0", "영": "0", "일": "1", "이": "2", "삼": "3", "사": "4", "오": "5", "육": "6",
    "륙": "6", "칠": "7", "팔": "8", "구": "9", "하나": "1", "둘": "2", "셋": "3", "넷": "4",
}  # fmt: skip
_DIGIT = rf"(?:\d|{'|'.join(_NAMES)})"
_JOINT = (
    r"(?:[\s,.\-]*(?:에|의|다시|국에|번에|대시|하이픈)(?![가-힣])[\s,.\-]*"
    r"|(?!(?<=\d)[.,]\d)[\s,.\-]+)"
)
_GLUED_JOINT = rf"(?:(?:에|의|다시|대시)(?={_DIGIT}))"
_BETWEEN = rf"(?:{_JOINT}|{_GLUED_JOINT})?"
_START = r"(?:(?<![가-힣0-9A-Za-z.,:/~+\-])|(?<=[은는])(?=[공영](?:일|하나)))"
_REGION = re.compile(rf"{_START}{_DIGIT}(?:{_BETWEEN}{_DIGIT})*")
_TOKEN = re.compile(_DIGIT)

_CARDINAL = r"[일이삼사오육륙칠팔구십백천공영\d]+"
_PREFIX = r"[공영0]\s?(?:일|하나|1)\s?[공영0육륙칠팔구일16-9]"
_WITH_CARDINALS = re.compile(rf"{_START}(?:{_PREFIX})(?:{_JOINT}{_CARDINAL}){{2,8}}")

_COUNTED = re.compile(
    r",\d{3}|\s?(?:[십백천만억]|기가|메가|케이비|킬로비|원(?![가-힣]{2})|퍼센트|프로|개월|점\s?[공영일이삼사오육칠팔구]"
    r"|GB|[KMkm]bps|%|살|년|월(?!요)|시간)"
)
_COPULA = re.compile(r"에요|예요|요(?![가-힣])|고|구요|거든|라|죠|지요|야(?![가-힣])|랑|며|니까")
_AROUND = ("이", "일", "사", "오")
"""Syllables that are words of their own where they follow a number."""
_INTERJECTIONS = frozenset({"2222", "5555", "3355"})
"""이이이이, 오오오오 and 삼삼오오 by themselves are sounds and words, not numbers."""
_ASKED = re.compile(r"(?:자리|번호|뒤에)[는은가이]?\s?$")
"""Before two pairs of digits, which may be words anywhere else (`이사 오일`)."""
_MOBILE = re.compile(r"01[016789]")
_AREA = re.compile(r"02|0[3-6]\d|0[78]0|050\d")


@dataclass(frozen=True, kw_only=True)
class _Digit:
    value: str
    said: str
    start: int
    """Where it stands in the text."""
    group: int
    """Which group it belongs to; digits said in one breath share one."""

    @property
    def end(self) -> int:
        return self.start + len(self.said)


@dataclass(frozen=True, kw_only=True)
class _Reading:
    digits: tuple[_Digit, ...]
    written: str
    complete: bool
    """Whether it is a whole number or code, not a part of one that is still being said."""


def digit_strings(text: str) -> str:
    """The text with its strings of digits as they are written; all else stays."""
    text = _WITH_CARDINALS.sub(_cardinals, text)
    return _REGION.sub(_region, text)


def _cardinals(match: re.Match[str]) -> str:
    """A number whose groups are said as cardinals, if they make up one whole mobile number."""
    if not re.search(r"[십백천]", match[0]):
        return match[0]
    words = re.split(_JOINT, match[0])
    said = ""
    for at, word in enumerate(words):
        last = at == len(words) - 1
        for form in (word, word[:-1]) if last and word.endswith("이") else (word,):
            digits = _group_digits(form)
            if digits is not None and (not last or len(said + digits) in (10, 11)):
                said += digits
                tail = word[len(form) :]
                break
        else:
            return match[0]
    phone = _mobile(said, ()) if len(said) == 11 or not said.startswith("010") else None
    return match[0] if phone is None else phone + tail


def _group_digits(word: str) -> str | None:
    tokens = _TOKEN.findall(word)
    if "".join(tokens) == word:
        return "".join(_NAMES.get(token, token) for token in tokens)
    value = number(word)
    return str(int(value)) if value is not None and len(_TOKEN.sub("", word)) > 0 else None


def _region(match: re.Match[str]) -> str:
    """One region of digits, each number in it by itself."""
    pieces = _pieces(_digits(match))
    written, position = "", match.start()
    for piece in pieces:
        before, after = match.string[: piece[0].start], match.string[piece[-1].end :]
        reading = _read(piece, before, after if piece is pieces[-1] else "")
        if reading is None:
            continue
        first, last = reading.digits[0], reading.digits[-1]
        written += match.string[position : first.start] + reading.written
        position = last.end
    return written + match.string[position : match.end()]


def _pieces(digits: tuple[_Digit, ...]) -> list[tuple[_Digit, ...]]:
    """The numbers of a region: a second one begins with its own 010; `14일` belongs to none."""
    pieces: list[list[_Digit]] = [[]]
    for _, run in groupby(digits, lambda digit: digit.group):
        group = list(run)
        ahead = "".join(d.value for d in digits if d.group >= group[0].group)
        counts = [d.said for d in group if not d.said.isdigit()] not in ([], ["이"])
        if counts and group[0].said.isdigit() and group[0].value != "0":
            pieces.append([])
            continue
        if len(pieces[-1]) >= 6 and _MOBILE.match(ahead) and len(ahead) >= 10:
            pieces.append([])
        pieces[-1] += group
    return [tuple(piece) for piece in pieces if piece]


def _digits(match: re.Match[str]) -> tuple[_Digit, ...]:
    digits: list[_Digit] = []
    group, end = 0, match.start()
    for token in _TOKEN.finditer(match.string, match.start(), match.end()):
        if token.start() > end:
            group += 1
        end = token.end()
        digits.append(
            _Digit(
                value=_NAMES.get(token[0], token[0]),
                said=token[0],
                start=token.start(),
                group=group,
            )
        )
    return tuple(digits)


def _read(digits: tuple[_Digit, ...], before: str, after: str) -> _Reading | None:
    """The best reading of a region: whole first, then without what belongs to words around it."""
    counted = _COUNTED.match(after)
    alone = after.startswith(" ") and sum(d.group == digits[-1].group for d in digits) >= 3
    if counted and not alone:
        # The last group counts something: 오만 원 after a number.
        digits = tuple(d for d in digits if d.group != digits[-1].group)
        if not digits:
            return None
        after = " "
    for four in (digits, digits[:-1]) if digits[-1].said == "이" else (digits,):
        if _sizes(four) == (2, 2) and _ASKED.search(before):
            return _Reading(digits=four, written="".join(d.value for d in four), complete=True)
    candidates = [digits]
    if digits[-1].said == "이" and len(digits) > 1 and digits[-2].group == digits[-1].group:
        copula = _COPULA.match(after)
        if digits[-2].said.isdigit():
            candidates = [digits[:-1]]  # 1234이에요
        elif copula and copula[0] != "예요" and not _whole(digits):
            if reading := _reading(digits[:-1]):
                return reading
            if len(digits) == 4 and digits[1].said == "영":
                return None  # 오영일이에요: a person
        elif copula or len(digits) > 11:
            candidates = [digits, digits[:-1]]
    if _lone(digits, -1):
        candidates.append(digits[:-1])
    if _lone(digits, 0):
        candidates += [candidate[1:] for candidate in tuple(candidates) if len(candidate) > 1]
    readings = [reading for c in candidates if (reading := _reading(c)) is not None]
    return next((r for r in readings if r.complete), readings[0] if readings else None)


def _lone(digits: tuple[_Digit, ...], at: int) -> bool:
    """Whether the first or last digit is a syllable by itself, while others are in groups."""
    group = digits[at].group
    return (
        len(digits) > 4
        and digits[at].said in _NAMES
        and sum(d.group == group for d in digits) == 1
        and any(a.group == b.group for a, b in pairwise(digits))
    )


def _sizes(digits: tuple[_Digit, ...]) -> tuple[int, ...]:
    """How many digits each group has; three and more said singly are one group."""
    groups = [d.group for d in digits]
    counts = [groups.count(group) for group in dict.fromkeys(groups)]
    sizes: list[int] = []
    for single, run in groupby(counts, lambda count: count == 1):
        together = list(run)
        sizes += [len(together)] if single and len(together) >= 3 else together
    return tuple(sizes)


def _whole(digits: tuple[_Digit, ...]) -> bool:
    """Whether the digits are a whole number with its prefix, or a date of birth."""
    values = "".join(d.value for d in digits)
    if len(values) == 6 and is_birth(values):
        return True
    if _sizes(digits[:-1]) == (3, 3, 4):
        return False
    return len(values) >= 7 and values[0] == "0" and _whole_phone(values, _sizes(digits))


def _reading(digits: tuple[_Digit, ...]) -> _Reading | None:
    values, sizes = "".join(d.value for d in digits), _sizes(digits)
    said = [d for d in digits if not d.said.isdigit()]
    natives = sum(len(d.said) == 2 or d.said in "둘셋넷" for d in digits)
    if natives == len(digits):
        return None  # 하나 둘 셋 넷: counting
    written: str | None
    whole_date = len(values) == 6 and sizes == (6,) and is_birth(values)
    if whole_date:
        written = values
    elif _MOBILE.match(values) and (said or sizes[0] == 3 or len(values) >= 7):
        if len(values) == 3 and values != "010":
            return None  # 공일일: too little to be sure
        written = _mobile(values, sizes)
    elif said:
        written = _area(values, sizes) or _unprefixed(values, sizes)
    else:
        return None
    if written is None:
        return None
    complete = (
        whole_date
        or _whole_phone(values, sizes)
        or (not _MOBILE.match(values) and len(values) in (4, 6, 7, 8))
    )
    return _Reading(digits=digits, written=written, complete=complete)


def _whole_phone(values: str, sizes: tuple[int, ...]) -> bool:
    if not _MOBILE.match(values):
        return _area(values, sizes) is not None
    if len(values) == 10:
        return not values.startswith("010") or sizes == (3, 3, 4)
    return len(values) in (3, 7, 11)


def _mobile(values: str, sizes: tuple[int, ...]) -> str | None:
    """A mobile number or its beginning; None if there are too many digits."""
    prefix, rest = values[:3], values[3:]
    middle = 3 if sizes == (3, 3, 4) or (len(rest) == 7 and prefix != "010") else 4
    if len(rest) > 8:
        return None
    return "-".join(part for part in (prefix, rest[:middle], rest[middle:]) if part)


def _area(values: str, sizes: tuple[int, ...]) -> str | None:
    """A number with an area code, or its beginning where it is said in groups."""
    area = _AREA.match(values)
    if area is None:
        return None
    code, rest = area[0], values[area.end() :]
    if len(sizes) > 1 and sizes[0] == len(code) and len(rest) == sizes[1] and len(rest) in (3, 4):
        return f"{code}-{rest}"
    if len(rest) in (7, 8) and (len(sizes) == 1 or sizes[0] in (1, len(code))):
        return f"{code}-{rest[:-4]}-{rest[-4:]}"
    return None


def _unprefixed(values: str, sizes: tuple[int, ...]) -> str | None:
    """Digits that are no number with a prefix: groups of four, a date of birth or a code."""
    if len(sizes) == 1:
        if len(values) < 4 or values in _INTERJECTIONS:
            return None
        eight = len(values) == 8 and not is_birth(values)
        return f"{values[:4]}-{values[4:]}" if eight else values
    if len(values) in (6, 8) and is_birth(values) and 2 <= min(sizes) <= max(sizes) <= 4:
        return values
    halves = len(values) == 8 and (sizes == (2, 2, 2, 2) or max(sizes) >= 4)
    groups = (4, 4) if halves else sizes
    if max(groups) != 4 or min(groups) < 3:
        return None
    ends = [sum(groups[: at + 1]) for at in range(len(groups))]
    return "-".join(values[end - size : end] for size, end in zip(groups, ends, strict=True))


def is_birth(digits: str) -> bool:
    """Whether six (yymmdd) or eight (yyyymmdd) digits can be a date of birth."""
    if len(digits) == 8 and digits[:2] not in ("19", "20"):
        return False
    month, day = int(digits[-4:-2]), int(digits[-2:])
    return 1 <= month <= 12 and 1 <= day <= 31
