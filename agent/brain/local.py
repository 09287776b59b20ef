"""The local brain: deterministic rules over what was understood; needs no key and no network."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import replace

from agent.actions import Say
from agent.brain import (
    advice_rules,
    benefit_rules,
    change_rules,
    choices,
    compare_rules,
    faq_rules,
    focus,
    own_rules,
    plan_rules,
    searches,
    small_talk,
)
from agent.brain.base import TurnRequest
from agent.brain.clauses import questions_in
from agent.brain.draft import Draft, joined
from agent.brain.state import Offer, State
from agent.brain.understand import Frame, Reader
from agent.tools import Toolbox
from knowledge.catalog.model import Catalog
from knowledge.lexicon import Lexicon

Rule = Callable[[Frame, State, Toolbox], Awaitable[Draft | None]]

RULES: tuple[Rule, ...] = (
    small_talk.injection,
    advice_rules.for_self,
    change_rules.answer_to_offer,
    change_rules.noted,
    small_talk.answer_to_offer,
    plan_rules.answer_to_offer,
    small_talk.courtesy,
    own_rules.history,
    own_rules.account,
    faq_rules.meaning,
    faq_rules.not_known,
    small_talk.competitor,
    small_talk.confused,
    small_talk.small_talk,
    advice_rules.age_given,
    advice_rules.usage_given,
    own_rules.previous_plan,
    faq_rules.more_of_it,
    faq_rules.billing,
    plan_rules.not_online,
    advice_rules.age_bonus,
    own_rules.own_limit,
    change_rules.may_change,
    change_rules.change,
    plan_rules.benefit,
    benefit_rules.with_benefit,
    faq_rules.subject,
    faq_rules.most_of,
    compare_rules.compare,
    plan_rules.good_about,
    advice_rules.why,
    own_rules.my_plan,
    advice_rules.recommend,
    searches.fastest_after,
    searches.search,
    small_talk.off_topic,
    plan_rules.named,
    plan_rules.follow_up,
    faq_rules.anything,
    faq_rules.unknown,
)
"""Tried in order for each question; the first that answers decides. `unknown` always answers."""


class LocalBrain:
    """Answers one call by rules."""

    def __init__(self, *, catalog: Catalog, lexicon: Lexicon, reader: Reader | None = None) -> None:
        self._reader = reader or Reader(catalog=catalog, lexicon=lexicon)
        self._state = State()

    @property
    def state(self) -> State:
        """What is remembered, for tests and logs."""
        return self._state

    async def reply(self, request: TurnRequest, tools: Toolbox) -> AsyncGenerator[Say, None]:
        """Propose the reply: an answer to each question that the turn holds."""
        before = self._state
        drafts: list[Draft] = []
        state = before
        for frame in questions_in(request.text, self._reader, state):
            found = await self._decide(frame, state, tools)
            if found is None:
                # the caller must be verified first; the same words come again afterwards
                return
            drafts.append(found)
            state = found.state
            if tools.ending:
                break
        decided = joined(drafts)
        self._state = decided.state
        for say in decided.says():
            yield say

    async def rephrase(
        self, request: TurnRequest, tools: Toolbox, *, rejected: str, problems: Sequence[str]
    ) -> Say | None:
        """Nothing better: its sentences are filled from the catalogue to begin with."""
        return None

    def played(self, text: str, *, interrupted: bool) -> None:
        """An offer that the caller did not hear is not open."""
        offer = self._state.offer
        if interrupted and offer and offer.text not in text:
            self._state = replace(self._state, offer=None)

    def reset(self) -> None:
        """Start again."""
        self._state = State()

    def note(self, plan_ids: tuple[str, ...], *, offer: Offer | None = None) -> None:
        """Remember what another brain spoke of and offered, so that this one can take over."""
        state = self._state.about(plan_ids) if plan_ids else self._state
        self._state = replace(state, offer=offer)

    async def _decide(self, frame: Frame, state: State, tools: Toolbox) -> Draft | None:
        own_age = own_rules.age_of_customer(tools)
        frame = focus.inherited(frame, state, today=tools.today, own_age=own_age)
        own = tools.catalog.plan(tools.customer.plan_id) if tools.customer else None
        frame = choices.resolved(frame, state, tools.catalog, own)
        for rule in RULES:
            if (found := await rule(frame, state, tools)) is not None:
                return found
            if tools.needs:
                return None
        raise AssertionError("the last rule always answers")
