"""What storage takes and gives: plain frozen records, no SQL types, no sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How a call ended."""

    COMPLETED = "completed"
    HANDED_OFF = "handed_off"
    ABANDONED = "abandoned"
    FAILED = "failed"


class HandoffReason(StrEnum):
    """Why a call went to a human."""

    CALLER_REQUEST = "caller_request"
    CANNOT_ANSWER = "cannot_answer"
    POLICY = "policy"
    FAILURE = "failure"


class Verification(StrEnum):
    """How sure we are who is calling, weakest first."""

    NONE = "none"
    CALLER_ID = "caller_id"
    SPOKEN_NUMBER = "spoken_number"
    SECOND_FACTOR = "second_factor"


class HandoffStatus(StrEnum):
    """How far a hand-off to a human came."""

    REQUESTED = "requested"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    CALLBACK_REQUESTED = "callback_requested"


class RecordingStatus(StrEnum):
    """How far a call's recording has come."""

    RECORDING = "recording"
    """The call goes on, or was cut off and not looked after yet."""
    CLOSED = "closed"
    """The call is over; what must be silenced in it still sounds."""
    FINISHED = "finished"
    INCOMPLETE = "incomplete"
    """Finished, but some of it could not be written."""


class Role(StrEnum):
    """What a user of the console may do."""

    REVIEWER = "reviewer"
    """Reads what is masked."""
    SUPERVISOR = "supervisor"
    """May also see personal data, listen, and correct."""
    ADMIN = "admin"
    """May do everything."""

    @property
    def sees_personal(self) -> bool:
        """Whether calls may be seen in the clear, and listened to."""
        return self is not Role.REVIEWER


class ChangeStatus(StrEnum):
    """How a request to change a plan stands."""

    REQUESTED = "requested"
    """A human has to carry it out."""
    SUPERSEDED = "superseded"
    """The customer asked for another plan later in the same call."""


@dataclass(frozen=True, kw_only=True)
class CustomerCard:
    """What is shown of a customer; name and telephone are masked, unless it is a `Customer`."""

    id: int
    organization_id: str
    name: str
    phone: str
    plan_id: str
    """A plan's id in the catalogue, such as rollover-10."""
    since: date


@dataclass(frozen=True, kw_only=True)
class Customer(CustomerCard):
    """A customer of an organization, in the clear; the telephone is E.164, as +821012345678."""

    born: date


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """One tool that the agent used in a turn."""

    name: str
    arguments: dict[str, Any]
    code: str
    """`ok`, or the error's code."""
    fact_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One exchange: what the caller said or keyed, and what the agent answered."""

    index: int
    """Counts from 0, the greeting."""
    heard: str
    """Written form of what was recognised, or the keys; empty for the greeting."""
    input_kind: str
    """`none` (greeting), `speech`, `keys` or `silence`."""
    heard_started_ms: int | None
    """Start of the caller's speech or keys, in milliseconds since the recording began."""
    heard_ended_ms: int | None
    intended: str
    """Written form of all that the agent meant to say."""
    said: str
    """Written form of what was played; ends in … where it was cut."""
    said_started_ms: int | None
    said_ended_ms: int | None
    interrupted: bool
    first_audio_ms: int | None
    """From the end of the caller's speech to the first reply audio sent, milliseconds."""
    stt_ms: int | None
    agent_ms: int | None
    """From the recognised text to the first sentence, milliseconds."""
    fact_ids: tuple[str, ...] = ()
    tools: tuple[ToolCall, ...] = ()
    grounding: tuple[str, ...] = ()
    """Codes of what grounding did in this turn, such as `grounded` or `replaced`."""


@dataclass(frozen=True, kw_only=True)
class NewCall:
    """A call as it begins."""

    organization_id: str
    call_sid: str
    stream_sid: str
    caller: str
    """E.164, or empty when withheld."""
    called: str
    started_at: datetime
    """UTC."""
    recording_path: str | None = None
    """Where the call is recorded, relative to the data directory."""


@dataclass(frozen=True, kw_only=True)
class CallEnd:
    """A call as it ended; committed together with the job that writes its summary."""

    ended_at: datetime
    """UTC."""
    outcome: Outcome
    handoff_reason: HandoffReason | None
    verification: Verification
    customer_id: int | None
    recording_ms: int | None = None
    """How long the recording should be, where there is one."""


@dataclass(frozen=True, kw_only=True)
class AnsweredQuestion:
    """One question in a summary, and what it was answered with."""

    question: str
    answer: str
    fact_ids: tuple[str, ...]
    turn: int


class CallReason(StrEnum):
    """Why somebody phoned, as a code; the last two where nobody said why."""

    PLAN = "plan"
    COMPARISON = "comparison"
    RECOMMENDATION = "recommendation"
    OWN_PLAN = "own_plan"
    CHANGE = "change"
    HISTORY = "history"
    FAQ = "faq"
    HUMAN = "human"
    UNCLEAR = "unclear"
    """Words were heard, but none that the agent could place."""
    NOTHING_SAID = "nothing_said"


