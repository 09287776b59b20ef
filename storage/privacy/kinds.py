"""What kinds of personal data are told apart, and where one was found in a text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A kind of personal data."""

    RESIDENT = "resident"
    """Resident registration number, whole or a half of it."""
    FOREIGNER = "foreigner"
    PHONE = "phone"
    """Telephone number of a person, mobile, at home or abroad; those of companies hide nobody."""
    CARD = "card"
    """Card number, and with it the month it is valid to and its check code."""
    ACCOUNT = "account"
    PASSPORT = "passport"
    LICENCE = "licence"
    ADDRESS = "address"
    """What is finer than a city's district: street or quarter, house, flat, postcode."""
    EMAIL = "email"
    BIRTH_DATE = "birth_date"
    NAME = "name"
    """A name that somebody tells as theirs; names of customers are known to the callers."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A piece of personal data in a text."""

    kind: Kind
    start: int
    end: int
    """Behind its last character."""
    spoken: bool = False
    """Said in words of numbers (`공일공`), at least in part."""
