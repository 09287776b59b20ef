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


def _mask_digits(text: str, *, keep_from: int) -> str:
    """Hide the digits after `keep_from` but for the last four, and those too where few."""
    places = [index for index, letter in enumerate(text) if letter.isdigit() and index >= keep_from]
    hidden = set(places[:-_VISIBLE] if len(places) > _VISIBLE else places)
    return "".join(_STAR if index in hidden else letter for index, letter in enumerate(text))
