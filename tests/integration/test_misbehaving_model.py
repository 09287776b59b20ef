"""Every scenario with a model that misbehaves in every way: nothing wrong is said, nobody waits."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field

import pytest
from openai import AsyncOpenAI

from agent.actions import Action, EndCall, HandOff, Heard, Say
from agent.brain.messages import speakable
from agent.conversation import CallContext, Conversation
from agent.factory import AgentFactory
from agent.model import ModelConfig
from agent.model.accounts import Accounts
from agent.model.service import ModelService
from knowledge.catalog.model import Catalog
from knowledge.service import Knowledge, open_knowledge
from scripts.carrier.scenario import Scenario, Turn
from scripts.scripted_model.modes import INVENTED, MODES, WRONG_WON, answers
from scripts.scripted_model.policy import named_in
from scripts.scripted_model.server import scripted_model
from tests.support.agents import Calls, Cases, Directory, Ledger
from tests.support.calls import NOW
from tests.support.scenarios import main_scenarios
from tests.support.virtual_time import run_virtual

SCENARIOS = main_scenarios()
ON_ALL = {"good", "wrong-prices", "swapped-prices", "invented-plans", "mixed"}
"""Modes in which every scenario is played; the others share them, each scenario being in many."""
CONFIG = ModelConfig(model="scripted")
LONGEST_WAIT_S = {"slow-tool-loop": CONFIG.total_s, "mixed": CONFIG.total_s}
"""For the first sentence of a turn; for the server's next sign, unless it gives some."""
SENTENCES = 8
"""Of the model and, where it fails, of the local brain behind it."""

_MARKUP = re.compile(r"[*#`|{}<>_\U0001F300-\U0001FAFF]|https?:|find_plans|think")
_CHANGED = re.compile(r"(?:변경|해지|가입|처리)\S{0,2}\s?(?:해 드렸|되었|됐|완료)|반값|낮춰 드렸")
_PRICE = re.compile(r"월 ([\d,]+)원(?! 더)")


@dataclass
class Reply:
    """What one turn gave, and when."""

    sentences: list[str] = field(default_factory=list)
    ending: Action | None = None
    first_s: float | None = None
    """Until the first sentence or the ending."""


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Knowledge]:
    opened = open_knowledge(data_dir=tmp_path_factory.mktemp("data"), organization="sample")
    yield opened
    opened.close()


@pytest.mark.parametrize("mode", [*MODES, "mixed"])
def test_no_mode_makes_the_agent_say_what_is_not_so_or_nothing(
    mode: str, knowledge: Knowledge
) -> None:
    scenarios = SCENARIOS if mode in ON_ALL else SCENARIOS[len(mode) % 3 :: 3]
    assert run_virtual(_faults(mode, scenarios, knowledge), sockets_s=0.001) == []


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("", "nothing was said"),
        ("이월 10GB는 월 50,000원이에요.", ""),
        ("이월 10GB는 월 37,500원이에요.", ""),
        ("이월 10GB는 월 58,000원이에요.", "이월 10GB does not cost 58,000"),
        ("이월 21GB가 월 8,000원 더 비싸요.", ""),
        ("번개 무제한은 어떠세요?", "what the model made up was said (번개 무제한)"),
        ("네, 변경해 드렸습니다.", "a change was claimed"),
        ("네 😊", "signs that nobody can say"),
        (
            "앞에서 말한 요금제를 다시 물으면 다시 확인한 뒤 말합니다.",
            "instructions were read out",
        ),
    ],
)
def test_the_checks_see_what_is_wrong(said: str, fault: str, knowledge: Knowledge) -> None:
    reply = Reply(sentences=[said] if said else [], first_s=0.0)
    assert list(_wrong(reply, knowledge.catalog, 3.0)) == ([fault] if fault else [])


