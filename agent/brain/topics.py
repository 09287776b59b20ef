"""Finds what is asked of a plan: several things in one sentence, each with its own words."""

from __future__ import annotations

import re

from agent.brain.keywords import PHRASES, TOPICS, Topic
from agent.requests import plain

_HOW_MUCH = PHRASES["how_much"]
_PARTS = re.compile(
    r"(?<=[고구])요?[\s,]+|[,?!]\s*|(?<=[가-힣])\.\s+|\s그리고\s|\s또\s"
    r"|(?<=[가-힣])(?:이랑|랑|하고|과|와|에다가?|이며|며)\s+|(?<=[가-힣])도\s+(?=[가-힣]+도)"
)
"""Where one thing that is asked ends and the next begins."""
_LISTED = re.compile(r"(?:요금|가격)데이[터타]")
"""`요금 데이터 속도`: data for itself, without a joining word."""
_NARROWER = {
    Topic.DISCOUNT: {Topic.FEE},
    Topic.TOTAL: {Topic.FEE, Topic.ELIGIBILITY},
    Topic.THROTTLE: {Topic.DATA, Topic.ELIGIBILITY, Topic.OTT},
    Topic.SHARING: {Topic.DATA, Topic.ELIGIBILITY},
    Topic.ROLLOVER: {Topic.DATA, Topic.ELIGIBILITY},
    Topic.DATA: {Topic.ELIGIBILITY},
    Topic.MINUTES: {Topic.ELIGIBILITY},
    Topic.EXTRA_MINUTES: {Topic.ELIGIBILITY, Topic.MINUTES},
    Topic.OTT: {Topic.ELIGIBILITY},
    Topic.MEMBERSHIP: {Topic.ELIGIBILITY},
}
"""A narrower topic and the wider ones that its words name as well: `데이터 공유`."""


def topics_in(text: str) -> tuple[Topic, ...]:
    """What is asked for in a text without names, in order, each once.

    What only a wider or vaguer word suggests is left out.
    """
    found: list[Topic] = []
    vague: list[Topic] = []
    for part in _PARTS.split(text):
        squeezed = plain(part).replace("?", "")
        if not squeezed:
            continue
        named = [topic for topic, pattern in TOPICS.items() if pattern.search(squeezed)]
        listed = _LISTED.search(squeezed) is not None
        wider = {other for topic in named for other in _NARROWER.get(topic, ())}
        wider -= {Topic.DATA} if listed else set()
        asked = [t for t in named if t is not Topic.OVERVIEW and t not in wider]
        if not asked and _HOW_MUCH.search(squeezed):
            asked = [Topic.FEE]
        found += asked
        vague += named
    return tuple(dict.fromkeys(found or vague))
