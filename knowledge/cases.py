"""Similar cases: earlier calls found by what their callers asked, one organization's alone.

The index holds vectors, ids and outcomes and no words; what a case says is read from the database
each time. So a call that is gone there is gone here at once, and the index can be made anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np

from knowledge.chroma import chroma_errors, embedded_client, organization_key, server_client
from knowledge.errors import KnowledgeError
from storage.cases import Case, CaseStore
from storage.errors import StorageError
from storage.records import AnsweredQuestion, Outcome

if TYPE_CHECKING:
    from chromadb.api.types import Metadata, Where

    from knowledge.embedding import Embedder

log = logging.getLogger(__name__)

T = TypeVar("T")

ALIKE = 0.5
"""Cosine from which a case counts as similar. Of the sample's 87 FAQ entries, each asked in words
of its own, 68 find a case so and 50 the very one; of questions that are in none, a tenth does."""
_LAYOUT = "outcomes"
"""Goes into the collection's name: change it with what the metadata hold."""
_PER_CASE = 4
"""Entries asked for each case wanted: a case has one for every question."""
_BATCH = 200


@dataclass(frozen=True, kw_only=True)
class Near:
    """An entry that was found."""

    call_id: int
    text: int
    """Which of the case's texts it is."""
    similarity: float


class CaseIndex:
    """The vectors. Blocks: everything runs on the thread of `SimilarCases`."""

    def __init__(
        self, *, data_dir: Path, organization: str, chroma_url: str | None, embedder: Embedder
    ) -> None:
        """Open it, or make it.

        Another embedder means another collection, for vectors of two kinds cannot be compared.

        Raises:
            KnowledgeError: `index-unreachable` (retryable).
        """
        key = organization_key(organization)
        made_as = f"{_LAYOUT} {embedder.name}"
        name = f"cases-{hashlib.sha256(made_as.encode()).hexdigest()[:8]}"
        self._embedder = embedder
        self._client = (
            embedded_client(data_dir / "chroma" / key / name)
            if chroma_url is None
            else server_client(chroma_url)
        )
        with chroma_errors("index-unreachable", "cannot open the index of cases"):
            self._collection = self._client.get_or_create_collection(
                f"{key}.{name}",
                metadata={"organization": organization, "embedding": embedder.name},
                configuration={"hnsw": {"space": "cosine"}},
                embedding_function=None,
            )

    def put(self, cases: Sequence[Case]) -> None:
        """Make cases findable, in place of what was there of them.

        Raises:
            KnowledgeError: `index-unwritable` (retryable), or the embedder's.
        """
        entries = [(case, at, text) for case in cases for at, text in enumerate(case.texts)]
        vectors = self._embedder.documents([text for *_, text in entries])
        self.forget([case.call_id for case in cases])
        with chroma_errors("index-unwritable", "cannot write the index of cases"):
            self._collection.upsert(
                ids=[f"{case.call_id}:{at}" for case, at, _ in entries],
                embeddings=vectors,
                metadatas=[
                    {"call": case.call_id, "text": at, "outcome": case.outcome.value}
                    for case, at, _ in entries
                ],
            )

    def forget(self, call_ids: Collection[int]) -> None:
        """Remove cases; those that are not there do no harm.

        Raises:
            KnowledgeError: `index-unwritable` (retryable).
        """
        with chroma_errors("index-unwritable", "cannot write the index of cases"):
            self._collection.delete(where=cast("Where", {"call": {"$in": list(call_ids)}}))

    def ids(self) -> set[int]:
        """The calls that can be found.

        Raises:
            KnowledgeError: `index-unreadable` (retryable).
        """
        with chroma_errors("index-unreadable", "cannot read the index of cases"):
            found = self._collection.get(include=["metadatas"])
        return {_call(about) for about in found["metadatas"] or ()}

    def nearest(self, text: str, *, limit: int, outcome: Outcome | None = None) -> list[Near]:
        """The nearest calls, best first, each once; with `outcome` those that ended so.

        Raises:
            KnowledgeError: `index-unreadable` (retryable), or the embedder's.
        """
        vector = self._embedder.query(text)
        if not vector.any():
            return []
        with chroma_errors("index-unreadable", "query of cases failed"):
            found = self._collection.query(
                query_embeddings=vector[np.newaxis],
                n_results=limit * _PER_CASE,
                where=None if outcome is None else {"outcome": outcome.value},
                include=["metadatas", "distances"],
            )
        about, distances = found["metadatas"], found["distances"]
        best: dict[int, Near] = {}
        for metadata, distance in zip(
            about[0] if about else (), distances[0] if distances else (), strict=True
        ):
            near = Near(
                call_id=_call(metadata),
                text=int(cast("int", metadata["text"])),
                similarity=1.0 - float(distance),
            )
            best.setdefault(near.call_id, near)
        return list(best.values())[:limit]

    def follow(self, embedder: Embedder) -> None:
        """Use another of the same name: the one of a version of the catalogue just published."""
        self._embedder = embedder

    def close(self) -> None:
        """Let Chroma go."""
        self._client.close()


