"""Earlier calls as cases: what was asked, and what became of it; all of it masked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from storage.convert import to_summary
from storage.database import Database
from storage.models import CallRow, SummaryRow
from storage.records import AnsweredQuestion, HandoffReason, Outcome, SummaryCode


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
