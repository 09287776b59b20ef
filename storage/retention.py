"""Deletes what was kept long enough, from database, files and index, and proves that it is gone.

Ages count from a call's beginning. A run may be stopped anywhere, and the next one goes on: files
go before the rows that name them, and what a row depends on goes with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import Database, affected
from storage.errors import StorageError
from storage.journal import dead_entries
from storage.models import (
    CallbackRow,
    CallRow,
    ChangeRequestRow,
    CorrectionRow,
    FeedbackRow,
    HandoffRow,
    MentionRow,
    ModelUsageRow,
    OutboxJobRow,
    RecordingRow,
    ScorecardRow,
    SummaryRow,
    TurnRow,
)
from storage.outbox import JobStatus
from storage.periods import Periods
from storage.recordings.files import SUFFIX, file_within, read_head, recording_name
from storage.records import RecordingStatus
from storage.search import forget_calls, index_call

logger = logging.getLogger(__name__)

_BATCH = 500
"""Rows of one transaction, so that calls that go on never wait long."""
_FIRST_S, _DAY_S, _AGAIN_S = 600.0, 86_400.0, 3_600.0
"""A server's first run, when it has long begun to answer; the next one; and after a failure."""
RECORDINGS, JOURNAL = "recordings", "journal"
"""Folders in the data directory."""


_CLEAR = (TurnRow, HandoffRow, FeedbackRow, CorrectionRow, ScorecardRow)
"""Tables whose rows belong to a call and hold clear text of it."""


class CaseForgetter(Protocol):
    """The index of cases, as far as it has to forget some."""

    async def forget(self, call_ids: Collection[int]) -> None:
        """Remove calls from the index; those that are not there do no harm."""

    async def ids(self) -> set[int]:
        """The calls that are in the index."""


class Audit(Protocol):
    """The audit log, as far as it is written and grows old."""

    async def append(
        self,
        actor: str,
        action: str,
        subject: str,
        details: Mapping[str, Any] | None = None,
        *,
        session: AsyncSession | None = None,
    ) -> object:
        """Write down what was done."""

    async def prune(self, actor: str, *, before: datetime) -> int:
        """Delete the entries from before a time; how many."""


@dataclass(frozen=True, kw_only=True)
class Retained:
    """What a run has deleted, and what was still there afterwards."""

    deleted: Mapping[str, int]
    """Rows, files and cases by kind; of a dry run, what would go."""
    left: Mapping[str, int]
    """What a look afterwards found that is older than its period; all zero, or the run failed."""

    @property
    def proven(self) -> bool:
        """Whether nothing is left."""
        return not any(self.left.values())