@dataclass(frozen=True, kw_only=True)
class SimilarCase:
    """An earlier case, and how near it is."""

    case: Case
    question: AnsweredQuestion | None
    """What was asked alike; None where the case holds no question that was answered."""
    similarity: float
    """Cosine, `ALIKE` to 1."""


class SimilarCases:
    """Finds and keeps cases without blocking the event loop; one a process."""

    def __init__(self, index: CaseIndex, store: CaseStore) -> None:
        self._index = index
        self._store = store
        # One thread: Chroma's embedded files have one writer.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="cases")

    async def search(
        self,
        text: str,
        *,
        limit: int = 5,
        but: int | None = None,
        outcome: Outcome | None = None,
    ) -> list[SimilarCase]:
        """The calls in which something similar was asked, nearest first, without the call `but`;
        with `outcome` those that ended so.

        Raises:
            KnowledgeError: `index-unreadable` (retryable), or the embedder's.
            StorageError: the database does not answer.
        """
        found = await self._run(
            partial(self._index.nearest, text, limit=limit + 1, outcome=outcome)
        )
        near = [one for one in found if one.similarity >= ALIKE and one.call_id != but]
        if not near:
            return []
        kept = await self._store.of_calls([one.call_id for one in near])
        cases = {case.call_id: case for case in kept}
        return [_similar(one, cases[one.call_id]) for one in near if one.call_id in cases][:limit]

    async def add(self, call_id: int) -> None:
        """Make a call findable, or where it is no case any more, not. Twice does no harm.

        Raises:
            KnowledgeError: retryable.
            StorageError: the database does not answer.
        """
        if cases := await self._store.of_calls([call_id]):
            await self._run(partial(self._index.put, cases))
        else:
            await self.forget([call_id])

    async def forget(self, call_ids: Collection[int]) -> None:
        """Remove calls from the index.

        Raises:
            KnowledgeError: `index-unwritable` (retryable).
        """
        if call_ids:
            await self._run(partial(self._index.forget, call_ids))

    async def ids(self) -> set[int]:
        """The calls that can be found.

        Raises:
            KnowledgeError: `index-unreadable` (retryable).
        """
        return await self._run(self._index.ids)

    async def reconcile(self) -> tuple[int, int]:
        """Bring the index to what the database holds; gives how many were added and removed.

        Needed where the index is new, was lost, or calls were erased while no server ran.

        Raises:
            KnowledgeError: retryable.
            StorageError: the database does not answer.
        """
        kept, there = await self._store.ids(), await self._run(self._index.ids)
        missing, gone = sorted(kept - there), sorted(there - kept)
        for start in range(0, len(missing), _BATCH):
            cases = await self._store.of_calls(missing[start : start + _BATCH])
            await self._run(partial(self._index.put, cases))
        for start in range(0, len(gone), _BATCH):
            await self.forget(gone[start : start + _BATCH])
        return len(missing), len(gone)

    async def run(self, *, again_s: float = 60.0) -> None:
        """Reconcile once, trying again until it is done."""
        while True:
            try:
                added, removed = await self.reconcile()
            except (KnowledgeError, StorageError) as error:
                log.warning("the index of cases is not brought up to date: %s", error)
            else:
                log.info("cases: %d added to the index, %d removed", added, removed)
                return
            await asyncio.sleep(again_s)

    def follow(self, embedder: Embedder) -> None:
        """See CaseIndex."""
        self._index.follow(embedder)

    def close(self) -> None:
        """Finish what is under way, and let the index go."""
        self._thread.shutdown(wait=True)
        self._index.close()

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _similar(near: Near, case: Case) -> SimilarCase:
    # A summary may have been written anew since, with fewer questions.
    question = case.questions[near.text] if near.text < len(case.questions) else None
    return SimilarCase(case=case, question=question, similarity=near.similarity)


def _call(about: Metadata) -> int:
    return int(cast("int", about["call"]))
