"""Addresses: streets and quarters with their numbers, houses, flats, written and spoken; pure.

What is as coarse as a city's district stays, for it says where a network is bad and not who lives
there: 서울 마포구 월드컵로 12길 34 is hidden from 월드컵로 on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from storage.privacy.context import meant_before
from storage.privacy.kinds import Found, Kind
from storage.privacy.numerals import SPOKEN

_N = rf"(?:\d{{1,5}}|[{SPOKEN}]{{1,7}})"
_SUB = rf"{_N}(?:(?:-|다시){_N})?"
_WORD = re.compile(r"[가-힣A-Za-z\d·-]+")
_TAIL = (
    r"(?:이?에요|예요|이?요|입니다|이?고요?|이?구요?|이?라예|이?라고요?|이?거든요?|인데요?|으?로요?|으?로|이?에|에서|은|는|가|를|을"
    r"|이?래요|이?ㅂ니다|임다|이|앞으로|앞|쪽)?"
)
_NUMBERED = re.compile(
    rf"(?P<core>(?:(?:{_SUB}|지하{_N})(?:번지|번길|단지|호실|길|동|호|층|가))+(?:{_N})?){_TAIL}"
)
_BARE = re.compile(rf"(?P<core>{_SUB}){_TAIL}")
_STREET = re.compile(
    rf"(?P<core>\d{{0,2}}[가-힣][가-힣\d]{{0,9}}?(?:대로|로|길)(?P<number>{_SUB}(?:번?길)?)?){_TAIL}"
)
_QUARTER = re.compile(
    rf"(?P<core>[가-힣]{{1,6}}?\d{{0,2}}(?:동|읍|면|리|[\d일이삼사오육]가)(?P<number>{_SUB}(?:번지)?)?){_TAIL}"
)
_STATES = (
    "서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주"
    "|충청[남북]|전라[남북]|경상[남북]"
)
_REGION = re.compile(
    rf"(?:(?:{_STATES})(?:특별자치시|특별자치도|특별시|광역시|시|도)?|[가-힣]{{1,4}}[시군구]){{1,4}}(?:에|의)?"
)
_COMPLEX = re.compile(
    r"(?P<core>[가-힣A-Za-z\d]{0,12}(?:아파트|빌라|빌|타워|오피스텔|맨션|자이|래미안|푸르지오|힐스테이트|더샵|아이파크|롯데캐슬"
    rf"|e편한세상|주공|마을|하우스|연립|고시원|원룸)){_TAIL}"
)
_LONGEST_WORD = 40
_NO_STREETS = re.compile(
    r".*(?:으로|그대로|만원대로|원대로|대로대로|따로|새로|서로|별로|무료로|바로|위로|아래로|실제로|추가로|멋대로|맘대로|마음대로"
    r"|제대로|스스로|함부로|때로|주로|그걸로|이걸로|저걸로|걸로|번호로|카드로|어디로|거기로|여기로|이리로|종로|계좌로|이체로|매장로"
    r"|폰로|유료로|절대로|진짜로|뭐로|기가로|개월로|결제로|할인로|문자로|전화로|메일로|주소로|집로|데로|고로)"
)
_NO_QUARTERS = frozenset(
    [
        "이동",
        "자동",
        "활동",
        "행동",
        "운동",
        "수동",
        "변동",
        "연동",
        "공동",
        "작동",
        "그러면",
        "아니면",
        "하면",
        "되면",
        "보면",
        "그리",
        "우리",
        "빨리",
        "미리",
        "자리",
        "거리",
        "머리",
        "처리",
        "정리",
        "관리",
        "수리",
        "요리",
        "소리",
        "다리",
        "심리",
        "분리",
        "유리",
        "전면",
        "화면",
        "반면",
        "측면",
        "가",
        "내가",
        "제가",
        "누가",
        "뭐가",
        "휴가",
        "추가",
        "평가",
        "증가",
        "국가",
    ]
)
_NO_REGIONS = frozenset(
    [
        "친구",
        "누구",
        "입구",
        "출구",
        "다시",
        "역시",
        "잠시",
        "혹시",
        "도구",
        "즉시",
        "몇시",
        "일시",
        "임시",
        "공시",
        "동시",
        "무시",
        "제시",
        "아홉시",
        "세시",
        "두시",
        "네시",
        "열시",
        "한시",
    ]
)
_UNIT_NEXT = re.compile(
    r"\s?(?:원|기가|개|명|분|초|시|년|월|일|퍼센트|프로|살|회|번|대|GB|MB|G\b|%|호선|만)"
)


class _Part(Enum):
    REGION = auto()
    STREET = auto()
    QUARTER = auto()
    COMPLEX = auto()
    NUMBERED = auto()
    BARE = auto()


_FORMS = (
    (_Part.NUMBERED, _NUMBERED),
    (_Part.COMPLEX, _COMPLEX),
    (_Part.STREET, _STREET),
    (_Part.QUARTER, _QUARTER),
    (_Part.BARE, _BARE),
)


@dataclass(frozen=True, kw_only=True)
class _Piece:
    part: _Part
    start: int
    end: int
    text: str
    numbered: bool = False
    """Whether a street or quarter has its number in the same word."""


def addresses_in(text: str, *, asked: bool) -> Iterator[Found]:
    """The fine part of addresses; `asked` where the text answers the question for one."""
    for pieces in _sequences(text):
        named = asked or meant_before(text, pieces[0].start) is Kind.ADDRESS
        fine = [piece for piece in pieces if piece.part is not _Part.REGION]
        if fine and _is_address(pieces, named=named, asked=asked):
            start, end = fine[0].start, fine[-1].end
            yield Found(kind=Kind.ADDRESS, start=start, end=end)


def _sequences(text: str) -> Iterator[list[_Piece]]:
    """Words that could be an address, as far as they follow each other."""
    pieces: list[_Piece] = []
    for match in _WORD.finditer(text):
        piece = _piece(text, match, pieces)
        gap = text[pieces[-1].end : match.start()] if pieces else ""
        if pieces and (piece is None or not _joins(gap)):
            yield pieces
            pieces = []
            piece = _piece(text, match, pieces)
        if piece:
            pieces.append(piece)
    if pieces:
        yield pieces


def _joins(gap: str) -> bool:
    """Whether what stands between two words leaves them one address; a word's particles do."""
    return len(gap.strip(" ,.")) <= 4 and not re.search(r"[?!\n]", gap)


