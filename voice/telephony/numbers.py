"""Caller numbers as carriers write them, to E.164."""

from __future__ import annotations

import re

import phonenumbers

_WITHHELD = frozenset(
    {
        "",
        "anonymous",
        "unknown",
        "restricted",
        "private",
        "unavailable",
        "withheld",
        "blocked",
        # The same words, keyed on a telephone's pad.
        "+266696687",
        "+7378742833",
        "+8656696",
        "+86282452253",
        "+2562533",
    }
)
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def normalise_caller(from_: str) -> str:
    """The caller's number as E.164, such as +821012345678; "" when it is withheld or no number.

    Korean national forms (010…, +82010…) become international; foreign numbers are kept. A caller
    ID is an identifier, never a proof of who is calling.
    """
    text = from_.strip()
    if text.lower() in _WITHHELD:
        return ""
    try:
        parsed = phonenumbers.parse(text, "KR")
        number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        number = text  # of a country that the library does not know yet
    return number if _E164.fullmatch(number) else ""
