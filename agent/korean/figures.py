"""Reads figures out of Korean text, written (`55,000원`) or spoken (`오만 오천 원`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What a figure counts."""

    WON = "won"
    GB = "gb"
    KBPS = "kbps"
    MINUTES = "minutes"
    AGE = "age"
    DECADE = "decade"
    """칠십대: the age group, not one age."""
    PERCENT = "percent"
    MONTHS = "months"
    PLAIN = "plain"
    """A number of three digits or more without a unit that is known here."""


@dataclass(frozen=True)
class Figure:
    """A figure: 5 Mbps is `Figure(Unit.KBPS, 5000)`."""

    unit: Unit
    value: float


@dataclass(frozen=True)
class Found:
    """A figure and where it stands in the text."""

    figure: Figure
    start: int
    end: int


_SINO = {c: i for i, c in enumerate("영일이삼사오육칠팔구")} | {"륙": 6}
_SMALL = {"십": 10, "백": 100, "천": 1000}
_LARGE = {"만": 10**4, "억": 10**8}
_NATIVE_ONES = {
    "하나": 1, "한": 1, "둘": 2, "두": 2, "셋": 3, "세": 3, "넷": 4, "네": 4, "다섯": 5,
    "여섯": 6, "일곱": 7, "여덟": 8, "여덜": 8, "아홉": 9,
}  # fmt: skip
_NATIVE_TENS = {
    "열": 10, "스물": 20, "스무": 20, "서른": 30, "마흔": 40, "쉰": 50, "예순": 60, "일흔": 70,
    "이른": 70, "여든": 80, "아흔": 90,
}  # fmt: skip

# Possessive: else a long string of digits could be parted in very many ways.
_PIECE = r"(?:\d{1,3}(?:,\d{3})++(?!\d)|\d++)(?:\.\d++)?|[일이삼사오육륙칠팔구십백천만억]"
_RUN = rf"(?:{_PIECE})(?:\s?(?:{_PIECE}))*"
_ONES, _TENS = "|".join(_NATIVE_ONES), "|".join(_NATIVE_TENS)
_NATIVE = rf"(?:(?:{_TENS})\s?(?:{_ONES})?|(?:{_ONES}))"
_UNITS: tuple[tuple[Unit, float, str], ...] = (
    (Unit.KBPS, 1, r"kbps|케이비피에스|킬로비피에스"),
    (Unit.KBPS, 1000, r"mbps|엠비피에스|메가비피에스|메가(?!바이트)"),
    (Unit.GB, 1, r"기가바이트|기가|gb|지비|쥐비|긱가"),
    (Unit.WON, 1, r"원"),
    (Unit.MINUTES, 1, r"분(?![가-힣]?[기류야석실명위]|들|께|이신|이세)"),
    (Unit.AGE, 1, r"세(?![트대]|요)|살|쌀(?=[이인짜])"),
    (Unit.DECADE, 1, r"대(?=[가-힣]?\s|[가-힣]|$)"),
    (Unit.PERCENT, 1, r"%|퍼센트|프로(?![그모])"),
    (Unit.MONTHS, 1, r"개월"),
)
_UNIT_GROUPS = "|".join(f"(?P<u{i}>{pattern})" for i, (_, _, pattern) in enumerate(_UNITS))
_NUMBERED = re.compile(rf"(?P<run>{_RUN})\s?(?:{_UNIT_GROUPS})", re.IGNORECASE)
_NATIVE_NUMBERED = re.compile(
    rf"(?<![가-힣])(?P<run>{_NATIVE})\s?(?:(?P<gb>기가)|(?P<age>살|세(?=[이가 ])))"
)
_NATIVE_GLUED = re.compile(
    rf"(?P<run>(?:{'|'.join(_NATIVE_TENS)})\s?(?:{'|'.join(_NATIVE_ONES)})?)\s?(?:(?P<gb>기가)|(?P<age>살))"
)
_BARE_AGE = re.compile(
    rf"(?<![가-힣])(?P<run>(?:스물|서른|마흔|쉰|예순|일흔|여든|아흔)"
    rf"(?:{'|'.join(_NATIVE_ONES)}|\s(?:하나|둘|셋|넷|다섯|여섯|일곱|여덟|아홉))?"
    r"(?=\s|이|인|이신|이세|신|시|세|셔|은|넘|다|되|라|예|입|먹|드|,|\.|$)"
    rf"|열(?:{'|'.join(one for one in _NATIVE_ONES if len(one) > 1 or one in '둘셋넷')})"
    r"(?=인데|이에|예요|이고|이라|이면|이세|이요|입니|된|이야|\s(?:딸|아들|아이|애\s|요금제|추천)))"
)
_MIXED_AGE = re.compile(
    r"(?<![가-힣\d])(?P<run>[오육륙칠팔구]십"
    rf"(?:{'|'.join(one for one in _NATIVE_ONES if len(one) > 1)})?)"
    r"(?=인데|이신|이세|이셔|이라|이고|되[셨신어]|넘|먹)"
)
"""`칠십다섯인데`, `나 칠십인데`: of the old, whose age goes without 살."""
_PLAIN = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})+|(?<![\d,.])\d{3,}")
_PARTICLE = re.compile(r"[이만] ")
_WORDY = re.compile(_PIECE)


