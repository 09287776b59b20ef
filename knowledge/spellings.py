"""Turns a name of the catalogue into one pattern for all the ways people say and spell it.

Numbers (`14`, `십사`, `열네`), units (`GB`, `기가`, `지비`), `5G` (`파이브지`, `오지`, `5지`) and
letters (`Y`, `와이`) vary; spaces come and go. A number without its unit counts only where nothing
after it makes it something else (`요고 36만 원`, `심플 70살`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ORDINARY_WORDS = frozenset({"이월"})
"""Names that are ordinary words too (February, carrying over): they need more around them."""

_SEPARATOR = r"[\s()\-·/]*"
_GAP = rf"{_SEPARATOR}(?:요금제\s*)?(?:의|에서|중에서|중에|중)?{_SEPARATOR}"
_FIVE_G = r"(?:5\s*g|5\s*[지쥐]|파이브\s*[지쥐g]|오\s*[지쥐](?!비))"
_UNIT = r"(?:기가\s*바이트|기가|gb|[지쥐]\s*비|g(?![a-z]))"
_LETTERS = {"y": "와이", "a": "에이", "b": "비", "c": "(?:씨|시)", "teen": "틴"}

_DIGITS = "영일이삼사오육칠팔구"
_NATIVE_TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
_NATIVE_ONES = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")

_PARTICLE = (
    r"(?:은|는|을|를|로|으로|도|의|에|랑|이랑|하고|보다|부터|요금|이?요|이에요|예요|입니다|인데|인가"
    r"|짜리|형|가|이\s|이고|이나|이라|이죠|이지|쓰|과|와)"
)
_NOT_A_COUNT = (
    r"(?!\s*(?:기가|gb|[지쥐]\s*비|만\s*원|만|천|원|개월|살|퍼센트|퍼|프로|%|메가|점))"
    r"(?![\d백십월일년세명분초번대])(?!,\d)(?!\.\d)(?!시간)"
)
_SENTENCE_END = r"(?=\s*(?:요금제|$|[.?!,]))"

_PART = re.compile(r"\d+\s*gb|5g|\d+|[a-z]+|[가-힣]+")


@dataclass(frozen=True, kw_only=True)
class _Part:
    text: str
    spaced: bool
    """Whether the name separates it from the part before."""

    @property
    def number(self) -> int | None:
        digits = re.match(r"\d+", self.text)
        return int(digits[0]) if digits and self.text != "5g" else None

    @property
    def has_unit(self) -> bool:
        return self.text != "5g" and self.text.endswith("gb")


def patterns(name: str) -> tuple[re.Pattern[str], ...]:
    """Every pattern under which `name` is recognised in lower-case NFC text."""
    parts = _parts(name)
    if len(parts) == 1 and parts[0].text in ORDINARY_WORDS:
        return (_ordinary_word(parts[0].text),)
    first, last = parts[0], parts[-1]
    ordinary = first.text in ORDINARY_WORDS
    prefix = "" if first.text == "5g" else rf"(?:{_FIVE_G}{_SEPARATOR})?"
    body = "".join(
        (_joint(before, part) if before else "") + _spelled(part, last=part is last)
        for before, part in zip((None, *parts), parts, strict=False)
    )
    found = [_front(parts) + prefix + body + _back(last, ordinary=ordinary)]
    if len(parts) > 1 and last.has_unit and first.text != "5g":
        words = _SEPARATOR.join(_spelled(part, last=False) for part in parts[:-1])
        tail = r"(?=\s*요금제)" if ordinary else _back(parts[-2], ordinary=False)
        found.append(rf"(?<![0-9a-z가-힣]){_spelled(last, last=False)}\s*(?:짜리\s*)?{words}{tail}")
    return tuple(re.compile(pattern) for pattern in found)


def spelling(name: str) -> re.Pattern[str]:
    """The one pattern for `name` by itself: whole, its parts in order, nothing but spaces between.

    For what `patterns` would find too, but where the very characters are to be rewritten: no
    `5G` before it, no `요금제` within, no other order. Case does not matter.
    """
    parts = _parts(name)
    body = r"\s*".join(
        # 슬림이 월 요금: an ordinary word is not put together from two
        part.text if part.text in ORDINARY_WORDS else _spelled(part, last=part is parts[-1])
        for part in parts
    )
    ordinary = parts[0].text in ORDINARY_WORDS
    back = _back(parts[-1], ordinary=ordinary)
    return re.compile(rf"(?<![0-9a-z가-힣]){body}{back}", re.IGNORECASE)


def part_count(name: str) -> int:
    """Of how many parts (words, letters, numbers with their unit) a name is made."""
    return len(_parts(name))


def _parts(name: str) -> tuple[_Part, ...]:
    lowered = name.lower()
    return tuple(
        _Part(
            text=re.sub(r"\s", "", match[0]),
            spaced=match.start() > 0 and re.match(r"\w", lowered[match.start() - 1]) is None,
        )
        for match in _PART.finditer(lowered)
    )


def _joint(before: _Part, part: _Part) -> str:
    if before.text == "5g":
        return _SEPARATOR
    return _GAP if part.spaced else r"\s*"


def _spelled(part: _Part, *, last: bool) -> str:
    """The part's spellings; a last one without a unit is not said in native numerals."""
    if part.text == "5g":
        return _FIVE_G
    if part.number is not None:
        if part.has_unit:
            return rf"(?:{_numbers(part.number, native=True)})\s*{_UNIT}"
        return _bare_number(part.number) if last else _numbers(part.number, native=False)
    if part.text in _LETTERS:
        if last and part.text in {"b", "c"}:
            return part.text  # `시니어 비` and `시니어 씨` are the start of other words
        return rf"(?:{part.text}|{_spaced(_LETTERS[part.text])})"
    return _spaced(re.escape(part.text))


