"""Earlier calls as cases: what was asked, and what became of it; all of it masked."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from storage.convert import to_summary
from storage.database import Database
from storage.models import CallRow, SummaryRow
from storage.outbox import JobKind, enqueue
from storage.records import AnsweredQuestion, HandoffReason, Outcome, SummaryCode

_DELETED_BY_THEN = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A call that has its summary, seen as a case. Nothing in it tells who called."""

    call_id: int
    started_at: datetime
    """UTC."""
    reason: str
    """Why somebody phoned, one Korean sentence."""
    questions: tuple[AnsweredQuestion, ...]
    outcome: Outcome
    handoff_reason: HandoffReason | None
    follow_ups: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """By what the case is found: its questions, in order, or where there is none its reason."""
        return tuple(asked.question for asked in self.questions) or (self.reason,)


class CaseStore:
    """One organization's cases."""

    def __init__(self, database: Database, organization_id: str) -> None:
        self._database = database
        self._organization_id = organization_id

    async def ids(self) -> set[int]:
        """The calls that are cases: those whose summary tells of something asked."""
        async with self._database.read(self._organization_id) as session:
            found = await session.scalars(
                select(SummaryRow.call_id).where(
                    SummaryRow.details["code"].as_string() == SummaryCode.OK
                )
            )
            return set(found)

    async def of_calls(self, call_ids: Collection[int]) -> list[Case]:
        """The cases among these calls, in no order; what is gone or is no case is left out."""
        async with self._database.read(self._organization_id) as session:
            rows = await session.execute(
                select(CallRow.started_at, SummaryRow)
                .join(SummaryRow, CallRow.id == SummaryRow.call_id)
                .where(CallRow.id.in_(call_ids))
            )
            found = [(row.call_id, started_at, to_summary(row)) for started_at, row in rows]
        return [
            Case(
                call_id=call_id,
                started_at=started_at,
                reason=summary.reason,
                questions=summary.questions,
                outcome=summary.outcome,
                handoff_reason=summary.handoff_reason,
                follow_ups=summary.follow_ups,
            )
            for call_id, started_at, summary in found
            if summary.code is SummaryCode.OK
        ]


class ServedCases:
    """The index of cases of a server that runs: it alone may write it, so it is asked to."""

    def __init__(
        self,
        database: Database,
        organization_id: str,
        store: CaseStore,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._organization_id = organization_id
        self._store = store
        self._clock = clock

    async def ids(self) -> set[int]:
        """The calls that can be found: those that the database holds, whatever the index does."""
        return await self._store.ids()

    async def forget(self, call_ids: Collection[int]) -> None:
        """Have the server look again what is left of these calls, once they have been deleted."""
        run_at = self._clock() + _DELETED_BY_THEN
        async with self._database.write(self._organization_id) as session:
            for call_id in call_ids:
                key = f"{call_id}/{secrets.token_hex(4)}"
                payload = {"call_id": call_id}
                await enqueue(session, JobKind.INDEX_CASE, payload, key=key, run_at=run_at)
