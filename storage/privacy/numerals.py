"""Cuts text into digits as they are written or said, and into what stands between them; pure.

`공일공에 천이백삼십사 어 5678` holds the digits 010, 1234 and 5678, with joints between. Digits
come singly, in words, as natives, as cardinals, written, and mixed; single syllables that belong
to ordinary words (`이용`, `오늘`) are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

SINO = {
    "공": 0, "영": 0, "빵": 0, "일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "륙": 6,
    "칠": 7, "팔": 8, "구": 9,
}  # fmt: skip
_NATIVE = {
    "제로": 0, "하나": 1, "둘": 2, "셋": 3, "넷": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8,
    "여덜": 8, "아홉": 9,
}  # fmt: skip
_SIZES = {"십": 10, "백": 100, "천": 1000}
SPOKEN = "공영빵일이삼사오육륙칠팔구십백천"
"""The syllables of Sino-Korean numbers below ten thousand."""

_END = "!"
"""Ends a run: no number goes on behind it."""
_TOKEN = re.compile(
    r"(?P<digits>\d+)|(?P<word>[가-힣]+)|(?P<latin>[A-Za-z]+)|(?P<stars>\*+)"
    r"|(?P<gap>[\s.,·/()\-–—…_]+)|(?P<other>.)",
    re.DOTALL,
)
_CHAIN = re.compile(rf"(?:{'|'.join(_NATIVE)}|[{SPOKEN}])+")
_ONE = "[일이삼사오육륙칠팔구]"
_LINK = re.compile(
    rf"{'|'.join(_NATIVE)}|{_ONE}?천(?:{_ONE}?백)?(?:{_ONE}?십)?{_ONE}?"
    rf"|{_ONE}?백(?:{_ONE}?십)?{_ONE}?|{_ONE}?십{_ONE}?|[{SPOKEN}]"
)
_AMOUNT = re.compile(r"(?<![\d,])[1-9]\d{0,2}(?:,\d{3})+(?!,?\d)")

_COPULA = (
    r"(?:에요|예요|여요|요|고요?|구요?|거든요?|라고요?|라구요?|라니까요?|라예|라는|라|야|죠|지요?|며"
    r"|니까요?|랑|던데요?|ㄴ데요?)"
)
_COPULA_AFTER = re.compile(_COPULA + "$")
"""After 이 where it is `is`, not two: 오육칠팔이에요."""
_COPULA_WORD = re.compile(rf"이?{_COPULA}")
_TAIL = re.compile(
    rf"(?:이?{_COPULA}|입니다|입니더|임|임다|인데요?|인데예|인가요?|심더|에요?|에다가?|의|국에?|국의|번에?|번의"
    r"|번이[고에].*|번입니다|번으?로.*|번요|번|으?로요?|은요?|는요?|가요?|이가|를|을|도|만|하고요?|이?랑요?|이?나|맞.*"
    r"|말고.*|아니고?.*|에서|부터|까지|처럼|같[은이].*|님|째|생.*|하이픈|대시|데시|다시|빼기|이?라[가-힣]{1,4})?"
)
_HEADS = re.compile(r"[가-힣]+(?:은|는|가|이|도|요|에|고|번호|번|폰|카드|계좌|로)")
JOINTS = frozenset(
    [
        "에",
        "에다",
        "에다가",
        "의",
        "국",
        "국에",
        "국의",
        "번",
        "번에",
        "번의",
        "다시",
        "대시",
        "데시",
        "하이픈",
        "하이펀",
        "빼기",
        "마이너스",
        "바",
        "짝대기",
        "작대기",
        "어",
        "어어",
        "음",
        "으음",
        "흠",
        "그",
        "저",
        "저기",
        "아",
        "네",
        "예",
        "뭐",
        "뭐지",
        "뭐더라",
        "뭐였지",
        "그러니까",
        "잠깐",
        "잠깐만",
        "잠깐만요",
        "잠시만",
        "잠시만요",
        "그리고",
        "다음",
        "다음에",
        "다음은",
        "다음이",
        "그다음",
        "그다음에",
        "그다음은",
        "그다음이",
        "가운데",
        "가운데는",
        "가운데가",
        "중간",
        "중간은",
        "중간이",
        "끝",
        "끝은",
        "끝이",
        "끝에",
        "끝자리",
        "끝자리는",
        "마지막",
        "마지막이",
        "마지막은",
        "마지막에",
        "뒤",
        "뒤는",
        "뒤에",
        "뒤가",
        "뒷자리",
        "뒷자리는",
        "뒷자리가",
        "뒷번호",
        "뒷번호는",
        "이어서",
        "하고",
        "하고요",
        "고",
        "고요",
        "이고",
        "이고요",
        "이구",
        "이구요",
        "요",
        "이요",
        "은",
        "는",
        "가",
        "라고",
        "인데",
        "인데요",
        "점",
        "쩜",
        "콤마",
        "쉼표",
        "띄고",
        "이에",
        "이에요",
        "예요",
        "에요",
        "맞고",
        "아니",
        "아니다",
        "아니요",
        "아뇨",
        "아이다",
        "말고",
        "말구",
        "아니고",
        "정정",
        "아차",
    ]
)
"""Words between the parts of one number."""
_CORRECTIONS = frozenset(
    ["아니", "아니다", "아니요", "아뇨", "아이다", "말고", "말구", "아니고", "정정", "아차"]
)
"""Words by which somebody takes back what they just said."""

_UNIT = re.compile(
    r"원(?!래|하|칙|인|본|주)|만(?!기|나|약|들|료|족|요|\s|$)|억|기가|메가|지비|엠비|케이비|킬로|개월"
    r"|개(?!통|인|명|설|봉|포)|명(?!의|세)|분(?!실|당|납|석|류|들|께)|초(?!과|기|등)|시간?(?!작|청|도|골)"
    r"|년|월(?!요)|일(?!이?[삼사오육칠팔구공영]|일|반|단|시|요일)|주(?!소|민|세|시|문|고|말|로|차|유|무)"
    r"|회(?!사|원|수)|대(?!리"
    r"|전|구|출|상|신|표|화|시)|살|세(?!요|트|대|종|금)|퍼센트|퍼(?!즐)|프로|종|장(?!애|기|소|치)|점(?!\s?[가-힣]*컴)|차|배(?!송|달)|단계|등급"
    r"|층|호선|호점|학년|인치|박|통(?!화|장|신)|건(?!강)|위(?!에|치)|가지|째|곳|군데|식구|여[명개]|대로|시"
)
_UNIT_APART = re.compile(
    r"원(?!래|하|칙|인|본|주)|만\s?원|기가|메가|지비|엠비|케이비|킬로|개월|개(?!통|인|명|설|봉|포)"
    r"|명(?!의|세)|분(?!실|당|납|석|류|들|께)|시간|년|살|세(?=[이가 ]|$)|퍼센트|프로|회선|배|번째"
    r"|가지|호선|학년|인치"
)
"""After a space, where single syllables may be digits and words of their own."""
_LATIN_UNIT = re.compile(
    r"(?:GB|G|MB|M|KB|TB|Mbps|kbps|Gbps|GHz|MHz|mAh|W|km|cm|mm|kg|p|K)(?![A-Za-z])", re.I
)


@dataclass(frozen=True, kw_only=True)
class Atom:
    """Some digits that were written or said in one piece."""

    value: str
    """Digits; a cardinal's are those of its figure."""
    start: int
    end: int
    spoken: bool
    group: int
    """Atoms of one word share it."""
    counted: bool = False
    """Whether a unit follows: 원, 기가, 개월."""
    copula: bool = False
    """Whether it may be `is` instead: the 이 of 오육칠팔이에요."""
    joint: str = ""
    """What stands before it since the atom before, within one number."""
    corrected: bool = False
    """Whether the joint takes back what stands before."""
    plus: bool = False
    """Whether a plus sign stands before it."""