def number(text: str) -> float | None:
    """The value of digits and Sino-Korean words, mixed freely: `5만 5천`, `십사`, `50,000`.

    None when the text is not one well-formed number.
    """
    total = group = 0.0
    pending: float | None = None
    last_small, last_large = 10**4, 10**12
    for token in _WORDY.findall(text):
        if token in _LARGE:
            size = _LARGE[token]
            group += pending or 0
            if size >= last_large:
                return None
            total += (group or 1) * size
            group, pending, last_small, last_large = 0.0, None, 10**4, size
        elif token in _SMALL:
            size = _SMALL[token]
            if size >= last_small or (pending is not None and pending >= 10):
                return None
            group += (pending if pending is not None else 1) * size
            pending, last_small = None, size
        else:
            if pending is not None:
                return None
            pending = float(_SINO[token]) if token in _SINO else float(token.replace(",", ""))
            if (group and pending >= last_small) or pending >= last_large:
                return None
    return total + group + (pending or 0)


def native_number(text: str) -> int | None:
    """The value of a native numeral, 1 to 99: `열네` is 14."""
    word = text.replace(" ", "")
    for tens, value in sorted(_NATIVE_TENS.items(), key=lambda item: -len(item[0])):
        if word.startswith(tens):
            rest = word[len(tens) :]
            return (
                value + _NATIVE_ONES[rest]
                if rest in _NATIVE_ONES
                else (value if not rest else None)
            )
    return _NATIVE_ONES.get(word)


def _mixed_number(text: str) -> int | None:
    """The value of `칠십다섯`: tens as in figures, ones as in words."""
    tens, _, ones = text.partition("십")
    if tens not in _SINO or not text.endswith(("십", ones)):
        return None
    return _SINO[tens] * 10 + _NATIVE_ONES.get(ones, 0)


def _longest_number(run: str) -> tuple[float, int] | None:
    """The longest ending of a run that is one number: 이 of `요금이 오만` belongs to the noun."""
    for match in _WORDY.finditer(run):
        value = number(run[match.start() :])
        if value is not None:
            return value, match.start()
    return None


def find_figures(text: str) -> tuple[Found, ...]:
    """All figures with a unit, and bare numbers of three digits or more, in order of place."""
    found = [item for match in _NUMBERED.finditer(text) if (item := _numbered(text, match))]

    def free(match: re.Match[str]) -> bool:
        return all(match.end() <= other.start or match.start() >= other.end for other in found)

    for pattern in (_NATIVE_NUMBERED, _NATIVE_GLUED, _BARE_AGE, _MIXED_AGE):
        for match in pattern.finditer(text):
            native = native_number(match["run"]) or _mixed_number(match["run"])
            if native is not None and free(match):
                unit = Unit.GB if match.groupdict().get("gb") else Unit.AGE
                found.append(Found(Figure(unit, float(native)), match.start(), match.end()))
    for match in _PLAIN.finditer(text):
        if free(match):
            figure = Figure(Unit.PLAIN, float(match[0].replace(",", "")))
            found.append(Found(figure, match.start(), match.end()))
    return tuple(sorted(found, key=lambda item: item.start))


def _numbered(text: str, match: re.Match[str]) -> Found | None:
    """The figure of a run of numerals with its unit, unless they are parts of other words."""
    unit, factor = next(
        (unit, factor)
        for index, (unit, factor, _) in enumerate(_UNITS)
        if match.group(f"u{index}") is not None
    )
    start, run = match.start(), match["run"]
    full_age = unit is Unit.AGE and run.startswith("만 ")
    glued = start > 0 and text[start - 1].isalpha() and _PARTICLE.match(run)
    if full_age or glued:  # 만 65세; 요금이 천 원, where 이 belongs to the noun
        start, run = start + 2, run[2:]
    longest = _longest_number(run)
    if longest is None:
        return None
    value, offset = longest
    numeral = run[offset:]
    if unit in (Unit.MINUTES, Unit.DECADE) and len(numeral) < 2 and not numeral.isdigit():
        return None  # 이분, 일대: words, not figures
    if unit is Unit.DECADE and (value % 10 or not 10 <= value <= 90):
        return None
    if unit is Unit.AGE and value > 130:
        return None
    return Found(Figure(unit, value * factor), start + offset, match.end())


