"""What an utterance means after what was said before: the local brain's memory in use."""

from __future__ import annotations

import pytest

from agent.actions import Heard, Say
from agent.brain.local import LocalBrain
from agent.brain.understand import Reader
from agent.conversation import Conversation
from agent.korean.births import birth_year
from tests.support.agents import catalog, context, lexicon, toolbox

READER = Reader(catalog=catalog(), lexicon=lexicon())
KIM, CHOI, JUNG = "+821012345678", "+821055556666", "+821099998888"
Turns = tuple[tuple[str, str], ...]
"""What the caller says, and what the reply holds, apart by `;`; `!` before what it must not."""
CALLS: dict[str, tuple[str, Turns]] = {
    "what a person may have": ("", (
        ("엄마가 올해 예순여덟이신데 싼 요금제 알려 주세요", "시니어 C형;41,000원;37,000원"),
        ("데이터가 제일 많은 건요?", "시니어 베이직;15GB;!80,000"),
    )),
    "a filter within a list": ("", (
        ("복지카드 있으면 무슨 요금제 돼요?", "복지 베이직;복지 슬림"),
        ("무제한인 건 얼마죠?", "복지 베이직;56,000원;!80,000"),
    )),
    "conditions that hold": ("", (
        ("4만 원대로 알려주세요", "45,000원"),
        ("데이터 제일 많은 거요", "40,000원대로는;!무제한"),
    )),
    "steps in a family": ("", (
        ("심플 중에 데이터 제일 많은 게 뭐야?", "심플 110GB"),
        ("그거보다 한 단계 낮은 건?", "심플 70GB;65,000원"),
        ("그 밑에 거는?", "심플 50GB"),
        ("한 단계 위는요", "심플 70GB"),
        ("제일 작은 거는", "심플 30GB"),
    )),
    "places in an order": ("", (
        ("시니어 요금제 알려주이소", "시니어"),
        ("둘째로 싼 거는 얼맙니꺼", "시니어 B형;42,000원"),
        ("세 번째로 싼 건요", "시니어 A형"),
        ("중간 거는?", "시니어 A형;시니어 B형;!41,000"),
    )),
    "next in the whole catalogue": ("", (
        ("제일 싼 요금제 뭐예요", "이월 4GB"),
        ("데이터는 몇 기가예요", "4GB"),
        ("그다음으로 싼 건요", "슬림 5GB;45,000원"),
    )),
    "the one that was chosen of two": ("", (
        ("슬림 14기가랑 이월 10기가 중에 뭐가 싸요", "이월 10GB"),
        ("그거 데이터는요", "이월 10GB 데이터"),
        ("다른 건요?", "슬림 14GB;55,000원"),
    )),
    "the first of all": ("", (
        ("이월 10기가 얼마예요", "50,000원"),
        ("슬림 14기가는요", "55,000원"),
        ("심플 30기가는요", "61,000원"),
        ("처음 말씀하신 거 데이터는요?", "이월 10GB"),
    )),
    "what a change saves": (CHOI, (
        ("시니어 베이직 얼마야", "49,000원"),
        ("그걸로 바꾸면 얼마나 아끼는데?", "6,000원"),
    )),
    "a step from one's own": (KIM, (
        ("제 요금제보다 한 단계 낮은 거요", "이월 4GB;37,000원"),
        ("그럼 얼마 아끼는 거예요?", "13,000원"),
    )),
    "the caller after another": (JUNG, (
        ("아들이 열 살인데 요금제 추천해 주세요", "주니어"),
        ("그럼 저는요?", "Y 베이직;!주니어"),
    )),
    "the other parent": ("", (
        ("어머니가 일흔이신데요", "시니어 C형"),
        ("아버지는 여든하나세요", "만 81세"),
    )),
    "ages by other words": ("", (
        ("62년생인데 시니어 되나요?", "아니에요"),
        ("나 55년생인데 무슨 요금제가 좋아?", "시니어"),
        ("환갑 지난 어머니 요금제요", "일반 요금제"),
    )),
    "the other of two": ("", (
        ("심플 칠십기가랑 백십기가 뭐가 나아요", "4,000원"),
        ("비싼 쪽은 속도가 얼마예요", "5Mbps"),
        ("싼 쪽은?", "심플 70GB;1Mbps"),
    )),
    "of the family by its tail": ("", (
        ("복지 베이직 얼마예요", "56,000원"),
        ("슬림은요?", "39,000원"),
        ("둘이 뭐가 달라?", "17,000원"),
    )),
    "the plan named instead": ("", (
        ("주니어 요금제 알려줘요", "주니어"),
        ("아 우리 애 열세 살인데 되나", "아니에요;Y틴"),
        ("그건 얼마예요", "Y틴;47,000원"),
    )),
    "two named one by one": ("", (
        ("시니어 A형", "44,000원"),
        ("B형", "42,000원"),
        ("둘 중에 데이터 많은 건?", "시니어 A형;10GB"),
    )),
    "two children": ("", (
        ("아들은 열다섯 딸은 여덟 살인데 요금제 추천해 주세요", "Y틴;주니어"),
    )),
    "two sons": ("", (
        ("아들 둘인데 열 살 열다섯 살이에요 요금제 추천해주세요", "주니어;Y틴"),
    )),
    "in dialect": ("", (
        ("울 아부지 칠십다섯인데 뭐가 좋노", "만 75세"),
        ("젤로 싼 거는 얼맨교", "41,000원"),
    )),
    "a place in a list": ("", (
        ("초이스 종류 알려주세요", "초이스"),
        ("첫 번째 거", "초이스 베이직;90,000원"),
        ("마지막 거는요", "초이스 프리미엄;130,000원"),
    )),
    "of all that were listed": ("", (
        ("엄마가 58년생이세요 요금제 추천해 주세요", "시니어 C형"),
        ("그중에 데이터 제일 많은 거", "시니어 베이직;15GB"),
    )),
    "both ends of a family": ("", (
        ("시니어 요금제 제일 비싼 거랑 제일 싼 거", "49,000원;41,000원;!44,000원"),
        ("둘이 차이는요", "8,000원"),
    )),
    "places in the whole catalogue": ("", (
        ("제일 싼 거요", "37,000원"),
        ("두 번째로 싼 거요", "슬림 5GB;45,000원"),
    )),
    "a step from nothing": ("", (("한 단계 위는요?", "어떤 요금제"),)),
    "not an order": ("", (("5만원으로 쓸 수 있는 거요", "50,000원 이하"),)),
    "of the plan spoken of": ("", (
        ("시니어 B형 다 쓰면 어떻게 돼요", "1Mbps"),
        ("나이는요?", "만 65세 이상"),
        ("예순여섯이신데 되죠?", "가입하실 수 있습니다"),
        ("데이터 무제한이에요?", "9GB;!80,000"),
    )),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
async def test_what_is_meant(name: str) -> None:
    caller, turns = CALLS[name]
    brain = LocalBrain(catalog=catalog(), lexicon=lexicon(), reader=READER)
    call = Conversation(context=context(caller), brain=brain, tools=toolbox(caller))
    async for _ in call.greet():
        pass
    for said, wanted in turns:
        actions = [a async for a in call.hear(Heard(text=said, kind="speech"))]
        says = [action for action in actions if isinstance(action, Say)]
        reply = " ".join(say.text for say in says)
        assert all(say.grounding not in ("replaced", "fact") for say in says), reply
        for part in wanted.split(";"):
            assert (part[1:] not in reply) if part.startswith("!") else (part in reply), (
                said,
                reply,
            )


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("55년생", 1955), ("오십오년생이요", 1955), ("2001년생", 2001), ("칠십 년생", 1970),
        ("05년생", 2005), ("3년 약정", None), ("55년 생각", None),
    ],
)  # fmt: skip
def test_a_year_of_birth(text: str, year: int | None) -> None:
    assert birth_year(text) == year