def cardinal(text: str) -> int | None:
    """The value of a Sino-Korean number below ten thousand said in words, or digit by digit."""
    if text.isdigit():
        return int(text)
    if not _SIZES.keys() & set(text):
        return (
            int("".join(str(SINO[c]) for c in text)) if text and set(text) <= SINO.keys() else None
        )
    total, pending, last = 0, None, 10_000
    for letter in text:
        if letter in _SIZES:
            size = _SIZES[letter]
            if size >= last:
                return None
            total += (1 if pending is None else pending) * size
            pending, last = None, size
        elif letter in SINO and pending is None:
            pending = SINO[letter]
        else:
            return None
    return total + (pending or 0)


def numbers(text: str) -> list[list[Atom]]:
    """The runs of digits in a text: each the atoms between which only joints stand."""
    return [list(run) for run in _remembered(text)]


@lru_cache(maxsize=256)
def _remembered(text: str) -> tuple[tuple[Atom, ...], ...]:
    """A turn's words are read many times over, and an agent says the same to many."""
    return tuple(map(tuple, _runs(text)))


def _runs(text: str) -> Iterator[list[Atom]]:
    amounts = {match.start(): match.end() for match in _AMOUNT.finditer(text)}
    row = _Row()
    skip_to = 0
    for group, token in enumerate(_TOKEN.finditer(text)):
        start = token.start()
        if start < skip_to:
            continue
        if start in amounts:
            skip_to = amounts[start]
            yield from row.end()
        elif token[0] == "+":
            yield from row.end()
            row.plus = True
        else:
            for piece in _pieces(text, token, group):
                yield from row.add(piece)
    yield from row.end()


def _pieces(text: str, token: re.Match[str], group: int) -> list[Atom | str]:
    """What a token holds: atoms, joints, and END where a number cannot go on."""
    if token.lastgroup == "digits":
        return _written(text, token.start(), token.end(), group)
    if token.lastgroup == "word":
        return _words(text, token.start(), token.end(), group)
    short = token.lastgroup == "gap" and (len(token[0]) <= 4 or token[0].isspace())
    return [token[0]] if short else [_END]


