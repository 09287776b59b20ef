"""The ways to decide that a turn is over which the benchmark compares."""

from voice.services import CallLimits

TIMER_MS = 600
TIMER_SWEEP_MS = (300, 400, 500, 600, 700, 800, 1_000, 1_200)
OURS_SWEEP = (0.5, 0.75, 1.0, 1.25, 1.5)


def ours(scale: float = 1.0) -> CallLimits:
    """The product's own way; `scale` lengthens or shortens its waits."""
    return CallLimits(end_silence_ms=round(CallLimits().end_silence_ms * scale))


def timer(silence_ms: int = TIMER_MS) -> CallLimits:
    """A plain timer: `silence_ms` of silence end a turn, whatever was said."""
    return CallLimits(end_silence_ms=silence_ms)
