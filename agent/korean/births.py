"""Reads a year of birth told instead of an age: `55년생`, `오십오년생`, `2001년생`."""

from __future__ import annotations

import re

from agent.korean.figures import number

_BORN = re.compile(
    r"(?P<year>(?:19|20)?\d{2}|[일이삼사오육륙칠팔구십공영]{2,3})\s?년\s?생(?!각|일|활|산)"
)
_OLDEST, _LATEST_OF_2000S = 1920, 26


def birth_year(text: str) -> int | None:
    """The year of birth told in a text; two digits are of the century in which one is alive."""
    match = _BORN.search(text)
    if match is None:
        return None
    word = match["year"]
    year = int(word) if word.isdigit() else int(number(word) or -1)
    if year >= _OLDEST:
        return year
    if not 0 <= year <= 99:
        return None
    return 2000 + year if year <= _LATEST_OF_2000S else 1900 + year
