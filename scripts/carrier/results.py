"""What a simulated call found out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterStream:
    """Where the call went when its stream had ended."""

    kind: Literal["human", "hangup"]
    number: str = ""
    """The human's number."""
    whisper: str = ""
    """What the human heard before the call was connected."""
    connected: bool = False
    """True if the human took the call."""
    said: tuple[str, ...] = ()
    """What the carrier's own voice said to the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the agent said between two utterances of the caller."""

    after_ms: float
    """From the end of the caller's audio to the first audio of the reply."""
    duration_ms: float
    """From its first to its last audio, gaps included."""
    audio: bytes
    """µ-law, 8,000 Hz, without the gaps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Counts of a call."""

    frames_sent: int
    frames_received: int
    audio_received_ms: float
    underruns: int
    """Late audio in the middle of a reply; see Line."""
    underrun_ms: float
    marks: int
    clears: int
    max_buffered_ms: float
    """How far ahead of the caller's ear the server was at most."""
    reply_ms: tuple[float, ...]
    """Of every reply that was waited for: end of the caller's audio to first reply audio."""
    errors: tuple[str, ...]
