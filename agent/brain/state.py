"""What the local brain remembers between turns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from agent.brain.keywords import Topic
from agent.brain.understand import Frame


class Act(StrEnum):
    """What is done when the caller says yes to an offer."""

    HUMAN = "human"
    DETAILS = "details"
    CHANGE = "change"
    """To ask for a change to the plan offered."""
    SEARCH = "search"
    """To look for one of our plans by what the caller uses."""
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
    listed: tuple[str, ...] = ()
    """The plans last told one after another, in that order: `두 번째 거`."""
    pool: tuple[str, ...] = ()
    """The plans that `제일 싼 거` chooses from: a family's, those found, or those for a person."""
    wished: Frame | None = None
    """The conditions under which they were found, which hold until other plans are spoken of."""
    told: tuple[str, ...] = ()
    """Every plan spoken of by itself, in order: `처음 말씀하신 거`."""
    earlier_id: str | None = None
    """The plan spoken of before the present one: `아까 그거`."""
    fresh: bool = False
    """True when the present plan came up only in the last turn."""
    family_id: str | None = None
    """The family last spoken of."""
    topics: tuple[Topic, ...] = ()
    """What was last asked of a plan."""
    offer: Offer | None = None
    instead: str | None = None
    """The plan named in the last turn in place of one that the person may not have."""
    age: int | None = None
    """Age of the person that the caller asks for, told in this call."""
    asked_age: bool = False
    """True after the agent asked for that person's age."""
    asked_budget: bool = False
    """True after the agent asked what the caller wants to pay or use."""
    asked_change: bool = False
    """True after the agent asked to which plan the caller wants to change."""
    faq_id: str | None = None
    """The frequent question answered in the last turn."""
    noted_id: str | None = None
    """The plan to which a change was noted in this call."""
    confused: int = 0
    """How often in a row the caller did not understand."""
    thanked: bool = False
    offered_details: int = 0

    def about(self, plan_ids: tuple[str, ...], *, listed: tuple[str, ...] = ()) -> State:
        """The memory after these plans were spoken of, and those listed in order."""
        if plan_ids == self.plan_ids:
            return replace(self, fresh=False, listed=listed or self.listed)
        earlier = self.earlier_id
        if self.plan_ids and self.plan_ids[0] not in plan_ids:
            earlier = self.plan_ids[0]
        if not listed and len(plan_ids) >= 2:
            listed = plan_ids
        kept = not plan_ids or plan_ids[0] in self.pool
        return replace(
            self,
            pool=self.pool if kept else (),
            wished=self.wished if kept else None,
            told=tuple(dict.fromkeys((*self.told, *plan_ids))) if plan_ids else self.told,
            plan_ids=plan_ids,
            listed=listed or self.listed,
            earlier_id=earlier,
            fresh=True,
        )
