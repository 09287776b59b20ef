"""Which kind of number somebody is speaking of, by the words before and after it; pure."""

from __future__ import annotations

import re
from enum import StrEnum

from storage.privacy.kinds import Kind


class Other(StrEnum):
    """Numbers that belong to things, not to people."""

    THING = "thing"
    """An order, a parcel, a one-time code, a model."""
    POSTCODE = "postcode"


Meant = Kind | Other

BANKS = (
    r"국민|신한|우리은행|하나은행|농협|기업은행|카카오\s?뱅크|카뱅|케이\s?뱅크|토스\s?뱅크|우체국|새마을\s?금고|신협|수협"
    r"|부산은행|대구은행|광주은행|전북은행|경남은행|제일은행|씨티|산업은행|은행"
)
_MEANT: tuple[tuple[Meant, str], ...] = (
    (
        Other.THING,
        r"(?:주문|송장|운송장|접수|인증|쿠폰|사업자\s?(?:등록)?|승인|대기|예약|관리|모델|일련|시리얼|오류|에러|버전|우선)"
        r"\s?(?:번호|코드)?|에러\s?코드|모델명|IP|아이피|IMEI|아이엠이아이|고객\s?센터|대표\s?번호|콜\s?센터",
    ),
    (Other.POSTCODE, r"우편\s?번호"),
    (
        Kind.FOREIGNER,
        r"외국인\s?(?:등록)?\s?(?:번호|증)?|(?<!민)(?<!록)등록증|거소\s?(?:신고)?\s?번호|(?<!민)(?<!자)\s등록\s?번호|^등록\s?번호",
    ),
    (Kind.RESIDENT, r"주민\s?(?:등록)?\s?번호|주민\s?등록|주민증|민증"),
    (Kind.CARD, r"카드|유효\s?기간|씨브이씨|씨브이브이|CV[CV]|아멕스|비자|마스터"),
    (Kind.ACCOUNT, rf"계좌|통장|{BANKS}"),
    (Kind.PASSPORT, r"여권"),
    (Kind.LICENCE, r"면허"),
    (Kind.BIRTH_DATE, r"생년월일|생일|생신|생월|태어난|출생|음력|양력"),
    (Kind.EMAIL, r"이?메일(?:\s?주소)?"),
    (Kind.ADDRESS, r"주소|배송지|사는\s?[곳데]|집이|보내실\s?데|보낼\s?데"),
    (Kind.NAME, r"성함|이름|예금주"),
    (Kind.PHONE, r"전화|번호|휴대폰|핸드폰|폰|연락처|뒷번|팩스|문자"),
)
_WORDS = re.compile(
    "|".join(rf"(?P<m{i}>(?:{words})(?:\s?번호)?)" for i, (_, words) in enumerate(_MEANT)),
    re.IGNORECASE,
)
_REACH, _AFTER_REACH = 32, 14
"""Letters before and after a number within which its name stands."""


def meant_before(text: str, start: int) -> Meant | None:
    """What the words before a number name last."""
    return _last(text[max(0, start - _REACH) : start])


def meant_after(text: str, end: int) -> Meant | None:
    """What the words after a number name first, within its clause: `123-45-678901 국민은행이요`."""
    found = _WORDS.search(text[end : end + _AFTER_REACH])
    return _kind(found) if found else None


def named_last(text: str) -> Kind | None:
    """The kind of data that is named last in a text, if any."""
    found = _last(text)
    return found if isinstance(found, Kind) else None


def _last(text: str) -> Meant | None:
    found = list(_WORDS.finditer(text))
    return _kind(found[-1]) if found else None


def _kind(match: re.Match[str]) -> Meant:
    return _MEANT[int((match.lastgroup or "m0")[1:])][0]
