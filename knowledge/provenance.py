"""Keeps in the database what was ingested when, and from which documents."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from storage.ingestions import IngestedDocument, IngestionStore

if TYPE_CHECKING:
    from knowledge.passages import Document
    from knowledge.service import Knowledge


async def note_published(
    store: IngestionStore, run_id: int, knowledge: Knowledge, clock: Callable[[], datetime]
) -> None:
    """Note what an ingestion that was begun has published. Raises StorageError."""
    await store.done(
        run_id,
        [_noted(document) for document in knowledge.documents],
        entries=sum(len(document.entries) for document in knowledge.documents),
        version=knowledge.version,
        embedding=knowledge.embedder.name,
        now=clock(),
    )


def _noted(document: Document) -> IngestedDocument:
    told = "\0".join((document.title, document.text, *document.entries)).encode()
    return IngestedDocument(
        key=document.id,
        title=document.title,
        kind=document.kind,
        sha256=hashlib.sha256(told).hexdigest(),
        size=len(told),
    )
