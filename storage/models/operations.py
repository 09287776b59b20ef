"""Tables of running the house: jobs after a commit, what the model took, who did what."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Owned
from storage.types import SpokenText


class OutboxJobRow(Owned, Base):
    """Something that must happen after a commit; kept after it is done."""

    __tablename__ = "outbox_jobs"
    __table_args__ = (
        Index(None, "organization_id", "status", "run_at"),
        Index(None, "organization_id", "key", unique=True),
    )

    kind: Mapped[str] = mapped_column(String(64))
    key: Mapped[str | None] = mapped_column(String(100))
    """A job that is asked for twice under one key is there once."""
    payload: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int]
    run_at: Mapped[datetime]
    """When it may be claimed next: after a back-off, or when a claim has run out."""
    last_error: Mapped[str | None] = mapped_column(SpokenText)


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


class AuditHeadRow(Owned, Base):
    """The end of an organization's audit log, locked by whoever appends to it."""

    __tablename__ = "audit_heads"
    __table_args__ = (UniqueConstraint("organization_id"),)

    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))


class AuditEntryRow(Owned, Base):
    """Who did what, and when; each entry holds the hash of the one before."""

    __tablename__ = "audit_log"
    __table_args__ = (
        UniqueConstraint("organization_id", "seq"),
        Index(None, "organization_id", "at"),
    )

    seq: Mapped[int] = mapped_column(BigInteger)
    """Counts from 1 in each organization, without gaps."""
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(200))
    details: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
