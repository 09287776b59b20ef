"""The prompts that chat models were given, each wording once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from storage.database import Database, upsert
from storage.models import PromptTemplateRow, PromptVersionRow


@dataclass(frozen=True, kw_only=True)
class PromptVersion:
    """A wording of a prompt."""

    name: str
    """What it is for, such as `answer`."""
    version: str
    """`v3`; `model_usage.prompt` is `answer.v3`."""
    sha256: str
    text: str
    first_used_at: datetime
    """UTC."""


class PromptStore:
    """One organization's prompts."""

    def __init__(self, database: Database, organization_id: str) -> None:
        self._database = database
        self._organization_id = organization_id

    async def register(self, prompts: Mapping[str, str], now: datetime) -> None:
        """Keep the texts of prompts by their names, such as `answer.v3`; known ones stay.

        A text that was changed under its old version becomes a wording of its own.
        """
        async with self._database.write(self._organization_id) as session:
            for full_name, text in sorted(prompts.items()):
                name, _, version = full_name.partition(".")
                await upsert(
                    session,
                    PromptTemplateRow,
                    {"name": name},
                    on=("organization_id", "name"),
                    update=False,
                )
                template_id = await session.scalar(
                    select(PromptTemplateRow.id).where(PromptTemplateRow.name == name)
                )
                await upsert(
                    session,
                    PromptVersionRow,
                    {
                        "template_id": template_id,
                        "version": version,
                        "sha256": hashlib.sha256(text.encode()).hexdigest(),
                        "text": text,
                        "first_used_at": now,
                    },
                    on=("template_id", "version", "sha256"),
                    update=False,
                )

    async def all(self) -> list[PromptVersion]:
        """All wordings, by name and age."""
        query = (
            select(PromptTemplateRow.name, PromptVersionRow)
            .join(PromptVersionRow, PromptVersionRow.template_id == PromptTemplateRow.id)
            .order_by(PromptTemplateRow.name, PromptVersionRow.id)
        )
        async with self._database.read(self._organization_id) as session:
            return [
                PromptVersion(
                    name=name,
                    version=row.version,
                    sha256=row.sha256,
                    text=row.text,
                    first_used_at=row.first_used_at,
                )
                for name, row in await session.execute(query)
            ]
