"""Erases what is kept of one person from every store, and proves that nothing is found any more.

What they said goes with their calls. Where others spoke of their number, the number goes and the
others' words stay; what a chat model took is kept as a figure without its call.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import Database
from storage.errors import StorageError
from storage.models import (
    CallbackRow,
    CallRow,
    ChangeRequestRow,
    CorrectionRow,
    CustomerRow,
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
from storage.recordings.files import file_within, recording_name, rewrite
from storage.recordings.silencing import SpokenTurn, silence, silent_spans
from storage.records import RecordingStatus
from storage.retention import Audit, remove_recordings
from storage.rights.person import CaseIndex, Person, PersonFinder, e164
from storage.search import forget_calls

ERASED = "erased"
"""Stands for the call of what is kept without it."""
_PARTS = 5
"""Turns before the one in which a number was whole, in which it may have begun."""
_ANY_KIND = "card"
"""A kind that is silenced, whatever was said."""


class Eraser:
    """Erases one person's data of an organization."""

    def __init__(
        self,
        database: Database,
        organization_id: str,
        data_dir: Path,
        *,
        finder: PersonFinder,
        cases: CaseIndex,
        audit: Audit,
    ) -> None:
        self._database = database
        self._organization_id = organization_id
        self._data_dir = data_dir
        self._finder = finder
        self._cases = cases
        self._audit = audit

    async def erase(self, phone: str, *, actor: str) -> Person:
        """Erase everything about the person with this number; what there was.

        Raises StorageError `bad_phone`, `call_goes_on`, `journal_waits`, `not_erased`;
        KnowledgeError, OSError. A run that failed may be repeated.
        """
        person = await self._finder.find(phone)
        self._refuse_what_moves(person)
        # Files and index first: the rows that lead to them go last.
        await asyncio.to_thread(
            remove_recordings, self._data_dir, [row.path for row in person.recordings]
        )
        await asyncio.to_thread(_remove, [one.dead for one in person.journal if one.dead])
        await self._silence(person.mentions)
        await self._cases.forget(person.cases)
        async with self._database.write(self._organization_id) as session:
            await _anonymise(session, person)
            await _delete(session, person)
            subject = self._database.vault.fingerprint(e164(phone))
            await self._audit.append(actor, "erase", subject, person.counts, session=session)
        left = (await self._finder.find(phone)).counts
        if any(left.values()):
            still = ", ".join(f"{kind}: {count}" for kind, count in left.items() if count)
            raise StorageError("not_erased", f"something is found still ({still}); try again")
        return person

    def _refuse_what_moves(self, person: Person) -> None:
        if any(call.ended_at is None for call in person.calls):
            raise StorageError("call_goes_on", "a call of this person goes on; wait for its end")
        if any(one.dead is None for one in person.journal):
            raise StorageError(
                "journal_waits",
                "the journal holds entries of this person: a server has to bring them to the "
                "database first",
            )

    async def _silence(self, mentions: Sequence[MentionRow]) -> None:
        """Silence the number in recordings of other people's calls."""
        for call_id in sorted({mention.call_id for mention in mentions}):
            indexes = [m.turn_index for m in mentions if m.call_id == call_id]
            async with self._database.read(self._organization_id) as session:
                query = select(RecordingRow, CallRow.call_sid).join(
                    CallRow, CallRow.id == RecordingRow.call_id
                )
                found = (
                    await session.execute(query.where(RecordingRow.call_id == call_id))
                ).first()
                turns = (await session.scalars(_near(call_id, indexes))).all()
            if found is None:
                continue
            recording, call_sid = found
            path = await asyncio.to_thread(file_within, self._data_dir, recording.path)
            spans = silent_spans(map(_spoken, turns))
            if path is None or not spans:
                continue
            if recording.status in (RecordingStatus.RECORDING, RecordingStatus.CLOSED):
                raise StorageError(
                    "call_goes_on", "a recording in which the number is heard is not finished yet"
                )
            name = recording_name(self._organization_id, call_sid)
            change = partial(silence, spans)
            rewritten = await asyncio.to_thread(rewrite, path, self._database.vault, name, change)
            rewritten.close()
            async with self._database.write(self._organization_id) as session:
                silenced = [*recording.silenced, *map(list, spans)]
                await session.execute(
                    update(RecordingRow)
                    .where(RecordingRow.call_id == call_id)
                    .values(silenced=sorted(silenced))
                )


async def _anonymise(session: AsyncSession, person: Person) -> None:
    """Take the person out of what stays: other people's calls, and the accounts of the model."""
    last = person.phone[-4:]
    for call_id in sorted({mention.call_id for mention in person.mentions}):
        indexes = [m.turn_index for m in person.mentions if m.call_id == call_id]
        for turn in await session.scalars(_near(call_id, indexes)):
            turn.sealed = None
            for column in ("heard", "intended", "said", "tools"):
                setattr(turn, column, without_last(getattr(turn, column), last))
        for model, columns in _WRITTEN.items():
            for row in await session.scalars(select(model).where(model.call_id == call_id)):
                for column in columns:
                    if column == "sealed":
                        row.sealed = None
                    else:
                        setattr(row, column, without_last(getattr(row, column), last))
    usage = [row.id for row in person.usage]
    await session.execute(
        update(ModelUsageRow).where(ModelUsageRow.id.in_(usage)).values(call_sid=ERASED)
    )


_WRITTEN: dict[type[Any], tuple[str, ...]] = {
    SummaryRow: ("reason", "questions", "follow_ups", "text", "details"),
    HandoffRow: ("summary_text", "sealed"),
    CorrectionRow: ("before", "after", "sealed"),
    FeedbackRow: ("comment",),
    ScorecardRow: ("comment",),
}
"""What was written of calls, by the columns that may hold a number's last digits."""


async def _delete(session: AsyncSession, person: Person) -> None:
    """Delete the person's rows, those that others refer to last."""
    for model, rows in (
        (MentionRow, person.mentions),
        (OutboxJobRow, person.jobs),
        (CallbackRow, person.callbacks),
        (ChangeRequestRow, person.changes),
        (CallRow, person.calls),
        (CustomerRow, person.customers),
    ):
        ids = [row.id for row in rows]
        await session.execute(delete(model).where(model.id.in_(ids)))
    await forget_calls(session, person.call_ids)


def _near(call_id: int, indexes: Iterable[int]) -> Any:
    """The turns in which a number was said that was whole at these, and those where it began."""
    spans = [and_(TurnRow.index <= index, TurnRow.index > index - _PARTS) for index in set(indexes)]
    private = TurnRow.private.is_not(None)
    return select(TurnRow).where(TurnRow.call_id == call_id, private, or_(*spans))


def _spoken(row: TurnRow) -> SpokenTurn:
    def span(start: int | None, end: int | None) -> tuple[int, int] | None:
        return None if start is None or end is None else (start, end)

    return SpokenTurn(
        input_kind=row.input_kind,
        heard_ms=span(row.heard_started_ms, row.heard_ended_ms),
        said_ms=span(row.said_started_ms, row.said_ended_ms),
        private=(_ANY_KIND,),
        repeated=True,
    )


def without_last(value: Any, last: str) -> Any:
    """Masked text, or JSON of it, without the last digits that masking leaves of a number."""
    if isinstance(value, str):
        return re.sub(rf"(\*{{3,4}}[\s.,·\-]{{0,2}}){last}(?!\d)", r"\g<1>****", value)
    if isinstance(value, dict):
        return {key: without_last(item, last) for key, item in value.items()}
    return [without_last(item, last) for item in value] if isinstance(value, list) else value


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
