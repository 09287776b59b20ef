"""A change is noted only after a yes: whatever else is said to the question, nothing is noted."""

from __future__ import annotations

import pytest

from agent.actions import Heard, Used
from agent.brain.local import LocalBrain
from agent.brain.understand import Reader
from agent.conversation import Conversation
from tests.support.agents import catalog, context, lexicon, toolbox

READER = Reader(catalog=catalog(), lexicon=lexicon())
KIM = "+821012345678"


async def _used_after(answer: str) -> set[str]:
    brain = LocalBrain(catalog=catalog(), lexicon=lexicon(), reader=READER)
    call = Conversation(context=context(KIM), brain=brain, tools=toolbox(KIM))
    async for _ in call.greet():
        pass
    async for _ in call.hear(Heard(text="슬림 14기가로 바꿔 주세요", kind="speech")):
        pass
    actions = [a async for a in call.hear(Heard(text=answer, kind="speech"))]
    return {action.call.name for action in actions if isinstance(action, Used)}


@pytest.mark.parametrize(
    "answer",
    [
        "네",
        "예 해주세요",
        "응 그렇게 해줘",
        "네 신청해 주세요",
        "그렇게 할게요",
        "좋아요",
        "접수해 주세요",
    ],
)
async def test_yes_asks_for_the_change(answer: str) -> None:
    assert "request_plan_change" in await _used_after(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "아니요", "아니요 안 할래요", "안 바꿀래요", "됐어요", "하지 마세요", "나중에 할게요",
        "생각해 볼게요", "취소할게요", "그거 데이터 몇 기가예요?", "음", "무슨 말이에요?",
        "바꾸지 말아 주세요", "괜찮아요",
    ],
)  # fmt: skip
async def test_all_else_does_not(answer: str) -> None:
    assert "request_plan_change" not in await _used_after(answer)
