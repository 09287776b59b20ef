"""The conversation: greeting, interruptions, numbers, silence, and what is remembered."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import date

import pytest

from agent import lines
from agent.actions import Action, EndCall, Expectation, HandOff, Heard, Say, Used
from agent.brain.local import LocalBrain
from agent.conversation import Conversation
from agent.tools import Toolbox
from storage.errors import StorageError
from storage.records import Customer, HandoffReason, Outcome, Verification
from tests.support.agents import CUSTOMERS, catalog, context, lexicon, toolbox

KIM = "+821012345678"


def conversation(caller: str = KIM, tools: Toolbox | None = None) -> Conversation:
    brain = LocalBrain(catalog=catalog(), lexicon=lexicon())
    return Conversation(context=context(caller), brain=brain, tools=tools or toolbox(caller))


async def all_of(actions: AsyncGenerator[Action, None]) -> list[Action]:
    return [action async for action in actions]


def says(actions: Sequence[Action]) -> list[Say]:
    return [action for action in actions if isinstance(action, Say)]


async def exchange(call: Conversation, text: str, kind: str = "speech") -> list[Action]:
    actions = await all_of(call.hear(Heard(text=text, kind=kind)))
    call.played(" ".join(say.text for say in says(actions)), interrupted=False)
    return actions


async def begin(call: Conversation) -> list[Action]:
    actions = await all_of(call.greet())
    call.played(" ".join(say.text for say in says(actions)), interrupted=False)
    return actions


async def test_a_call_is_answered_once_nothing_is_left_open() -> None:
    call = conversation()
    await begin(call)
    assert not call.answered  # nothing was asked yet
    await exchange(call, "슬림 14기가 얼마예요?")
    assert call.answered
    await exchange(call, "", "silence")
    assert call.answered
    await exchange(call, "아이폰 케이스 색상 뭐 있어요?")
    assert not call.answered  # a human was offered


async def test_the_greeting_names_a_known_customer() -> None:
    call = conversation()
    actions = await begin(call)
    assert [say.text for say in says(actions)] == [
        "안녕하세요, 여보세요 모바일 AI 상담원입니다.",
        "통화 내용은 녹음됩니다.",
        "김철수 고객님, 무엇을 도와드릴까요?",
    ]
    assert call.verification is Verification.CALLER_ID
    assert call.customer == CUSTOMERS[0]
    assert [a.call.name for a in actions if isinstance(a, Used)] == ["verify_caller"]


@pytest.mark.parametrize("caller", ["", "+821000000000"])
async def test_the_greeting_asks_an_unknown_caller_for_a_number(caller: str) -> None:
    call = conversation(caller)
    last = says(await begin(call))[-1]
    assert last == Say(text=lines.ASK_PHONE, expects=Expectation.NUMBER)
    assert call.customer is None
    assert call.verification is Verification.NONE


async def test_a_family_that_shares_a_number_is_not_greeted_by_name() -> None:
    first = CUSTOMERS[0]
    second = Customer(
        id=9, organization_id="sample", name="김영수", phone=first.phone, born=date(2012, 2, 2),
        plan_id="yteen", since=first.since,
    )  # fmt: skip
    call = conversation(tools=toolbox(KIM, customers=(first, second)))
    assert all("고객님" not in say.text for say in says(await begin(call)))
    await exchange(call, "제 요금제가 뭐예요")
    actions = await exchange(call, "120202")
    assert any("김영수" in say.text for say in says(actions))
    assert call.customer == second


async def test_customers_of_another_organization_are_strangers() -> None:
    other = Customer(
        id=7, organization_id="other", name="남의고객", phone=KIM, born=date(1990, 1, 1),
        plan_id="basic", since=date(2020, 1, 1),
    )  # fmt: skip
    call = conversation(tools=toolbox(KIM, customers=(other,)))
    await begin(call)
    assert call.customer is None


async def test_an_interrupted_reply_is_remembered_as_it_was_heard() -> None:
    call = conversation()
    await begin(call)
    reply = call.hear(Heard(text="이월 10기가 얼마예요?", kind="speech"))
    async for action in reply:
        if isinstance(action, Say):
            break
    await reply.aclose()
    call.played("이월 10GB는", interrupted=True)
    assert call.history[-1].said == "이월 10GB는…"
    actions = await exchange(call, "데이터는요?")
    assert "10GB" in says(actions)[0].text


async def test_closing_before_the_first_sentence_leaves_the_call_usable() -> None:
    call = conversation()
    await begin(call)
    reply = call.hear(Heard(text="제 요금제가 뭐예요", kind="speech"))
    await anext(reply)
    await reply.aclose()
    call.played("", interrupted=True)
    actions = await exchange(call, "슬림 14기가 얼마예요")
    assert "55,000원" in says(actions)[0].text


async def test_an_offer_that_was_not_heard_is_not_taken_by_yes() -> None:
    call = conversation()
    await begin(call)
    actions = await all_of(call.hear(Heard(text="달나라에도 상품 있어요?", kind="speech")))
    assert says(actions)[-1].expects is Expectation.YES_NO
    call.played(says(actions)[0].text, interrupted=True)
    assert not any(isinstance(a, HandOff) for a in await exchange(call, "네"))


async def test_what_a_question_expects_is_told_with_it() -> None:
    call = conversation()
    await begin(call)
    last = says(await exchange(call, "고마워요"))[-1]
    assert last.expects is Expectation.YES_NO
    assert call.expects is Expectation.YES_NO


async def test_three_silences_end_the_call() -> None:
    call = conversation()
    await begin(call)
    first = await exchange(call, "", "silence")
    second = await exchange(call, "", "silence")
    assert says(first)[0].text == "여보세요, 듣고 계신가요?"
    assert says(first)[0].text != says(second)[0].text
    assert (await exchange(call, "", "silence"))[-1] == EndCall(outcome=Outcome.ABANDONED)


async def test_speech_between_silences_starts_the_count_again() -> None:
    call = conversation()
    await begin(call)
    for _ in range(3):
        await exchange(call, "", "silence")
        assert not isinstance((await exchange(call, "이월 4기가 얼마예요"))[-1], EndCall)


async def test_nothing_recognised_three_times_goes_to_a_human() -> None:
    call = conversation()
    await begin(call)
    for _ in range(2):
        assert "다시 말씀해 주시겠어요?" in says(await exchange(call, " . "))[0].text
    assert (await exchange(call, ""))[-1] == HandOff(reason=HandoffReason.FAILURE)


async def test_keys_answer_a_yes_no_question() -> None:
    call = conversation()
    await begin(call)
    await exchange(call, "고마워요")
    assert (await exchange(call, "2", "keys"))[-1] == EndCall(outcome=Outcome.COMPLETED)


async def test_star_repeats_and_hash_goes_back() -> None:
    call = conversation("")
    await begin(call)
    first = says(await exchange(call, "심플 30기가 얼마예요"))
    await exchange(call, "", "silence")
    again = says(await exchange(call, "*", "keys"))
    assert [s.text for s in again] == [s.text for s in first]
    assert all(s.grounding != "replaced" for s in again)
    assert says(await exchange(call, "#", "keys"))[0].text == lines.BACK


@pytest.mark.parametrize(
    "said_before",
    [
        (),
        ("제 요금제가 뭐예요",),
        ("제 요금제가 뭐예요", "010-1234-5678"),
        ("제 요금제가 뭐예요", "010-1234-5678", "구구구구구구"),
        ("제 요금제가 뭐예요", "번호는 말하기 싫은데요"),
        ("달나라에도 상품 있어요?",),
        ("고마워요",),
        ("이월 10기가로 바꿔 주세요",),
        ("우리 아들 요금제 추천해 주세요",),
        (" . ",),
    ],
)
@pytest.mark.parametrize(
    ("asked", "kind"),
    [("상담원 연결", "speech"), ("뭐라고요 상담언 바꿔요", "speech"), ("0", "keys")],
)
async def test_a_human_is_reached_from_everywhere(
    said_before: tuple[str, ...], asked: str, kind: str
) -> None:
    call = conversation("")
    await begin(call)
    for text in said_before:
        await exchange(call, text)
    actions = await exchange(call, asked, kind)
    assert actions[-1] == HandOff(reason=HandoffReason.CALLER_REQUEST)
    assert [say.text for say in says(actions)] == [lines.HANDOFF, lines.PLEASE_WAIT]


async def test_a_locked_caller_reaches_a_human() -> None:
    call = conversation("")
    await begin(call)
    await exchange(call, "제 요금제 알려 주세요")
    await exchange(call, "공일공 일이삼사 오육칠팔")
    for _ in range(2):
        await exchange(call, "구구일이일이")
    actions = await exchange(call, "구구일이일삼")
    assert actions[-1] == HandOff(reason=HandoffReason.POLICY)
    assert call.customer is None


async def test_storage_that_fails_does_not_end_the_call() -> None:
    class Broken:
        async def by_phone(self, phone: str) -> list[Customer]:
            raise StorageError("unavailable", "no database", retryable=True)

    tools = toolbox(KIM, directory=Broken())
    call = conversation(tools=tools)
    assert says(await begin(call))
    assert "50,000원" in says(await exchange(call, "이월 10기가 얼마예요"))[0].text


async def test_facts_and_grounding_are_told_with_each_sentence() -> None:
    call = conversation()
    await begin(call)
    actions = await exchange(call, "이월 10기가 얼마예요")
    for say in says(actions):
        assert say.grounding == "grounded"
        assert say.fact_ids == ("plan:rollover-10",)
