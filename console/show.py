"""What the pages show of a call in Korean words and Seoul time; it is given masked, or revealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from storage.privacy import written_phone
from storage.records import (
    AnsweredQuestion,
    Handoff,
    HandoffReason,
    HandoffStatus,
    MoodWords,
    Outcome,
    RecordingStatus,
    StoredCall,
    StoredRecording,
    SummaryCode,
    SummarySentence,
    Turn,
    Verification,
)

# Korea has kept UTC+9 without summer time since 1988; so no time zone database is needed.
SEOUL = timezone(timedelta(hours=9), "KST")

OUTCOMES = {
    Outcome.COMPLETED: "완료",
    Outcome.HANDED_OFF: "상담원 연결",
    Outcome.ABANDONED: "중단",
    Outcome.FAILED: "실패",
}
SUMMARY_NOTES = {
    SummaryCode.EMPTY_CALL: "기록된 대화가 없어 요약할 내용이 없습니다.",
    SummaryCode.CALLER_SILENT: "고객이 말씀하지 않아 요약할 내용이 없습니다.",
    SummaryCode.MODEL_FAILED: "모델이 요약하지 못해 기본 요약으로 기록했습니다.",
}
VERIFICATIONS = {
    Verification.NONE: "확인 안 됨",
    Verification.CALLER_ID: "발신 번호 일치",
    Verification.SPOKEN_NUMBER: "말씀하신 번호로 확인",
    Verification.SECOND_FACTOR: "추가 정보까지 확인",
}
HANDOFF_REASONS = {
    HandoffReason.CALLER_REQUEST: "고객 요청",
    HandoffReason.CANNOT_ANSWER: "답변하기 어려운 문의",
    HandoffReason.POLICY: "상담원이 처리해야 하는 업무",
    HandoffReason.FAILURE: "시스템 오류",
}
HANDOFF_STATUSES = {
    HandoffStatus.REQUESTED: "연결 요청",
    HandoffStatus.ANSWERED: "상담원 응답",
    HandoffStatus.UNANSWERED: "상담원 부재",
    HandoffStatus.CALLBACK_REQUESTED: "콜백 요청",
}
_WEEKDAYS = "월화수목금토일"


@dataclass(frozen=True, kw_only=True)
class Badge:
    """A call's outcome in a word."""

    label: str
    style: str
    """The outcome's code, or `live`."""


@dataclass(frozen=True, kw_only=True)
class CallLine:
    """A call in the list."""

    id: int
    at: str
    day: str
    time: str
    caller: str
    customer: str
    reason: str
    badge: Badge
    length: str


