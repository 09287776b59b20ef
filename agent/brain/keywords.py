"""Loads the vocabulary: what callers' words mean, as data in `vocabulary.yaml`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict


class Topic(StrEnum):
    """An attribute of a plan that a caller asks for."""

    FEE = "fee"
    TOTAL = "total"
    """What it comes to in a year."""
    DISCOUNT = "discount"
    DATA = "data"
    THROTTLE = "throttle"
    SHARING = "sharing"
    MINUTES = "minutes"
    EXTRA_MINUTES = "extra_minutes"
    ELIGIBILITY = "eligibility"
    OTT = "ott"
    MEMBERSHIP = "membership"
    ROLLOVER = "rollover"
    BENEFITS = "benefits"
    OVERVIEW = "overview"


class Sign(StrEnum):
    """Something that a caller's words carry beside names, figures and topics."""

    MINE = "mine"
    RECOMMEND = "recommend"
    COMPARE = "compare"
    CHEAPEST = "cheapest"
    CHEAPER = "cheaper"
    PRICIEST = "priciest"
    PRICIER = "pricier"
    MOST_DATA = "most_data"
    LEAST_DATA = "least_data"
    MORE_DATA = "more_data"
    FASTEST = "fastest"
    LITTLE = "little"
    LOTS = "lots"
    WITH_BENEFIT = "with_benefit"
    ASKS_FIT = "asks_fit"
    UNLIMITED = "unlimited"
    OTHER = "other"
    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    LAST = "last"
    NEXT = "next"
    BOTH = "both"
    ASKS = "asks"
    """Anything that makes a question or a request of a clause."""
    HISTORY = "history"
    PREVIOUS_PLAN = "previous_plan"
    COMPETITOR = "competitor"
    CONFUSED = "confused"
    WHY = "why"
    WHICH_PLANS = "which_plans"
    CHANGE = "change"
    FAQ = "faq"
    NOT_KNOWN = "not_known"
    """Matters of a carrier of which no page here knows anything."""
    BILL = "bill"
    FOREIGNER = "foreigner"
    DISABLED = "disabled"
    RELATIVE = "relative"
    THAT = "that"
    AT_MOST = "at_most"
    AT_LEAST = "at_least"


class Then(StrEnum):
    """What follows the reply to chat."""

    HELP = "help"
    """`무엇을 도와드릴까요?`"""
    LISTEN = "listen"
    """Nothing: the caller goes on."""
    HESITATE = "hesitate"
    """An open offer is made again, else nothing."""
    HUMAN = "human"
    """A human is offered."""
    MORE = "more"
    """`더 필요하신 거 있으세요?`"""


class _AgeWords(BaseModel):
    age: int
    words: list[str]


class _SmallTalk(BaseModel):
    name: str
    reply: str
    then: Then = Then.HELP
    alone: bool = True
    words: list[str]


class _Meaning(BaseModel):
    words: str
    says: str


class _Vocabulary(BaseModel):
    """The file's form; a topic or sign that is missing or unknown is an error at start."""

    model_config = ConfigDict(extra="forbid")

    topics: dict[Topic, list[str]]
    signs: dict[Sign, list[str]]
    ages: list[_AgeWords]
    small_talk: list[_SmallTalk]
    phrases: dict[str, list[str]]
    meanings: list[_Meaning]
    subjects: dict[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class SmallTalk:
    """One kind of chat and the sentence that answers it."""

    name: str
    pattern: re.Pattern[str]
    reply: str
    then: Then
    alone: bool
    """True when a question in the same sentence is answered instead."""


def _compiled(alternatives: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(alternatives))


_FILE = _Vocabulary.model_validate(
    yaml.safe_load(files(__package__).joinpath("vocabulary.yaml").read_text(encoding="utf-8"))
)

TOPICS = {topic: _compiled(words) for topic, words in _FILE.topics.items()}
"""In order; a sentence may carry several."""
SIGNS = {sign: _compiled(words) for sign, words in _FILE.signs.items()}
AGE_WORDS = tuple((_compiled(entry.words), entry.age) for entry in _FILE.ages)
"""Words that tell an age group, with an age that stands for it."""
SMALL_TALK = tuple(
    SmallTalk(
        name=entry.name,
        pattern=_compiled(entry.words),
        reply=entry.reply,
        then=entry.then,
        alone=entry.alone,
    )
    for entry in _FILE.small_talk
)
"""Tried in order when a sentence carries nothing else."""
PHRASES = {name: _compiled(words) for name, words in _FILE.phrases.items()}
MEANINGS = tuple(
    (
        re.compile(
            rf"(?:{entry.words})(?:이|가|은|는|란|이란|(?:이)?라는(?:게|건|거)|(?:이)?라고하는(?:게|건))?"
            r"(?:대체|도대체)?(?:뭐|뭔|무엇|무슨(?:뜻|말|소리))(?:예|에|야|여|죠|지|인|가|데|뜻|말|임|냐|니|$)"
        ),
        entry.says,
    )
    for entry in _FILE.meanings
)
"""Questions after the meaning of a word, with the answer."""
SUBJECTS = {category: _compiled(words) for category, words in _FILE.subjects.items()}
"""What a caller must have said for a FAQ category to answer when no other rule did."""
