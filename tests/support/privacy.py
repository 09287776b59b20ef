"""What tests of retention and rights share: a stand-in of the audit log, recordings, an index."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge.cases import CaseIndex, SimilarCases
from knowledge.embedding import Vectors
from storage.cases import CaseStore
from storage.database import Database
from storage.recordings.files import RecordingWriter, recording_name
from tests.support.calls import ORGANIZATION
from tests.support.keys import VAULT


class NotedAudit:
    """An audit log that only remembers."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, str, dict[str, Any]]] = []
        self.pruned_before: datetime | None = None
        self.appended = asyncio.Semaphore(0)
        """Released with each entry, for who waits for one."""

    async def append(
        self,
        actor: str,
        action: str,
        subject: str,
        details: Mapping[str, Any] | None = None,
        *,
        session: AsyncSession | None = None,
    ) -> None:
        self.entries.append((actor, action, subject, dict(details or {})))
        self.appended.release()

    async def prune(self, actor: str, *, before: datetime) -> int:
        self.pruned_before = before
        return 0


class LetterEmbedder:
    """Vectors that count letters: enough to put something into an index."""

    name = "test:letters"

    def documents(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self.query(text) for text in texts])

    def query(self, text: str, *, terms: Sequence[str] | None = None) -> Vectors:
        counts = np.zeros(16, np.float32)
        for letter in text:
            counts[ord(letter) % 16] += 1
        vector: Vectors = counts / max(1.0, float(np.linalg.norm(counts)))
        return vector

    def close(self) -> None:
        pass


def similar_cases(data_dir: Path, database: Database) -> SimilarCases:
    """The index of cases, in Chroma in a folder."""
    index = CaseIndex(
        data_dir=data_dir,
        organization=ORGANIZATION,
        chroma_url=None,
        embedder=LetterEmbedder(),
    )
    return SimilarCases(index, CaseStore(database, ORGANIZATION))


def record(data_dir: Path, call_sid: str, seconds: float = 2.0) -> str:
    """Write a call's recording; its path in the data directory."""
    path = f"recordings/{call_sid}.yrec"
    name = recording_name(ORGANIZATION, call_sid)
    writer = RecordingWriter(data_dir / path, VAULT, name)
    writer.append(bytes([0x12]) * int(seconds * 8_000) * 2)
    writer.finish()
    return path
