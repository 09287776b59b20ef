"""Understands one utterance: topics, signs, names and figures as one frame."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.brain.keywords import AGE_WORDS, PHRASES, SIGNS, TOPICS, Sign, Topic
from agent.korean.figures import Unit, find_figures
from agent.korean.repair import repair
from agent.requests import plain
from knowledge.catalog.model import Catalog, Family, Plan
from knowledge.lexicon import Lexicon, Mention

_HOW_MUCH = PHRASES["how_much"]
_CORRECTION = re.compile(r"(?<=\S)\s+(?:아\s)?아니(?:요|다|야|구나)?[,.]?\s+(?=\S)")
_REJECTED = re.compile(
    r"^(?:\s*요금제)?(?:은|는|이|가|를|을)?\s*(?:말고|아니고|아니라|아니구|대신|빼고|제외)"
)
_DECADES = {10: 15, 20: 25, 30: 33, 40: 45, 50: 55, 60: 66, 70: 72, 80: 82, 90: 92}


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
    won: int | None = None
    gb: int | None = None
    age: int | None = None
    age_told: bool = False
    """True when the age is the caller's own figure and may be said back."""

    def has(self, *signs: Sign) -> bool:
        """True when any of these signs is there."""
        return not self.signs.isdisjoint(signs)

    @property
    def empty(self) -> bool:
        """True when nothing was understood."""
        figures = (self.won, self.gb, self.age)
        weak = {Sign.THAT, Sign.ASKS_FIT, Sign.ROUGHLY, Sign.AT_MOST, Sign.AT_LEAST}
        asked = set(self.topics) - {Topic.OVERVIEW}
        return not (self.named or asked or self.signs - weak or any(figures))

    @property
    def named(self) -> bool:
        """True when a plan or a family is named."""
        return bool(self.plans or self.families)


def understand(text: str, *, lexicon: Lexicon, catalog: Catalog) -> Frame:
    """Read one utterance, written by a person or by a recogniser.

    Where nothing is understood, it is read again with misheard words repaired.
    """
    frame = _read(text, lexicon=lexicon, catalog=catalog)
    unsure = frame.empty or (
        frame.topics == (Topic.FEE,) and not frame.named and "요금" not in text
    )
    if unsure and (repaired := repair(text)) != text:
        again = _read(repaired, lexicon=lexicon, catalog=catalog)
        return frame if again.empty else again
    return frame


def _read(text: str, *, lexicon: Lexicon, catalog: Catalog) -> Frame:
    meant = _corrected(text, lexicon)
    squeezed = plain(text).replace("?", "")
    text = meant
    mentions = lexicon.find(text)
    rejected = tuple(m.id for m in mentions if _REJECTED.match(text[m.end :]))
    kept = [m for m in mentions if m.id not in rejected]
    plans = [p for m in kept if m.kind == "plan" and (p := catalog.plan(m.id))]
    families = [f for m in kept if m.kind == "family" and (f := catalog.family(m.id))]
    rest = _without(text, mentions)
    rest_plain = plain(rest).replace("?", "")
    won, gb, age, told = _figures(rest)
    if age is None:
        age = next((age for pattern, age in AGE_WORDS if pattern.search(rest_plain)), None)
    if gb is not None and len(families) == 1:
        exact = [plan for plan in families[0].plans if plan.data_gb == gb]
        if exact:
            plans, families, gb = [*plans, exact[0]], [], None
    topics = _topics(rest_plain, squeezed)
    signs = frozenset(sign for sign, pattern in SIGNS.items() if pattern.search(rest_plain))
    if told and Sign.ASKS_FIT in signs and Topic.ELIGIBILITY not in topics:
        topics = (Topic.ELIGIBILITY, *(topic for topic in topics if topic is not Topic.OVERVIEW))
    return Frame(
        text=text,
        plain=squeezed,
        rest=rest_plain,
        topics=topics,
        signs=signs,
        plans=tuple(dict.fromkeys(plans)),
        families=tuple(dict.fromkeys(families)),
        rejected=rejected,
        won=won,
        gb=gb,
        age=age,
        age_told=told,
    )


def _figures(text: str) -> tuple[int | None, int | None, int | None, bool]:
    """Won, GB and age in the text, and whether the age was told as a figure of its own."""
    won = gb = age = None
    told = False
    for found in find_figures(text):
        value = int(found.figure.value)
        match found.figure.unit:
            case Unit.WON | Unit.PLAIN if value >= 1000:
                won = value
            case Unit.GB:
                gb = value
            case Unit.AGE:
                age, told = value, True
            case Unit.DECADE:
                age = _DECADES.get(value)
            case _:
                pass
    return won, gb, age, told


_NARROWER = {
    Topic.DISCOUNT: {Topic.FEE},
    Topic.THROTTLE: {Topic.DATA, Topic.FEE},
    Topic.SHARING: {Topic.DATA, Topic.FEE},
    Topic.ROLLOVER: {Topic.DATA, Topic.FEE},
}
"""A narrower topic and the wider ones that its words name as well: `데이터 공유`."""


def _topics(rest: str, squeezed: str) -> tuple[Topic, ...]:
    """What is asked for, without what only a wider or vaguer word suggests."""
    found = [topic for topic, pattern in TOPICS.items() if pattern.search(rest)]
    wider = {other for topic in found for other in _NARROWER.get(topic, ())}
    asked = tuple(t for t in found if t is not Topic.OVERVIEW and t not in wider)
    if asked:
        return asked
    return (Topic.FEE,) if _HOW_MUCH.search(squeezed) else tuple(found)


def _corrected(text: str, lexicon: Lexicon) -> str:
    """What is meant by `심플 칠십 기가 아니 삼십 기가`: the part after 아니, its family kept."""
    match = _CORRECTION.search(text)
    if match is None:
        return text
    before, after = text[: match.start()], text[match.end() :]
    if lexicon.find(after):
        return after
    named = lexicon.find(before)
    figures = find_figures(after)
    if not named or not any(found.figure.unit is Unit.GB for found in figures):
        return text
    first = re.split(r"\d|\s", named[-1].text.strip())[0]
    return f"{first} {after}"


def _without(text: str, mentions: tuple[Mention, ...]) -> str:
    """The text with the names blanked: `이월 요금제` asks nothing about carrying over."""
    for mention in mentions:
        text = f"{text[: mention.start]}{' ' * (mention.end - mention.start)}{text[mention.end :]}"
    return text
