"""What the local brain remembers between turns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.brain.keywords import Topic


class Act(StrEnum):
    """What is done when the caller says yes to an offer."""

    HUMAN = "human"
    DETAILS = "details"
    NOTHING_MORE = "nothing_more"
    """`더 필요하신 거 있으세요?`: here no ends the call, and yes asks what."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Something that was offered and may be taken by `네`."""

    act: Act
    text: str
    """As it was said; an offer that was not heard is not open."""
    plan_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class State:
    """The local brain's memory; replaced as a whole, so that a cut turn leaves no half of it."""

    plan_ids: tuple[str, ...] = ()
    """The plans last spoken of, the one `그거` means first."""
    family_id: str | None = None
    """The family last spoken of."""
    topic: Topic | None = None
    """What was last asked of a plan."""
    offer: Offer | None = None
    age: int | None = None
    """Age of the person that the caller asks for, told in this call."""
    asked_age: bool = False
    """True after the agent asked for that person's age."""
    thanked: bool = False
    offered_details: int = 0
