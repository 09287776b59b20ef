"""A scenario's call as it was played, before it is judged."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """What became of a reply that the caller spoke into."""

    stopped: bool
    stopped_ms: float | None = None
    """From the beginning of the words to the last sound of the reply."""


@dataclass(kw_only=True)
class OnTheLine:
    """What happened when, in milliseconds since the stream began."""

    began_ms: dict[int, float] = field(default_factory=dict)
    """By turn: when the caller began to speak, to press keys or to be silent."""
    cleared_ms: list[float] = field(default_factory=list)
    """When the agent fell silent in the middle of what it was saying."""


@dataclass(kw_only=True)
class Played:
    """One call; turns of the scenario count from 1, and 0 is the greeting."""

    call_sid: str
    turn_of: dict[int, int] = field(default_factory=dict)
    """To which turn of the scenario a recorded turn belongs, by their numbers."""
    reply_ms: dict[int, float] = field(default_factory=dict)
    """By turn: end of the caller's speech to the first audio of the reply."""
    overlaps: dict[int, Overlap] = field(default_factory=dict)
    """By turn that was spoken into a reply."""
    errors: list[str] = field(default_factory=list)
    """What went wrong in the product or on the line, though nobody expected it."""
    line: OnTheLine = field(default_factory=OnTheLine)
    audio: dict[str, object] | None = None
    """The caller's voice; None where there was no audio."""