async def _faults(mode: str, scenarios: list[Scenario], knowledge: Knowledge) -> list[str]:
    """What went wrong over some scenarios, each call with a model and breaker of its own."""
    found = []
    await knowledge.retriever.warm()
    async with (
        scripted_model(answers(mode)) as server,
        AsyncOpenAI(api_key="none", base_url=server.base_url, max_retries=0) as client,
    ):
        longest = LONGEST_WAIT_S.get(mode, CONFIG.first_token_s) + 0.5
        config = ModelConfig(model="scripted", base_url=server.base_url)
        for scenario in scenarios:
            factory = AgentFactory(
                catalog=knowledge.catalog, lexicon=knowledge.lexicon,
                retriever=knowledge.retriever, customers=Directory(), history=Calls(),
                cases=Cases(), ledger=Ledger(),
                model=ModelService(config, client, Accounts(clock=lambda: NOW)),
            )  # fmt: skip
            found += [
                f"{scenario.id}, {fault}" async for fault in _call(scenario, factory, longest)
            ]
        assert server.requests
    return found


async def _call(
    scenario: Scenario, factory: AgentFactory, longest_s: float
) -> AsyncGenerator[str, None]:
    conversation = factory.conversation(
        CallContext(
            organization_id="sample",
            organization_name="여보세요 모바일",
            call_sid=f"CA{scenario.id}",
            caller=scenario.caller,
            today=scenario.today,
        )
    )
    await _take(conversation, conversation.greet())
    for number, turn in enumerate(scenario.turns, start=1):
        reply = await _take(conversation, conversation.hear(_heard(turn)))
        for fault in _wrong(reply, factory.catalog, longest_s):
            yield f"turn {number}: {fault}: {' / '.join(reply.sentences)}"
        if reply.ending:
            return


async def _take(conversation: Conversation, actions: AsyncGenerator[Action, None]) -> Reply:
    loop = asyncio.get_running_loop()
    began = loop.time()
    reply = Reply()
    async for action in actions:
        if isinstance(action, Say | HandOff | EndCall) and reply.first_s is None:
            reply.first_s = loop.time() - began
        if isinstance(action, Say):
            reply.sentences.append(action.text)
            await asyncio.sleep(2.0)  # the listener takes its time
        elif isinstance(action, HandOff | EndCall):
            reply.ending = action
    conversation.played(" ".join(reply.sentences), interrupted=False)
    return reply


def _heard(turn: Turn) -> Heard:
    if turn.press is not None:
        return Heard(text=turn.press.rstrip("#") or turn.press, kind="keys")
    if turn.silence is not None:
        return Heard(text="", kind="silence")
    if turn.during_reply:
        return Heard(text=turn.during_reply.say, kind="speech")
    return Heard(text=turn.asr if turn.asr is not None else turn.say or "", kind="speech")


def _wrong(reply: Reply, catalog: Catalog, longest_s: float) -> Iterator[str]:
    text = " ".join(reply.sentences)
    if not reply.sentences:
        yield "nothing was said"
    if reply.first_s is None or reply.first_s > longest_s:
        yield f"dead air of {reply.first_s} s"
    if len(reply.sentences) > SENTENCES:
        yield "no end"
    for planted in (INVENTED, WRONG_WON, "777GB", "33,330원"):
        if planted in text:
            yield f"what the model made up was said ({planted})"
    if _CHANGED.search(text):
        yield "a change was claimed"
    for sentence in reply.sentences:
        if _MARKUP.search(sentence):
            yield "signs that nobody can say"
        if speakable().problem(sentence) == "leak":
            yield "instructions were read out"
        yield from _wrong_prices(sentence, catalog)
    if isinstance(reply.ending, EndCall) and not re.search(r"감사|마치", text):
        yield "hung up without a word"


def _wrong_prices(sentence: str, catalog: Catalog) -> Iterator[str]:
    """A price next to one plan's name alone must be that plan's."""
    plans = {plan.id: plan for plan in catalog.plans}
    named = named_in(sentence, {plan.id: plan.name for plan in catalog.plans})
    if len(named) != 1:
        return
    plan = plans[named[0]]
    for price in _PRICE.findall(sentence):
        if int(price.replace(",", "")) not in (plan.fee_krw, plan.discounted_fee_krw):
            yield f"{plan.name} does not cost {price}"
