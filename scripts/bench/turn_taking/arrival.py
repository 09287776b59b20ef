"""How a take's frames arrive: jitter, stalls that end in a burst, losses, duplicates."""

import random
from dataclasses import dataclass

FRAME_MS = 20

_JITTER_MS = 60.0
_STALLED_SHARE = 0.2
_STALL_MS = (200.0, 800.0)
_LOSSY_SHARE = 0.3
_DOUBLED_SHARE = 0.2


@dataclass(frozen=True)
class Arrivals:
    """When each frame of a stretch of audio comes; frame k is spoken at (k + 1) * FRAME_MS."""

    at_ms: tuple[float, ...]
    """Arrival of each frame after the beginning of the first one; never falls."""
    lost: frozenset[int] = frozenset()
    """Frames that never come."""
    doubled: frozenset[int] = frozenset()
    """Frames that come twice."""


def random_arrivals(frames: int, rng: random.Random) -> Arrivals:
    """Frames as a network brings them: in order, late by up to 60 ms, now and then held back."""
    stalls = []
    if rng.random() < _STALLED_SHARE:
        begin = rng.uniform(0, frames * FRAME_MS)
        stalls.append((begin, begin + rng.uniform(*_STALL_MS)))
    at_ms: list[float] = []
    for frame in range(frames):
        spoken_ms = (frame + 1) * FRAME_MS
        arrival = spoken_ms + rng.uniform(0, _JITTER_MS)
        for begin, end in stalls:
            if begin <= spoken_ms < end:
                arrival = end
        at_ms.append(max(arrival, at_ms[-1] if at_ms else 0.0))
    few = range(rng.randint(1, 3))
    lost = {rng.randrange(frames) for _ in few} if rng.random() < _LOSSY_SHARE else set()
    doubled = {rng.randrange(frames) for _ in few} if rng.random() < _DOUBLED_SHARE else set()
    return Arrivals(tuple(at_ms), frozenset(lost), frozenset(doubled - lost))