def _piece(text: str, match: re.Match[str], before: Sequence[_Piece]) -> _Piece | None:
    word, start = match[0], match.start()
    if len(word) > _LONGEST_WORD:
        return None

    def piece(part: _Part, found: re.Match[str]) -> _Piece:
        core = found["core"]
        numbered = "number" in found.re.groupindex and bool(found["number"])
        return _Piece(part=part, start=start, end=start + len(core), text=core, numbered=numbered)

    if word == "다시" and before and _BARE.match(text, match.end() + 1):
        return _Piece(part=_Part.BARE, start=start, end=match.end(), text=word)
    if _REGION.fullmatch(word) and word not in _NO_REGIONS and len(word) > 1:
        return _Piece(part=_Part.REGION, start=start, end=match.end(), text=word)
    for part, pattern in _FORMS:
        found = pattern.fullmatch(word)
        if found and not _is_other_word(text, start, part, found, before):
            return piece(part, found)
    return None


def _is_other_word(
    text: str, start: int, part: _Part, found: re.Match[str], before: Sequence[_Piece]
) -> bool:
    """Whether a word of this form is an ordinary one: 그대로, 우리, 3 with its 개월."""
    core = found["core"]
    if part is _Part.STREET:
        after_region = bool(before) and before[-1].part is _Part.REGION
        named = found["number"] or (after_region and core.endswith("종로"))
        return not named and bool(_NO_STREETS.fullmatch(core))
    if part is _Part.QUARTER:
        return core in _NO_QUARTERS
    if part is _Part.BARE:
        return not before or bool(_UNIT_NEXT.match(text, start + len(core)))
    return False


def _is_address(pieces: Sequence[_Piece], *, named: bool, asked: bool) -> bool:
    numbered = "".join(p.text for p in pieces if p.part is _Part.NUMBERED)
    lots = any("번지" in piece.text for piece in pieces)
    region = any(p.part is _Part.REGION for p in pieces)
    street = _followed(pieces, _Part.STREET)
    quarter = _followed(pieces, _Part.QUARTER)
    block = _followed(pieces, _Part.COMPLEX)
    certain = (
        lots
        or re.search(r"동.*호", numbered)
        or (block and re.search(r"[동호]", numbered))
        or (street and "길" in numbered and len(pieces) > 2)
    )
    if certain or ((street or quarter) and (region or named)):
        return True
    if named and (numbered or block):
        return True
    placed = any(p.part in (_Part.STREET, _Part.QUARTER, _Part.COMPLEX) for p in pieces)
    return asked and placed and (region or len(pieces) <= 2)


def _followed(pieces: Sequence[_Piece], part: _Part) -> bool:
    """Whether a street or quarter has a number, in its word or the next."""
    return any(
        piece.part is part
        and (
            piece.numbered
            or (at + 1 < len(pieces) and pieces[at + 1].part in (_Part.BARE, _Part.NUMBERED))
        )
        for at, piece in enumerate(pieces)
    )
