"""Holds what is stored after a kill against what had been acknowledged before it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Self

from sqlalchemy import select

from scripts.bench.crashing.house import ORGANIZATION, Place
from storage.clear import ServiceCalls
from storage.database import Database
from storage.errors import StorageError
from storage.journal import dead_entries
from storage.models import OutboxJobRow, SummaryRow, TurnRow
from storage.outbox import JobKind
from storage.recordings.files import Recording, recording_name
from storage.recordings.format import FRAME_BYTES, RATE
from storage.recordings.rows import RecordingStore
from storage.records import RecordingStatus, StoredCall
from storage.vault import Vault

_MAY_MISS_MS = 1_000


@dataclass(kw_only=True)
class Told:
    """What the server said before it died."""

    turns: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Acknowledged turns: what was heard and said."""
    closed: bool = False
    """Whether the call's end was acknowledged."""
    heard_ms: int = 0
    """How much audio of the caller had come."""


@dataclass(kw_only=True)
class Figures:
    """What is counted; all but the first two should be nothing."""

    kills: int = 0
    acknowledged_turns: int = 0
    lost_turns: int = 0
    duplicate_turns: int = 0
    calls_without_summary: int = 0
    duplicate_summaries: int = 0
    broken_recordings: int = 0
    """Not to be opened, or without more than a second before the cut."""

    def __iadd__(self, other: Self) -> Self:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))
        return self

    @property
    def failures(self) -> int:
        """How much went wrong."""
        wrong: int = sum(asdict(self).values()) - self.kills - self.acknowledged_turns
        return wrong


async def check(place: Place, call_sid: str, told: Told) -> tuple[Figures, list[str]]:
    """The figures of one call, and what is wrong with it in words."""
    database = Database(place.url, Vault.parse(place.keys))
    try:
        checked = _Check(database, place.data_dir, told)
        await checked.call(call_sid)
    finally:
        await database.close()
    for dead in dead_entries(place.data_dir / "journal"):
        checked.figures.lost_turns += 1
        checked.wrong.append(f"put aside: {dead.what}: {dead.reason}")
    return checked.figures, checked.wrong


class _Check:
    def __init__(self, database: Database, data_dir: Path, told: Told) -> None:
        self._database = database
        self._data_dir = data_dir
        self._told = told
        self.figures = Figures(acknowledged_turns=len(told.turns))
        self.wrong: list[str] = []

    async def call(self, call_sid: str) -> None:
        """Look at all that is stored of the call."""
        call = await ServiceCalls(self._database, ORGANIZATION).by_sid(call_sid)
        if call is None:
            if self._told.turns or self._told.closed:
                self.figures.lost_turns += len(self._told.turns)
                self.figures.calls_without_summary += 1
                self.wrong.append("the call is not there")
            return
        self._turns(call)
        await self._rows(call.id)
        if call.ended_at is None or call.summary is None:
            self.figures.calls_without_summary += 1
            self.wrong.append(f"ended at {call.ended_at}, summary: {call.summary is not None}")
        elif self._told.closed and call.cut_off:
            self.figures.calls_without_summary += 1
            self.wrong.append("it counts as cut off, and had ended")
        if problem := await self._recording(call.id):
            self.figures.broken_recordings += 1
            self.wrong.append(problem)

    def _turns(self, call: StoredCall) -> None:
        stored = {turn.index: (turn.heard, turn.said) for turn in call.turns}
        for index, words in self._told.turns.items():
            if stored.get(index) != words:
                self.figures.lost_turns += 1
                self.wrong.append(f"turn {index} was {words} and is {stored.get(index)}")

    async def _rows(self, call_id: int) -> None:
        async with self._database.read(ORGANIZATION) as session:
            turns = await session.scalars(select(TurnRow.index).where(TurnRow.call_id == call_id))
            indexes = Counter(turns.all())
            summaries = await session.scalars(
                select(SummaryRow.id).where(SummaryRow.call_id == call_id)
            )
            asked = await session.scalars(
                select(OutboxJobRow).where(OutboxJobRow.kind == JobKind.SUMMARIZE)
            )
            count = len(summaries.all())
            jobs = sum(job.payload["call_id"] == call_id for job in asked)
        self.figures.duplicate_turns += sum(times - 1 for times in indexes.values())
        if count > 1 or jobs > 1:
            self.figures.duplicate_summaries += 1
            self.wrong.append(f"{count} summaries, {jobs} jobs")

    async def _recording(self, call_id: int) -> str:
        """What is wrong with the recording; empty where nothing is."""
        heard_ms = self._told.heard_ms
        needed = heard_ms > _MAY_MISS_MS
        row = await RecordingStore(self._database, ORGANIZATION).get(call_id)
        if row is None or row.status is not RecordingStatus.FINISHED:
            return f"the recording is {row and row.status}" if needed else ""
        try:
            name = recording_name(ORGANIZATION, row.call_sid)
            path = self._data_dir / row.path
            with Recording.open(path, self._database.vault, name) as recording:
                played_ms = sum(map(len, recording.read())) * 1000 // (RATE * FRAME_BYTES)
        except (OSError, StorageError) as error:
            return f"the recording does not open: {error}" if needed else ""
        if played_ms < heard_ms - _MAY_MISS_MS:
            return f"the recording has {played_ms} of {heard_ms} ms"
        return ""
