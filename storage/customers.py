"""Customers of one organization, in the clear: for the agent that speaks with them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from storage.convert import to_customer
from storage.database import Database, upsert
from storage.models import CustomerRow
from storage.organizations import ensure_organization
from storage.records import Customer
from storage.sample import SAMPLE_CUSTOMERS
from storage.sealing import Seals


class CustomerStore:
    """Who the organization's customers are."""

    def __init__(self, database: Database, organization_id: str) -> None:
        self._database = database
        self._organization_id = organization_id

    async def by_phone(self, phone: str) -> list[Customer]:
        """All customers with this telephone (E.164), oldest first; a family may share one."""
        seals = self._seals()
        return await self._where(CustomerRow.phone_hash.in_(seals.phone_hashes([phone])))

    async def get(self, customer_id: int) -> Customer | None:
        """The customer with this id."""
        return next(iter(await self._where(CustomerRow.id == customer_id)), None)

    async def load_sample(self, *, organization_name: str = "여보세요 모바일") -> None:
        """Store the organization and the sample customers; those already there stay as they are."""
        await ensure_organization(self._database, self._organization_id, organization_name)
        seals = self._seals()
        async with self._database.write(self._organization_id) as session:
            for name, phone, born, plan_id, since in SAMPLE_CUSTOMERS:
                hashes = seals.identity_hashes(phone, name)
                known = select(CustomerRow.id).where(CustomerRow.identity_hash.in_(hashes))
                if await session.scalar(known) is not None:
                    continue  # perhaps under the key before this one
                who = seals.customer(name=name, phone=phone, born=born)
                await upsert(
                    session,
                    CustomerRow,
                    {**who, "plan_id": plan_id, "since": since},
                    on=("organization_id", "identity_hash"),
                    update=False,
                )

    async def _where(self, condition: Any) -> list[Customer]:
        async with self._database.read(self._organization_id) as session:
            rows = await session.scalars(
                select(CustomerRow).where(condition).order_by(CustomerRow.id)
            )
            found = rows.all()
        seals = self._seals()
        return [to_customer(row, seals) for row in found]

    def _seals(self) -> Seals:
        return Seals(self._database.vault, self._organization_id)
