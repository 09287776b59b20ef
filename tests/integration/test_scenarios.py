"""Every scenario file, in text mode, against the local brain and the real index."""

from __future__ import annotations

import pytest

from scripts.carrier.scenario import Scenario
from tests.support.scenarios import main_scenarios, play_in_text, unprepared_scenarios

SCENARIOS = [*main_scenarios(), *unprepared_scenarios()]


@pytest.fixture(scope="module")
def failures() -> dict[str, list[str]]:
    """What was wrong with each."""
    return {trial.scenario: trial.failures for trial in play_in_text(SCENARIOS)}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_scenario(scenario: Scenario, failures: dict[str, list[str]]) -> None:
    assert failures[scenario.id] == []


def test_there_are_enough_and_each_is_one() -> None:
    ids = [scenario.id for scenario in SCENARIOS]
    assert len(ids) >= 25
    assert len(set(ids)) == len(ids)
