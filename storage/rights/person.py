"""Finds everything that is kept of the person with a telephone number, in every store."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import phonenumbers
from sqlalchemy import and_, or_, select
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
from storage.rights.journals import Waiting, entries_of

OF_CALLS = (
    TurnRow,
    SummaryRow,
    HandoffRow,
    RecordingRow,
    FeedbackRow,
    CorrectionRow,
    ScorecardRow,
)
"""Tables whose rows belong to a call by `call_id`, and go with it."""


class CaseIndex(Protocol):
    """The index of cases, as far as it knows calls."""

    async def forget(self, call_ids: Collection[int]) -> None:
        """Remove calls from the index; those that are not there do no harm."""

    async def ids(self) -> set[int]:
        """The calls that are in the index."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """What is kept of somebody: rows as they lie in the tables, and where else there is more."""

    phone: str
    """E.164."""
    customers: Sequence[CustomerRow]
    calls: Sequence[CallRow]
    """From that telephone, or about those customers."""
    of_calls: dict[str, int]
    """Rows that belong to these calls, by table."""
    callbacks: Sequence[CallbackRow]
    changes: Sequence[ChangeRequestRow]
    usage: Sequence[ModelUsageRow]
    jobs: Sequence[OutboxJobRow]
    mentions: Sequence[MentionRow]
    """In other people's calls."""
    recordings: Sequence[RecordingRow]
    cases: Sequence[int]
    """Calls in the index of cases."""
    journal: Sequence[Waiting]

    @property
    def counts(self) -> dict[str, int]:
        """How much there is in each store."""
        return {
            "customers": len(self.customers),
            "calls": len(self.calls),
            **self.of_calls,
            "callbacks": len(self.callbacks),
            "change_requests": len(self.changes),
            "model_usage": len(self.usage),
            "outbox_jobs": len(self.jobs),
            "mentions": len(self.mentions),
            "cases": len(self.cases),
            "journal": len(self.journal),
        }

    @property
    def call_ids(self) -> list[int]:
        """The calls' ids."""
        return [call.id for call in self.calls]


def e164(phone: str) -> str:
    """A telephone number as it is stored. Raises StorageError `bad_phone`."""
    try:
        number = phonenumbers.parse(phone, "KR")
    except phonenumbers.NumberParseException as error:
        raise StorageError("bad_phone", "that is no telephone number") from error
    if not phonenumbers.is_possible_number(number):
        raise StorageError("bad_phone", "that is no telephone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class PersonFinder:
    """Finds one person's data among an organization's."""

    def __init__(
        self, database: Database, organization_id: str, data_dir: Path, cases: CaseIndex
    ) -> None:
        self._database = database
        self._organization_id = organization_id
        self._data_dir = data_dir
        self._cases = cases

    async def find(self, phone: str) -> Person:
        """All that is kept of the person with this number.

        Raises StorageError `bad_phone`, `no_keys`, KnowledgeError, OSError.
        """
        phone = e164(phone)
        vault = self._database.vault
        hashes = vault.fingerprints(phone)
        async with self._database.read(self._organization_id) as session:
            customers = await _all(session, CustomerRow, CustomerRow.phone_hash.in_(hashes))
            customer_ids = [row.id for row in customers]
            calls = await _all(
                session,
                CallRow,
                or_(CallRow.caller_hash.in_(hashes), CallRow.customer_id.in_(customer_ids)),
            )
            ids, sids = [row.id for row in calls], [row.call_sid for row in calls]
            of_calls = {
                model.__tablename__: len(await _all(session, model, model.call_id.in_(ids)))
                for model in OF_CALLS
            }
            callbacks = await _all(
                session,
                CallbackRow,
                or_(CallbackRow.phone_hash.in_(hashes), CallbackRow.call_id.in_(ids)),
            )
            changes = await _all(
                session,
                ChangeRequestRow,
                or_(
                    ChangeRequestRow.customer_id.in_(customer_ids),
                    ChangeRequestRow.call_sid.in_(sids),
                ),
            )
            usage = await _all(session, ModelUsageRow, ModelUsageRow.call_sid.in_(sids))
            mentions = await _all(
                session,
                MentionRow,
                and_(MentionRow.phone_hash.in_(hashes), MentionRow.call_id.not_in(ids)),
            )
            recordings = await _all(session, RecordingRow, RecordingRow.call_id.in_(ids))
            jobs = await _all(
                session, OutboxJobRow, OutboxJobRow.payload["call_id"].as_integer().in_(ids)
            )
        journal = await asyncio.to_thread(
            entries_of,
            self._data_dir / "journal",
            vault,
            self._organization_id,
            phone=phone,
            call_sids=sids,
        )
        return Person(
            phone=phone,
            customers=customers,
            calls=calls,
            of_calls=of_calls,
            callbacks=callbacks,
            changes=changes,
            usage=usage,
            jobs=jobs,
            mentions=mentions,
            recordings=recordings,
            cases=sorted(set(ids) & await self._cases.ids()),
            journal=journal,
        )


async def _all(session: AsyncSession, model: type[Any], condition: Any) -> list[Any]:
    return list((await session.scalars(select(model).where(condition))).all())
