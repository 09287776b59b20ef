"""Slots of figures: money, volumes, ages, dates and telephone numbers, said in all usual ways."""

import random

from agent.korean.numbers import by_digit, native, sino
from scripts.demo_stt.grammar import PAUSE, Pair, Slot

_FEES = (
    28, 30, 36, 37, 38, 39, 41, 42, 44, 45, 46, 47, 49, 50, 55, 56, 58, 61, 63, 65, 69, 80, 90,
    100, 110, 130,
)  # fmt: skip
_VOLUMES = (3, 4, 5, 8, 9, 10, 12, 14, 15, 20, 21, 28, 30, 40, 50, 60, 70, 80, 100, 110)


def won(rng: random.Random) -> Pair:
    """An amount of money."""
    kind = rng.random()
    if kind < 0.4:
        amount = rng.choice(_FEES) * 1000
    elif kind < 0.7:
        amount = rng.randint(1, 15) * 10_000
    elif kind < 0.9:
        amount = rng.randint(10, 150) * 1000
    else:
        amount = rng.randint(100, 15_000) * 10
    said = sino(amount)
    if rng.random() < 0.5:
        said = said.replace(" ", "")
    return Pair(f"{amount:,}원", said + rng.choice([" 원", "원"]))


def volume(rng: random.Random) -> Pair:
    """A volume of data in GB; now and then counted natively, as callers do (열네 기가)."""
    amount = rng.choice(_VOLUMES) if rng.random() < 0.6 else rng.randint(1, 200)
    if amount <= 30 and rng.random() < 0.06:
        said = native(amount, before_counter=True)
    else:
        said = sino(amount)
    return Pair(f"{amount}GB", said + rng.choice([" 기가", "기가", " 기가", " 기가바이트"]))


def speed(rng: random.Random) -> Pair:
    """A speed after the volume is used up."""
    if rng.random() < 0.45:
        amount = rng.choice([400, 400, 400, 200, 100, 500])
        return Pair(f"{amount}kbps", sino(amount) + rng.choice([" 케이비피에스", " 킬로비피에스"]))
    amount = rng.choice([1, 1, 1, 5, 3, 10, 2])
    return Pair(
        f"{amount}Mbps",
        sino(amount) + rng.choice([" 메가", " 메가", " 메가비피에스", " 엠비피에스"]),
    )


def age(rng: random.Random) -> Pair:
    """Years of age as rules say them (만 65세) or as people do (열두 살)."""
    years = rng.randint(5, 92)
    kind = rng.random()
    if kind < 0.35:
        return Pair(f"만 {years}세", f"만 {sino(years)} 세")
    if kind < 0.6:
        return Pair(f"{years}세", f"{sino(years)} 세")
    return Pair(f"{years}살", f"{native(years, before_counter=True)} 살")


def months(rng: random.Random) -> Pair:
    """A contract's length in months."""
    count = rng.choice([12, 24, 24, 36, 3, 6, rng.randint(1, 48)])
    return Pair(f"{count}개월", f"{sino(count)} 개월")


def percent(rng: random.Random) -> Pair:
    """A percentage."""
    amount = rng.choice([25, 25, 10, 50, 100, rng.randint(1, 99)])
    return Pair(f"{amount}%", f"{sino(amount)} {rng.choice(['퍼센트', '프로'])}")


def _month_day(rng: random.Random) -> Pair:
    month, day = rng.randint(1, 12), rng.randint(1, 31)
    name = {6: "유", 10: "시"}.get(month, sino(month))
    gap = rng.choice(["", " "])
    between = f" {PAUSE} " if rng.random() < 0.12 else " "
    return Pair(f"{month}월 {day}일", f"{name}월{between}{sino(day)}{gap}일")


def date(rng: random.Random) -> Pair:
    """A day of this year."""
    return _month_day(rng)


def birth(rng: random.Random) -> Pair:
    """A date of birth: 1955년 1월 30일, 55년 1월 30일 or the six digits 550130."""
    year = rng.randint(1935, 2015)
    kind = rng.random()
    if kind < 0.25:
        digits = f"{year % 100:02d}{rng.randint(1, 12):02d}{rng.randint(1, 31):02d}"
        return Pair(digits, _said_digits(digits, rng, zero=rng.choice("공공영")))
    spoken_year, day = _year(year, rng, full=kind < 0.65), _month_day(rng)
    between = f" {PAUSE} " if rng.random() < 0.15 else " "
    return Pair(f"{spoken_year.written} {day.written}", spoken_year.spoken + between + day.spoken)


def _year(year: int, rng: random.Random, *, full: bool) -> Pair:
    if full:
        return Pair(f"{year}년", sino(year) + rng.choice(["년", " 년"]))
    short = year % 100
    said = f"공{sino(short)}" if 0 < short < 10 else sino(short) if short else "이천"
    return Pair(f"{short:02d}년" if short else "2000년", f"{said}년")


