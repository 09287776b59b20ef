"""What users of the console say about calls: feedback, corrections and scores.

Comments are kept masked only. A correction is carried out: the turn or summary says from then on
what it should have said, masked and sealed as ever, and what it said before stays beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.audit import Action, append
from storage.convert import to_turn
from storage.database import Database, upsert
from storage.errors import StorageError
from storage.maskers import Maskers, acquaintance
from storage.models import CallRow, CorrectionRow, FeedbackRow, ScorecardRow, SummaryRow, TurnRow
from storage.outbox import JobKind, enqueue
from storage.records import User
from storage.sealing import Seals
from storage.search import index_call
from storage.types import storable
from storage.users import actor_of


class Rating(StrEnum):
    """What a user thinks of a call or turn."""

    GOOD = "good"
    BAD = "bad"


class Field(StrEnum):
    """What can be corrected: two of a turn, two of a summary."""

    HEARD = "heard"
    SAID = "said"
    REASON = "reason"
    TEXT = "text"


_OF_TURN = {Field.HEARD, Field.SAID}


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """An opinion on a call, or on one of its turns."""

    turn_index: int | None
    rating: Rating
    comment: str
    by: str
    at: datetime
    """UTC."""


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What a field said and what it says since; masked."""

    turn_index: int | None
    """None where it is the summary's."""
    field: Field
    before: str
    after: str
    by: str
    at: datetime
    """UTC."""


@dataclass(frozen=True, kw_only=True)
class Scorecard:
    """How well a call was handled, by one user."""

    items: Mapping[str, int]
    """Points by the item's code."""
    total: int
    comment: str
    by: str
    at: datetime
    """UTC."""


@dataclass(frozen=True, kw_only=True)
class Reviews:
    """All that was said about a call, oldest first."""

    feedback: tuple[Feedback, ...]
    corrections: tuple[Correction, ...]
    scorecards: tuple[Scorecard, ...]