class Retention:
    """Keeps one organization's data for its periods and no longer."""

    def __init__(
        self,
        database: Database,
        organization_id: str,
        data_dir: Path,
        periods: Periods,
        *,
        cases: CaseForgetter,
        audit: Audit,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._organization_id = organization_id
        self._data_dir = data_dir
        self._periods = periods
        self._cases = cases
        self._audit = audit
        self._clock = clock

    async def due(self) -> dict[str, int]:
        """How much is older than its period, by kind, and would be deleted now."""
        found: dict[str, int] = {}
        async with self._database.read(self._organization_id) as session:
            for kind, query in self._queries().items():
                counted = select(func.count()).select_from(query.subquery())
                found[kind] = await session.scalar(counted) or 0
        found["files"] = len(await self._stray_files())
        found["cases"] = len(await self._stray_cases())
        found["journal"] = len(await asyncio.to_thread(self._refused))
        return found

    async def keep(self, actor: str) -> None:
        """Run once a day until cancelled, through whatever is away."""
        await asyncio.sleep(_FIRST_S)
        while True:
            try:
                retained = await self.run(actor)
            except Exception:
                # Database, disk or index: the next run goes on where this one stopped.
                logger.exception("what was kept long enough is not deleted yet")
                await asyncio.sleep(_AGAIN_S)
                continue
            if not retained.proven:
                logger.error("something is older than its period: %s", dict(retained.left))
            await asyncio.sleep(_DAY_S)

    async def run(self, actor: str) -> Retained:
        """Delete what is due, and write down how much it was and that it is gone.

        Raises StorageError, KnowledgeError and OSError; what was deleted before stays so.
        """
        deleted: dict[str, int] = {}
        try:
            await self._delete_all(actor, deleted)
        except BaseException as error:
            if any(deleted.values()):
                details = {"deleted": deleted, "stopped_by": type(error).__name__}
                await self._audit.append(actor, "retention", "periods", details)
            raise
        retained = Retained(deleted=deleted, left=await self.due())
        if any(deleted.values()) or not retained.proven:
            details = {"deleted": deleted, "left": dict(retained.left)}
            await self._audit.append(actor, "retention", "periods", details)
        return retained

    async def _delete_all(self, actor: str, deleted: dict[str, int]) -> None:
        """Delete what is due, noting in `deleted` how much of each kind was."""
        deleted["recordings"] = await self._recordings()
        deleted["clear_text"] = await self._clear_text()
        # In the order in which one depends on the other: calls take with them what is left.
        for kind in ("summaries", "turns", "callbacks", "changes", "usage", "jobs", "calls"):
            deleted[kind] = await self._delete(kind)
        deleted["files"] = await self._remove_files()
        deleted["cases"] = await self._forget_cases()
        deleted["journal"] = await asyncio.to_thread(self._remove_refused)
        deleted["audit"] = await self._audit.prune(actor, before=self._before("audit"))

    def _before(self, kind: str) -> datetime:
        return self._clock() - timedelta(days=getattr(self._periods, kind))

    def _old_calls(self, kind: str) -> Select[int]:
        """The calls, over by now, that began before what is kept of a kind."""
        return select(CallRow.id).where(
            CallRow.started_at < self._before(kind), CallRow.ended_at.is_not(None)
        )

    def _queries(self) -> dict[str, Select[int]]:
        """The rows that are due, by kind."""
        old = self._old_calls
        return {
            "recordings": select(RecordingRow.id).where(
                RecordingRow.call_id.in_(old("recordings")),
                RecordingRow.status != RecordingStatus.RECORDING,
            ),
            "clear_text": old("clear_text").where(
                or_(
                    CallRow.sealed.is_not(None),
                    *(
                        CallRow.id.in_(select(model.call_id).where(model.sealed.is_not(None)))
                        for model in _CLEAR
                    ),
                )
            ),
            "turns": select(TurnRow.id).where(TurnRow.call_id.in_(old("turns"))),
            "summaries": select(SummaryRow.id).where(SummaryRow.call_id.in_(old("summaries"))),
            "callbacks": select(CallbackRow.id).where(
                CallbackRow.requested_at < self._before("callbacks")
            ),
            "changes": select(ChangeRequestRow.id).where(
                ChangeRequestRow.requested_at < self._before("changes")
            ),
            "usage": select(ModelUsageRow.id).where(ModelUsageRow.at < self._before("usage")),
            "jobs": select(OutboxJobRow.id).where(
                OutboxJobRow.status != JobStatus.PENDING,
                OutboxJobRow.run_at < self._before("jobs"),
            ),
            "calls": old("calls"),
        }

    async def _delete(self, kind: str) -> int:
        query = self._queries()[kind]
        model = query.column_descriptions[0]["entity"]
        count = 0
        while True:
            async with self._database.write(self._organization_id) as session:
                ids = (await session.scalars(query.limit(_BATCH))).all()
                if not ids:
                    return count
                calls = await _calls_of(session, model, ids)
                count += await affected(session, delete(model).where(model.id.in_(ids)))
                await forget_calls(session, calls)
                if kind == "turns":
                    await session.execute(delete(MentionRow).where(MentionRow.call_id.in_(calls)))
                if kind != "calls":
                    for call_id in calls:
                        await index_call(session, call_id)  # by what is left of it

    async def _clear_text(self) -> int:
        """Leave of old calls what masking shows."""
        count = 0
        while True:
            async with self._database.write(self._organization_id) as session:
                ids = (await session.scalars(self._queries()["clear_text"].limit(_BATCH))).all()
                if not ids:
                    return count
                for column in (CallRow.id, *(model.call_id for model in _CLEAR)):
                    sealed = update(column.class_).where(column.in_(ids))
                    await session.execute(sealed.values(sealed=None))
                count += len(ids)

    async def _recordings(self) -> int:
        """Delete old recordings, each file before its row."""
        count = 0
        query = self._queries()["recordings"]
        while True:
            async with self._database.read(self._organization_id) as session:
                ids = (await session.scalars(query.limit(_BATCH))).all()
                paths = select(RecordingRow.path).where(RecordingRow.id.in_(ids))
                files = (await session.scalars(paths)).all()
            if not ids:
                return count
            await asyncio.to_thread(remove_recordings, self._data_dir, files)
            async with self._database.write(self._organization_id) as session:
                gone = delete(RecordingRow).where(RecordingRow.id.in_(ids))
                count += await affected(session, gone)

    async def _stray_files(self) -> list[Path]:
        """Old files of recordings that no row names: their calls were deleted, or never stored."""
        async with self._database.read(self._organization_id) as session:
            named = set(await session.scalars(select(RecordingRow.path)))
        oldest = self._before("recordings").timestamp()
        about = recording_name(self._organization_id, "")
        return await asyncio.to_thread(_strays, self._data_dir, named, oldest, about)

    async def _remove_files(self) -> int:
        strays = await self._stray_files()
        names = [str(path.relative_to(self._data_dir.resolve())) for path in strays]
        await asyncio.to_thread(remove_recordings, self._data_dir, names)
        return len(strays)

    def _refused(self) -> list[Path]:
        """Old entries of the journal that the database refused: they hold what was said."""
        before = self._before("clear_text")
        entries = dead_entries(self._data_dir / JOURNAL)
        return [one.path for one in entries if one.at < before]

    def _remove_refused(self) -> int:
        refused = self._refused()
        for path in refused:
            path.unlink(missing_ok=True)
        return len(refused)

    async def _stray_cases(self) -> list[int]:
        """Calls in the index that have no summary any more."""
        there = await self._cases.ids()
        async with self._database.read(self._organization_id) as session:
            kept = set(await session.scalars(select(SummaryRow.call_id)))
        return sorted(there - kept)

    async def _forget_cases(self) -> int:
        gone = await self._stray_cases()
        for start in range(0, len(gone), _BATCH):
            await self._cases.forget(gone[start : start + _BATCH])
        return len(gone)


async def _calls_of(session: AsyncSession, model: Any, ids: Sequence[int]) -> Sequence[int]:
    """The calls whose words are in these rows."""
    if model is CallRow:
        return ids
    if model not in (TurnRow, SummaryRow):
        return []
    rows = select(model.call_id).where(model.id.in_(ids)).distinct()
    return (await session.scalars(rows)).all()


def remove_recordings(data_dir: Path, paths: Collection[str]) -> None:
    """Delete files of recordings, with the drafts beside them. Blocks. Raises OSError."""
    for path in paths:
        if (file := file_within(data_dir, path)) is not None:
            for draft in file.parent.glob(f"{file.name}.*"):
                draft.unlink(missing_ok=True)
            file.unlink(missing_ok=True)


def _strays(data_dir: Path, named: Collection[str], oldest: float, about: str) -> list[Path]:
    root = data_dir.resolve()
    return [
        path
        for path in (root / RECORDINGS).glob(f"*{SUFFIX}")
        if str(path.relative_to(root)) not in named
        and path.stat().st_mtime < oldest
        and _begins(path, about)
    ]


def _begins(path: Path, about: str) -> bool:
    """Whether a file is a recording of this organization: another's is not ours to delete."""
    try:
        with path.open("rb") as file:
            return read_head(file).name.startswith(about)
    except StorageError:
        return False
