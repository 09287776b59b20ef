"""Dates of birth in text, told from the dates of plans, bills and contracts; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storage.privacy.context import meant_before
from storage.privacy.kinds import Found, Kind
from storage.privacy.numerals import SPOKEN, cardinal

_N = rf"(?:\d{{1,4}}|[{SPOKEN}]{{1,9}})"
_DATE = re.compile(
    rf"(?<![\d.,])(?:(?P<year>{_N})\s?년(?P<born>생)?(?:도|에|이고|이요)?\s{{0,2}})?(?P<month>{_N}|유|시)\s?월(?:달)?에?\s{{0,2}}"
    rf"(?P<day>{_N})\s?일(?!\s?(?:반|단))"
)
_BARE = re.compile(
    rf"(?<![\d.,])(?:(?P<year>{_N})\s?년?\s{{0,2}})?(?P<month>{_N}|유|시)\s?월\s{{0,2}}"
    rf"(?P<day>{_N})(?!\s?[일월\d{SPOKEN}])"
)
_MARKED = re.compile(
    r"(?<![\d.\-/])(?P<year>(?:19|20)\d{2}|\d{2})(?P<mark>\s?[.\-/]\s?)(?P<month>\d{1,2})"
    r"(?P=mark)(?P<day>\d{1,2})"
    r"(?![\d\-/]|\.\d)"
)
_PART = re.compile(
    rf"(?<![\d.,])(?:{_N}\s?년(?:생|도)?(?![가-힣]?전)|(?:{_N}|유|시)\s?월|{_N}\s?일)"
    r"(?=[이에요도생,. ]|$)"
)
_BORN = re.compile(
    r"\s{0,2}(?:생(?!일|각|활|산|방|수|기)|출생|에?\s?태어|태생|생일\s?(?:이[에고구]|입|예|인데))"
)
_IS_IT = re.compile(r"\s?(?:이?에요|예요|이요|요|입니다|임|이고|이라|이구|인데|$|[.,]\s*$)")
_IS_NOT = re.compile(
    r"\s?(?:까지|부터|자로|자(?![가-힣])|에?\s?(?:가입|개통|신청|만료|끝나|바뀌|변경|결제|납부|해지|시작"
    r"|출시|적용|기변|나가|빠져|약정|계약)"
    r"|기준|이후|이전|분(?![가-힣])|전까지|쿠폰|동안|간(?![가-힣]))"
)
_LATEST = 2021
"""The last year of birth that is one without being named so; later years are those of plans."""


_NAMED_BY = (Kind.BIRTH_DATE, Kind.RESIDENT, Kind.FOREIGNER)
"""What a date of birth goes by, or is the first half of."""


def births_in(text: str, *, asked: bool) -> Iterator[Found]:
    """Dates of birth; `asked` where the text answers the question for one."""
    for pattern in (_DATE, _MARKED, _BARE) if asked else (_DATE, _MARKED):
        for match in pattern.finditer(text):
            if _is_birth(text, match, asked=asked):
                yield _found(text, match.start(), match.end())


def parts_in(text: str) -> Iterator[Found]:
    """Years, months and days that answer the question for a date of birth, one by one."""
    dates = [match.span() for match in _DATE.finditer(text)]
    for match in _PART.finditer(text):
        inside = any(start <= match.start() < end for start, end in dates)
        if not inside and not _IS_NOT.match(text, match.end()):
            yield _found(text, match.start(), match.end())


def is_other_date(text: str, end: int) -> bool:
    """Whether the words behind a date make it one of a plan: until, from, joined."""
    return bool(_IS_NOT.match(text, end))


def valid_day(digits: str) -> bool:
    """Whether six (YYMMDD) or eight (YYYYMMDD) digits can be a day, 29 to 31 in any month."""
    if len(digits) not in (6, 8):
        return False
    month, day = int(digits[-4:-2]), int(digits[-2:])
    century = len(digits) == 6 or digits[:2] in ("19", "20")
    return century and 1 <= month <= 12 and 1 <= day <= 31


def likely_birth(digits: str) -> bool:
    """Whether such digits are rather a day of birth than one of the present years."""
    if not valid_day(digits):
        return False
    if len(digits) == 8:
        return 1910 <= int(digits[:4]) <= _LATEST
    return not _LATEST % 100 <= int(digits[:2]) <= 31


def _found(text: str, start: int, end: int) -> Found:
    spoken = any(
        (letter in SPOKEN and letter != "일") or letter in "유시" for letter in text[start:end]
    )
    return Found(kind=Kind.BIRTH_DATE, start=start, end=end, spoken=spoken)


def _is_birth(text: str, match: re.Match[str], *, asked: bool) -> bool:
    year, month, day = match["year"], _value(match["month"]), _value(match["day"])
    if month is None or day is None or not (1 <= month <= 12 and 1 <= day <= 31):
        return False
    value = _value(year) if year else None
    if _BORN.match(text, match.end()) or match.groupdict().get("born"):
        return True
    if _IS_NOT.match(text, match.end()):
        return False
    if asked or meant_before(text, match.start()) in _NAMED_BY:
        return value is None or value <= _LATEST
    return value in range(1900, 2000) and bool(_IS_IT.match(text, match.end()))


def _value(text: str) -> int | None:
    return {"유": 6, "시": 10}.get(text) or cardinal(text)
