"""Tables of people: customers, and the users of the console with their browsers."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Owned, same_organization
from storage.types import RowId, Sealed


class CustomerRow(Owned, Base):
    """A customer; several may share a telephone."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "identity_hash"),
        Index(None, "organization_id", "phone_hash"),
    )

    name: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str] = mapped_column(String(32))
    plan_id: Mapped[str] = mapped_column(String(64))
    since: Mapped[date]
    phone_hash: Mapped[str] = mapped_column(String(64))
    identity_hash: Mapped[str] = mapped_column(String(64))
    """Of telephone and name."""
    sealed: Mapped[bytes] = mapped_column(Sealed)
    """Name, telephone, date of birth."""


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
    role: Mapped[str] = mapped_column(String(16), server_default="reviewer")


class UserSessionRow(Owned, Base):
    """A signed-in browser; the token itself is never stored."""

    __tablename__ = "user_sessions"
    __table_args__ = (
        UniqueConstraint("token_sha256"),
        same_organization("user_id", "users", ondelete="CASCADE"),
    )

    user_id: Mapped[int] = mapped_column(RowId)
    token_sha256: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(index=True)
