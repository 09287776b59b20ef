"""Events of a call between the carrier's edge and the call, one small frozen value each."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """The socket speaks the media protocol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The stream began."""

    stream_sid: str
    call_sid: str
    account_sid: str
    """Empty when the client sent none."""
    parameters: dict[str, str] = field(default_factory=dict)
    """The TwiML's custom parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """Caller audio."""

    payload: bytes
    """µ-law, 8,000 Hz, mono; 20 ms (160 bytes) as observed, any length by contract."""
    timestamp_ms: int
    """Of the first sample, since the stream began; -1 when the client sent none."""
    sequence: int
    """Message number; -1 when the client sent none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPressed:
    """A key of the telephone."""

    digit: str
    """One of 0-9, * and #."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkReached:
    """The carrier echoed a mark: played, or cleared."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """The stream ended: by the carrier, by a closed socket, or by a stream error."""

    reason: str
    """`stop`, `closed`, `stream-error`, `superseded` or `shutdown`."""


CarrierEvent = Connected | Started | Media | KeyPressed | MarkReached | Stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayAudio:
    """Send audio to the carrier."""

    payload: bytes
    """µ-law, 8,000 Hz, mono, a multiple of 160 bytes (20 ms)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceMark:
    """Ask the carrier to echo this name when what was sent before has played."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearAudio:
    """Drop what the carrier has buffered."""


CarrierCommand = PlayAudio | PlaceMark | ClearAudio
