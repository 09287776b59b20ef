"""A customer's earlier calls, as they are remembered when the customer phones again."""

from __future__ import annotations

from sqlalchemy import select

from storage.convert import to_earlier_call
from storage.database import Database
from storage.models import CallRow, SummaryRow, TurnRow
from storage.records import EarlierCall

_PLAN = "plan:"


class CallHistory:
    """One organization's calls by customer.

    A call belongs to a customer only where it was proven who was calling, so a stranger's words
    never become part of somebody's history.
    """

    def __init__(self, database: Database, organization_id: str) -> None:
        self._database = database
        self._organization_id = organization_id

    async def earlier(self, customer_id: int, *, limit: int) -> list[EarlierCall]:
        """The customer's calls that have ended, newest first."""
        async with self._database.read(self._organization_id) as session:
            calls = (
                await session.execute(
                    select(CallRow, SummaryRow)
                    .outerjoin(SummaryRow, CallRow.id == SummaryRow.call_id)
                    .where(CallRow.customer_id == customer_id, CallRow.ended_at.is_not(None))
                    .order_by(CallRow.started_at.desc(), CallRow.id.desc())
                    .limit(limit)
                )
            ).all()
            turns = await session.execute(
                select(TurnRow.call_id, TurnRow.fact_ids)
                .where(TurnRow.call_id.in_([call.id for call, _ in calls]))
                .order_by(TurnRow.call_id, TurnRow.index)
            )
            plans: dict[int, dict[str, None]] = {}
            for call_id, fact_ids in turns:
                spoken_of = plans.setdefault(call_id, {})
                for fact_id in fact_ids:
                    if fact_id.startswith(_PLAN):
                        spoken_of[fact_id.removeprefix(_PLAN).partition(":")[0]] = None
            return [
                to_earlier_call(call, summary, tuple(plans.get(call.id, ())))
                for call, summary in calls
            ]