def birth_start(rng: random.Random) -> Pair:
    """A date of birth as far as it was said before a pause: 1955년, 55년 1월, 5501."""
    kind = rng.random()
    if kind < 0.3:
        digits = f"{rng.randint(0, 99):02d}{rng.randint(1, 12):02d}"[: rng.choice([2, 4, 4])]
        return Pair(digits, _said_digits(digits, rng, zero=rng.choice("공공영")))
    year = _year(rng.randint(1935, 2015), rng, full=rng.random() < 0.6)
    if kind < 0.55:
        return year
    month = rng.randint(1, 12)
    name = {6: "유", 10: "시"}.get(month, sino(month))
    between = f" {PAUSE} " if rng.random() < 0.25 else " "
    if kind < 0.75:
        return Pair(f"{month}월", f"{name}월")
    return Pair(f"{year.written} {month}월", f"{year.spoken}{between}{name}월")


def clock(rng: random.Random) -> Pair:
    """A time of day."""
    hour, minute = rng.randint(1, 12), rng.choice([0, 0, 30, rng.randint(1, 59)])
    said = native(hour, before_counter=True) + " 시"
    part = rng.choice(["", "오전 ", "오후 ", "저녁 "])
    if not minute:
        return Pair(f"{part}{hour}시", part + said)
    return Pair(f"{part}{hour}시 {minute}분", f"{part}{said} {sino(minute)} 분")


def years(rng: random.Random) -> Pair:
    """A number of years."""
    count = rng.choice([1, 2, 2, 3, rng.randint(1, 20)])
    return Pair(f"{count}년", f"{sino(count)} 년")


def _said_digits(digits: str, rng: random.Random, *, zero: str) -> str:
    """By digit; now and then one by one, or in pairs with pauses."""
    said = by_digit(digits).replace("공", zero)
    kind = rng.random()
    if kind < 0.06:
        return " ".join(said)
    if kind < 0.14 and len(said) in (4, 6):
        between = rng.choice([" ", ", ", f" {PAUSE} ", f" {PAUSE} "])
        return between.join(said[at : at + 2] for at in range(0, len(said), 2))
    return said


def phone(rng: random.Random) -> Pair:
    """A mobile number, ten or eleven digits: 공일공에 일이삼사에 오육칠팔 and its variants."""
    groups = ["010", f"{rng.randint(0, 9999):04d}", f"{rng.randint(0, 9999):04d}"]
    kind = rng.random()
    if kind < 0.06:
        groups[0] = rng.choice(["011", "016", "017", "018", "019"])
    if kind > 0.95:
        groups[1] = groups[1][1:]
    if rng.random() < 0.15:
        groups[2] = rng.choice(["1234", "5678", "1111", "0000", "9999", "2222", "7777"])
    return _said_number(groups, rng)


def _said_number(groups: list[str], rng: random.Random) -> Pair:
    zero = rng.choice("공공공공영")
    joint = rng.choice([" ", " ", ", ", ", ", "에 ", "에, ", "에 ", ""])
    if rng.random() < 0.2:
        joint = joint.rstrip() + f" {PAUSE} "
    said = [_said_digits(group, rng, zero=zero) for group in groups]
    if rng.random() < 0.06:
        said = [f"{part[:2]}, {part[2:]}" if len(part) == 4 else part for part in said]
    return Pair("-".join(groups), joint.join(said))


def phone_start(rng: random.Random) -> Pair:
    """A mobile number as far as it was said before a pause."""
    groups = ["010", f"{rng.randint(0, 9999):04d}"][: rng.choice([1, 2, 2])]
    said = _said_number(groups, rng)
    return Pair(said.written, said.spoken + rng.choice(["", "", "에"]))


def partial_phone(rng: random.Random) -> Pair:
    """A number without its prefix, or the last four digits."""
    groups = [f"{rng.randint(0, 9999):04d}" for _ in range(rng.choice([1, 1, 2]))]
    if len(groups) == 2 and rng.random() < 0.3:
        groups[0] = groups[0][1:]
    return _said_number(groups, rng)


def code(rng: random.Random) -> Pair:
    """A code of four to six digits."""
    digits = "".join(rng.choice("0123456789") for _ in range(rng.choice([4, 4, 5, 6])))
    return Pair(digits, _said_digits(digits, rng, zero=rng.choice("공공영")))


FIGURES: dict[str, Slot] = {
    "won": won,
    "gb": volume,
    "speed": speed,
    "age": age,
    "months": months,
    "percent": percent,
    "date": date,
    "birth": birth,
    "birth_start": birth_start,
    "clock": clock,
    "years": years,
    "phone": phone,
    "partial_phone": partial_phone,
    "phone_start": phone_start,
    "code": code,
}