def _spaced(word: str) -> str:
    return word if word.startswith("(") else r"\s*".join(word)


def _sino(number: int) -> str:
    """Sino-Korean reading below 1000: 110 is 백십."""
    reading = ""
    for value, name in ((100, "백"), (10, "십")):
        digit, number = divmod(number, value)
        if digit:
            reading += (_DIGITS[digit] if digit > 1 else "") + name
    return reading + (_DIGITS[number] if number else "")


def _readings(number: int, *, native: bool) -> tuple[str, ...]:
    readings = [_sino(number)]
    if 100 <= number < 200:
        readings.append("일" + readings[0])
    if number >= 10:
        readings.append("".join(_DIGITS[int(digit)] for digit in str(number)))
        readings.append(readings[-1].replace("영", "공"))
    if native and number < 100:
        readings.append(_NATIVE_TENS[number // 10] + _NATIVE_ONES[number % 10])
    return tuple(dict.fromkeys(readings))


def _numbers(number: int, *, native: bool) -> str:
    spoken = sorted(_readings(number, native=native), key=len, reverse=True)
    return "|".join([str(number), *map(_spaced, spoken)])


def _bare_number(number: int) -> str:
    """A number that ends a name: nothing may follow that makes it another number or a count."""
    spoken = []
    for reading in _readings(number, native=False):
        end = rf"(?=$|[^가-힣0-9a-z]|{_PARTICLE})" if len(reading) > 1 else _SENTENCE_END
        spoken.append(_spaced(reading) + end)
    return rf"(?:{number}|{'|'.join(spoken)}){_NOT_A_COUNT}"


def _front(parts: tuple[_Part, ...]) -> str:
    first = parts[0]
    if first.text in ORDINARY_WORDS:
        return r"(?<![0-9a-z일이삼사오육칠팔구십])"  # 십이월 is December
    if len(parts) == 1 or first.text in _LETTERS or first.number is not None:
        return r"(?<![0-9a-z가-힣])"
    return r"(?<![0-9a-z])"


def _back(last: _Part, *, ordinary: bool) -> str:
    if last.number is not None:
        if ordinary and not last.has_unit:
            # `이월 이십일` is 21 February unless something says otherwise.
            return r"(?:(?<=[0-9])|(?=\s*요금제))"
        return ""
    if last.text in _LETTERS:
        return rf"(?![a-z])(?=$|[^가-힣]|{_PARTICLE})"
    return r"(?!하(?!고)|한(?!테)|해)"  # 심플한, 슬림하게: adjectives, not names


def _ordinary_word(word: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![0-9a-z가-힣])(?<!데이터)(?<!데이터 )(?<!데이터가 )(?<!데이터는 ){word}"
        r"(?=\s*(?:형|은|이|로|으로)?\s*(?:요금|얼마|가격|종류|이?요\W*$|할게요|$|[.?!]))"
    )
