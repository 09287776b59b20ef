"""The verification by number and date of birth, in code and before any brain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from agent.family import asks_something
from agent.korean.figures import (
    birth_digits,
    digit_runs,
    in_one_breath,
    phone_number,
    without_mobile,
)
from agent.requests import plain


class Awaited(StrEnum):
    """Which number the caller was asked for."""

    NOTHING = "nothing"
    PHONE = "phone"
    BIRTH = "birth"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A number in the caller's words that is meant to verify them."""

    phone: str | None = None
    """Digits such as 01012345678."""
    born: str | None = None
    """6 or 8 digits."""
    question: str | None = None
    """What was asked in the same breath, the number left out."""
    begun: bool = False
    """A date of birth that is still being said: the year, or year and month."""
    broken: bool = False
    """Digits came, but not as many as were needed."""


_FILLERS = re.compile(
    r"(?:제|내|저희|저)?(?:휴대폰|핸드폰|전화|폰)?번호[는은가이요]*|(?:제|내|저)?(?:생년월일|생일)[은는이요]*|"
    r"[공영일이삼사오육륙칠팔구십백천\d년월일생에\-]|하나|둘|셋|넷|다시|국|번|입니다|이에요|예요|에요|"
    r"이요|요|네|예|음|어|그|저기"
)
_BEGUN = re.compile(r"([년월])(?:생|도)?(?:이요|이고요?|요)?$")
_ITS_NUMBER = re.compile(
    r"(?:(?:제|내|저희)\s*)?(?:(?:휴대폰|핸드폰|전화)?\s*번호[는가은]?\s*)?@"
    r"(?:\s*(?:번이?고요?|이고요?|인데요?|이에요|예요|입니다|이요|이?거든요|으?로|번))?[,.]?"
)
"""A number, marked, with the words that only carry it."""
_REFUSAL = re.compile(
    r"싫|실은데|말하기좀|알려주기|안(?:알려|가르쳐|말해|불러)|못(?:알려|말|불러)|몰라|모르|기억안|생각안|안할래|안해|그냥물어|그냥궁금|고객아니|회원아니|가입안|(?:번호|전화|폰)[가는이은]?(?:없|따로없)|^(?:아니요?|아뇨)?(?:그냥)?(?:없어요?|없는데요?|안돼요)$"
)


_CONFUSED = re.compile(
    r"무슨말|뭔말|뭔소리|무슨소리|무슨뜻|이해|뭐가|어떤(?:게|걸|거)|뭘|요금|데이터|기가|무제한|원"
)
"""`무슨 말인지 모르겠어요` asks for other words; it does not refuse a number."""


def claim_in(
    text: str,
    *,
    awaited: Awaited,
    keyed: bool,
    birth_missing: bool = False,
    before: str = "",
) -> Claim | None:
    """The number in the caller's words, or None when they said something else.

    A full mobile number is taken whenever it comes; a date of birth when it was asked for, or
    where only it is missing (`birth_missing`) and nothing else was said; an incomplete number
    only when it was asked for. `before` is an incomplete number that these words may go on with.
    """
    alone = not _FILLERS.sub("", plain(text).replace("?", ""))
    if claim := _whole(text, awaited=awaited, birth_missing=birth_missing, alone=alone):
        return claim
    if before and alone:
        joined = in_one_breath((before, text))
        if claim := _whole(joined, awaited=awaited, birth_missing=birth_missing, alone=True):
            return claim
    if awaited is Awaited.NOTHING:
        return None
    if awaited is Awaited.BIRTH and alone and _part(text) not in ("", _part(before)):
        return Claim(begun=True)
    runs = digit_runs(text)
    only_digits = bool(runs) and len(runs[0]) >= 3 and alone
    if keyed or only_digits or (before and alone and runs) or (runs and len(runs[0]) >= 7):
        return Claim(broken=True)
    return None


def _part(text: str) -> str:
    """`년` or `월` where the words end with a year or month."""
    match = _BEGUN.search(plain(text))
    return match[1] if match else ""


def _whole(text: str, *, awaited: Awaited, birth_missing: bool, alone: bool) -> Claim | None:
    if phone := phone_number(text):
        rest = _ITS_NUMBER.sub("제", without_mobile(text, "@"))
        asked = not alone and asks_something(rest)
        born = birth_digits(text)
        return Claim(phone=phone, born=born, question=rest if asked else None)
    wanted = awaited is Awaited.BIRTH or (awaited is Awaited.NOTHING and birth_missing and alone)
    born = birth_digits(text) if wanted else None
    return Claim(born=born) if born else None


def refuses(text: str) -> bool:
    """True when the caller will not, or cannot, give the number that was asked for."""
    squeezed = plain(text)
    if _CONFUSED.search(squeezed) and not re.search(r"번호|생년|생일", squeezed):
        return False
    return len(squeezed) <= 20 and bool(_REFUSAL.search(squeezed))
