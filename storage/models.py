"""The tables. Every row but the organization's own carries the id of its organization."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.types import RowId, SpokenText, UtcDateTime

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables; constraints are named alike on every database, so that migrations find them."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads this plain dictionary
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


class OrganizationRow(Base):
    """A company whose number is called."""

    __tablename__ = "organizations"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))


class Owned:
    """A row of one organization. Sessions see the rows of their own organization only."""

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    organization_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("organizations.id"), index=True
    )


def _same_organization(column: str, table: str, *, ondelete: str | None = None) -> Any:
    """A reference that can only point at a row of the same organization."""
    return ForeignKeyConstraint(
        ["organization_id", column],
        [f"{table}.organization_id", f"{table}.id"],
        ondelete=ondelete,
    )


class CustomerRow(Owned, Base):
    """A customer; several may share a telephone."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "phone", "name"),
    )

    name: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str] = mapped_column(String(32))
    born: Mapped[date]
    plan_id: Mapped[str] = mapped_column(String(64))
    since: Mapped[date]


class CallRow(Owned, Base):
    """A call; without `ended_at` while it goes on."""

    __tablename__ = "calls"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "call_sid"),
        _same_organization("customer_id", "customers"),
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
    recording_path: Mapped[str | None] = mapped_column(String(500))


class TurnRow(Owned, Base):
    """One exchange of a call."""

    __tablename__ = "turns"
    __table_args__ = (
        UniqueConstraint("call_id", "turn_index"),
        _same_organization("call_id", "calls", ondelete="CASCADE"),
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


class SummaryRow(Owned, Base):
    """The structured summary of a call."""

    __tablename__ = "summaries"
    __table_args__ = (
        UniqueConstraint("call_id"),
        _same_organization("call_id", "calls", ondelete="CASCADE"),
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


class HandoffRow(Owned, Base):
    """A call's way to a human; at most one a call."""

    __tablename__ = "handoffs"
    __table_args__ = (
        UniqueConstraint("call_id"),
        _same_organization("call_id", "calls", ondelete="CASCADE"),
    )

    call_id: Mapped[int] = mapped_column(RowId)
    requested_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(32))
    summary_text: Mapped[str] = mapped_column(SpokenText)


class ChangeRequestRow(Owned, Base):
    """A wish to change a plan.

    It names the call by the carrier's id, so that it stands even where the call's own record
    could not be written.
    """

    __tablename__ = "change_requests"
    __table_args__ = (
        UniqueConstraint("call_sid", "customer_id", "to_plan_id"),
        _same_organization("customer_id", "customers"),
    )

    call_sid: Mapped[str] = mapped_column(String(64))
    customer_id: Mapped[int] = mapped_column(RowId)
    from_plan_id: Mapped[str] = mapped_column(String(64))
    to_plan_id: Mapped[str] = mapped_column(String(64))
    requested_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(16))


class ModelUsageRow(Owned, Base):
    """One answer of a chat model; it names the call as `ChangeRequestRow` does."""

    __tablename__ = "model_usage"
    __table_args__ = (UniqueConstraint("organization_id", "key"),)

    key: Mapped[str] = mapped_column(String(32))
    """Made by whoever notes it, so that noting it twice counts once."""
    call_sid: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(16))
    model: Mapped[str] = mapped_column(String(200))
    prompt: Mapped[str] = mapped_column(String(64))
    tokens_read: Mapped[int]
    tokens_written: Mapped[int]
    estimated: Mapped[bool]
    cost_micros: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    day: Mapped[date] = mapped_column(index=True)


class OutboxJobRow(Owned, Base):
    """Something that must happen after a commit; kept after it is done."""

    __tablename__ = "outbox_jobs"
    __table_args__ = (Index(None, "organization_id", "status", "run_at"),)

    kind: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int]
    run_at: Mapped[datetime]
    """When it may be claimed next: after a back-off, or when a claim has run out."""
    last_error: Mapped[str | None] = mapped_column(SpokenText)


class UserRow(Owned, Base):
    """Someone who may sign in to the console."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "name"),
    )

    name: Mapped[str] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]


class UserSessionRow(Owned, Base):
    """A signed-in browser; the token itself is never stored."""

    __tablename__ = "user_sessions"
    __table_args__ = (
        UniqueConstraint("token_sha256"),
        _same_organization("user_id", "users", ondelete="CASCADE"),
    )

    user_id: Mapped[int] = mapped_column(RowId)
    token_sha256: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(index=True)