@dataclass(frozen=True, kw_only=True)
class Speech:
    """What one side said."""

    at: str
    """Time in the call, mm:ss, or empty."""
    at_s: str
    """The same in seconds, for the player."""
    text: str


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A turn: what was heard and what was answered."""

    index: int
    heard: Speech | None
    heard_kind: str
    said: Speech | None
    interrupted: bool
    first_audio: str
    facts: tuple[str, ...]
    failed_tools: tuple[str, ...]
    replaced: bool
    """Whether grounding replaced a sentence."""


@dataclass(frozen=True, kw_only=True)
class CallDetail:
    """A call on its own page."""

    line: CallLine
    call_sid: str
    began: str
    ended: str
    called: str
    verification: str
    handoff: str
    handoff_summary: str
    has_summary: bool
    text: str
    sentences: tuple[SummarySentence, ...]
    """The same sentence by sentence with their turns; none of summaries made before these."""
    mood: tuple[MoodWords, ...]
    summary_note: str
    """Why the summary says little, or by whom it had to be made; empty where all is well."""
    questions: tuple[AnsweredQuestion, ...]
    follow_ups: tuple[str, ...]
    plan: str
    made_by: str
    has_recording: bool
    """Whether there is something to listen to."""
    recording_note: str
    """Why there is not, or what is missing in it; empty where there is nothing to tell."""
    exchanges: tuple[Exchange, ...]


def call_line(call: StoredCall, now: datetime) -> CallLine:
    """A call for the list. `now` decides what is today."""
    at = call.started_at.astimezone(SEOUL)
    return CallLine(
        id=call.id,
        at=at.isoformat(timespec="seconds"),
        day=day_of(at, now.astimezone(SEOUL)),
        time=f"{at:%H:%M}",
        caller=_phone(call.caller) or "번호 표시 제한",
        customer=call.customer.name if call.customer else "",
        reason=call.summary.reason if call.summary else "",
        badge=_badge(call),
        length=length(call),
    )


def call_detail(
    call: StoredCall,
    handoff: Handoff | None,
    now: datetime,
    *,
    plan_names: Mapping[str, str],
    recording: StoredRecording | None = None,
) -> CallDetail:
    """A call for its own page."""
    summary = call.summary
    plan_id = summary.plan_id if summary else None
    return CallDetail(
        line=call_line(call, now),
        call_sid=call.call_sid,
        began=_moment(call.started_at),
        ended=_moment(call.ended_at) if call.ended_at else "",
        called=written_phone(call.called),
        verification=VERIFICATIONS[call.verification],
        handoff=_handoff(call, handoff),
        handoff_summary=handoff.summary_text if handoff else "",
        has_summary=summary is not None,
        text=summary.text if summary else "",
        sentences=summary.sentences if summary else (),
        mood=summary.mood if summary else (),
        summary_note=SUMMARY_NOTES.get(summary.code, "") if summary else "",
        questions=summary.questions if summary else (),
        follow_ups=summary.follow_ups if summary else (),
        plan=plan_names.get(plan_id, plan_id) if plan_id else "",
        made_by=summary.made_by if summary else "",
        has_recording=recording is not None and recording.finished and bool(recording.duration_ms),
        recording_note=_recording_note(recording),
        exchanges=tuple(map(_exchange, call.turns)),
    )


def _recording_note(recording: StoredRecording | None) -> str:
    if recording is None:
        return ""
    if not recording.finished:
        going_on = recording.status is RecordingStatus.RECORDING
        return "통화가 끝나면 들을 수 있습니다." if going_on else "녹음을 정리하고 있습니다."
    notes = []
    if recording.status is RecordingStatus.INCOMPLETE:
        notes.append("녹음의 일부가 저장되지 않았습니다.")
    if recording.silenced:
        notes.append(f"개인정보를 말한 {len(recording.silenced)}곳은 소리를 지웠습니다.")
    return " ".join(notes)


def length(call: StoredCall) -> str:
    """How long a call took, such as `1분 35초`; empty while it goes on."""
    if call.ended_at is None:
        return ""
    seconds = max(0, round((call.ended_at - call.started_at).total_seconds()))
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes}분 {seconds:02}초" if minutes else f"{seconds}초"


def clock_time(milliseconds: int) -> str:
    """A time in a call as mm:ss; what was said before the stream's first sound began at 00:00."""
    minutes, seconds = divmod(max(0, milliseconds) // 1000, 60)
    return f"{minutes:02}:{seconds:02}"


def _exchange(turn: Turn) -> Exchange:
    heard = None
    if turn.input_kind != "none":
        heard = _speech(turn.heard, turn.heard_started_ms)
    said = None
    if turn.said or turn.interrupted:
        words = turn.said.removesuffix("…").rstrip() if turn.interrupted else turn.said
        said = _speech(words, turn.said_started_ms)
    return Exchange(
        index=turn.index,
        heard=heard,
        heard_kind=turn.input_kind,
        said=said,
        interrupted=turn.interrupted,
        first_audio="" if turn.first_audio_ms is None else f"{turn.first_audio_ms:,} ms",
        facts=turn.fact_ids,
        failed_tools=tuple(tool.name for tool in turn.tools if tool.code != "ok"),
        replaced="replaced" in turn.grounding,
    )


def _speech(text: str, started_ms: int | None) -> Speech:
    if started_ms is None:
        return Speech(at="", at_s="", text=text)
    return Speech(at=clock_time(started_ms), at_s=f"{max(0, started_ms) / 1000:g}", text=text)


def _phone(phone: str) -> str:
    """As people write it; what is masked is so already."""
    return phone if "*" in phone else written_phone(phone)


def _badge(call: StoredCall) -> Badge:
    if call.ended_at is None:
        return Badge(label="통화 중", style="live")
    outcome = call.outcome or Outcome.FAILED
    return Badge(label="장애로 끊김", style=outcome) if call.cut_off else outcome_badge(outcome)


def outcome_badge(outcome: Outcome) -> Badge:
    """How a call ended, in a word."""
    return Badge(label=OUTCOMES[outcome], style=outcome)


def _handoff(call: StoredCall, handoff: Handoff | None) -> str:
    reason = handoff.reason if handoff else call.handoff_reason
    if reason is None:
        return ""
    words = HANDOFF_REASONS[reason]
    return f"{HANDOFF_STATUSES[handoff.status]} · {words}" if handoff else words


def day_of(at: datetime, now: datetime) -> str:
    """A day as people say it: `오늘`, `어제`, `11월 3일`; both in Seoul."""
    if at.date() == now.date():
        return "오늘"
    if at.date() == now.date() - timedelta(days=1):
        return "어제"
    year = "" if at.year == now.year else f"{at.year}년 "
    return f"{year}{at.month}월 {at.day}일"


def _moment(at: datetime) -> str:
    at = at.astimezone(SEOUL)
    day = f"{at.year}년 {at.month}월 {at.day}일 ({_WEEKDAYS[at.weekday()]})"
    return f"{day} {at:%H:%M:%S}"
