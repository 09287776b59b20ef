"""Passport numbers, whose letters are said too, and licences that begin with a region; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storage.privacy.context import meant_after, meant_before
from storage.privacy.kinds import Found, Kind
from storage.privacy.numerals import SPOKEN

_LETTER = (
    r"(?:에이|비|씨|디|이(?=\s?[공영일이삼사오육륙칠팔구\d])|에프|지|에이치|아이|제이|케이|엘|엠|엔|오|피"
    r"|큐|알|에스|티|유|브이|더블유|엑스|와이|제트|[A-Za-z])"
)
_D = r"(?:\d|하나|둘|셋|넷|[공영빵일삼사오육륙칠팔구]|이(?!요|에요|예요|고|라|구요))"
_GAP = r"[\s,.\-]{0,2}"
_PASSPORT = re.compile(
    rf"(?<![A-Za-z0-9가-힣])(?:[MSRODGmsrodg]|엠|에스|알|오|디|지){_GAP}"
    rf"(?:(?:{_D}{_GAP}){{7}}|(?:{_D}{_GAP}){{3}}{_LETTER}{_GAP}(?:{_D}{_GAP}){{3}}){_D}(?![A-Za-z0-9])"
)
_BEGUN = re.compile(
    rf"(?<![A-Za-z0-9가-힣])(?:[MSRODGmsrodg]|엠|에스|알|디){_GAP}{_D}(?:{_GAP}(?:{_D}|{_LETTER})){{0,7}}"
)
REGIONS = "서울|부산|경기|강원|충북|충남|전북|전남|경북|경남|제주|대구|인천|광주|대전|울산"
_LICENCE = re.compile(
    rf"(?P<region>{REGIONS})\s?(?P<number>\d{{2}}{_GAP}\d{{6}}{_GAP}\d{{2}})(?!\d)"
)


def passports_in(text: str, *, asked: bool) -> Iterator[Found]:
    """Passport numbers, of the old form M12345678 and the new M123A4567."""
    for match in (_BEGUN if asked else _PASSPORT).finditer(text):
        spoken = any(letter in SPOKEN + "엠에스알디지" for letter in match[0])
        named = asked or Kind.PASSPORT in (
            meant_before(text, match.start()),
            meant_after(text, match.end()),
        )
        if named or not spoken:
            yield Found(
                kind=Kind.PASSPORT,
                start=match.start(),
                end=match.start() + len(match[0].rstrip(" ,.-")),
                spoken=spoken,
            )


def licences_in(text: str) -> Iterator[Found]:
    """Licences of the older form, such as 서울 12-345678-90."""
    for match in _LICENCE.finditer(text):
        yield Found(kind=Kind.LICENCE, start=match.start(), end=match.end())
