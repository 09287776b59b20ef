"""Who may have what: every tool call passes here before it is carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from storage.records import Verification

MAX_FAILURES = 3
"""Failed attempts to verify before a human takes the call."""

PROVEN = frozenset({Verification.CALLER_ID, Verification.SECOND_FACTOR})
"""Levels at which account data may be told. A number that was only spoken proves nothing:
anybody can say it, so it needs the date of birth as well."""


class Stake(StrEnum):
    """What is at stake in a tool call."""

    PUBLIC = "public"
    """Facts that anybody may know, and the way out of the call."""
    IDENTITY = "identity"
    """An attempt to be verified; attempts are few."""
    PERSONAL = "personal"
    """A customer's name, plan, earlier calls, and advice that starts from them."""
    CHANGE = "change"
    """A customer's wish to change the contract."""


STAKES = {
    "verify_caller": Stake.IDENTITY,
    "get_customer": Stake.PERSONAL,
    "find_plans": Stake.PUBLIC,
    "get_plan": Stake.PUBLIC,
    "compare_plans": Stake.PUBLIC,
    "recommend_plans": Stake.PERSONAL,
    "search_faq": Stake.PUBLIC,
    "find_similar_cases": Stake.PUBLIC,
    "get_history": Stake.PERSONAL,
    "request_plan_change": Stake.CHANGE,
    "hand_off": Stake.PUBLIC,
    "end_call": Stake.PUBLIC,
}
"""What is at stake in each tool; what is not here is no tool."""

ENOUGH = {
    Stake.PUBLIC: frozenset(Verification),
    Stake.IDENTITY: frozenset(Verification),
    Stake.PERSONAL: PROVEN,
    Stake.CHANGE: frozenset({Verification.SECOND_FACTOR}),
}
"""The levels that are enough for each stake."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the call stands when a tool is asked for."""

    verification: Verification
    failures: int = 0
    """Failed attempts to verify so far."""
    on_behalf: bool = False
    """The caller speaks for someone else: nothing of an account is told to them or done."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Whether a call may go ahead, and why not."""

    code: str
    """`ok`, `needs_phone_number`, `needs_birth_date`, `holder_only`, `verification_locked` or
    `unknown_tool`."""

    @property
    def allowed(self) -> bool:
        """True when the call may go ahead."""
        return self.code == "ok"


def stake_of(tool: str, arguments: Mapping[str, Any]) -> Stake | None:
    """What is at stake in one call; None where there is no such tool."""
    if tool == "recommend_plans" and (
        arguments.get("age") is not None or arguments.get("who", "self") != "self"
    ):
        return Stake.PUBLIC  # advice for someone described looks into no account
    return STAKES.get(tool)


def decide(tool: str, arguments: Mapping[str, Any], standing: Standing) -> Decision:
    """Decide one tool call as the call stands."""
    stake = stake_of(tool, arguments)
    if stake is None:
        return Decision(code="unknown_tool")
    if stake is Stake.PUBLIC:
        return Decision(code="ok")
    if standing.on_behalf and (stake is not Stake.IDENTITY or any(arguments.values())):
        return Decision(code="holder_only")
    code = "ok"
    if stake is Stake.IDENTITY or standing.verification not in ENOUGH[stake]:
        if standing.failures >= MAX_FAILURES:
            code = "verification_locked"
        elif stake is not Stake.IDENTITY:
            unknown = standing.verification is Verification.NONE
            code = "needs_phone_number" if unknown else "needs_birth_date"
    return Decision(code=code)
