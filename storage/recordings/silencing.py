"""Which parts of a recording nobody may hear, and how they are silenced; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from storage.privacy import Kind
from storage.recordings.format import FRAME_BYTES, RATE

SILENT_KINDS = frozenset(
    {Kind.RESIDENT, Kind.FOREIGNER, Kind.PASSPORT, Kind.LICENCE, Kind.CARD, Kind.ACCOUNT}
)
"""Numbers that the law protects by themselves, or that money is taken with."""

MARGIN_MS = 300
KEYED_MARGIN_MS = 1_000
"""Before the first key: the carrier tells of it when its tone is over."""

_SILENCE = 0xFF
"""µ-law's byte for a sample of zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenTurn:
    """When a turn was spoken, and whether what was spoken is to be silenced."""

    input_kind: str
    heard_ms: tuple[int, int] | None
    """Milliseconds since the recording began."""
    said_ms: tuple[int, int] | None
    private: Collection[str]
    """The kinds of personal data in the turn."""
    repeated: bool
    """Whether the agent's words hold any."""


def silent_spans(turns: Iterable[SpokenTurn]) -> list[tuple[int, int]]:
    """From and to, in milliseconds, in order and apart from each other."""
    spans: list[tuple[int, int]] = []
    for turn in turns:
        if SILENT_KINDS.isdisjoint(turn.private):
            continue
        if turn.heard_ms is not None:
            before = KEYED_MARGIN_MS if turn.input_kind == "keys" else MARGIN_MS
            spans.append((turn.heard_ms[0] - before, turn.heard_ms[1] + MARGIN_MS))
        if turn.said_ms is not None and turn.repeated:
            spans.append((turn.said_ms[0] - MARGIN_MS, turn.said_ms[1] + MARGIN_MS))
    joined: list[tuple[int, int]] = []
    for start, end in sorted((max(0, start), end) for start, end in spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def silence(spans: Sequence[tuple[int, int]], first_frame: int, stereo: bytearray) -> None:
    """Silence what of these frames lies in the spans.

    Both channels: a telephone gives each side's voice back to the other.
    """
    per_ms = RATE // 1000
    frames = len(stereo) // FRAME_BYTES
    for start, end in spans:
        begins = min(max(0, start * per_ms - first_frame), frames)
        ends = min(max(begins, end * per_ms - first_frame), frames)
        count = (ends - begins) * FRAME_BYTES
        stereo[begins * FRAME_BYTES : begins * FRAME_BYTES + count] = bytes([_SILENCE]) * count
