"""What a call is given: the parts it joins, the limits it keeps, the result it ends with."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Protocol

from agent.actions import Action, Heard
from storage.records import Customer, HandoffReason, Outcome, Turn, Verification
from voice.playout import PlayoutCounters
from voice.stt.transcriber import Transcriber
from voice.tts.synthesizer import Synthesizer
from voice.turns.patience import Patience


class Dialogue(Protocol):
    """The agent's side of the call; `agent.conversation.Conversation` is the real one."""

    @property
    def customer(self) -> Customer | None:
        """Who is calling, as far as known."""
        ...

    @property
    def verification(self) -> Verification:
        """How sure that is."""
        ...

    @property
    def answered(self) -> bool:
        """True when the caller's last words were answered and nothing hangs on the next ones."""
        ...

    def greet(self) -> AsyncGenerator[Action, None]:
        """The first words."""
        ...

    def hear(self, heard: Heard) -> AsyncGenerator[Action, None]:
        """The answer to what the caller said or keyed."""
        ...

    def played(self, text: str, *, interrupted: bool) -> None:
        """Tells what of the last reply the caller heard."""
        ...

    def brief(self, reason: HandoffReason) -> str:
        """What the human is told before taking the call, Korean, personal data masked."""
        ...


class Journal(Protocol):
    """Where a call's turns go as they happen, by the carrier's id of the call.

    `storage.ledger.Ledger` is the real one.
    """

    async def save_turn(self, call_sid: str, turn: Turn) -> None:
        """Commits one turn."""
        ...

    async def request_handoff(
        self, call_sid: str, reason: HandoffReason, summary_text: str
    ) -> None:
        """Commits the wish for a human, with what that human is told."""
        ...


@dataclass(frozen=True, kw_only=True)
class CallServices:
    """What calls share."""

    transcriber: Transcriber
    synthesizer: Synthesizer
    journal: Journal
    patience: Patience
    """How long a caller's pauses may last."""
    at_hand: Callable[[str], bytes]
    """The µ-law audio of one of `phrases`, asked for by its spoken form: made before any call."""
    playout: PlayoutCounters = field(default_factory=PlayoutCounters)
    """Where all calls count what came late."""


@dataclass(frozen=True, kw_only=True)
class CallLimits:
    """How long things may take."""

    max_turn_s: float = 20.0
    max_call_s: float = 1_200.0
    no_media_s: float = 5.0
    """From the start of the stream until a caller of whom nothing comes goes to a human."""


@dataclass(frozen=True, kw_only=True)
class CallResult:
    """How the call ended."""

    outcome: Outcome
    handoff_reason: HandoffReason | None = None
    superseded: bool = False
    """True where another stream of the same call took over."""