class ReviewStore:
    """One organization's reviews. Every method is one short transaction."""

    def __init__(
        self, database: Database, organization_id: str, *, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._organization_id = organization_id
        self._clock = clock

    async def feedback(
        self, call_id: int, rating: Rating, comment: str, *, by: User, turn_index: int | None = None
    ) -> None:
        """Keep an opinion. Raises StorageError `unknown_call`."""
        async with self._database.write(self._organization_id) as session:
            telling = await acquaintance(session, call_id, self._seals)
            session.add(
                FeedbackRow(
                    call_id=call_id,
                    turn_index=turn_index,
                    user_id=by.id,
                    user_name=by.name,
                    at=self._clock(),
                    rating=rating,
                    comment=telling.masker.text(storable(comment)),
                )
            )

    async def score(
        self, call_id: int, items: Mapping[str, int], comment: str, *, by: User
    ) -> None:
        """Keep a user's points for a call, in place of earlier ones.

        Raises StorageError `unknown_call`.
        """
        async with self._database.write(self._organization_id) as session:
            telling = await acquaintance(session, call_id, self._seals)
            await upsert(
                session,
                ScorecardRow,
                {
                    "call_id": call_id,
                    "user_id": by.id,
                    "user_name": by.name,
                    "at": self._clock(),
                    "items": dict(items),
                    "total": sum(items.values()),
                    "comment": telling.masker.text(storable(comment)),
                },
                on=("call_id", "user_id"),
            )

    async def correct(
        self, call_id: int, field: Field, text: str, *, by: User, turn_index: int | None = None
    ) -> None:
        """Say what a turn, or without `turn_index` the summary, should have said.

        Raises StorageError `unknown_call`, also for a turn or summary that is not there, and
        `refused` for a field that the turn or summary does not have.
        """
        if (field in _OF_TURN) is (turn_index is None):
            raise StorageError("refused", f"{field} is not a field of that")
        text, seals, now = storable(text), self._seals, self._clock()
        async with self._database.write(self._organization_id) as session:
            if turn_index is None:
                sid, before, after = await _correct_summary(session, call_id, field, text, seals)
            else:
                sid, before, after = await _correct_turn(
                    session, call_id, field, text, seals, index=turn_index
                )
            about = correction_keys(sid, turn_index, field, now)
            session.add(
                CorrectionRow(
                    call_id=call_id,
                    turn_index=turn_index,
                    field=field,
                    user_id=by.id,
                    user_name=by.name,
                    at=now,
                    **seals.correction(about, before, after),
                )
            )
            await session.flush()
            await index_call(session, call_id)
            if turn_index is None:
                await enqueue(
                    session,
                    JobKind.INDEX_CASE,
                    {"call_id": call_id},
                    key=f"{call_id}/{field}/{now.isoformat()}",
                    run_at=now,
                )
            await append(
                session,
                at=now,
                actor=actor_of(by),
                action=Action.CORRECTED,
                subject=f"call:{sid}",
                details={"turn": turn_index, "field": field.value},
            )

    async def of_call(self, call_id: int) -> Reviews:
        """All that was said about a call."""
        async with self._database.read(self._organization_id) as session:
            feedback = await session.scalars(
                select(FeedbackRow).where(FeedbackRow.call_id == call_id).order_by(FeedbackRow.id)
            )
            corrections = await session.scalars(
                select(CorrectionRow)
                .where(CorrectionRow.call_id == call_id)
                .order_by(CorrectionRow.id)
            )
            scorecards = await session.scalars(
                select(ScorecardRow)
                .where(ScorecardRow.call_id == call_id)
                .order_by(ScorecardRow.id)
            )
            return Reviews(
                feedback=tuple(map(_to_feedback, feedback)),
                corrections=tuple(map(_to_correction, corrections)),
                scorecards=tuple(map(_to_scorecard, scorecards)),
            )

    @property
    def _seals(self) -> Seals:
        return Seals(self._database.vault, self._organization_id)


def correction_keys(
    call_sid: str, turn_index: int | None, field: str, at: datetime
) -> tuple[str, ...]:
    """What tells a correction from all others, as its sealed value is about."""
    place = "summary" if turn_index is None else str(turn_index)
    return (call_sid, place, field, at.isoformat(timespec="microseconds"))


_Change = tuple[str, tuple[str, str], tuple[str, str]]
"""A call's CallSid; then, clear and masked, what was said before and after."""


async def _correct_turn(
    session: AsyncSession, call_id: int, field: Field, text: str, seals: Seals, *, index: int
) -> _Change:
    row = await session.scalar(
        select(TurnRow).where(TurnRow.call_id == call_id, TurnRow.index == index)
    )
    if row is None:
        raise StorageError("unknown_call", f"no turn {index} of call {call_id}")
    telling = await Maskers().take(session, call_id, seals, before=index)
    shown = to_turn(row)
    was = seals.open_turn(telling.call_sid, shown, row.sealed)
    turn = replace(was, heard=text) if field is Field.HEARD else replace(was, said=text)
    masked, _ = await telling.masked(session, turn)
    for column, value in seals.turn(telling.call_sid, turn, masked).items():
        setattr(row, column, value)
    before = (getattr(was, field), getattr(shown, field))
    return telling.call_sid, before, (text, getattr(masked, field))


async def _correct_summary(
    session: AsyncSession, call_id: int, field: Field, text: str, seals: Seals
) -> _Change:
    found = await session.execute(
        select(SummaryRow, CallRow.call_sid)
        .join(CallRow, CallRow.id == SummaryRow.call_id)
        .where(SummaryRow.call_id == call_id)
    )
    pair = found.first()
    if pair is None:
        raise StorageError("unknown_call", f"no summary of call {call_id}")
    row, call_sid = pair
    telling = await acquaintance(session, call_id, seals)
    before, after = getattr(row, field), telling.masker.text(text)
    setattr(row, field, after)
    return call_sid, (before, before), (text, after)


def _to_feedback(row: FeedbackRow) -> Feedback:
    return Feedback(
        turn_index=row.turn_index,
        rating=Rating(row.rating),
        comment=row.comment,
        by=row.user_name,
        at=row.at,
    )


def _to_correction(row: CorrectionRow) -> Correction:
    return Correction(
        turn_index=row.turn_index,
        field=Field(row.field),
        before=row.before,
        after=row.after,
        by=row.user_name,
        at=row.at,
    )


def _to_scorecard(row: ScorecardRow) -> Scorecard:
    return Scorecard(
        items=row.items, total=row.total, comment=row.comment, by=row.user_name, at=row.at
    )
