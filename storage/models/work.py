"""Tables of what humans have to do after a call: hand-offs, call-backs, changes of plan."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Owned, same_organization
from storage.types import RowId, Sealed, SpokenText


class HandoffRow(Owned, Base):
    """A call's way to a human; at most one a call."""

    __tablename__ = "handoffs"
    __table_args__ = (
        UniqueConstraint("call_id"),
        Index(None, "organization_id", "id", unique=True),
        same_organization("call_id", "calls", ondelete="CASCADE"),
    )

    call_id: Mapped[int] = mapped_column(RowId)
    requested_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(32))
    """The last step's."""
    summary_text: Mapped[str] = mapped_column(SpokenText)
    sealed: Mapped[bytes | None] = mapped_column(Sealed)


class HandoffStepRow(Owned, Base):
    """How far a hand-off had come, and when."""

    __tablename__ = "handoff_steps"
    __table_args__ = (
        UniqueConstraint("handoff_id", "at", "status"),
        same_organization("handoff_id", "handoffs", ondelete="CASCADE"),
    )

    handoff_id: Mapped[int] = mapped_column(RowId)
    at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(32))


class CallbackRow(Owned, Base):
    """A caller who waits to be phoned; at most one call-back a call."""

    __tablename__ = "callbacks"
    __table_args__ = (
        UniqueConstraint("call_id"),
        Index(None, "organization_id", "status", "requested_at"),
        Index(None, "organization_id", "phone_hash"),
        same_organization("call_id", "calls", ondelete="CASCADE"),
    )

    call_id: Mapped[int] = mapped_column(RowId)
    requested_at: Mapped[datetime]
    phone: Mapped[str] = mapped_column(String(32))
    phone_hash: Mapped[str | None] = mapped_column(String(64))
    sealed: Mapped[bytes | None] = mapped_column(Sealed)
    status: Mapped[str] = mapped_column(String(16))
    brief: Mapped[str] = mapped_column(SpokenText)
    """What whoever phones should know; empty until the call's summary is there."""
    done_at: Mapped[datetime | None]


class ChangeRequestRow(Owned, Base):
    """A wish to change a plan.

    It names the call by the carrier's id, so that it stands even where the call's own record
    could not be written.
    """

    __tablename__ = "change_requests"
    __table_args__ = (
        UniqueConstraint("call_sid", "customer_id", "to_plan_id"),
        same_organization("customer_id", "customers"),
    )

    call_sid: Mapped[str] = mapped_column(String(64))
    customer_id: Mapped[int] = mapped_column(RowId)
    from_plan_id: Mapped[str] = mapped_column(String(64))
    to_plan_id: Mapped[str] = mapped_column(String(64))
    requested_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(16))
