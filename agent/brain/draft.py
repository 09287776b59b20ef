"""A drafted reply: sentences, the facts they rest on, and what to remember afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from agent.actions import Expectation, Say
from agent.brain.state import Offer, State
from agent.tools import ToolResult


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What the local brain means to say in a turn, and its memory once it is said."""

    sentences: tuple[str, ...]
    state: State
    fact_ids: tuple[str, ...] = ()
    expects: Expectation = Expectation.OPEN
    """What the last sentence asks for, unless an offer follows."""

    def says(self) -> list[Say]:
        """The draft as actions; the offer, if there is one, comes last as a yes/no question."""
        says = [Say(text=text, fact_ids=self.fact_ids) for text in self.sentences]
        if says:
            says[-1] = replace(says[-1], expects=self.expects)
        if self.state.offer:
            says.append(Say(text=self.state.offer.text, expects=Expectation.YES_NO))
        return says


def draft(
    state: State,
    *sentences: str,
    result: ToolResult | None = None,
    expects: Expectation = Expectation.OPEN,
    offer: Offer | None = None,
    **changes: Any,
) -> Draft:
    """A draft whose memory is the present one, with an answer given and these changes."""
    fact_ids: tuple[str, ...] = ()
    if result:
        fact_ids = tuple(fact.id for fact in result.facts if fact.plan_id) or tuple(
            fact.id for fact in result.facts[:1]
        )
    changed = replace(state, **{"offer": offer, "asked_age": False, **changes})
    return Draft(sentences=sentences, state=changed, fact_ids=fact_ids, expects=expects)