class _Row:
    """The run of atoms that is being put together."""

    def __init__(self) -> None:
        self._atoms: list[Atom] = []
        self._joint = ""
        self._corrected = False
        self.plus = False
        """Whether a plus sign came last."""

    def add(self, piece: Atom | str) -> Iterator[list[Atom]]:
        """Take in a piece; gives the run that it ends, if any."""
        if piece == _END:
            yield from self.end()
        elif isinstance(piece, str):
            self._joint += piece
            self._corrected = self._corrected or piece in _CORRECTIONS
            self.plus = False
        else:
            plus = self.plus
            if not self._atoms or self._atoms[-1].counted:
                yield from self.end()
            joint, corrected = self._joint, self._corrected
            self._atoms.append(replace(piece, joint=joint, corrected=corrected, plus=plus))
            self._joint, self._corrected, self.plus = "", False, False

    def end(self) -> Iterator[list[Atom]]:
        """Nothing goes on from here."""
        if self._atoms:
            yield self._atoms
        self._atoms, self._joint, self._corrected, self.plus = [], "", False, False


def _written(text: str, start: int, end: int, group: int) -> list[Atom | str]:
    """Digits, unless they are part of a code such as S25 or already half hidden."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before.isascii() and before.isalpha():
        return [_END]
    unit = _LATIN_UNIT.match(text, end + (after == " "))
    if after.isascii() and after.isalpha() and not unit:
        return [_END]
    if _half_hidden(text, start, end):
        return [_END]
    counted = bool(unit) or after in ("%", "℃") or _counts(text, end)
    digits = text[start:end]
    value = "".join(str(int(d)) for d in digits)
    return [
        Atom(value=value, start=start, end=end, spoken=False, group=group, counted=counted),
    ]


def _half_hidden(text: str, start: int, end: int) -> bool:
    """Whether it is what masking left of a number: the 010 and 5678 of `010-****-5678`."""
    if re.match(r"[-.,·–)\s]{0,3}\*", text[end : end + 4]) and end - start <= 4:
        return True
    before = text[max(0, start - 4) : start]
    return end - start <= 4 and bool(re.search(r"\*[-.,·–\s]{0,3}$", before))


def _counts(text: str, end: int) -> bool:
    if text[end : end + 1] == " ":
        return bool(_UNIT_APART.match(text, end + 1))
    return bool(_UNIT.match(text, end))


def _words(text: str, start: int, end: int, group: int) -> list[Atom | str]:
    """The digits said in a word, and what stands around them."""
    word = text[start:end]
    if word in JOINTS:
        return [word]
    follows_digit = start > 0 and text[start - 1].isdigit()
    if _COPULA_WORD.fullmatch(word):
        return [word]
    if follows_digit and _UNIT.match(word):
        return [_END]
    chains = list(_CHAIN.finditer(word))
    if follows_digit and chains and chains[0].start() == 0 and chains[0][0] == "이":
        return ["이"] if _TAIL.fullmatch(word) else [_END]
    pieces: list[Atom | str] = []
    position = 0
    for number, chain in enumerate(chains):
        head = word[position : chain.start()]
        last = number == len(chains) - 1
        tail = word[chain.end() : len(word) if last else chains[number + 1].start()]
        if not _belongs(head, tail, chain[0], first=position == 0, last=last):
            return [*pieces, _END] if pieces else [_END]
        if head:
            pieces.append(head if head in JOINTS else _END)
        atoms = list(_links(chain, start, group, tail=tail))
        if last and (_counts(text, start + chain.end())) and len(atoms) < 7:
            atoms = [replace(atom, counted=atom is atoms[-1]) for atom in atoms]
        pieces += atoms
        position = chain.end()
    tail = word[position:]
    if tail:
        known = tail in JOINTS or _COPULA_WORD.fullmatch(tail) or (pieces and _TAIL.fullmatch(tail))
        pieces.append(tail if known else _END)
    return pieces


def _belongs(head: str, tail: str, chain: str, *, first: bool, last: bool) -> bool:
    """Whether syllables that could be digits are, by what stands around them in their word."""
    long = len(chain) >= 5
    if head and not (head in JOINTS or (first and (long or _HEADS.fullmatch(head)))):
        return False
    if not last:
        return tail in JOINTS or long or not tail
    return long or bool(_TAIL.fullmatch(tail)) or bool(_UNIT.match(tail))


def _links(chain: re.Match[str], start: int, group: int, *, tail: str) -> Iterator[Atom]:
    links = list(_LINK.finditer(chain[0]))
    for link in links:
        last = link is links[-1]
        at = start + chain.start() + link.start()
        value = str(_NATIVE[link[0]]) if link[0] in _NATIVE else str(cardinal(link[0]))
        copula = last and link[0].endswith("이") and bool(_COPULA_AFTER.match(tail))
        yield Atom(
            value=value, start=at, end=at + len(link[0]), spoken=True, group=group, copula=copula
        )
