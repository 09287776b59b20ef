"""What the chat model took of one organization: tokens and cost, by call and by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from sqlalchemy import func, select

from storage.database import Database, upsert
from storage.models import ModelUsageRow
from storage.records import DayUsage, ModelUse, Spent


class UsageStore:
    """One organization's use of chat models."""

    def __init__(self, database: Database, organization_id: str) -> None:
        self._database = database
        self._organization_id = organization_id

    async def record(self, uses: Sequence[ModelUse]) -> None:
        """Note uses; one whose key is there already counts once."""
        async with self._database.write(self._organization_id) as session:
            for use in uses:
                await upsert(
                    session,
                    ModelUsageRow,
                    asdict(use),
                    on=("organization_id", "key"),
                    update=False,
                )

    async def spent(self, day: date) -> Spent:
        """What was used on one day."""
        async with self._database.read(self._organization_id) as session:
            tokens = ModelUsageRow.tokens_read + ModelUsageRow.tokens_written
            row = (
                await session.execute(
                    select(func.sum(tokens), func.sum(ModelUsageRow.cost_micros)).where(
                        ModelUsageRow.day == day
                    )
                )
            ).one()
            return Spent(tokens=int(row[0] or 0), cost_micros=int(row[1] or 0))

    async def of_call(self, call_sid: str) -> list[ModelUse]:
        """What one call used, oldest first."""
        async with self._database.read(self._organization_id) as session:
            rows = await session.scalars(
                select(ModelUsageRow)
                .where(ModelUsageRow.call_sid == call_sid)
                .order_by(ModelUsageRow.at, ModelUsageRow.id)
            )
            return [
                ModelUse(
                    key=row.key,
                    call_sid=row.call_sid,
                    purpose=row.purpose,
                    model=row.model,
                    prompt=row.prompt,
                    tokens_read=row.tokens_read,
                    tokens_written=row.tokens_written,
                    estimated=row.estimated,
                    cost_micros=row.cost_micros,
                    at=row.at,
                    day=row.day,
                )
                for row in rows
            ]

    async def by_day(self, since: date) -> list[DayUsage]:
        """Sums by day and model from a day on, the oldest first."""
        async with self._database.read(self._organization_id) as session:
            rows = await session.execute(
                select(
                    ModelUsageRow.day,
                    ModelUsageRow.model,
                    func.count(ModelUsageRow.call_sid.distinct()),
                    func.count(ModelUsageRow.id),
                    func.sum(ModelUsageRow.tokens_read),
                    func.sum(ModelUsageRow.tokens_written),
                    func.sum(ModelUsageRow.cost_micros),
                )
                .where(ModelUsageRow.day >= since)
                .group_by(ModelUsageRow.day, ModelUsageRow.model)
                .order_by(ModelUsageRow.day, ModelUsageRow.model)
            )
            return [
                DayUsage(
                    day=day,
                    model=model,
                    calls=calls,
                    answers=answers,
                    tokens_read=int(read),
                    tokens_written=int(written),
                    cost_micros=int(cost),
                )
                for day, model, calls, answers, read, written, cost in rows
            ]
