"""How Korean says numbers: Sino-Korean (일, 이), native (하나, 둘) and digit by digit (공일공)."""

DIGITS = "공일이삼사오육칠팔구"

_SMALL_UNITS = ("", "십", "백", "천")
_LARGE_UNITS = ("", "만", "억", "조", "경")
_MOST_DIGITS = 20
_NATIVE_ONES = ("", "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉")
_NATIVE_TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
_BEFORE_COUNTER = {"하나": "한", "둘": "두", "셋": "세", "넷": "네", "스물": "스무"}


def _below_ten_thousand(number: int) -> str:
    said = ""
    for power in (3, 2, 1, 0):
        digit = number // 10**power % 10
        if digit:
            one = digit == 1 and power > 0
            said += ("" if one else DIGITS[digit]) + _SMALL_UNITS[power]
    return said


def sino(number: int) -> str:
    """The Sino-Korean reading, a space after 만, 억 and so on: 55000 is "오만 오천".

    Raises ValueError for negative numbers and for those of 10**20 and more.
    """
    if not 0 <= number < 10**20:
        raise ValueError(f"no Sino-Korean reading for {number}")
    if number == 0:
        return "영"
    groups: list[str] = []
    for power, unit in reversed(list(enumerate(_LARGE_UNITS))):
        group = number // 10_000**power % 10_000
        if group:
            one = group == 1 and unit == "만" and not groups
            groups.append(("" if one else _below_ten_thousand(group)) + unit)
    return " ".join(groups)


def native(number: int, *, before_counter: bool = False) -> str:
    """The native reading of 1 to 99; `before_counter` gives 한, 두, 스무 for 하나, 둘, 스물.

    Raises ValueError outside that range.
    """
    if not 1 <= number <= 99:
        raise ValueError(f"no native reading for {number}")
    tens, ones = _NATIVE_TENS[number // 10], _NATIVE_ONES[number % 10]
    if not before_counter:
        return tens + ones
    if not ones:
        return _BEFORE_COUNTER.get(tens, tens)
    return tens + _BEFORE_COUNTER.get(ones, ones)


def by_digit(digits: str) -> str:
    """Every digit by its name, zero as 공, as telephone numbers are said: "010" is "공일공"."""
    return "".join(DIGITS[int(digit)] for digit in digits)


def decimal(text: str) -> str:
    """A number as it is written, commas and a decimal point allowed: "3.5" is "삼 점 오".

    What is too long to be a number is read digit by digit.
    """
    whole, _, fraction = text.replace(",", "").partition(".")
    said = sino(int(whole)) if len(whole) <= _MOST_DIGITS else by_digit(whole)
    if fraction:
        said += " 점 " + "".join("영" if digit == "0" else DIGITS[int(digit)] for digit in fraction)
    return said
