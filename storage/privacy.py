"""Masks names and telephone numbers for lists, pages and logs; pure functions."""

from __future__ import annotations

import re

import phonenumbers

_STAR = "*"
_KOREA = 82
_VISIBLE = 4
"""Digits left at a number's end, by which its owner recognises it."""
_GAP = r"[\s.,·–-]{0,2}"
_AREA = r"(?:1[016789]|2|[3-6][1-5]|[5-8]0\d?)"
"""Mobile, Seoul, the regions, internet and personal numbers, without the leading 0."""
_WRITTEN_PHONE = re.compile(
    rf"""
    (?<![\d*])
    (?P<head>
        \+82{_GAP}(?:\(0\){_GAP}|0)?{_AREA}
      | \+(?!82)\d{{1,3}}
      | \(0{_AREA}\)
      | 0{_AREA}
    )
    (?P<middle>{_GAP}\d{{3,4}}(?:{_GAP}\d{{2,4}})??)
    (?P<tail>{_GAP}\d{{{_VISIBLE}}})
    (?!\d)
    """,
    re.VERBOSE,
)
_WITHOUT_HEAD = re.compile(
    # As callers say it: 1234-5678. Numbers of companies, such as 1588-1234, hide nobody.
    rf"(?<![\d*-])(?!1[568]\d\d-)\d{{4}}(?P<tail>-\d{{{_VISIBLE}}})(?![\d-])"
)

_RESIDENT = re.compile(r"(?<!\d)\d{6}\s?-?\s?[1-8]\d{6}(?!\d)")
_CARD = re.compile(r"(?<!\d)\d{4}(?:[\s-]?\d{4}){2}[\s-]?\d{3,4}(?!\d)")
_BORN_DIGITS = re.compile(
    r"(?<![\d,.-])(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?![\d,.-]|\s?[원기GMk%분세])"
)
_BORN_WRITTEN = re.compile(
    r"(?<!\d)(?:(?:19)?\d{2}|20[01]\d)년\s?\d{1,2}월\s?\d{1,2}일(?=생|\s?(?:생|출생|태어|이에요|입니다))"
)
_DIGIT_NAME = r"(?:[공영일삼사오육륙칠팔구]|이(?!에요|예요|고|라|요)|하나|둘|셋|넷)"
_SPOKEN_DIGITS = re.compile(
    rf"(?<![가-힣]){_DIGIT_NAME}(?:[\s,.\-]*(?:에|국에|다시)?[\s,.\-]*{_DIGIT_NAME}){{5,}}"
)
"""Six digits and more said one by one; amounts are said with 십, 백, 천 and 만."""


def written_phone(phone: str) -> str:
    """A telephone number as people write it, such as `010-1234-5678`; otherwise as it is."""
    try:
        number = phonenumbers.parse(phone, "KR")
    except phonenumbers.NumberParseException:
        return phone
    style = (
        phonenumbers.PhoneNumberFormat.NATIONAL
        if number.country_code == _KOREA
        else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(number, style)


def mask_phone(phone: str) -> str:
    """A telephone number as people write it, its middle hidden: `+821012345678` becomes
    `010-****-5678`. Empty (withheld) stays empty; of what is too short all digits are hidden.
    """
    text = written_phone(phone)
    head = re.match(r"0\d+(?=-)|\+\d+(?= )", text)
    return _mask_digits(text, keep_from=head.end() if head else 0)


def mask_name(name: str) -> str:
    """A name with its first and, from three letters on, last letter left: 김철수 is 김*수."""
    letters = [index for index, letter in enumerate(name) if not letter.isspace()]
    shown = {*letters[:1], *letters[2:][-1:]} if len(letters) > 1 else set()
    return "".join(
        letter if index in shown or letter.isspace() else _STAR for index, letter in enumerate(name)
    )


def mask_text(text: str) -> str:
    """The text with the middle of every telephone number in it hidden.

    Finds written forms (010-1234-5678, 01012345678, +82 10 1234 5678, 02-123-4567, 1234-5678);
    amounts, dates and quotas stay.
    """
    text = _WRITTEN_PHONE.sub(
        lambda match: match["head"] + re.sub(r"\d", _STAR, match["middle"]) + match["tail"], text
    )
    return _WITHOUT_HEAD.sub(lambda match: _STAR * 4 + match["tail"], text)


def mask_private(text: str) -> str:
    """The text with whatever identifies somebody hidden, as far as it can be told by its form.

    Beside telephone numbers: resident numbers, cards, dates of birth, and all of these said digit
    by digit. For what is kept to be read, such as summaries; plan dates and amounts stay.
    """
    for pattern in (_RESIDENT, _CARD, _BORN_WRITTEN, _BORN_DIGITS):
        text = pattern.sub(lambda match: re.sub(r"\d", _STAR, match[0]), text)
    return _SPOKEN_DIGITS.sub(_STAR * 4, mask_text(text))


def _mask_digits(text: str, *, keep_from: int) -> str:
    """Hide the digits after `keep_from` but for the last four, and those too where few."""
    places = [index for index, letter in enumerate(text) if letter.isdigit() and index >= keep_from]
    hidden = set(places[:-_VISIBLE] if len(places) > _VISIBLE else places)
    return "".join(_STAR if index in hidden else letter for index, letter in enumerate(text))
