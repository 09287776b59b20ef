"""Lets the real agent answer invented callers, once a script; the calls are varied afterwards."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random

from agent.actions import Action, EndCall, HandOff, Heard
from agent.conversation import CallContext, Conversation
from agent.factory import AgentFactory
from agent.korean.spoken import to_spoken
from knowledge.cases import SimilarCase
from knowledge.service import Knowledge
from scripts.carrier.scenario import SEOUL
from scripts.seeding.callers import (
    GOODBYE,
    PLACEHOLDER_NAME,
    PLACEHOLDER_PHONE,
    PLACEHOLDER_SPOKEN,
    PLANS,
    Script,
)
from storage.records import (
    ChangeRequest,
    ChangeStatus,
    Customer,
    EarlierCall,
    HandoffReason,
    Outcome,
    Verification,
)
from voice.pace import beats
from voice.turn_draft import TurnDraft

_BEAT_S = 0.18
"""Of the local voice."""
_OTHER_LINE = "+8223334444"


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """One exchange of a played call."""

    draft: TurnDraft
    said_ms: int
    """How long the answer takes to say."""


@dataclass(frozen=True, kw_only=True)
class Dialogue:
    """A played call, whose customer is a placeholder."""

    exchanges: tuple[Spoken, ...]
    outcome: Outcome
    handoff: HandoffReason | None
    brief: str
    verification: Verification
    known: bool
    """Whether it was proven that the customer phones."""
    changed_to: str | None


@dataclass
class _World:
    """All that the agent asks of the house, in memory."""

    customer: Customer | None
    now: datetime
    changes: list[str] = field(default_factory=list)

    async def by_phone(self, phone: str) -> Sequence[Customer]:
        known = self.customer is not None and phone == self.customer.phone
        return [self.customer] if known and self.customer else []

    async def earlier(self, customer_id: int, *, limit: int) -> Sequence[EarlierCall]:
        return []

    async def search(
        self, text: str, *, limit: int = 5, outcome: Outcome | None = None
    ) -> Sequence[SimilarCase]:
        return []

    async def request(
        self, *, call_sid: str, customer_id: int, from_plan_id: str, to_plan_id: str
    ) -> ChangeRequest:
        self.changes.append(to_plan_id)
        return ChangeRequest(
            id=1,
            call_sid=call_sid,
            customer_id=customer_id,
            from_plan_id=from_plan_id,
            to_plan_id=to_plan_id,
            requested_at=self.now,
            status=ChangeStatus.REQUESTED,
        )


class Stage:
    """Where calls are played."""

    def __init__(self, knowledge: Knowledge, organization: str, name: str, now: datetime) -> None:
        self._knowledge = knowledge
        self._organization = organization
        self._name = name
        self._now = now
        self._reader: AgentFactory | None = None

    async def play(self, script: Script, random: Random, *, born: date, plan_id: str) -> Dialogue:
        """A call of a customer who has the plan `plan_id`, or for general scripts of nobody."""
        catalog = self._knowledge.catalog
        asked = [catalog.plan(one) for one in PLANS if one != plan_id]
        names = [one.name for one in asked if one] or [one.name for one in catalog.plans]
        plan, other = random.choices(names, k=2) if len(names) < 2 else random.sample(names, 2)
        customer = Customer(
            id=1,
            organization_id=self._organization,
            name=PLACEHOLDER_NAME,
            phone=PLACEHOLDER_PHONE,
            born=born,
            plan_id=plan_id,
            since=date(2020, 1, 1),
        )
        world = _World(customer=customer if script.own else None, now=self._now)
        line = PLACEHOLDER_PHONE if script.own and not script.borrowed else _OTHER_LINE
        conversation = self._agents(world).conversation(
            CallContext(
                organization_id=self._organization,
                organization_name=self._name,
                call_sid="SEED",
                caller=line,
                today=self._now.astimezone(SEOUL).date(),
            )
        )
        words = [
            line.format(plan=plan, other=other, born=f"{born:%y%m%d}", phone=PLACEHOLDER_SPOKEN)
            for line in script.lines
        ]
        if words and random.random() < 0.6:
            words.append(GOODBYE)
        return await _played(conversation, world, words)

    def _agents(self, world: _World) -> AgentFactory:
        made = AgentFactory(
            catalog=self._knowledge.catalog,
            lexicon=self._knowledge.lexicon,
            retriever=self._knowledge.retriever,
            customers=world,
            history=world,
            cases=world,
            ledger=world,
        )
        if self._reader is None:
            made.warm_up()
            self._reader = made
        # What all calls share takes a quarter of a second to make.
        made.__dict__["reader"] = self._reader.reader
        return made


async def _played(conversation: Conversation, world: _World, words: Sequence[str]) -> Dialogue:
    exchanges = [await _exchange(conversation, conversation.greet(), TurnDraft(input_kind="none"))]
    for text in words:
        heard = Heard(text=text, kind="speech")
        draft = TurnDraft(input_kind="speech", heard=text)
        exchanges.append(await _exchange(conversation, conversation.hear(heard), draft))
        if exchanges[-1].draft.ending is not None:
            break
    ending = exchanges[-1].draft.ending
    handoff = ending.reason if isinstance(ending, HandOff) else None
    if isinstance(ending, EndCall):
        outcome = ending.outcome
    elif handoff is not None:
        outcome = Outcome.HANDED_OFF
    else:
        outcome = Outcome.COMPLETED if conversation.answered else Outcome.ABANDONED
    return Dialogue(
        exchanges=tuple(exchanges),
        outcome=outcome,
        handoff=handoff,
        brief=conversation.brief(handoff) if handoff else "",
        verification=conversation.verification,
        known=conversation.customer is not None,
        changed_to=world.changes[-1] if world.changes else None,
    )


async def _exchange(
    conversation: Conversation, actions: AsyncGenerator[Action, None], draft: TurnDraft
) -> Spoken:
    async for action in actions:
        draft.add(action)
    conversation.played(draft.intended, interrupted=False)
    return Spoken(draft=draft, said_ms=round(beats(to_spoken(draft.intended)) * _BEAT_S * 1000))
