"""Decides on every sentence before it is spoken: as it is, anew, as the fact itself, or not."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from agent.actions import Say
from agent.errors import BrainError
from agent.facts import Fact
from agent.grounding import promises
from agent.grounding.check import Grounded, Grounding
from agent.korean.wording import topic, won
from knowledge.catalog.model import Catalog, Plan
from storage.privacy import mask

log = logging.getLogger(__name__)

REPLACEMENT = "정확한 내용은 상담원이 안내해 드릴게요."
"""Said in place of a sentence that the facts do not bear out."""

_REQUEST = "change:"
"""What the id of a recorded change request begins with."""
_NOT_OF_FACTS = ("name:", "promise:", "person", "digits")
"""Problems that a plan's price is no answer to."""

Rephrase = Callable[[str, Sequence[str]], Awaitable[Say | None]]
"""Says a rejected sentence anew, told what no fact bears out; None where it cannot."""


@lru_cache(maxsize=8)
def grounding_of(catalog: Catalog) -> Grounding:
    """Grounding over a catalogue, made once for all calls."""
    return Grounding(catalog)


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a sentence may rest on."""

    facts: Sequence[Fact]
    """Retrieved in this turn."""
    told: Sequence[str] = ()
    """The caller's words in this call, oldest first."""
    customer_name: str | None = None
    """Set once it is proven who is calling."""


class Guard:
    """Stands between a brain and the voice in one call."""

    def __init__(self, catalog: Catalog) -> None:
        self._grounding = grounding_of(catalog)
        self._said: list[str] = []
        self._subject: frozenset[str] = frozenset()

    @property
    def subject(self) -> frozenset[str]:
        """The plan that this turn's sentences spoke of last, if it was one alone."""
        return self._subject

    def begin_turn(self) -> None:
        """Forget what was said in the turn before."""
        self._said = []
        self._subject = frozenset()

    async def approve(self, proposed: Say, known: Known, rephrase: Rephrase) -> Say | None:
        """What is spoken for a proposed sentence; None where that was said in this turn already.

        A sentence that the facts do not bear out is said anew once, else becomes the fact itself,
        else a promise of a human's answer.
        """
        found = self.judge(proposed.text, known)
        if found.verdict != "ungrounded":
            return self._accept(proposed, found, found.verdict)
        log.warning("a sentence was not grounded: %s", mask(", ".join(found.missing)))
        if anew := await self._anew(proposed, found, rephrase):
            again = self.judge(anew.text, known)
            if again.verdict != "ungrounded":
                return self._accept(anew, again, "rephrased")
            log.warning("nor was it, said anew: %s", mask(", ".join(again.missing)))
        for text, verdict in ((self._fact(found, known.facts), "fact"), (REPLACEMENT, "replaced")):
            if text in self._said:
                return None
            if text:
                return self._accept(Say(text=text), self.judge(text, known), verdict)
        return None

    def judge(self, text: str, known: Known) -> Grounded:
        """What a sentence lacks: `ungrounded` with the reasons, else what bears it out."""
        text = unicodedata.normalize("NFC", text)
        found = self._grounding.check(text, known.facts, told=known.told, subject=self._subject)
        barred = promises.problems(
            text,
            proven=known.customer_name is not None,
            requested=any(fact.id.startswith(_REQUEST) for fact in known.facts),
            known=" ".join((known.customer_name or "", *(fact.text for fact in known.facts))),
            told=" ".join(known.told),
        )
        if not barred:
            return found
        return replace(found, verdict="ungrounded", missing=(*found.missing, *barred))

    def _accept(self, say: Say, found: Grounded, verdict: str) -> Say:
        self._said.append(say.text)
        if found.plan_ids:
            self._subject = found.plan_ids if len(found.plan_ids) == 1 else frozenset()
        fact_ids = say.fact_ids or found.fact_ids
        return Say(
            text=say.text,
            expects=say.expects,
            fact_ids=fact_ids,
            grounding="grounded" if fact_ids and verdict == "none" else verdict,
        )

    async def _anew(self, proposed: Say, found: Grounded, rephrase: Rephrase) -> Say | None:
        try:
            anew = await rephrase(proposed.text, found.missing)
        except BrainError as error:
            log.warning("the sentence could not be said anew: %s", error.code)
            return None
        return None if anew is None or anew.text in self._said else anew

    def _fact(self, found: Grounded, facts: Sequence[Fact]) -> str | None:
        """The fact itself, where one plan is meant and was retrieved."""
        if any(problem.startswith(_NOT_OF_FACTS) for problem in found.missing):
            return None
        retrieved = [fact.plan_id for fact in facts if fact.plan_id]
        meant = found.plan_ids & set(retrieved) or (
            self._subject & set(retrieved) if not found.plan_ids else frozenset()
        )
        ids = meant or (frozenset(retrieved) if not found.plan_ids else frozenset())
        plans = self._grounding.names.of(ids)
        return plain_fact(plans[0]) if len(plans) == 1 else None


def plain_fact(plan: Plan) -> str:
    """One plan's price and data in one short sentence."""
    if plan.data_gb is None:
        return f"{topic(plan.name)} 월 {won(plan.fee_krw)}에 데이터가 무제한이에요."
    return f"{topic(plan.name)} 월 {won(plan.fee_krw)}에 데이터 {plan.data_gb}GB예요."
