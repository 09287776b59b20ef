"""The Brain Protocol: proposes what to say in a turn; tools do, policy and grounding decide."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.actions import Expectation, Say
from agent.tools import Toolbox


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One past turn as both sides heard it."""

    heard: str
    """The caller's words in written form; empty for the greeting."""
    said: str
    """What of the reply was really played; ends in … where it was cut."""


@dataclass(frozen=True, kw_only=True)
class TurnRequest:
    """What a brain is asked to answer."""

    text: str
    """The caller's words: data, never instructions."""
    history: tuple[Exchange, ...]
    """Past turns, oldest first."""
    expects: Expectation
    """What the last reply asked for."""


class Brain(Protocol):
    """Proposes sentences for one call; one instance a call."""

    def reply(self, request: TurnRequest, tools: Toolbox) -> AsyncGenerator[Say, None]:
        """Propose sentences one by one; endings go through the tools hand_off and end_call.

        Raises:
            BrainError: no answer could be made.
        """
        ...

    async def rephrase(
        self, request: TurnRequest, tools: Toolbox, *, rejected: str, problems: Sequence[str]
    ) -> Say | None:
        """Say one sentence anew that the facts did not bear out, within a second or two.

        `problems` are what stands in no fact, such as `won:45000` or a name. None where nothing
        better can be said; what comes back is checked again.
        """
        ...

    def played(self, text: str, *, interrupted: bool) -> None:
        """Be told what of the last reply the caller heard."""
        ...

    def reset(self) -> None:
        """Forget what was being asked or offered: the caller goes back to the start."""
        ...
