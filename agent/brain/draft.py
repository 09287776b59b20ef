"""A drafted reply: sentences, the facts they rest on, and what to remember afterwards."""

from __future__ import annotations

from collections.abc import Sequence
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
    sure: bool = True
    """False for `that I do not know`, which another clause's answer makes needless."""

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
    sure: bool = True,
    plan_ids: tuple[str, ...] | None = None,
    listed: tuple[str, ...] = (),
    **changes: Any,
) -> Draft:
    """A draft whose memory is the present one, with an answer given and these changes."""
    fact_ids: tuple[str, ...] = ()
    if result:
        fact_ids = tuple(fact.id for fact in result.facts if fact.plan_id) or tuple(
            fact.id for fact in result.facts[:1]
        )
    forgotten: dict[str, Any] = {
        "asked_age": False, "asked_budget": False, "asked_change": False, "confused": 0,
        "instead": None, "faq_id": None,
    }  # fmt: skip
    changed = replace(state, **{"offer": offer, **forgotten, **changes})
    about = state.plan_ids if plan_ids is None else plan_ids
    changed = changed.about(about, listed=listed)
    return Draft(sentences=sentences, state=changed, fact_ids=fact_ids, expects=expects, sure=sure)


def joined(drafts: Sequence[Draft]) -> Draft:
    """The answers to several questions of one turn as one reply: each short, nothing said twice."""
    answers = [found for found in drafts if found.sure] or list(drafts[-1:])
    if len(answers) == 1:
        return replace(answers[0], state=replace(drafts[-1].state, offer=answers[0].state.offer))
    sentences = [text for found in answers[:-1] for text in found.sentences[:_EACH]]
    sentences += answers[-1].sentences
    offers = [found.state.offer for found in reversed(answers) if found.state.offer]
    return Draft(
        sentences=tuple(dict.fromkeys(sentences)),
        state=replace(answers[-1].state, offer=offers[0] if offers else None),
        fact_ids=tuple(dict.fromkeys(fact for found in answers for fact in found.fact_ids)),
        expects=answers[-1].expects,
    )


_EACH = 1
"""Sentences of an answer that another one follows."""
