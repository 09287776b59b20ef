"""The summary by rules, and what a human is told before the caller."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from agent.actions import Heard
from agent.brain.local import LocalBrain
from agent.brief import handoff_brief
from agent.conversation import Conversation
from agent.errors import ModelError
from agent.summary import summarize
from storage.records import (
    CallReason,
    HandoffReason,
    Outcome,
    StoredCall,
    SummaryCode,
    ToolCall,
    Turn,
    Verification,
)
from tests.support.agents import CUSTOMERS, catalog, context, lexicon, toolbox


def turn(index: int, heard: str, said: str, *tools: ToolCall, kind: str = "speech") -> Turn:
    return Turn(
        index=index, heard=heard, input_kind=kind, heard_started_ms=None, heard_ended_ms=None,
        intended=said, said=said, said_started_ms=None, said_ended_ms=None, interrupted=False,
        first_audio_ms=None, stt_ms=None, agent_ms=None, tools=tools,
        fact_ids=tuple(i for tool in tools for i in tool.fact_ids),
    )  # fmt: skip


def tool(name: str, *fact_ids: str, code: str = "ok") -> ToolCall:
    return ToolCall(name=name, arguments={}, code=code, fact_ids=fact_ids)


CALL = StoredCall(
    id=1, organization_id="sample", call_sid="CA1", caller="+821012345678", called="",
    started_at=datetime(2026, 11, 20, tzinfo=UTC), ended_at=datetime(2026, 11, 20, tzinfo=UTC),
    outcome=Outcome.HANDED_OFF, handoff_reason=HandoffReason.CALLER_REQUEST,
    verification=Verification.CALLER_ID, customer=CUSTOMERS[0], recording_path=None, summary=None,
    turns=(
        turn(0, "", "안녕하세요.", tool("verify_caller", "customer:1"), kind="none"),
        turn(1, "이월 10기가 얼마예요?", "이월 10GB는 월 50,000원입니다.",
             tool("find_plans", "plan:rollover-10")),
        turn(2, "로밍은요? 제 번호는 010-1234-5678이에요", "하루 15,000원입니다.",
             tool("verify_caller", "customer:1")),
        turn(3, "로밍은 얼마예요?", "하루종일 로밍은 하루 15,000원입니다.",
             tool("search_faq", "faq:roaming-cost")),
        turn(4, "상담원 연결해 주세요", "네, 상담원에게 연결해 드리겠습니다.", tool("hand_off")),
    ),
)  # fmt: skip


async def test_a_summary_tells_why_what_and_how_it_ended() -> None:
    summary = await summarize(CALL, catalog())
    assert summary.reason == "이월 10GB 요금제 문의, 로밍 문의를 위해 전화하셨습니다."
    assert [(q.turn, q.fact_ids) for q in summary.questions] == [
        (1, ("plan:rollover-10",)),
        (3, ("faq:roaming-cost",)),
    ]
    assert summary.customer_name == "김철수"
    assert summary.plan_id == "rollover-10"
    assert summary.follow_ups == ("상담원이 이어서 상담",)
    assert summary.made_by == "local"
    for expected in ("김*수", "50,000원", "15,000원", "고객 요청으로 상담원에게 연결"):
        assert expected in summary.text
    for hidden in ("김철수", "1234-5678", "01012345678"):
        assert hidden not in summary.text


async def test_what_only_a_human_can_do_is_left_to_do() -> None:
    call = replace(CALL, outcome=Outcome.COMPLETED, handoff_reason=None)
    summary = await summarize(call, catalog())
    assert summary.follow_ups == ("상담원 확인 필요: 로밍",)
    assert "남은 일" in summary.text


async def test_an_empty_call_has_a_summary() -> None:
    call = replace(
        CALL, outcome=Outcome.ABANDONED, handoff_reason=None, customer=None, turns=(),
        verification=Verification.NONE,
    )  # fmt: skip
    summary = await summarize(call, catalog())
    assert summary.questions == ()
    assert summary.customer_name is None
    assert summary.follow_ups == ("상담이 끝나기 전에 종료되었으므로 다시 연락할지 확인",)


def test_a_call_that_a_fault_cut_off_says_so() -> None:
    cut = replace(CALL, outcome=Outcome.FAILED, handoff_reason=None, cut_off=True)
    summary = asyncio.run(summarize(cut, catalog()))
    assert "시스템 장애로 통화가 도중에 끊겼습니다." in summary.text
    assert "시스템 장애로 통화가 끊겼으므로 다시 연락" in summary.follow_ups


def test_the_brief_of_a_stored_call() -> None:
    tools = [tool for turn in CALL.turns for tool in turn.tools]
    reason = HandoffReason.CALLER_REQUEST
    brief = handoff_brief(CALL.customer, tools, reason=reason, catalog=catalog())
    assert brief == (
        "김*수 고객님, 이월 10GB 이용 중. 이월 10GB 요금제 문의, 로밍 문의 후 상담원 연결 요청."
    )


async def test_the_brief_of_a_call_going_on() -> None:
    brain = LocalBrain(catalog=catalog(), lexicon=lexicon())
    call = Conversation(context=context(""), brain=brain, tools=toolbox())
    for heard in ("슬림 14기가 얼마예요", "상담원 바꿔 주세요"):
        async for _ in call.hear(Heard(text=heard, kind="speech")):
            pass
    brief = call.brief(HandoffReason.CALLER_REQUEST)
    assert brief == "확인되지 않은 고객님. 슬림 14GB 요금제 문의 후 상담원 연결 요청."


class Model:
    """Gives one summary, or fails."""

    name = "test-model"

    def __init__(self, answer: dict[str, Any] | ModelError) -> None:
        self._answer = answer
        self.data = ""

    async def complete_json(
        self, prompt: str, *, data: str, schema: dict[str, Any], call_sid: str, prompt_name: str
    ) -> dict[str, Any]:
        self.data = data
        if isinstance(self._answer, ModelError):
            raise self._answer
        return self._answer


DRAFT: dict[str, Any] = {
    "reason": "이월 10GB 요금을 물으셨습니다.",
    "reason_turns": [1],
    "questions": [
        {"question": "이월 10GB 요금", "answer": "월 45,000원이라고 안내", "turn": 1},
        {"question": "없던 질문", "answer": "없던 답", "turn": 9},
    ],
    "sentences": [
        {"text": "이월 10GB가 월 50,000원이라고 안내했습니다.", "turns": [1]},
        {"text": "이월 10GB가 월 45,000원이라고 안내했습니다.", "turns": [1]},
        {"text": "로밍이 하루 15,000원이라고 안내했습니다.", "turns": [1]},
        {"text": "초이스 프리미엄을 권했습니다.", "turns": [3]},
        {"text": "차례를 말하지 않습니다.", "turns": []},
        {"text": "김철수 고객님 번호는 010-1234-5678, 생년월일은 790314입니다.", "turns": [2]},
    ],
    "follow_ups": [{"text": "로밍 가입을 도와 드려야 합니다.", "turns": [3]}],
    "mood": [{"words": "로밍은 얼마예요", "turn": 3}, {"words": "너무 화나요", "turn": 3}],
}


async def test_of_a_models_summary_stands_what_its_turns_say() -> None:
    model = Model(DRAFT)
    summary = await summarize(CALL, catalog(), model)
    assert summary.made_by == "test-model"
    assert summary.reason == "이월 10GB 요금을 물으셨습니다."
    assert "월 50,000원이라고 안내했습니다." in summary.text
    for wrong in ("45,000원", "15,000원", "프리미엄", "차례를", "1234-5678", "790314", "김철수"):
        assert wrong not in summary.text, wrong
    assert [(q.turn, q.answer, q.fact_ids) for q in summary.questions] == [
        (1, "이월 10GB는 월 50,000원입니다.", ("plan:rollover-10",))
    ]
    assert [item.words for item in summary.mood] == ["로밍은 얼마예요"]
    assert summary.follow_ups == ("상담원이 이어서 상담", "로밍 가입을 도와 드려야 합니다.")
    assert all(sentence.turns for sentence in summary.sentences)
    assert " ".join(sentence.text for sentence in summary.sentences) == summary.text
    for hidden in ("김철수", "1234-5678"):
        assert hidden not in model.data


@pytest.mark.parametrize(
    "answer",
    [
        ModelError("timeout", "too slow"),
        {},
        {**DRAFT, "sentences": [{"text": "이월 10GB는 월 1원입니다.", "turns": [1]}]},
    ],
    ids=["fails", "other-form", "nothing-stands"],
)
async def test_rules_summarise_where_the_model_does_not(
    answer: dict[str, Any] | ModelError,
) -> None:
    summary = await summarize(CALL, catalog(), Model(answer))
    assert (summary.made_by, summary.code) == ("local", SummaryCode.MODEL_FAILED)
    assert "50,000원" in summary.text


async def test_every_sentence_by_rules_names_its_turns() -> None:
    said = replace(CALL.turns[3], heard="아 답답해요, 로밍은 얼마예요?")
    asked = turn(
        5, "바꿔 주세요", "신청을 남겼어요.", tool("request_plan_change", "change:slim-14")
    )
    noted = replace(asked, tools=(replace(asked.tools[0], arguments={"plan_id": "slim-14"}),))
    summary = await summarize(
        replace(CALL, turns=(*CALL.turns[:3], said, CALL.turns[4], noted)), catalog()
    )
    assert summary.reason_code is CallReason.CHANGE
    assert [s.turns for s in summary.sentences][1:3] == [(1,), (3,)]
    assert all(sentence.turns for sentence in summary.sentences)
    assert summary.follow_ups[0] == "요금제 변경 신청 처리: 슬림 14GB"
    assert [(m.words, m.turn) for m in summary.mood] == [("아 답답해요", 3)]


async def test_a_call_without_words_says_why_there_is_no_more() -> None:
    model = Model(DRAFT)
    silent = replace(CALL, turns=CALL.turns[:1], outcome=Outcome.ABANDONED, handoff_reason=None)
    for call, code in (
        (replace(CALL, turns=()), SummaryCode.EMPTY_CALL),
        (silent, SummaryCode.CALLER_SILENT),
    ):
        summary = await summarize(call, catalog(), model)
        assert (summary.code, summary.reason_code) == (code, CallReason.NOTHING_SAID)
    assert model.data == ""


def test_the_human_is_told_what_was_spoken_of_last() -> None:
    calls = [
        ToolCall(name="get_customer", arguments={}, code="ok"),
        ToolCall(name="compare_plans", arguments={}, code="ok"),
        ToolCall(name="recommend_plans", arguments={}, code="ok"),
    ]
    said = handoff_brief(None, calls, reason=HandoffReason.CALLER_REQUEST, catalog=catalog())
    assert said == "확인되지 않은 고객님. 요금제 비교, 요금제 추천 후 상담원 연결 요청."
