"""The local brain: deterministic rules over what was understood; needs no key and no network."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import replace

from agent.actions import Say
from agent.brain import compare_rules, faq_rules, own_rules, plan_rules, searches, small_talk
from agent.brain.base import TurnRequest
from agent.brain.draft import Draft, draft
from agent.brain.state import State
from agent.brain.understand import Frame, understand
from agent.tools import Toolbox
from knowledge.catalog.model import Catalog
from knowledge.lexicon import Lexicon

Rule = Callable[[Frame, State, Toolbox], Awaitable[Draft | None]]

RULES: tuple[Rule, ...] = (
    small_talk.injection,
    small_talk.answer_to_offer,
    plan_rules.answer_to_offer,
    small_talk.courtesy,
    small_talk.account,
    small_talk.small_talk,
    own_rules.age_given,
    faq_rules.billing,
    plan_rules.not_online,
    own_rules.age_bonus,
    own_rules.own_limit,
    own_rules.change,
    faq_rules.subject,
    compare_rules.compare,
    own_rules.my_plan,
    own_rules.recommend,
    searches.best_of_family,
    searches.search,
    small_talk.off_topic,
    plan_rules.named,
    plan_rules.refine,
    plan_rules.follow_up,
    faq_rules.anything,
    faq_rules.unknown,
)
"""Tried in order; the first that answers decides. `unknown` always answers."""


class LocalBrain:
    """Answers one call by rules."""

    def __init__(self, *, catalog: Catalog, lexicon: Lexicon) -> None:
        self._catalog = catalog
        self._lexicon = lexicon
        self._state = State()

    @property
    def state(self) -> State:
        """What is remembered, for tests and logs."""
        return self._state

    async def reply(self, request: TurnRequest, tools: Toolbox) -> AsyncGenerator[Say, None]:
        """Propose the reply of the first rule that has one."""
        frame = understand(request.text, lexicon=self._lexicon, catalog=self._catalog)
        before = self._state
        decided = await self._decide(frame, before, tools)
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

    def note(self, plan_ids: tuple[str, ...]) -> None:
        """Remember which plans another brain spoke of, so that this one can take over."""
        if plan_ids:
            self._state = replace(self._state, plan_ids=plan_ids, offer=None)

    async def _decide(self, frame: Frame, state: State, tools: Toolbox) -> Draft:
        for rule in RULES:
            if (found := await rule(frame, state, tools)) is not None:
                return found
            if tools.needs:
                # the caller must be verified first; the same words come again afterwards
                return draft(state)
        raise AssertionError("the last rule always answers")
