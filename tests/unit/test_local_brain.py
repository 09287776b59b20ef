"""The local brain whatever is said: it always answers, and never says what no fact bears out."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.actions import EndCall, HandOff, Heard, Say
from agent.brain.keywords import SIGNS, TOPICS, Sign, Topic
from agent.brain.local import LocalBrain
from agent.brain.understand import Reader
from agent.conversation import Conversation
from agent.korean.repair import repair
from tests.support.agents import CUSTOMERS, catalog, context, lexicon, toolbox

FOLDER = Path(__file__).parent.parent / "scenarios"
SENTENCES = sorted(
    {
        str(turn.get("asr") or turn["say"])
        for path in FOLDER.glob("*.yaml")
        for scenario in yaml.safe_load_all(path.read_text(encoding="utf-8"))
        for turn in scenario["turns"]
        if turn.get("say")
    }
)
READER = Reader(catalog=catalog(), lexicon=lexicon())
CALLERS = st.sampled_from(["", *(customer.phone for customer in CUSTOMERS)])


@settings(max_examples=60, deadline=None)
@given(
    CALLERS,
    st.lists(st.one_of(st.sampled_from(SENTENCES), st.text(max_size=30)), min_size=1, max_size=8),
)
async def test_every_call_is_answered_from_facts(caller: str, sentences: list[str]) -> None:
    brain = LocalBrain(catalog=catalog(), lexicon=lexicon(), reader=READER)
    call = Conversation(context=context(caller), brain=brain, tools=toolbox(caller))
    async for _ in call.greet():
        pass
    for sentence in sentences:
        actions = [a async for a in call.hear(Heard(text=sentence, kind="speech"))]
        says = [action for action in actions if isinstance(action, Say)]
        assert says, sentence
        assert all(say.grounding != "replaced" for say in says), (sentence, says)
        assert len({say.text for say in says}) == len(says), (sentence, says)
        if isinstance(actions[-1], HandOff | EndCall):
            return


def test_the_vocabulary_covers_every_topic_and_sign() -> None:
    assert set(TOPICS) == set(Topic)
    assert set(SIGNS) == set(Sign)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("데이커는 얼마나", "데이터는 얼마나"),
        ("오금제 추청해 주세요", "요금제 추천해 주세요"),
        ("요즘 조금 더운 여름이에요", "요즘 조금 더운 여름이에요"),
    ],
)
def test_misheard_words_are_repaired_and_ordinary_ones_stay(said: str, meant: str) -> None:
    assert repair(said) == meant


def test_a_frame_holds_what_was_said() -> None:
    frame = READER.read("슬림 말고 심플 칠십 기가 요금")
    assert [plan.id for plan in frame.plans] == ["simple-70"]
    assert frame.rejected == ("5g-slim",)
    assert frame.topics == (Topic.FEE,)
    frame = READER.read("아들이 열 살인데 삼만 원 이하")
    assert frame.budget is not None
    assert (frame.age, frame.budget.high, frame.age_told) == (10, 30000, True)
    assert frame.has(Sign.RELATIVE)
