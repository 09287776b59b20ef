"""Understands one utterance: topics, signs, names and figures as one frame."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.brain.amounts import Age, Amounts, Budget, read_amounts
from agent.brain.keywords import AGE_WORDS, PHRASES, SIGNS, Sign, Topic
from agent.brain.names import NameReader
from agent.brain.topics import topics_in
from agent.hearing import Hearing
from agent.korean.births import birth_year
from agent.korean.repair import repair
from agent.requests import plain
from knowledge.catalog.model import Catalog, Family, Plan
from knowledge.lexicon import Lexicon

_DECADES = {10: 15, 20: 25, 30: 33, 40: 45, 50: 55, 60: 66, 70: 72, 80: 82, 90: 92}
_BECOMES = re.compile(r"되면|넘으면|지나면")
_NEAR = 9
_MOST = re.compile(
    r"(?:젤|제일)(?:로|루)(?=\s|싼|비싼|많|적|큰|작)|(?<![가-힣])질(?=\s?(?:싼|비싼|많))"
)
_WEAK = frozenset({Sign.THAT, Sign.ASKS_FIT, Sign.AT_MOST, Sign.AT_LEAST, Sign.ASKS})


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What one utterance says."""

    text: str
    plain: str
    """Without spaces and signs, lower case."""
    rest: str = ""
    """`plain` without the names of plans and families."""
    topics: tuple[Topic, ...] = ()
    signs: frozenset[Sign] = frozenset()
    plans: tuple[Plan, ...] = ()
    families: tuple[Family, ...] = ()
    rejected: tuple[str, ...] = ()
    """Ids of plans and families that the caller does not mean: `슬림 말고`."""
    budget: Budget | None = None
    gb: int | None = None
    gb_at_most: bool = False
    gb_above: bool = False
    """True for `10기가 넘는`, which leaves out 10GB itself."""
    gb_bare: bool = False
    """True when it was told without a unit, so that it is not said back."""
    age: int | None = None
    age_told: bool = False
    """True when the age is the caller's own figure and may be said back."""
    born: int | None = None
    """The year of birth told instead of an age: `62년생`."""
    settled: bool = False
    """True when its plans were not named but settled from what was said before."""

    def has(self, *signs: Sign) -> bool:
        """True when any of these signs is there."""
        return not self.signs.isdisjoint(signs)

    @property
    def asked(self) -> tuple[Topic, ...]:
        """What is asked of a plan by name; not `알려 주세요`, which asks for whatever there is."""
        return tuple(topic for topic in self.topics if topic is not Topic.OVERVIEW)

    @property
    def empty(self) -> bool:
        """True when nothing was understood."""
        figures = (self.budget, self.gb, self.age)
        return not (self.named or self.asked or self.signs - _WEAK or any(figures))

    @property
    def named(self) -> bool:
        """True when a plan or a family is named."""
        return bool(self.plans or self.families)


class Reader:
    """Reads utterances over one catalogue; shared by all calls."""

    def __init__(self, *, catalog: Catalog, lexicon: Lexicon) -> None:
        self._names = NameReader(catalog=catalog, lexicon=lexicon)
        self._written = Hearing(catalog).written

    def warm_up(self) -> None:
        """Read one sentence, so that the first caller does not wait for what is made once."""
        self.read("혹시 심풀 칠십 기가 요그미 얼마고 데이타는요")

    def written(self, text: str) -> str:
        """The text with figures and names as the catalogue writes them."""
        return self._written(text)

    def read(self, text: str, *, within: str | None = None) -> Frame:
        """Read one utterance, written by a person or by a recogniser.

        Where nothing is understood, it is read again with misheard words repaired. `within` is
        the family spoken of.
        """
        text = self._written(text)
        frame = self._read(text, within)
        unsure = frame.empty or (
            frame.topics == (Topic.FEE,) and not frame.named and "요금" not in text
        )
        chats = PHRASES["off_topic"].search(frame.plain)
        if unsure and not chats and (repaired := repair(text)) != text:
            again = self._read(repaired, within)
            return frame if again.empty else again
        return frame

    def _read(self, text: str, within: str | None) -> Frame:
        text = _MOST.sub("제일", text)
        squeezed = plain(text).replace("?", "")
        text = self._names.corrected(text)
        named = self._names.read(text, within=within)
        rest = plain(named.rest).replace("?", "")
        amounts = read_amounts(named.rest)
        signs = frozenset(sign for sign, pattern in SIGNS.items() if pattern.search(rest))
        age, told = _age(amounts, named.rest, signs)
        plans, families, gb = named.plans, named.families, amounts.gb
        if gb is not None and len(families) == 1:
            exact = [plan for plan in families[0].plans if plan.data_gb == gb]
            if exact and not (amounts.gb_at_most or amounts.gb_at_least):
                plans, families, gb = (*plans, exact[0]), (), None
        topics = topics_in(named.rest)
        if told and Sign.ASKS_FIT in signs and Topic.ELIGIBILITY not in topics:
            wider = tuple(topic for topic in topics if topic is not Topic.OVERVIEW)
            topics = (Topic.ELIGIBILITY, *wider)
        return Frame(
            text=text,
            plain=squeezed,
            rest=rest,
            topics=topics,
            signs=signs,
            plans=tuple(dict.fromkeys(plans)),
            families=families,
            rejected=named.rejected,
            budget=amounts.budget,
            gb=gb,
            gb_at_most=amounts.gb_at_most,
            gb_above=amounts.gb_above,
            age=age,
            age_told=told,
            born=birth_year(named.rest),
        )


def _age(amounts: Amounts, text: str, signs: frozenset[Sign]) -> tuple[int | None, bool]:
    """The age of the person asked for, and whether it was told as a figure."""
    if amounts.ages:
        return _whose(amounts.ages, text, signs).years, True
    if amounts.decade is not None:
        return _DECADES.get(amounts.decade), False
    squeezed = plain(text).replace("?", "")
    return next((age for pattern, age in AGE_WORDS if pattern.search(squeezed)), None), False


def _whose(ages: tuple[Age, ...], text: str, signs: frozenset[Sign]) -> Age:
    """Of several ages the relative's: `저는 마흔이고 아들은 열 살이에요`."""
    for age in ages:
        if _BECOMES.search(text[age.start : age.start + _NEAR]):
            return age  # `지금 열여덟인데 열아홉 되면`
    if Sign.RELATIVE in signs and (match := PHRASES["relative"].search(text)):
        return next((age for age in ages if age.start > match.start()), ages[-1])
    return ages[0]
