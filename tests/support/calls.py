"""Example records of a call, with defaults for what a test does not care about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.records import (
    AnsweredQuestion,
    CallEnd,
    CallReason,
    MoodWords,
    NewCall,
    Outcome,
    Summary,
    SummarySentence,
    ToolCall,
    Turn,
    Verification,
)

ORGANIZATION = "sample"
NOW = datetime(2026, 11, 20, 5, 30, 15, 250_000, tzinfo=UTC)
"""14:30:15 in Seoul."""


def new_call(call_sid: str = "CA1", **changes: Any) -> NewCall:
    """김철수 phones."""
    call = NewCall(
        organization_id=ORGANIZATION,
        call_sid=call_sid,
        stream_sid=f"MZ{call_sid}",
        caller="+821012345678",
        called="+82215880000",
        started_at=NOW,
    )
    return replace(call, **changes)


def turn(index: int = 0, **changes: Any) -> Turn:
    """He asks what the rollover plan costs."""
    example = Turn(
        index=index,
        heard="이월 10기가 요금이 얼마예요?",
        input_kind="speech",
        heard_started_ms=4_000,
        heard_ended_ms=6_100,
        intended="이월 10GB 요금제는 월 50,000원입니다.",
        said="이월 10GB 요금제는 월 50,000원입니다.",
        said_started_ms=6_900,
        said_ended_ms=10_000,
        interrupted=False,
        first_audio_ms=800,
        stt_ms=310,
        agent_ms=120,
        fact_ids=("plan:rollover-10:fee_krw",),
        tools=(
            ToolCall(
                name="get_plan",
                arguments={"plan_id": "rollover-10"},
                code="ok",
                fact_ids=("plan:rollover-10:fee_krw",),
            ),
        ),
        grounding=("grounded",),
    )
    return replace(example, **changes)


def end(**changes: Any) -> CallEnd:
    """He is content."""
    example = CallEnd(
        ended_at=NOW + timedelta(minutes=1, seconds=35),
        outcome=Outcome.COMPLETED,
        handoff_reason=None,
        verification=Verification.CALLER_ID,
        customer_id=None,
    )
    return replace(example, **changes)


def summary(**changes: Any) -> Summary:
    """What his call was about."""
    example = Summary(
        reason="이월 10GB 요금제의 요금을 문의하셨습니다.",
        questions=(
            AnsweredQuestion(
                question="이월 10GB 요금이 얼마인가요?",
                answer="월 50,000원입니다.",
                fact_ids=("plan:rollover-10:fee_krw",),
                turn=1,
            ),
        ),
        outcome=Outcome.COMPLETED,
        handoff_reason=None,
        follow_ups=("약정 할인 안내 문자 발송",),
        customer_name="김*수",
        plan_id="rollover-10",
        verification=Verification.CALLER_ID,
        text="김*수 고객님이 이월 10GB 요금을 문의하셨고 월 50,000원임을 안내했습니다.",
        made_by="local",
        reason_code=CallReason.PLAN,
        sentences=(
            SummarySentence(
                text="김*수 고객님이 이월 10GB 요금을 문의하셨고 월 50,000원임을 안내했습니다.",
                turns=(1,),
            ),
        ),
        mood=(MoodWords(words="감사합니다", turn=1),),
    )
    return replace(example, **changes)
