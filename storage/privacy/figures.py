"""Tells runs of digits apart: telephones, cards, accounts, registration numbers, licences; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stdnum import luhn
from stdnum.kr import rrn

from storage.privacy.births import is_other_date, likely_birth, valid_day
from storage.privacy.context import Meant, Other, meant_after, meant_before
from storage.privacy.kinds import Found, Kind
from storage.privacy.numerals import JOINTS, Atom, numbers

_MOST = 24
"""Digits of the longest number that is looked for."""
_LONG_NUMBERS = (Kind.RESIDENT, Kind.FOREIGNER, Kind.CARD, Kind.ACCOUNT, Kind.LICENCE)
"""In numbers called so, digits like those of a telephone may stand."""
_LONGEST_JOINT = 4
"""Letters between two parts of a number that are hidden with it."""
_MOBILE = re.compile(r"01[016789]\d{7,8}")
_LANDLINE = re.compile(r"(?:02|0[3-6][1-5]|070)\d{7,8}|050\d\d{7,8}")
_KOREAN_ABROAD = re.compile(r"820?(?:1[016789]|2|[3-6][1-5]|70)\d{7,8}")
_ABROAD = re.compile(r"[1-9]\d{7,14}")
_COMPANY = re.compile(r"1[568]\d{6}|1\d\d|080\d{7,8}|1[568]\d\d")
_LICENCE = re.compile(r"(?:1[1-9]|2[0-8])\d{10}")
_SHORT_CARD = re.compile(r"3[0468]")
_LEAST = {
    Kind.PHONE: 7, Kind.CARD: 12, Kind.ACCOUNT: 8, Kind.RESIDENT: 7, Kind.FOREIGNER: 7,
    Kind.PASSPORT: 7, Kind.LICENCE: 8, Kind.BIRTH_DATE: 6,
}  # fmt: skip
"""Digits from which a number is taken for what it is said to be, though it is not well-formed."""
_PARTS = {
    Kind.PHONE: (4, 7, 8, 11), Kind.CARD: (4, 8, 12, 16), Kind.BIRTH_DATE: (2, 4, 6, 8),
    Kind.RESIDENT: (6, 7, 13), Kind.FOREIGNER: (6, 7, 13),
}  # fmt: skip
"""How many digits a part of a number has, as it is told."""
_END_OF = re.compile(r"(?:끝|마지막|뒤|뒷)\s?(?:에|에서)?\s?(?:자리|네\s?자리|번호|4자리)")
_BACK = re.compile(r"뒷?\s?자리[는은가이]?\s*$")
_CODE = re.compile(
    r"(?:CV[CV]|씨브이[씨브이]+|유효\s?기간|비밀\s?번호)(?:\s?앞)?(?:\s?[두네24]\s?자리)?[은는이가요]?\s*$",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"(?:제|내|저희|저|우리)?(?:휴대폰|핸드폰|전화|폰|카드|계좌|주민|등록|외국인|면허|여권)*번호[는은가이요]*|생년월일[은는이요]*"
    r"|입니다|[은는이가요에고의다시네예음어그저기아뇨맞]|말고|국민|신한|농협|은행|거든요?|인데요?|번|년|월|일|생|자리|뒤|앞|서울|부산|경기|대구|인천|광주|대전|울산"
)


@dataclass(frozen=True, kw_only=True)
class _Stretch:
    """Some atoms of a run that are read as one number."""

    atoms: Sequence[Atom]
    before: Meant | None
    after: Meant | None
    whole: bool
    """Whether it is all of its run."""

    @property
    def digits(self) -> str:
        return "".join(atom.value for atom in self.atoms)

    @property
    def groups(self) -> tuple[int, ...]:
        """How many digits were written or said in each piece."""
        sizes: dict[int, int] = {}
        for atom in self.atoms:
            sizes[atom.group] = sizes.get(atom.group, 0) + len(atom.value)
        return tuple(sizes.values())

    @property
    def spoken(self) -> bool:
        return any(atom.spoken for atom in self.atoms)

    @property
    def hyphens(self) -> int:
        return sum("-" in atom.joint or "다시" in atom.joint for atom in self.atoms[1:])

    def means(self, kind: Meant) -> bool:
        return kind is self.before or (self.before is None and kind is self.after)


def figures_in(
    text: str, taken: Sequence[Found], *, expects: Kind | None, pending: bool
) -> Iterator[Found]:
    """Personal numbers outside of what is `taken`; `expects` what the text was asked for.

    `pending` says that the text goes on with a number that was begun before.
    """
    alone: bool | None = None
    covered = bytearray(len(text))
    for one in taken:
        covered[one.start : one.end] = b"\1" * (one.end - one.start)
    for run in numbers(text):
        atoms = [atom for atom in run if not any(covered[atom.start : atom.end])]
        if not atoms:
            continue
        if all(atom.copula for atom in atoms):
            continue
        found = list(_without_copulas(text, atoms, expects)) or list(_in_run(text, atoms, expects))
        if found:
            yield from found
            continue
        if alone is None:
            alone = _is_answer(text, taken)
        if expects and (kept := _answer(text, atoms, expects, alone=alone, pending=pending)):
            yield from _found(expects, kept)
        elif alone and _begins_phone(atoms):
            yield from _found(Kind.PHONE, atoms)


def _without_copulas(text: str, atoms: Sequence[Atom], expects: Kind | None) -> Iterator[Found]:
    """The number that is left where `is` is not read as two: 공일공이요 이이삼삼이요 사사오오요."""
    last = atoms[-1]
    kept = [atom for atom in atoms if not atom.copula or atom is last]
    if len(kept) < len(atoms) and (best := _longest(text, kept, 0, expects)):
        kind, end = best
        if end >= len(kept) - last.copula:
            yield from _found(kind, kept[:end])


def _in_run(text: str, atoms: Sequence[Atom], expects: Kind | None) -> Iterator[Found]:
    """The numbers of a run: well-formed ones, or else what it is said to be as a whole."""
    at, any_found = 0, False
    while at < len(atoms):
        best = _longest(text, atoms, at, expects)
        if best is None:
            at += 1
            continue
        any_found = True
        kind, end = best
        if any(atom.corrected for atom in atoms[at + 1 :]):
            end = len(atoms)  # what was taken back, and what was put in its place
        yield from _found(kind, atoms[at:end])
        at = end
    kept = [atom for atom in atoms if not atom.counted]
    if (
        kept
        and not any_found
        and (named := _as_named(text, _stretch(text, kept, expects, whole=True)))
    ):
        yield from _found(named, kept)


def _stretch(text: str, atoms: Sequence[Atom], expects: Kind | None, *, whole: bool) -> _Stretch:
    before = meant_before(text, atoms[0].start) or expects
    after = meant_after(text, atoms[-1].end)
    return _Stretch(atoms=atoms, before=before, after=after, whole=whole)


def _longest(
    text: str, atoms: Sequence[Atom], at: int, expects: Kind | None
) -> tuple[Kind, int] | None:
    """The kind of the number that begins with an atom, and where it ends."""
    if at and atoms[at].group == atoms[at - 1].group:
        return None
    stretches: list[_Stretch] = []
    length = 0
    for end in range(at, len(atoms)):
        length += len(atoms[end].value)
        if length > _MOST:
            break
        inside = end + 1 < len(atoms) and atoms[end + 1].group == atoms[end].group
        if not inside or atoms[end + 1].copula:
            whole = at == 0 and end >= len(atoms) - 1 - atoms[-1].copula
            stretches.insert(0, _stretch(text, atoms[at : end + 1], expects, whole=whole))
    readers = (_phone, _registration, _licence, _card, _account, _birth, _other)
    if stretches and stretches[0].before in _LONG_NUMBERS:
        readers = (_registration, _licence, _card, _account, _phone, _birth, _other)
    for read in readers:
        for stretch in stretches:
            amount = stretch.atoms[-1].counted and len(stretch.digits) < 10
            if not amount and (kind := read(text, stretch)):
                return kind, at + len(stretch.atoms)
    return None


def _found(kind: Kind, atoms: Sequence[Atom]) -> Iterator[Found]:
    """A number, in pieces where more than a few words stand between its parts."""
    pieces: list[list[Atom]] = [[]]
    for atom in atoms:
        if pieces[-1] and len(re.findall(r"[가-힣]", atom.joint)) > _LONGEST_JOINT:
            pieces.append([])
        pieces[-1].append(atom)
    for piece in pieces:
        spoken = any(atom.spoken for atom in piece)
        start = piece[0].start - piece[0].plus
        yield Found(kind=kind, start=start, end=piece[-1].end, spoken=spoken)


def _phone(text: str, stretch: _Stretch) -> Kind | None:
    digits, plus = stretch.digits, stretch.atoms[0].plus
    if _COMPANY.fullmatch(digits):
        return None
    if plus:
        korean = digits.startswith("82") and _KOREAN_ABROAD.fullmatch(digits)
        other = not digits.startswith("82") and _ABROAD.fullmatch(digits)
        return Kind.PHONE if korean or other else None
    if stretch.before is Other.THING:
        return None
    if _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits):
        # 010 has eight digits behind it; with seven, more of them may follow.
        return Kind.PHONE if stretch.whole or len(digits) != 10 or digits[:3] != "010" else None
    headless = len(digits) == 8 and stretch.groups == (4, 4)
    joint = stretch.atoms[-1].joint if len(stretch.atoms) > 1 else ""
    dashed = any(a.joint.strip() in ("-", "에", "국에", "의", "다시") for a in stretch.atoms[1:])
    if headless and not valid_day(digits) and (dashed or (joint and stretch.means(Kind.PHONE))):
        return Kind.PHONE if stretch.whole or stretch.means(Kind.PHONE) else None
    return None


def _registration(text: str, stretch: _Stretch) -> Kind | None:
    digits = stretch.digits
    foreign = Kind.FOREIGNER if stretch.means(Kind.FOREIGNER) else None
    named = bool(foreign) or stretch.means(Kind.RESIDENT)
    if any(atom.corrected for atom in stretch.atoms[1:]) and not named:
        return None  # What was taken back is no part of it.
    if len(digits) == 13 and valid_day(digits[:6]) and digits[6] in "12345678":
        if stretch.means(Kind.ACCOUNT) and not rrn.is_valid(digits):
            return None
        return foreign or (Kind.FOREIGNER if digits[6] in "5678" else Kind.RESIDENT)
    start = stretch.atoms[0].start
    front = len(digits) == 6 and valid_day(digits) and named
    back = (
        len(digits) == 7
        and digits[0] in "12345678"
        and (named or _BACK.search(text[max(0, start - 10) : start]))
    )
    and_first = stretch.groups == (6, 1) and stretch.hyphens and valid_day(digits[:6])
    return foreign or Kind.RESIDENT if front or back or and_first else None


def _licence(text: str, stretch: _Stretch) -> Kind | None:
    digits = stretch.digits
    formed = bool(_LICENCE.fullmatch(digits)) and stretch.groups == (2, 2, 6, 2)
    if formed and (stretch.hyphens or stretch.means(Kind.LICENCE)):
        return Kind.LICENCE
    if stretch.means(Kind.LICENCE) and len(digits) in (10, 12):
        return Kind.LICENCE
    return None


def _card(text: str, stretch: _Stretch) -> Kind | None:
    digits = stretch.digits
    named = stretch.means(Kind.CARD)
    if len(digits) == 16 and (stretch.before is not Other.THING or luhn.is_valid(digits)):
        return Kind.CARD
    if len(digits) in (14, 15) and (named or (_SHORT_CARD.match(digits) and luhn.is_valid(digits))):
        return None if stretch.before is Other.THING else Kind.CARD
    start = stretch.atoms[0].start
    if 2 <= len(digits) <= 4 and _CODE.search(text[max(0, start - 20) : start]):
        return Kind.CARD
    if named and len(digits) == 4 and _END_OF.search(text[max(0, start - 14) : start]):
        return Kind.CARD
    return None


def _account(text: str, stretch: _Stretch) -> Kind | None:
    digits = stretch.digits
    if stretch.means(Kind.ACCOUNT) and 9 <= len(digits) <= 16:
        return Kind.ACCOUNT
    if re.match(r"080|1[568]\d\d", digits):
        return None
    nameless = stretch.before in (None, Kind.PHONE) and not stretch.spoken
    if nameless and stretch.hyphens >= 2 and 10 <= len(digits) <= 14:
        return Kind.ACCOUNT
    return None


def _birth(text: str, stretch: _Stretch) -> Kind | None:
    digits = stretch.digits
    if not valid_day(digits) or not (stretch.whole or stretch.means(Kind.BIRTH_DATE)):
        return None
    if stretch.means(Kind.BIRTH_DATE):
        return Kind.BIRTH_DATE
    if is_other_date(text, stretch.atoms[-1].end):
        return None
    named = isinstance(stretch.before, Other) or stretch.before in (Kind.CARD, Kind.ACCOUNT)
    if named or not likely_birth(digits) or len(stretch.groups) > 3:
        return None
    return Kind.BIRTH_DATE


def _other(text: str, stretch: _Stretch) -> Kind | None:
    if stretch.before is Other.POSTCODE and len(stretch.digits) == 5:
        return Kind.ADDRESS
    return None


def _as_named(text: str, stretch: _Stretch) -> Kind | None:
    """What a number is called, though it has not the form: heard wrong, corrected, cut short."""
    digits = stretch.digits
    if _COMPANY.fullmatch(digits) or isinstance(stretch.before, Other):
        return None
    corrected = any(atom.corrected for atom in stretch.atoms[1:])
    begins = re.match(r"01[016789]|0[2-6]|070", digits)
    if begins and (len(digits) >= 9 or (corrected and len(digits) >= 7)):
        return Kind.PHONE
    for kind in (stretch.before, stretch.after):
        if isinstance(kind, Kind) and len(digits) >= _LEAST.get(kind, _MOST):
            well_formed = kind is not Kind.BIRTH_DATE or valid_day(digits)
            if well_formed and (kind is not Kind.PHONE or stretch.before is kind):
                return kind
    return Kind.PHONE if stretch.spoken and len(digits) >= 9 else None


def _begins_phone(atoms: Sequence[Atom]) -> bool:
    """Whether somebody has begun to say a mobile number, and nothing else."""
    digits = "".join(atom.value for atom in atoms)
    return not atoms[-1].counted and bool(re.match(r"01[016789]", digits))


def _answer(
    text: str, atoms: Sequence[Atom], expects: Kind, *, alone: bool, pending: bool
) -> list[Atom] | None:
    """Digits in the answer to a question for a number, however few they are."""
    if expects in (Kind.NAME, Kind.EMAIL):
        return None
    kept = _without_copula([atom for atom in atoms if not atom.counted], expects)
    digits = "".join(atom.value for atom in kept)
    start = atoms[0].start
    if not kept or _COMPANY.fullmatch(digits) or isinstance(meant_before(text, start), Other):
        return None
    if alone or (len(digits) >= 2 and pending) or len(digits) >= 3:
        return kept
    return None


def _without_copula(atoms: list[Atom], expects: Kind) -> list[Atom]:
    """The same without an 이 at its end that is rather `is`: 오육칠팔이요, but not 오육칠이요."""
    sizes = _PARTS.get(expects)
    if not sizes or not atoms or not atoms[-1].copula or not atoms[-1].spoken:
        return atoms
    digits = "".join(atom.value for atom in atoms)
    if expects is Kind.PHONE and digits.startswith("01"):
        sizes = (3, 7, 10, 11)
    length = len(digits)
    return atoms[:-1] if length not in sizes and length - 1 in sizes else atoms


def _is_answer(text: str, taken: Sequence[Found]) -> bool:
    """Whether a text says numbers, or what is `taken`, and nothing else."""
    left, position = "", 0
    atoms = [atom for run in numbers(text) for atom in run]
    said = [(one.start, one.end) for one in taken] + [(atom.start, atom.end) for atom in atoms]
    for start, end in sorted(said):
        left += " " + text[position:start]
        position = max(position, end)
    left += " " + text[position:]
    words = [word for word in re.split(r"[\s,.\-·/()…*]+", left) if word]
    return all(word in JOINTS or not _FILLER.sub("", word) for word in words)
