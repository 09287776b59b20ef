"""The ways to decide that a turn is over which the benchmark compares."""

from agent.actions import Expectation
from voice.turns.patience import FixedPatience, Patience

TIMER = FixedPatience(600)
TIMER_SWEEP_MS = (300, 400, 500, 600, 700, 800, 1_000, 1_200)
OURS_SWEEP = (0.5, 0.75, 1.0, 1.25, 1.5)


def scaled(patience: Patience, scale: float) -> Patience:
    """`patience` with all its waits longer or shorter."""

    def wait_ms(text: str | None, expects: Expectation) -> int:
        return round(patience(text, expects) * scale)

    return wait_ms
