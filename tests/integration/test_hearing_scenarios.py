"""Every scenario ends as it did when the agent gets what was said in its written form."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent.factory import AgentFactory
from agent.hearing import Hearing
from knowledge.service import open_knowledge
from scripts.carrier.scenario import Scenario, Turn
from tests.integration.test_scenarios import SCENARIOS
from tests.support.agents import Calls, Directory, Ledger
from tests.support.text_mode import run


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


@pytest.fixture(scope="module")
def hearing(factory: AgentFactory) -> Hearing:
    return Hearing(factory.catalog)


def _heard(turn: Turn, hearing: Hearing) -> Turn:
    if turn.during_reply is not None:
        said = turn.during_reply.model_copy(update={"say": hearing.written(turn.during_reply.say)})
        return turn.model_copy(update={"during_reply": said})
    text = turn.asr if turn.asr is not None else turn.say
    return turn if text is None else turn.model_copy(update={"asr": hearing.written(text)})


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
async def test_scenario(scenario: Scenario, factory: AgentFactory, hearing: Hearing) -> None:
    turns = tuple(_heard(turn, hearing) for turn in scenario.turns)
    assert await run(scenario.model_copy(update={"turns": turns}), factory) == []
