"""The check half in text mode: nobody tunes on it, so only its total is held to a floor."""

from scripts.carrier.scenario import load
from scripts.evaluate.results import pass_hat, successes
from tests.support.scenarios import FOLDER, play_in_text

FLOOR = 0.93
"""pass^1; raised as the agent gets better, never lowered for it."""


def test_the_share_that_passes_does_not_fall() -> None:
    scenarios = load([FOLDER / "check"])
    passed = successes(play_in_text(scenarios))
    assert len(passed) >= 80
    share = pass_hat(list(passed.values()), 1, 1)
    assert share is not None
    # Which ones fail is not told: whoever works on the agent must not know.
    assert share >= FLOOR
