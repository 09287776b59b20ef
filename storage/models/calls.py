"""Tables of calls: who phoned, what was said, how it sounded, what it came to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Owned, same_organization
from storage.types import RowId, Sealed, SpokenText


class CalledNumberRow(Owned, Base):
    """A number under which the organization was reached."""

    __tablename__ = "called_numbers"
    __table_args__ = (UniqueConstraint("organization_id", "number"),)

    number: Mapped[str] = mapped_column(String(32))
    label: Mapped[str] = mapped_column(String(100))
    first_called_at: Mapped[datetime]


class CallRow(Owned, Base):
    """A call; without `ended_at` while it goes on."""

    __tablename__ = "calls"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "call_sid"),
        Index(None, "organization_id", "caller_hash"),
        Index(None, "customer_id", "started_at"),
        Index(None, "organization_id", "indexed", "id"),
        same_organization("customer_id", "customers"),
    )

    call_sid: Mapped[str] = mapped_column(String(64))
    stream_sid: Mapped[str] = mapped_column(String(64))
    caller: Mapped[str] = mapped_column(String(32))
    called: Mapped[str] = mapped_column(String(32))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(32))
    handoff_reason: Mapped[str | None] = mapped_column(String(32))
    verification: Mapped[str] = mapped_column(String(32))
    customer_id: Mapped[int | None] = mapped_column(RowId)
    caller_hash: Mapped[str | None] = mapped_column(String(64))
    sealed: Mapped[bytes | None] = mapped_column(Sealed)
    server: Mapped[str | None] = mapped_column(String(32))
    """The process that lives the call."""
    cut_off: Mapped[bool] = mapped_column(server_default=false())
    """Whether it was closed because its server had died."""
    indexed: Mapped[bool] = mapped_column(server_default=false())
    """Whether `storage.search` finds it without reading it."""


class TurnRow(Owned, Base):
    """One exchange of a call."""

    __tablename__ = "turns"
    __table_args__ = (
        UniqueConstraint("call_id", "turn_index"),
        same_organization("call_id", "calls", ondelete="CASCADE"),
    )

    call_id: Mapped[int] = mapped_column(RowId)
    index: Mapped[int] = mapped_column("turn_index")
    heard: Mapped[str] = mapped_column(SpokenText)
    input_kind: Mapped[str] = mapped_column(String(16))
    heard_started_ms: Mapped[int | None]
    heard_ended_ms: Mapped[int | None]
    intended: Mapped[str] = mapped_column(SpokenText)
    said: Mapped[str] = mapped_column(SpokenText)
    said_started_ms: Mapped[int | None]
    said_ended_ms: Mapped[int | None]
    interrupted: Mapped[bool]
    first_audio_ms: Mapped[int | None]
    stt_ms: Mapped[int | None]
    agent_ms: Mapped[int | None]
    fact_ids: Mapped[list[Any]]
    tools: Mapped[list[Any]]
    grounding: Mapped[list[Any]]
    private: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    """The kinds of personal data that were found in what was said."""
    sealed: Mapped[bytes | None] = mapped_column(Sealed)


class SummaryRow(Owned, Base):
    """The structured summary of a call."""

    __tablename__ = "summaries"
    __table_args__ = (
        UniqueConstraint("call_id"),
        same_organization("call_id", "calls", ondelete="CASCADE"),
    )

    call_id: Mapped[int] = mapped_column(RowId)
    reason: Mapped[str] = mapped_column(SpokenText)
    questions: Mapped[list[Any]]
    outcome: Mapped[str] = mapped_column(String(32))
    handoff_reason: Mapped[str | None] = mapped_column(String(32))
    follow_ups: Mapped[list[Any]]
    customer_name: Mapped[str | None] = mapped_column(String(100))
    plan_id: Mapped[str | None] = mapped_column(String(64))
    verification: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(SpokenText)
    made_by: Mapped[str] = mapped_column(String(100))
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """Codes, sentences with their turns, and words of mood; nothing in older summaries."""


class RecordingRow(Owned, Base):
    """A call's sound; the file lies in the data directory."""

    __tablename__ = "recordings"
    __table_args__ = (
        UniqueConstraint("call_id"),
        same_organization("call_id", "calls", ondelete="CASCADE"),
    )

    call_id: Mapped[int] = mapped_column(RowId)
    path: Mapped[str] = mapped_column(String(500))
    status: Mapped[str] = mapped_column(String(16))
    duration_ms: Mapped[int | None]
    silenced: Mapped[list[Any]]
    """Pairs of milliseconds, from and to, between which nothing can be heard any more."""


class MentionRow(Owned, Base):
    """A telephone number that was spoken of in a turn, so that its owner can be found."""

    __tablename__ = "mentions"
    __table_args__ = (
        UniqueConstraint("call_id", "turn_index", "phone_hash"),
        Index(None, "organization_id", "phone_hash"),
        same_organization("call_id", "calls", ondelete="CASCADE"),
    )

    call_id: Mapped[int] = mapped_column(RowId)
    turn_index: Mapped[int]
    phone_hash: Mapped[str] = mapped_column(String(64))
