"""Hides personal data in text, names and telephone numbers; pure, never raises, idempotent."""

from __future__ import annotations

import re
from collections.abc import Iterable

import phonenumbers

from storage.privacy.finding import find
from storage.privacy.kinds import Found, Kind

_STAR = "*"
_HIDDEN = _STAR * 4
_KOREA = 82
_VISIBLE = 4
"""Digits left at a number's end, by which its owner recognises it."""
_HEAD = re.compile(
    r"\+82[\s.\-]{0,2}(?:\(0\)[\s.\-]{0,2})?0?(?:1[016789]|2|70|[3-6][1-5])|\+\d{1,3}(?!\d)|\+(?:1|7|[2-9]\d)"
    r"|\(?(?:01[016789]|02|070|050\d|0[3-6][1-5])\)?"
)
_PROVIDERS = re.compile(
    r"@(?:naver|gmail|daum|hanmail|kakao|nate|outlook|hotmail|icloud|yahoo)\.(?:com|net)$", re.I
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
    return _without_middle(text, keep_from=head.end() if head else 0)


def mask_name(name: str) -> str:
    """A name with its first and, from three letters on, last letter left: 김철수 is 김*수."""
    letters = [index for index, letter in enumerate(name) if not letter.isspace()]
    shown = {*letters[:1], *letters[2:][-1:]} if len(letters) > 1 else set()
    return "".join(
        letter if index in shown or letter.isspace() else _STAR for index, letter in enumerate(name)
    )


def mask(
    text: str,
    *,
    expects: Kind | None = None,
    names: Iterable[str] = (),
) -> str:
    """The text with the personal data in it hidden; amounts, quotas and other dates stay.

    `expects` is what the text was asked for, `names` those of people who are known, of which one
    letter alone would hit ordinary words. Of a telephone number its head and last four digits are
    left where they were written; what was said in words becomes `****`.
    """
    for name in names:
        if len(name) > 1:
            text = text.replace(name, mask_name(name))
    while True:
        # Hiding one piece may lay bare another; each round hides letters, so it ends.
        hidden = hide(text, find(text, expects=expects))
        if hidden == text:
            return text
        text = hidden


def hide(text: str, found: Iterable[Found]) -> str:
    """The text with these pieces hidden, each in the way of its kind."""
    position, written = 0, []
    for one in found:
        written += [text[position : one.start], _hidden(text[one.start : one.end], one)]
        position = one.end
    return "".join(written) + text[position:]


def _hidden(piece: str, one: Found) -> str:
    if one.kind is Kind.NAME:
        return mask_name(piece)
    if one.kind is Kind.EMAIL:
        provider = _PROVIDERS.search(piece)
        return _HIDDEN + provider[0] if provider else _HIDDEN
    if one.spoken or one.kind is Kind.ADDRESS:
        return _HIDDEN
    if one.kind is Kind.PHONE:
        head = _HEAD.match(piece)
        return _without_middle(piece, keep_from=head.end() if head else 0)
    return _without_digits(piece)


def _without_digits(text: str) -> str:
    return "".join(_STAR if letter.isdigit() else letter for letter in text)


def _without_middle(text: str, *, keep_from: int) -> str:
    """Hide the digits after `keep_from` but for the last four, and those too where few."""
    places = [index for index, letter in enumerate(text) if letter.isdigit() and index >= keep_from]
    hidden = set(places[:-_VISIBLE] if len(places) > _VISIBLE else places)
    return "".join(_STAR if index in hidden else letter for index, letter in enumerate(text))
