"""One call's conversation: what code decides before and after the brain, turn by turn."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date

from agent import lines, requests
from agent.actions import Action, Expectation, HandOff, Heard, Say, Used
from agent.brain.base import Brain, Exchange, TurnRequest
from agent.brief import handoff_brief
from agent.errors import BrainError
from agent.facts import Fact
from agent.guard import Guard, Known
from agent.identity import Answered, Identification
from agent.korean.births import birth_year
from agent.tools import Toolbox
from storage.records import Customer, HandoffReason, ToolCall, Verification

log = logging.getLogger(__name__)

_LONGEST_TEXT = 500
"""Characters of one utterance that are read; nobody says more in 20 seconds."""


@dataclass(frozen=True, kw_only=True)
class CallContext:
    """What is known of a call before anything is said."""

    organization_id: str
    organization_name: str
    call_sid: str
    caller: str
    """E.164, or empty when withheld."""
    today: date


class Conversation:
    """One call in text: give it what was heard, it gives back what to say and do.

    Replies are async generators that may be closed at any point, when the caller interrupts.
    """

    def __init__(self, *, context: CallContext, brain: Brain, tools: Toolbox) -> None:
        self._context = context
        self._brain = brain
        self._tools = tools
        self.guard = Guard(tools.catalog)
        self._request: TurnRequest | None = None
        self._history: list[Exchange] = []
        self._reply: list[Say] = []
        self._last_reply: tuple[Say, ...] = ()
        self._last_facts: tuple[Fact, ...] = ()
        self._worth_repeating = True
        self._expects = Expectation.OPEN
        self._identity = Identification(tools)
        self._offered_human: str | None = None
        """Why a human was offered, until the caller has answered."""
        self._calls: list[ToolCall] = []
        self._silences = 0
        self._empties = 0
        self._answered = False

    @property
    def customer(self) -> Customer | None:
        """The customer, once it is proven who is calling."""
        return self._tools.customer

    @property
    def verification(self) -> Verification:
        """How sure we are who is calling."""
        return self._tools.verification

    @property
    def expects(self) -> Expectation:
        """What the last sentence that the caller heard asked for."""
        return self._expects

    @property
    def answered(self) -> bool:
        """True when the caller's last words were answered and nothing hangs on what comes next.

        Who hangs up then was served; who is asked for a number or offered a human was not yet.
        """
        return self._answered

    @property
    def history(self) -> tuple[Exchange, ...]:
        """The turns so far, the greeting first."""
        return tuple(self._history)

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """All tools used so far, in order."""
        return tuple(self._calls)

    def brief(self, reason: HandoffReason) -> str:
        """What the human who takes the call is told first; personal data masked."""
        return handoff_brief(
            self.customer, self.tool_calls, reason=reason, catalog=self._tools.catalog
        )

    async def greet(self) -> AsyncGenerator[Action, None]:
        """The greeting: who answers, that it is recorded, and verification by number.

        What is said to everybody comes first, so that nobody waits for it: while it plays, the
        caller's number is looked up.
        """
        self._begin("")
        organization = self._context.organization_name
        yield self._said(Say(text=lines.GREETING.format(organization=organization)))
        yield self._said(Say(text=lines.RECORDED))
        await self._tools.call("verify_caller")
        for used in self._used():
            yield used
        yield self._said(self._identity.greeted())

    async def hear(self, heard: Heard) -> AsyncGenerator[Action, None]:
        """Answer what the caller said or keyed, or their silence."""
        text = unicodedata.normalize("NFC", heard.text).strip()[:_LONGEST_TEXT]
        expected = self._expects
        offered_human, self._offered_human = self._offered_human, None
        self._begin(text)
        if heard.kind != "silence":
            self._silences = 0
        async with aclosing(self._answer(heard.kind, text, expected, offered_human)) as proposals:
            async for proposed in proposals:
                for used in self._used():
                    yield used
                checked = await self._checked(proposed)
                if checked:
                    yield checked
        for used in self._used():
            yield used
        ending = self._tools.ending
        if ending is None and any(say.grounding == "replaced" for say in self._reply):
            self._offered_human = "cannot_answer"
            yield self._said(Say(text=lines.OFFER_HUMAN, expects=Expectation.YES_NO))
        if heard.kind != "silence":
            self._answered = not self._empties and self._serves()
        if ending:
            if isinstance(ending, HandOff) and not self._reply:
                yield self._said(Say(text=lines.HANDOFF))
            yield ending

    def played(self, text: str, *, interrupted: bool) -> None:
        """Remember what of the last reply the caller heard, in written form."""
        if self._history:
            self._history[-1] = Exchange(
                heard=self._history[-1].heard, said=f"{text}…" if interrupted and text else text
            )
        if interrupted:
            heard = [say for say in self._reply if say.text in text]
            self._expects = heard[-1].expects if heard else Expectation.OPEN
            self._offered_human = self._offered_human if lines.OFFER_HUMAN in text else None
        self._brain.played(text, interrupted=interrupted)

    def _serves(self) -> bool:
        """Whether this turn's reply, as a whole, left the caller nothing to wait for."""
        asked = any(say.expects is Expectation.NUMBER for say in self._reply)
        return bool(self._reply) and not asked and lines.OFFER_HUMAN not in self._reply[-1].text

    def _heard_ages(self) -> list[str]:
        """Ages that follow from the years of birth that the caller told: `55년생`."""
        years = {birth_year(turn.heard) for turn in self._history} - {None}
        return [f"만 {self._context.today.year - year}세" for year in years if year]

    def _begin(self, heard: str) -> None:
        if self._reply and self._worth_repeating:
            self._last_reply, self._last_facts = tuple(self._reply), tuple(self._tools.facts)
        self._reply = []
        self._worth_repeating = True
        self._tools.begin_turn()
        self.guard.begin_turn()
        self._request = None
        if heard:
            self._tools.told.append(heard)
        self._history.append(Exchange(heard=heard, said=""))

    def _used(self) -> Iterable[Used]:
        calls = self._tools.take_used()
        self._calls += calls
        return [Used(call=call) for call in calls]

    def _said(self, say: Say) -> Say:
        """Remember a sentence as meant to be heard, until `played` tells more."""
        self._reply.append(say)
        self._expects = say.expects
        last = self._history[-1]
        self._history[-1] = Exchange(heard=last.heard, said=f"{last.said} {say.text}".strip())
        return say

    async def _checked(self, proposed: Say) -> Say | None:
        """What is spoken for a proposed sentence, once the facts bear it out."""
        known = Known(
            facts=self._tools.facts,
            told=[*self._heard_ages(), *(turn.heard for turn in self._history)],
            customer_name=self.customer.name if self.customer else None,
        )
        say = await self.guard.approve(proposed, known, self._rephrase)
        return say and self._said(say)

    async def _rephrase(self, rejected: str, problems: Sequence[str]) -> Say | None:
        """Let the brain say a sentence anew; code's own sentences have nobody to do that."""
        if self._request is None:
            return None
        return await self._brain.rephrase(
            self._request, self._tools, rejected=rejected, problems=problems
        )

    async def _answer(
        self, kind: str, text: str, expected: Expectation, offered_human: str | None
    ) -> AsyncGenerator[Say, None]:
        """Propose the reply: what code answers itself, else what the brain proposes."""
        if kind == "silence":
            replies = self._silence(expected)
        elif (kind == "keys" and text == "0") or (kind != "keys" and self._human_wanted(text)):
            replies = self._human("caller_request", lines.HANDOFF)
        elif kind == "keys" and text in {"", "#"}:
            replies = self._back()
        elif (kind == "keys" and text == "*") or requests.wants_repeat(text):
            replies = self._again()
        elif requests.wants_slower(text):
            replies = self._again(lines.SLOWLY)
        elif not requests.plain(text).strip("?"):
            replies = self._empty(expected)
        elif offered_human and requests.says_yes(text):
            replies = self._human(offered_human, lines.HANDOFF)
        else:
            replies = await self._about_identity(kind, text, expected) or self._think(
                kind, text, expected
            )
        if kind != "silence" and requests.plain(text).strip("?"):
            self._empties = 0
        async with aclosing(replies):
            async for say in replies:
                yield say

    def _human_wanted(self, text: str) -> bool:
        """What `연결해` and `바꿔 주세요` mean depends on the question before them."""
        asked = self._history[-2].said if len(self._history) > 1 else ""
        if requests.changes_it(text) and asked.endswith(lines.ASKS_CHANGE):
            return False
        if requests.takes_human(text) and not asked.endswith(lines.OFFER_HUMAN):
            return True
        return requests.wants_human(text)

    async def _about_identity(
        self, kind: str, text: str, expected: Expectation
    ) -> AsyncGenerator[Say, None] | None:
        """What is answered to words about who is calling; None where there are none."""
        if kind != "keys" and (answered := self._identity.for_other(text)):
            return self._identified(answered)
        if claim := self._identity.claim(text, keyed=kind == "keys"):
            return self._identified(await self._identity.check(claim))
        about_number = self._identity.to_question(text, expected)
        return _each(about_number) if about_number else None

    async def _silence(self, expected: Expectation) -> AsyncGenerator[Say, None]:
        self._silences += 1
        self._worth_repeating = False
        if self._silences <= len(lines.SILENCE):
            yield Say(text=lines.SILENCE[self._silences - 1], expects=expected)
            return
        await self._tools.call("end_call", {"outcome": "abandoned"})
        yield Say(text=lines.SILENCE_GOODBYE)
        yield Say(text=lines.GOODBYE)

    async def _empty(self, expected: Expectation) -> AsyncGenerator[Say, None]:
        self._empties += 1
        self._worth_repeating = False
        if self._empties <= len(lines.EMPTY):
            yield Say(text=lines.EMPTY[self._empties - 1], expects=expected)
            return
        async for say in self._human("failure", lines.EMPTY_HANDOFF):
            yield say

    async def _human(self, reason: str, line: str) -> AsyncGenerator[Say, None]:
        await self._tools.call("hand_off", {"reason": reason})
        yield Say(text=line)
        yield Say(text=lines.PLEASE_WAIT)

    async def _again(self, before: str | None = None) -> AsyncGenerator[Say, None]:
        if before:
            yield Say(text=before)
        self._tools.facts = list(self._last_facts)
        for say in self._last_reply:
            if say.text != before:  # asked twice, `천천히` is said once
                yield say
        if not self._last_reply:
            yield Say(text=lines.NOTHING_TO_REPEAT)

    async def _back(self) -> AsyncGenerator[Say, None]:
        self._brain.reset()
        self._identity.forget()
        yield Say(text=lines.BACK)
        yield Say(text=lines.HOW_CAN_I_HELP)

    async def _identified(self, answered: Answered) -> AsyncGenerator[Say, None]:
        """What was found out about who is calling, then what had waited for it."""
        for say in answered.says:
            if say.text == lines.OFFER_HUMAN:
                self._offered_human = "policy"
            yield say
        if answered.human:
            following = self._human("policy", lines.NOT_VERIFIED_HANDOFF)
        elif answered.question is not None:
            following = self._think("speech", answered.question, Expectation.OPEN)
        else:
            return
        async with aclosing(following):
            async for say in following:
                yield say

    async def _think(
        self, kind: str, text: str, expected: Expectation
    ) -> AsyncGenerator[Say, None]:
        """Let the brain answer, then ask for what its tools were refused for want of."""
        if kind == "keys":
            text = (
                {"1": "네", "2": "아니요"}.get(text, "") if expected is Expectation.YES_NO else ""
            )
            if not text:
                yield Say(text=lines.KEYS_UNKNOWN)
                yield Say(text=lines.ASK_FREELY)
                return
        self._tools.caller.drop_claim()
        request = TurnRequest(text=text, history=tuple(self._history[:-1]), expects=expected)
        self._request = request
        try:
            async with aclosing(self._brain.reply(request, self._tools)) as proposals:
                async for say in proposals:
                    yield say
        except BrainError as error:
            log.warning("the brain could not answer: %s", error.code)
            self._offered_human = "cannot_answer"
            yield Say(text=lines.CANNOT_NOW)
            yield Say(text=lines.OFFER_HUMAN, expects=Expectation.YES_NO)
            return
        needs = self._tools.needs
        if needs in ("human", "holder"):
            holder = needs == "holder"
            refused = self._identity.holder_only() if holder else Answered(human=True)
            async for say in self._identified(refused):
                yield say
        elif needs:
            yield self._identity.ask(needs, text)


async def _each(says: Iterable[Say]) -> AsyncGenerator[Say, None]:
    for say in says:
        yield say
