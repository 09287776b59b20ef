"""Tables of the prompts that chat models were given."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Owned, same_organization
from storage.types import RowId, SpokenText


class PromptTemplateRow(Owned, Base):
    """A prompt, by what it is for."""

    __tablename__ = "prompt_templates"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "name"),
    )

    name: Mapped[str] = mapped_column(String(64))


class PromptVersionRow(Owned, Base):
    """A prompt's wording. `model_usage.prompt` is the template's name, a point and the version."""

    __tablename__ = "prompt_versions"
    __table_args__ = (
        UniqueConstraint("template_id", "version", "sha256"),
        same_organization("template_id", "prompt_templates"),
    )

    template_id: Mapped[int] = mapped_column(RowId)
    version: Mapped[str] = mapped_column(String(32))
    sha256: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(SpokenText)
    first_used_at: Mapped[datetime]