_DIGIT_WORDS = {
    "공": "0", "영": "0", "일": "1", "이": "2", "삼": "3", "사": "4", "오": "5", "육": "6",
    "륙": "6", "칠": "7", "팔": "8", "구": "9", "하나": "1", "둘": "2", "셋": "3", "넷": "4",
}  # fmt: skip
_DIGIT = rf"(?:\d|{'|'.join(_DIGIT_WORDS)})"
_DIGIT_RUN = re.compile(rf"{_DIGIT}(?:[\s\-.,]*(?:에|다시|국에|번에)?[\s\-.,]*{_DIGIT})*")
_SAID = r"[\s\-.,]*(?:에|다시|국에|번에)?[\s\-.,]*"
_MOBILE = re.compile(
    rf"(?<![\d공영일이삼사오육륙칠팔구])(?:0|공|영){_SAID}(?:1|일|하나)(?:{_SAID}{_DIGIT}){{8,9}}"
)
_COPULA = re.compile(
    r"(?:이에요|이예요|예요|에요|입니다|이고요|이구요|인데요|이거든요|이라고요|번이에요|번이요)(?=[\s,.?!]|$)"
    r"|(?:이요|요|이고|이구|인데|이야|이라고)(?=[\s,.?!]*$)"
)
_DATE = re.compile(
    rf"(?P<y>{_RUN}|{_DIGIT}(?:\s?{_DIGIT})+)\s?년(?:도|생)?(?:에|의)?[\s,]*(?P<m>{_RUN}|유|시)\s?월[\s,]*(?P<d>{_RUN})\s?일"
)


def in_one_breath(pieces: Sequence[str]) -> str:
    """Words said one after the other as if in one go: `79년이요` and `3월 14일` are one date."""
    return " ".join([*(_COPULA.sub("", piece).strip() for piece in pieces[:-1]), *pieces[-1:]])


def digit_runs(text: str) -> tuple[str, ...]:
    """Strings of digits said one by one or written, longest first: `공일공에 일이삼사…`."""
    cleaned = _COPULA.sub(" ", text)
    runs = []
    for match in _DIGIT_RUN.finditer(cleaned):
        tokens = re.findall(_DIGIT, match[0])
        runs.append("".join(_DIGIT_WORDS.get(token, token) for token in tokens))
    return tuple(sorted(runs, key=len, reverse=True))


def phone_number(text: str) -> str | None:
    """A mobile number in the text as eleven digits from 010, if there is one."""
    for run in digit_runs(text.replace("+82", "0")):
        start = run.find("01")
        if start >= 0 and len(run) - start >= 10:
            digits = run[start : start + 11]
            if digits.startswith("010") and len(digits) < 11:
                continue
            return digits
    return None


def without_mobile(text: str, instead: str) -> str:
    """The text with something else in place of a mobile number."""
    return _MOBILE.sub(instead, text)


def _year(text: str) -> str | None:
    value = number(text)
    if value is not None and value == int(value) and len(str(int(value))) in (2, 4):
        return str(int(value))
    tokens = re.findall(_DIGIT, text)
    digits = "".join(_DIGIT_WORDS.get(token, token) for token in tokens)
    return digits if len(digits) in (2, 4) else None


def birth_digits(text: str) -> str | None:
    """A date of birth in the text as 6 (yymmdd) or 8 (yyyymmdd) digits, if there is one."""
    text = without_mobile(text, " ")
    if match := _DATE.search(text):
        year = _year(match["y"])
        month = {"유": 6.0, "시": 10.0}.get(match["m"], number(match["m"]))
        day = number(match["d"])
        if year and month and day and month <= 12 and day <= 31:
            return f"{year}{int(month):02d}{int(day):02d}"
    for run in digit_runs(text):
        if len(run) in (6, 8):
            return run
        if len(run) == 7 and _plausible(run[:6]):
            return run[:6]
    return None


def _plausible(yymmdd: str) -> bool:
    return 1 <= int(yymmdd[2:4]) <= 12 and 1 <= int(yymmdd[4:6]) <= 31
