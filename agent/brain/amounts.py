"""Reads budgets, amounts of data and ages in what a caller says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.korean.figures import Found, Unit, find_figures, native_number, number
from agent.korean.particles import with_particle
from agent.korean.wording import won

_RANGE = re.compile(
    r"(?<![\d,])(?P<low>\d+|[일이삼사오육칠팔구])\s*(?:만\s*원?)?\s*(?:에서|부터|~|-|,\s|아니면)\s*"
    r"(?P<high>\d{1,3}(?:,\d{3})+)원"
)
_TWO = re.compile(r"(?<![가-힣])([일이삼사오육칠팔])\s?([이삼사오육칠팔구])\s?만\s?원")
"""`삼사만 원`: three to four."""
_MAN = re.compile(
    r"(?<![가-힣\d,])(?P<amount>\d{1,3}|[일이삼사오육칠팔구십]{1,3})\s?만(?:\s?(?P<rest>\d|[일이삼사오육칠팔구])\s?천)?"
    r"(?=\s?(?:대|이하|이내|미만|이상|안|까지|정도|쯤|짜리|선|언더|밑|아래|넘|에서|부터|으로|로|내외|사이|$))"
)
"""`오만 이하`: ten thousands, said without 원 where nothing but a price is counted so."""
_DIGITS = {c: i for i, c in enumerate("영일이삼사오육칠팔구")}
_LEAST_BUDGET = 1_000
_LARGEST_TEN_THOUSANDS = 20
_AT_MOST = re.compile(
    r"^\s*(?:이하|미만|안으로|안쪽|이내|내로|안에서|내에서|안|내|까지|아래|밑|언더|안\s?넘|넘지|넘으면\s?안"
    r"|보다\s?(?:싼|저렴|낮|적)|넘는\s?(?:건|거|것)\s?(?:말고|빼고|싫|안))"
)
_AT_LEAST = re.compile(
    r"^\s*(?:이상(?!인?\s?(?:건|거|것)\s?(?:말고|빼고|싫))|넘는(?!\s?(?:건|거|것)은?\s?(?:말고|빼고|싫|안))|넘게|초과|보다\s?(?:비싼|높|많))"
)
_ABOVE = re.compile(r"^\s*(?:이\s)?(?:넘는|넘게|초과|보다\s?(?:많|큰))")
_EXACT = re.compile(r"^\s*짜리")
_PART = re.compile(r"^\s*대?\s*(?:초반|중반|후반)")
_DECADE = re.compile(r"^\s*대")


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What a plan may cost a month, in won."""

    low: int | None = None
    high: int | None = None
    words: str = ""
    """As it is said back: `50,000원 이하로는 `."""
    cheapest_first: bool = False
    """True for `3만원대`, which asks for what there is about that price."""


@dataclass(frozen=True, kw_only=True)
class Age:
    """An age that was told, and where."""

    years: int
    start: int


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """The figures of one utterance by what they count."""

    budget: Budget | None = None
    gb: int | None = None
    gb_at_most: bool = False
    """True for `10기가 이하`."""
    gb_at_least: bool = False
    gb_above: bool = False
    """True for `10기가 넘는`, which leaves out 10GB itself."""
    ages: tuple[Age, ...] = ()
    decade: int | None = None
    """칠십대 as 70."""


def read_amounts(text: str) -> Amounts:
    """The figures in the written form of what a caller said, names blanked.

    A bare number (`30001`, `790314`) is none of these: a budget is said in won.
    """
    text = _MAN.sub(_as_won, text)
    if (two := _TWO.search(text)) and _DIGITS[two[2]] == _DIGITS[two[1]] + 1:
        spread = f"{two[1]}만 원에서 {two[2]}만 원 사이"
        text = f"{text[: two.start()]}{spread}{text[two.end() :]}"
    found = find_figures(text)
    gbs = [item for item in found if item.figure.unit is Unit.GB]
    ages = [
        Age(years=int(item.figure.value), start=item.start)
        for item in found
        if item.figure.unit is Unit.AGE
    ]
    decades = [int(item.figure.value) for item in found if item.figure.unit is Unit.DECADE]
    return Amounts(
        budget=_budget(text, [item for item in found if item.figure.unit is Unit.WON]),
        gb=int(gbs[-1].figure.value) if gbs else None,
        gb_at_most=bool(gbs and _AT_MOST.match(text[gbs[-1].end :])),
        gb_at_least=bool(gbs and _AT_LEAST.match(text[gbs[-1].end :])),
        gb_above=bool(gbs and _ABOVE.match(text[gbs[-1].end :])),
        ages=tuple(ages),
        decade=decades[0] if decades else None,
    )


