"""Every scenario file, in text mode, against the local brain and the real index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.factory import AgentFactory
from knowledge.service import open_knowledge
from scripts.carrier.scenario import Scenario, load
from tests.support.agents import Calls, Directory, Ledger
from tests.support.text_mode import run

FOLDER = Path(__file__).parent.parent / "scenarios"
SCENARIOS = load([FOLDER, FOLDER.parents[1] / "scripts" / "demo_call.yaml"])


@pytest.fixture(scope="module")
def factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentFactory]:
    knowledge = open_knowledge(data_dir=tmp_path_factory.mktemp("data"), organization="sample")
    yield AgentFactory(
        catalog=knowledge.catalog,
        lexicon=knowledge.lexicon,
        retriever=knowledge.retriever,
        customers=Directory(),
        history=Calls(),
        ledger=Ledger(),
    )
    knowledge.close()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
async def test_scenario(scenario: Scenario, factory: AgentFactory) -> None:
    assert await run(scenario, factory) == []


def test_there_are_enough_and_each_is_one() -> None:
    ids = [scenario.id for scenario in SCENARIOS]
    assert len(ids) >= 25
    assert len(set(ids)) == len(ids)
