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


_SECOND = frozenset({Verification.SECOND_FACTOR})
_ENOUGH = {
    "verify_caller": frozenset[Verification](),
    "get_customer": PROVEN,
    "recommend_plans": PROVEN,
    "get_history": PROVEN,
    "request_plan_change": _SECOND,
}


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
    for_other = tool == "recommend_plans" and (
        arguments.get("age") is not None or arguments.get("who", "self") != "self"
    )
    enough = _ENOUGH.get(tool, frozenset())
    if tool in PUBLIC_TOOLS or for_other:
        code = "ok"
    elif tool not in _ENOUGH:
        code = "unknown_tool"
    elif verification in enough:
        code = "ok"
    elif failures >= MAX_FAILURES:
        code = "verification_locked"
    elif tool == "verify_caller":
        code = "ok"
    else:
        unknown = verification is Verification.NONE
        code = "needs_phone_number" if unknown else "needs_birth_date"
    return Decision(code=code)