def _budget(text: str, found: list[Found]) -> Budget | None:
    amounts = [int(item.figure.value) for item in found]
    if not amounts or amounts[0] < _LEAST_BUDGET:
        return None
    if len(amounts) >= 2 and amounts[0] < amounts[1]:
        return _between(amounts[0], amounts[1])
    amount = amounts[0]
    match = _RANGE.search(text)
    low = _ten_thousands(match["low"]) if match and match.end() == found[0].end else None
    if low is not None and low < amount:
        return _between(low, amount)
    return _limited(amount, text[found[0].end :])


def _limited(amount: int, after: str) -> Budget:
    """A budget of one amount by the words that follow it; at most that much, where none do."""
    if _AT_LEAST.match(after):
        return Budget(low=amount, words=_about(f"{won(amount)} 이상"))
    if _EXACT.match(after) and amount % 10_000:
        return Budget(low=amount, high=amount, words="그 요금으로는 ")
    if _DECADE.match(after) or _EXACT.match(after):
        step = 10_000 if amount % 10_000 == 0 else 1_000
        if step == 10_000 and _PART.match(after):
            return _part_of(amount, after)
        return Budget(
            low=amount,
            high=amount + step - 1,
            words=_about(f"{won(amount)}대"),
            cheapest_first=True,
        )
    return Budget(high=amount, words=_about(f"{won(amount)} 이하"))


def _part_of(amount: int, after: str) -> Budget:
    start, end, part = next(limits for limits in _PARTS_OF if limits[2] in after)
    words = _about(f"{won(amount)}대 {part}")
    return Budget(low=amount + start, high=amount + end, words=words)


_PARTS_OF = ((0, 4_000, "초반"), (3_000, 7_000, "중반"), (5_000, 9_999, "후반"))


def _about(words: str) -> str:
    return f"{with_particle(words, '으로')}는 "


def _between(low: int, high: int) -> Budget:
    return Budget(low=low, high=high, words="그 사이로는 ")


def _ten_thousands(text: str) -> int | None:
    value = _DIGITS.get(text) or (int(text) if text.isdigit() else 0)
    return value * 10_000 if 0 < value < _LARGEST_TEN_THOUSANDS else None


def _as_won(match: re.Match[str]) -> str:
    amount = number(match["amount"])
    rest = number(match["rest"]) if match["rest"] else 0
    return match[0] if amount is None else won(int(amount * 10_000 + (rest or 0) * 1_000))


_COPULA = re.compile(r"(?:이요|이에요|이예요|이예여|입니다|요|이야)[\s.?!]*$")
_BARE = re.compile(
    r"(?<![\d,.])(?P<digits>\d{1,3})(?![\d,.])(?!\s?(?:원|만|기가|GB|년|월))"
    r"|(?<![가-힣])(?P<words>[일이삼사오육칠팔구]?[십백][일이삼사오육칠팔구]?"
    r"|(?:열|스물|서른|마흔|쉰|예순|일흔|여든|아흔)(?:하나|둘|셋|넷|다섯|여섯|일곱|여덟|아홉)?)"
)


def bare_number(text: str) -> int | None:
    """A number without a unit, as an answer to `몇 살`, `몇 기가`: `한 이십이요`, `열둘이요`."""
    match = _BARE.search(_COPULA.sub("", text))
    if match is None:
        return None
    if match["digits"]:
        return int(match["digits"])
    value = number(match["words"]) or native_number(match["words"])
    return int(value) if value else None
