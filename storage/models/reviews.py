"""Tables of what supervisors say about calls: feedback, corrections, scores.

They name the user by id and name, and refer to no row of `users`: who leaves is removed there, and
what they wrote stays.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Owned, same_organization
from storage.types import RowId, Sealed, SpokenText


class FeedbackRow(Owned, Base):
    """What a user thinks of a call, or of one of its turns."""

    __tablename__ = "feedback"
    __table_args__ = (
        Index(None, "call_id", "turn_index"),
        same_organization("call_id", "calls", ondelete="CASCADE"),
    )

    call_id: Mapped[int] = mapped_column(RowId)
    turn_index: Mapped[int | None]
    user_id: Mapped[int] = mapped_column(RowId)
    user_name: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]
    rating: Mapped[str] = mapped_column(String(16))
    comment: Mapped[str] = mapped_column(SpokenText)
    sealed: Mapped[bytes | None] = mapped_column(Sealed)


class CorrectionRow(Owned, Base):
    """A field of a turn, or of the summary where there is no turn, and what it should have said."""

    __tablename__ = "corrections"
    __table_args__ = (
        Index(None, "call_id", "turn_index"),
        same_organization("call_id", "calls", ondelete="CASCADE"),
    )

    call_id: Mapped[int] = mapped_column(RowId)
    turn_index: Mapped[int | None]
    field: Mapped[str] = mapped_column(String(32))
    before: Mapped[str] = mapped_column(SpokenText)
    after: Mapped[str] = mapped_column(SpokenText)
    sealed: Mapped[bytes | None] = mapped_column(Sealed)
    user_id: Mapped[int] = mapped_column(RowId)
    user_name: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]


class ScorecardRow(Owned, Base):
    """How well a call was handled, point by point; one a user and call."""

    __tablename__ = "scorecards"
    __table_args__ = (
        UniqueConstraint("call_id", "user_id"),
        same_organization("call_id", "calls", ondelete="CASCADE"),
    )

    call_id: Mapped[int] = mapped_column(RowId)
    user_id: Mapped[int] = mapped_column(RowId)
    user_name: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]
    items: Mapped[dict[str, Any]]
    """Points by the item's code."""
    total: Mapped[int]
    comment: Mapped[str] = mapped_column(SpokenText)
    sealed: Mapped[bytes | None] = mapped_column(Sealed)
