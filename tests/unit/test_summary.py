"""The summary by rules, and what a human is told before the caller."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from agent.actions import Heard
from agent.brain.local import LocalBrain
from agent.brief import handoff_brief
from agent.conversation import Conversation
from agent.summary import summarize
from storage.records import (
    HandoffReason,
    Outcome,
    StoredCall,
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
    assert summary.follow_ups == ("고객 응답이 없었으므로 다시 연락할지 확인",)


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
