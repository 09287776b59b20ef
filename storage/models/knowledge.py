"""Tables of what the answers come from: documents, ingestion runs, versions of the index."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Owned, same_organization
from storage.types import RowId, SpokenText


class IngestionRunRow(Owned, Base):
    """An attempt to make documents searchable; without `ended_at` while it goes on."""

    __tablename__ = "ingestion_runs"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        Index(None, "organization_id", "started_at"),
    )

    source: Mapped[str] = mapped_column(String(500))
    """The folder or address that was ingested."""
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(String(16))
    documents: Mapped[int]
    entries: Mapped[int]
    error: Mapped[str | None] = mapped_column(SpokenText)


class IndexVersionRow(Owned, Base):
    """A version of the index, and when it became the one in which is searched."""

    __tablename__ = "index_versions"
    __table_args__ = (
        UniqueConstraint("organization_id", "version"),
        same_organization("run_id", "ingestion_runs"),
    )

    version: Mapped[str] = mapped_column(String(64))
    embedding: Mapped[str] = mapped_column(String(200))
    run_id: Mapped[int | None] = mapped_column(RowId)
    """The run that made it."""
    made_at: Mapped[datetime]
    published_at: Mapped[datetime | None]


class DocumentRow(Owned, Base):
    """A document as the last run that read it found it."""

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("organization_id", "key"),
        same_organization("run_id", "ingestion_runs"),
    )

    key: Mapped[str] = mapped_column(String(200))
    """Its id in the index, such as `plan:rollover-10`."""
    title: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(32))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes."""
    run_id: Mapped[int | None] = mapped_column(RowId)
    seen_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
