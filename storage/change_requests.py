"""Requests to change a plan: noted for a human, never carried out here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select, update

from storage.calls import utc_now
from storage.convert import to_change_request
from storage.database import Database, reference, upsert
from storage.models import ChangeRequestRow
from storage.records import ChangeRequest, ChangeStatus


class ChangeRequests:
    """One organization's requests."""

    def __init__(
        self, database: Database, organization_id: str, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._organization_id = organization_id
        self._clock = clock

    async def request(
        self, *, call_sid: str, customer_id: int, from_plan_id: str, to_plan_id: str
    ) -> ChangeRequest:
        """Note a request; the same one again in the same call is the one already noted.

        Who asks for another plan in the same call no longer wants the one before.
        Raises StorageError `unknown_customer`.
        """
        of_caller = (
            ChangeRequestRow.call_sid == call_sid,
            ChangeRequestRow.customer_id == customer_id,
        )
        wanted = ChangeRequestRow.to_plan_id == to_plan_id
        open_now = ChangeRequestRow.status == ChangeStatus.REQUESTED
        now = self._clock()
        async with self._database.write(self._organization_id) as session:
            await session.execute(
                update(ChangeRequestRow)
                .where(*of_caller, ~wanted, open_now)
                .values(status=ChangeStatus.SUPERSEDED)
            )
            await session.execute(
                update(ChangeRequestRow)
                .where(*of_caller, wanted, ~open_now)
                .values(status=ChangeStatus.REQUESTED, requested_at=now)
            )
            with reference("unknown_customer", f"no customer {customer_id}"):
                await upsert(
                    session,
                    ChangeRequestRow,
                    {
                        "call_sid": call_sid,
                        "customer_id": customer_id,
                        "from_plan_id": from_plan_id,
                        "to_plan_id": to_plan_id,
                        "requested_at": now,
                        "status": ChangeStatus.REQUESTED,
                    },
                    on=("call_sid", "customer_id", "to_plan_id"),
                    update=False,
                )
            row = await session.scalar(select(ChangeRequestRow).where(*of_caller, wanted))
            assert row is not None  # noqa: S101 - inserted above, or there before
            return to_change_request(row)

    async def of_call(self, call_sid: str) -> list[ChangeRequest]:
        """What was asked for in one call, oldest first, superseded ones included."""
        async with self._database.read(self._organization_id) as session:
            rows = await session.scalars(
                select(ChangeRequestRow)
                .where(ChangeRequestRow.call_sid == call_sid)
                .order_by(ChangeRequestRow.requested_at, ChangeRequestRow.id)
            )
            return [to_change_request(row) for row in rows]
