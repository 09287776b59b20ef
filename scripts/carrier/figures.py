"""Text as scenarios compare it: NFC, without spaces, and every figure in one form."""

import re
import unicodedata

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_FIGURE = re.compile(
    rf"(?:(?P<man>{_NUMBER})(?P<hundred_man>[천백십])?만\s*)?"
    rf"(?:(?P<thousand>\d)천\s*)?(?:(?P<hundred>\d)백\s*)?(?P<rest>{_NUMBER})?"
)
_OPEN, _CLOSE = "\x02", "\x03"
"""Around a figure, so that 5,000 is not found in 45,000, nor 10GB in 110GB."""

_TIMES = {"천": 1000, "백": 100, "십": 10, None: 1}


def comparable(text: str) -> str:
    """The form in which texts are compared: `5만 원`, `50,000 원` and `50000원` are one."""
    figures = _FIGURE.sub(_figure, unicodedata.normalize("NFC", text))
    return "".join(figures.split())


def mentions(text: str, wanted: str) -> bool:
    """Whether `wanted` appears in `text`; a figure only as a whole."""
    return comparable(wanted) in comparable(text)


def _figure(found: re.Match[str]) -> str:
    if not found[0]:
        return ""
    parts = found.groupdict()
    if not any(parts[name] for name in ("man", "thousand", "hundred")):
        digits = found["rest"].replace(",", "")
    else:
        value = _value(parts["man"]) * _TIMES[parts["hundred_man"]] * 10_000
        value += _value(parts["thousand"]) * 1000 + _value(parts["hundred"]) * 100
        value += _value(parts["rest"])
        digits = f"{value:g}" if value % 1 else str(int(value))
    return f"{_OPEN}{digits}{_CLOSE}"


def _value(digits: str | None) -> float:
    return float(digits.replace(",", "")) if digits else 0.0
