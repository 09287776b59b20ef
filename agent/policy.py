"""Who may have what: every tool call passes here before it is carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storage.records import Verification

MAX_FAILURES = 3
"""Failed attempts to verify before a human takes the call."""

PROVEN = frozenset({Verification.CALLER_ID, Verification.SECOND_FACTOR})
"""Levels at which account data may be told. A number that was only spoken proves nothing:
anybody can say it, so it needs the date of birth as well."""

PUBLIC_TOOLS = frozenset(
    {"find_plans", "get_plan", "compare_plans", "search_faq", "hand_off", "end_call"}
)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Whether a call may go ahead, and why not."""

    code: str
    """`ok`, `needs_phone_number`, `needs_birth_date`, `verification_locked`, `unknown_tool`."""

    @property
    def allowed(self) -> bool:
        """True when the call may go ahead."""
        return self.code == "ok"


def decide(
    tool: str, arguments: Mapping[str, Any], *, verification: Verification, failures: int
) -> Decision:
    """Decide one tool call at this verification level after this many failed attempts."""
    if tool in PUBLIC_TOOLS:
        return Decision(code="ok")
    if tool == "verify_caller":
        return Decision(code="verification_locked" if failures >= MAX_FAILURES else "ok")
    if tool == "recommend_plans" and arguments.get("age") is not None:
        return Decision(code="ok")
    if tool in {"get_customer", "recommend_plans"}:
        if verification in PROVEN:
            return Decision(code="ok")
        if failures >= MAX_FAILURES:
            return Decision(code="verification_locked")
        spoken = verification is Verification.SPOKEN_NUMBER
        return Decision(code="needs_birth_date" if spoken else "needs_phone_number")
    return Decision(code="unknown_tool")
