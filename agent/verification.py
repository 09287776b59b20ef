"""The verification by number and date of birth, in code and before any brain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from agent.korean.figures import birth_digits, digit_runs, phone_number
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
    broken: bool = False
    """Digits came, but not as many as were needed."""


_FILLERS = re.compile(
    r"(?:제|내|저희|저)?(?:휴대폰|핸드폰|전화|폰)?번호[는은가이요]*|생년월일[은는이요]*|생일[은는이요]*|"
    r"[공영일이삼사오육륙칠팔구십백천\d년월일생에\-]|하나|둘|셋|넷|다시|국|번|입니다|이에요|예요|에요|"
    r"이요|요|네|예|음|어|그|저기"
)
_REFUSAL = re.compile(
    r"싫|말하기좀|알려주기|안(?:알려|가르쳐|말해|불러)|못(?:알려|말|불러)|몰라|모르|기억안|생각안|안할래|안해|그냥물어|그냥궁금|고객아니|회원아니|가입안|(?:번호|전화|폰)[가는이은]?(?:없|따로없)|^(?:아니요?|아뇨)?(?:그냥)?(?:없어요?|없는데요?|안돼요)$"
)


_CONFUSED = re.compile(r"무슨말|뭔말|뭔소리|무슨소리|무슨뜻|이해|뭐가뭔지|어떤(?:게|걸|거)|뭘")
"""`무슨 말인지 모르겠어요` asks for other words; it does not refuse a number."""


def claim_in(
    text: str, *, awaited: Awaited, keyed: bool, birth_missing: bool = False
) -> Claim | None:
    """The number in the caller's words, or None when they said something else.

    A full mobile number is taken whenever it comes; a date of birth when it was asked for, or
    where only it is missing (`birth_missing`) and nothing else was said; an incomplete number
    only when it was asked for.
    """
    phone = phone_number(text)
    if phone and awaited is not Awaited.BIRTH:
        return Claim(phone=phone)
    if awaited is Awaited.NOTHING:
        born = birth_digits(text) if birth_missing else None
        alone = not _FILLERS.sub("", plain(text).replace("?", ""))
        return Claim(born=born) if born and alone else None
    if awaited is Awaited.BIRTH and (born := birth_digits(text)):
        return Claim(born=born)
    runs = digit_runs(text)
    squeezed = plain(text).replace("?", "")
    only_digits = bool(runs) and len(runs[0]) >= 3 and not _FILLERS.sub("", squeezed)
    if keyed or only_digits or (runs and len(runs[0]) >= 7):
        return Claim(broken=True)
    return None


def refuses(text: str) -> bool:
    """True when the caller will not, or cannot, give the number that was asked for."""
    squeezed = plain(text)
    if _CONFUSED.search(squeezed):
        return False
    return len(squeezed) <= 20 and bool(_REFUSAL.search(squeezed))
