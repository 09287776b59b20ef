"""Scenarios in text mode, as `yeoboseyo evaluate` plays them."""

from collections.abc import Sequence
from pathlib import Path

from scripts.carrier.scenario import Scenario, load
from scripts.evaluate.play import Plan, play_all
from scripts.evaluate.results import Trial
from settings import Settings

FOLDER = Path(__file__).parents[1] / "scenarios"
DEMO = FOLDER.parents[1] / "scripts" / "demo_call.yaml"


def main_scenarios() -> list[Scenario]:
    """Those that work on the agent may look at."""
    return load([*sorted(FOLDER.glob("*.yaml")), DEMO])


def unprepared_scenarios() -> list[Scenario]:
    """Callers written without knowledge of the rules, and learned from since."""
    return load(sorted((FOLDER / "unprepared").glob("*.yaml")))


def play_in_text(scenarios: Sequence[Scenario], *, trials: int = 1) -> list[Trial]:
    """Every trial, by the local brain."""
    plan = Plan(
        settings=Settings(),
        scenarios=tuple(scenarios),
        mode="text",
        trials=trials,
        brain="local",
    )
    return play_all(plan, processes=1, done=lambda _: None)
