"""What the agent hears and what it answers with, as small frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from storage.records import HandoffReason, Outcome, ToolCall


class Expectation(StrEnum):
    """What kind of answer the last sentence asks for; turn-taking waits accordingly."""

    OPEN = "open"
    YES_NO = "yes_no"
    NUMBER = "number"


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What the caller said or keyed, in written form."""

    text: str
    kind: str
    """`speech`, `keys` (the digits, without #) or `silence` (text is empty)."""


@dataclass(frozen=True, kw_only=True)
class Say:
    """Say one sentence."""

    text: str
    """Written form; the voice makes the spoken form."""
    expects: Expectation = Expectation.OPEN
    fact_ids: tuple[str, ...] = ()
    grounding: str = "none"
    """What grounding found: `none` (nothing to check), `grounded` or `replaced`."""


@dataclass(frozen=True, kw_only=True)
class Used:
    """A tool was used; for the record."""

    call: ToolCall


@dataclass(frozen=True, kw_only=True)
class HandOff:
    """Connect the caller with a human, after what was said has played."""

    reason: HandoffReason


@dataclass(frozen=True, kw_only=True)
class EndCall:
    """Hang up, after what was said has played."""

    outcome: Outcome


Action = Say | Used | HandOff | EndCall