class SummaryCode(StrEnum):
    """How a summary came about, or why it says so little."""

    OK = "ok"
    EMPTY_CALL = "empty_call"
    """Not one turn was stored."""
    CALLER_SILENT = "caller_silent"
    """The caller never said or keyed anything."""
    MODEL_FAILED = "model_failed"
    """The model gave none, so rules did."""


@dataclass(frozen=True, kw_only=True)
class SummarySentence:
    """One sentence of a summary and the turns that it tells of."""

    text: str
    turns: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class MoodWords:
    """Words in which a caller showed their mood, as they said them."""

    words: str
    turn: int


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The structured summary of a call."""

    reason: str
    """Why the caller phoned, one Korean sentence."""
    questions: tuple[AnsweredQuestion, ...]
    outcome: Outcome
    handoff_reason: HandoffReason | None
    follow_ups: tuple[str, ...]
    customer_name: str | None
    plan_id: str | None
    verification: Verification
    text: str
    """The summary as a person reads it, a few Korean sentences, personal data masked."""
    made_by: str
    """`local` or the model's name."""
    reason_code: CallReason = CallReason.UNCLEAR
    code: SummaryCode = SummaryCode.OK
    sentences: tuple[SummarySentence, ...] = ()
    """The sentences of `text`, each with its turns."""
    mood: tuple[MoodWords, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HandoffStep:
    """How far a hand-off had come at a time."""

    at: datetime
    """UTC."""
    status: HandoffStatus


@dataclass(frozen=True, kw_only=True)
class Handoff:
    """A call's way to a human."""

    requested_at: datetime
    """UTC."""
    reason: HandoffReason
    status: HandoffStatus
    """The last step's."""
    summary_text: str
    """What the human who picks up is told first, in Korean."""
    steps: tuple[HandoffStep, ...] = ()
    """Oldest first; none of hand-offs from before they were kept."""


@dataclass(frozen=True, kw_only=True)
class StoredCall:
    """A call with all that belongs to it: personal data masked, unless it was read in the clear."""

    id: int
    organization_id: str
    call_sid: str
    caller: str
    """As people write it where it is masked, E.164 in the clear; empty when withheld."""
    called: str
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    handoff_reason: HandoffReason | None
    verification: Verification
    customer: CustomerCard | None
    recording_path: str | None
    summary: Summary | None
    turns: tuple[Turn, ...] = field(default=())
    cut_off: bool = False
    """Whether its server died while it went on."""


@dataclass(frozen=True, kw_only=True)
class StoredRecording:
    """A call's recording, as far as it is."""

    organization_id: str
    call_sid: str
    path: str
    """Relative to the data directory."""
    status: RecordingStatus
    duration_ms: int | None
    """None while that is not known."""
    silenced: tuple[tuple[int, int], ...]
    """From and to, milliseconds since it began."""

    @property
    def finished(self) -> bool:
        """Whether it may be listened to: nothing in it that must be silenced still sounds."""
        return self.status in {RecordingStatus.FINISHED, RecordingStatus.INCOMPLETE}


@dataclass(frozen=True, kw_only=True)
class EarlierCall:
    """What is remembered of a call when its customer phones again."""

    id: int
    started_at: datetime
    """UTC."""
    reason: str
    """Why the customer phoned, one Korean sentence; empty while no summary was made."""
    outcome: Outcome | None
    handoff_reason: HandoffReason | None
    plan_ids: tuple[str, ...]
    """The plans spoken of, in order, each once."""


@dataclass(frozen=True, kw_only=True)
class ChangeRequest:
    """A customer's wish to change the plan, for a human to carry out."""

    id: int
    call_sid: str
    customer_id: int
    from_plan_id: str
    to_plan_id: str
    requested_at: datetime
    """UTC."""
    status: ChangeStatus


@dataclass(frozen=True, kw_only=True)
class ModelUse:
    """One answer of a chat model, and what it took."""

    key: str
    """Unique: an answer noted twice counts once."""
    call_sid: str
    purpose: str
    """`answer`, `rephrase` or `summary`."""
    model: str
    prompt: str
    """The prompt's name with its version."""
    tokens_read: int
    tokens_written: int
    estimated: bool
    """True when the server did not count, as after a cut."""
    cost_micros: int
    """Millionths of the currency in which the prices are set."""
    at: datetime
    """UTC."""
    day: date
    """The day in Seoul, by which limits count."""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What was used up so far."""

    tokens: int = 0
    cost_micros: int = 0


@dataclass(frozen=True, kw_only=True)
class DayUsage:
    """What one model took on one day."""

    day: date
    model: str
    calls: int
    answers: int
    tokens_read: int
    tokens_written: int
    cost_micros: int


@dataclass(frozen=True, kw_only=True)
class Job:
    """Something that must happen after a commit, as claimed from the outbox."""

    id: int
    kind: str
    """Such as `summarize`."""
    payload: dict[str, Any]
    """For `summarize`: `call_id`."""
    attempts: int
    """How often it was claimed, this time included."""


@dataclass(frozen=True, kw_only=True)
class User:
    """Someone who may sign in to the console."""

    id: int
    name: str
    created_at: datetime
    """UTC."""
    role: Role
