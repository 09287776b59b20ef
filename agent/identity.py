"""The dialogue that finds out who is calling: asks for numbers, checks them, goes on."""

from __future__ import annotations

from dataclasses import dataclass

from agent import lines, requests
from agent.actions import Expectation, Say
from agent.family import (
    asks_others_account,
    asks_something,
    speaks_for_other,
    speaks_for_self,
)
from agent.korean.figures import in_one_breath
from agent.tools import Toolbox
from agent.verification import Awaited, Claim, claim_in, refuses


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What is said to the caller about who they are, and what comes after it."""

    says: tuple[Say, ...] = ()
    question: str | None = None
    """The question that waited for it, to be thought about now."""
    human: bool = False
    """Whether a human must take over, because it cannot be found out."""


class Identification:
    """Who is calling, as one call's dialogue has come to know it."""

    def __init__(self, tools: Toolbox) -> None:
        self._tools = tools
        self._caller = tools.caller
        self._awaited = Awaited.NOTHING
        self._question: str | None = None
        self._unfinished = ""

    def greeted(self) -> Say:
        """The greeting's last sentence; names nobody while several may be calling."""
        if self._tools.customer:
            return Say(text=lines.CUSTOMER_HELLO.format(name=self._tools.customer.name))
        if self._caller.claims_other:
            return Say(text=lines.HOW_CAN_I_HELP)
        self._awaited = Awaited.PHONE
        return Say(text=lines.ASK_PHONE, expects=Expectation.NUMBER)

    def forget(self) -> None:
        """The caller goes on with something else."""
        self._awaited = Awaited.NOTHING
        self._question = None
        self._unfinished = ""
        self._caller.drop_claim()

    def claim(self, text: str, *, keyed: bool) -> Claim | None:
        """The number in the caller's words, if there is one, or the rest of one."""
        before, self._unfinished = self._unfinished, ""
        claim = claim_in(
            text,
            awaited=self._awaited,
            keyed=keyed,
            birth_missing=self._caller.claims_other,
            before=before,
        )
        if claim and (claim.begun or claim.broken):
            self._unfinished = in_one_breath((before, text)) if before else text
        return claim

    def for_other(self, text: str) -> Answered | None:
        """What is answered to who calls for somebody else, or asks about their account."""
        if speaks_for_self(text):
            before, self._caller.on_behalf = self._caller.on_behalf, False
            if before and not asks_something(text):
                return Answered(says=(Say(text=lines.HOW_CAN_I_HELP),))
        elif speaks_for_other(text):
            self._caller.on_behalf = True
            self.forget()
            if not asks_something(text):
                says = (lines.FOR_OTHER, lines.HOLDER_ONLY, lines.HOW_CAN_I_HELP)
                return Answered(says=tuple(Say(text=line) for line in says))
        if asks_others_account(text, on_behalf=self._caller.on_behalf):
            return self.holder_only()
        return None

    def holder_only(self) -> Answered:
        """An account is told of to its holder alone; a human may help others."""
        offer = Say(text=lines.OFFER_HUMAN, expects=Expectation.YES_NO)
        return Answered(says=(Say(text=lines.HOLDER_ONLY), offer))

    def to_question(self, text: str, expected: Expectation) -> tuple[Say, ...] | None:
        """What is answered to yes, no or why where a number was asked for."""
        if expected is Expectation.NUMBER and requests.says_yes(text):
            return (self._ask(),)
        if expected is Expectation.NUMBER and requests.asks_why(text):
            return (Say(text=lines.WHY_NUMBER), self._ask())
        if self._awaited is not Awaited.NOTHING and refuses(text):
            birth = self._awaited is Awaited.BIRTH
            self.forget()
            without = lines.WITHOUT_BIRTH if birth else lines.WITHOUT_NUMBER
            return (Say(text=without), Say(text=lines.HOW_CAN_I_HELP))
        return None

    def ask(self, needs: str, question: str) -> Say:
        """Ask for what a tool was refused for want of; the question waits for it."""
        self._question = question
        self._awaited = Awaited(needs)
        return self._ask(first=True)

    def _ask(self, *, first: bool = False) -> Say:
        phone = lines.ASK_PHONE_FIRST if first else lines.ASK_PHONE
        text = lines.ASK_BIRTH if self._awaited is Awaited.BIRTH else phone
        return Say(text=text, expects=Expectation.NUMBER)

    async def check(self, claim: Claim) -> Answered:
        """Check a number that the caller said or keyed, and go on with what waited for it."""
        if claim.begun:
            return Answered(says=(Say(text=lines.GO_ON, expects=Expectation.NUMBER),))
        code = await self._code(claim)
        if code == "holder_only":
            return self.holder_only()
        return self._accepted(claim) if code == "ok" else self._refused(code)

    def _refused(self, code: str) -> Answered:
        if code == "ambiguous" or self._caller.locked:
            return Answered(human=True)
        if code == "mismatch":
            self._awaited = Awaited.BIRTH
        birth = self._awaited is Awaited.BIRTH
        problem, again = _PROBLEMS.get((code, birth), _PROBLEMS["not_found", False])
        return Answered(says=(Say(text=problem), Say(text=again, expects=Expectation.NUMBER)))

    def _accepted(self, claim: Claim) -> Answered:
        waiting, other = self._question, self._caller.claims_other
        if other and (waiting or self._tools.customer):
            # A proven caller who names another number asks about that one.
            self._question = claim.question or waiting
            self._awaited = Awaited.BIRTH
            return Answered(says=(Say(text=lines.NUMBER_FOUND), self._ask()))
        self._awaited = Awaited.NOTHING
        self._question = None
        known = None if other else self._tools.customer
        done = lines.VERIFIED.format(name=known.name) if known else lines.NUMBER_FOUND
        question = waiting or claim.question
        if question is None:
            return Answered(says=(Say(text=done), Say(text=lines.HOW_CAN_I_HELP)))
        return Answered(says=(Say(text=done),), question=question)

    async def _code(self, claim: Claim) -> str:
        if claim.broken:
            self._caller.failures += 1
            return "broken"
        given = {"phone": claim.phone, "born": claim.born}
        told = {name: value for name, value in given.items() if value is not None}
        return (await self._tools.call("verify_caller", told)).code


_PROBLEMS = {
    ("broken", False): (lines.NUMBER_BROKEN, lines.NUMBER_AGAIN),
    ("broken", True): (lines.BIRTH_BROKEN, lines.BIRTH_AGAIN),
    ("not_found", False): (lines.NUMBER_UNKNOWN, lines.NUMBER_AGAIN),
    ("mismatch", True): (lines.BIRTH_WRONG, lines.BIRTH_AGAIN),
    ("unavailable", False): (lines.CANNOT_NOW, lines.NUMBER_AGAIN),
    ("unavailable", True): (lines.CANNOT_NOW, lines.BIRTH_AGAIN),
}
