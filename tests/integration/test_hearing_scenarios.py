"""Every scenario ends as it did when the agent gets what was said in its written form."""

from __future__ import annotations

import pytest

from agent.hearing import Hearing
from knowledge.catalog.loader import load_catalog, sample_catalog_path
from scripts.carrier.scenario import Scenario, Turn
from tests.support.scenarios import main_scenarios, play_in_text

SCENARIOS = main_scenarios()


@pytest.fixture(scope="module")
def failures() -> dict[str, list[str]]:
    """What was wrong with each."""
    hearing = Hearing(load_catalog(sample_catalog_path()))
    heard = [
        scenario.model_copy(
            update={"turns": tuple(_heard(turn, hearing) for turn in scenario.turns)}
        )
        for scenario in SCENARIOS
    ]
    return {trial.scenario: trial.failures for trial in play_in_text(heard)}


def _heard(turn: Turn, hearing: Hearing) -> Turn:
    if turn.during_reply is not None:
        said = turn.during_reply.model_copy(update={"say": hearing.written(turn.during_reply.say)})
        return turn.model_copy(update={"during_reply": said})
    text = turn.asr if turn.asr is not None else turn.say
    return turn if text is None else turn.model_copy(update={"asr": hearing.written(text)})


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_scenario(scenario: Scenario, failures: dict[str, list[str]]) -> None:
    assert failures[scenario.id] == []
