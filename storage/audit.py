"""The audit log: who did what, in a chain in which every entry holds the hash of the one before.

An entry is appended in the transaction of what it tells of. The database refuses to change entries
and to delete young ones (migration 0008); whoever gets around that breaks the chain, which `verify`
shows. Only the hash of the last entry, kept elsewhere, shows that the end was cut off together with
its head.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import Database, affected, reference, upsert
from storage.models import AuditEntryRow, AuditHeadRow
from storage.organizations import organization_ids
from storage.types import storable

KEPT = timedelta(days=731)
"""Two years, with a leap day: younger entries the database keeps, whoever asks."""
_FIRST = "0" * 64
_BATCH = 1_000
_ACTOR, _ACTION, _SUBJECT = 100, 64, 200


class Action(StrEnum):
    """What is written down."""

    SIGNED_IN = "sign_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "sign_out"
    REVEALED = "reveal"
    """Somebody looked at a call in the clear."""
    LISTENED = "listen"
    USER_ADDED = "user_added"
    USER_REMOVED = "user_removed"
    ROLE_CHANGED = "role_changed"
    CORRECTED = "correct"
    CALLBACK_DONE = "callback_done"
    KEYS_ROTATED = "keys_rotated"
    RETENTION = "retention"
    EXPORTED = "export"
    ERASED = "erase"
    BACKED_UP = "backup"
    RESTORED = "restore"
    PRUNED = "prune_audit"
    """Old entries were deleted; `details` holds the seq and the hash of the last of them."""


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """One entry."""

    seq: int
    at: datetime
    """UTC."""
    actor: str
    action: str
    subject: str
    details: Mapping[str, Any]
    previous_hash: str
    hash: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of looking at a chain."""

    entries: int
    head: str
    """The hash of the last entry; 64 zeros where there is none."""
    broken_at: int | None = None
    """The seq of the first entry that is not as it was written, or is missing."""
    fault: str = ""


async def append(
    session: AsyncSession,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    details: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Append an entry in a transaction that others' entries wait for; do it late in yours.

    `details` holds what JSON can. Raises StorageError `unknown_organization`.
    """
    organization_id: str = session.info["organization_id"]
    with reference("unknown_organization", f"no organization {organization_id}"):
        await upsert(
            session,
            AuditHeadRow,
            {"seq": 0, "hash": _FIRST},
            on=("organization_id",),
            update=False,
        )
    locked = select(AuditHeadRow).with_for_update().execution_options(populate_existing=True)
    head = (await session.scalars(locked)).one()
    entry = _chained(
        organization_id,
        AuditEntry(
            seq=head.seq + 1,
            at=at.astimezone(UTC),
            actor=storable(actor)[:_ACTOR],
            action=action[:_ACTION],
            subject=storable(subject)[:_SUBJECT],
            details=json.loads(storable(json.dumps(dict(details or {}), ensure_ascii=False))),
            previous_hash=head.hash,
            hash="",
        ),
    )
    session.add(AuditEntryRow(**vars(entry)))
    head.seq, head.hash = entry.seq, entry.hash
    await session.flush()
    return entry


def command_actor() -> str:
    """Who gives a command on this machine, as the log names them."""
    try:
        return f"command:{getpass.getuser()}"
    except (KeyError, OSError):  # a container knows numbers only
        return f"command:{os.getuid()}"


async def append_everywhere(
    database: Database,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Append an entry to the log of every organization: it was done to all of them."""
    for organization_id in await organization_ids(database):
        async with database.write(organization_id) as session:
            await append(
                session, at=at, actor=actor, action=action, subject=subject, details=details
            )


class AuditLog:
    """One organization's log."""

    def __init__(
        self, database: Database, organization_id: str, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._organization_id = organization_id
        self._clock = clock

    async def append(
        self,
        actor: str,
        action: str,
        subject: str,
        details: Mapping[str, Any] | None = None,
        *,
        session: AsyncSession | None = None,
    ) -> AuditEntry:
        """Append an entry: in the transaction of `session`, or in one of its own."""
        entry = {"actor": actor, "action": action, "subject": subject}
        if session is not None:
            return await append(session, at=self._clock(), details=details, **entry)
        async with self._database.write(self._organization_id) as own:
            return await append(own, at=self._clock(), details=details, **entry)

    async def newest(
        self, limit: int, *, actor: str | None = None, action: str | None = None
    ) -> list[AuditEntry]:
        """The newest entries first, of one actor or action only if one is given."""
        query = select(AuditEntryRow).order_by(AuditEntryRow.seq.desc()).limit(limit)
        if actor is not None:
            query = query.where(AuditEntryRow.actor == actor)
        if action is not None:
            query = query.where(AuditEntryRow.action == action)
        async with self._database.read(self._organization_id) as session:
            return [_to_entry(row) for row in await session.scalars(query)]

    async def verify(self, *, head: str | None = None) -> Verdict:
        """Recompute the chain from its first entry to its end.

        With `head`, the hash of an entry that was noted elsewhere: it must still be in the chain.
        """
        # Others append meanwhile: the end as it was before must be met, and that after not passed.
        before = await self._end()
        chain = _Chain(self._organization_id, before, head)
        fault = None
        async with self._database.read(self._organization_id) as session:
            async for entry in _entries(session):
                if fault := chain.fault_of(entry):
                    break
        fault = fault or chain.fault_at_end(await self._end())
        broken_at, why = fault or (None, "")
        return Verdict(entries=chain.entries, head=chain.last[1], broken_at=broken_at, fault=why)

    async def _end(self) -> tuple[int, str]:
        async with self._database.read(self._organization_id) as session:
            row = (await session.execute(select(AuditHeadRow.seq, AuditHeadRow.hash))).first()
        return (0, _FIRST) if row is None else (row.seq, row.hash)

    async def prune(self, actor: str, *, before: datetime) -> int:
        """Delete the entries from before a time, and note which was the last of them.

        Only what is older than two years goes. Returns how many.
        """
        before = min(before, self._clock() - KEPT)
        async with self._database.write(self._organization_id) as session:
            young = select(func.min(AuditEntryRow.seq)).where(AuditEntryRow.at >= before)
            stays = await session.scalar(young)
            old = AuditEntryRow.at < before
            if stays is not None:
                old = AuditEntryRow.seq < stays  # What lies behind a young one stays: no gaps.
            last = await session.scalar(
                select(AuditEntryRow).where(old).order_by(AuditEntryRow.seq.desc()).limit(1)
            )
            if last is None:
                return 0
            through, details = last.seq, {"through": last.seq, "hash": last.hash}
            await self.append(actor, Action.PRUNED, "audit_log", details, session=session)
            return await affected(
                session, delete(AuditEntryRow).where(AuditEntryRow.seq <= through)
            )


class _Chain:
    """Looks at a chain entry by entry; a fault is the seq where it shows, and what it is."""

    def __init__(self, organization_id: str, end: tuple[int, str], head: str | None) -> None:
        self.entries = 0
        self.last = (0, _FIRST)
        self._organization_id = organization_id
        self._end = end
        self._head = head
        self._begins = (0, _FIRST)
        self._beginnings = {(0, _FIRST)}
        """Behind which entries a chain may begin: where nothing is missing, or was pruned."""
        self._met = {(0, _FIRST)}
        self._head_met = head in {None, _FIRST}

    def fault_of(self, entry: AuditEntry) -> tuple[int, str] | None:
        """What is wrong with the next entry."""
        if not self.entries:
            self._begins = self.last = (entry.seq - 1, entry.previous_hash)
        if entry.seq != self.last[0] + 1:
            return self.last[0] + 1, "the entry is missing"
        if entry.previous_hash != self.last[1]:
            return entry.seq, "it does not follow from the entry before"
        if _chained(self._organization_id, entry).hash != entry.hash:
            return entry.seq, "it was changed"
        if entry.action == Action.PRUNED:
            self._beginnings.add((entry.details["through"], entry.details["hash"]))
        self.last = (entry.seq, entry.hash)
        if entry.seq == self._end[0]:
            self._met.add(self.last)
        self._head_met = self._head_met or entry.hash == self._head
        self.entries += 1
        return None

    def fault_at_end(self, end: tuple[int, str]) -> tuple[int, str] | None:
        """What is wrong with the chain as a whole; `end` is where it ends by now."""
        if self._begins not in self._beginnings:
            return self._begins[0], "the entry is missing"
        if self._end not in self._met or self.last[0] > end[0]:
            return self.last[0] + 1, "the chain does not end as it did"
        if not self._head_met:
            return self.last[0] + 1, "no entry has the hash that was noted"
        return None


async def _entries(session: AsyncSession) -> AsyncIterator[AuditEntry]:
    """All entries in order, some at a time."""
    last = -1
    while True:
        rows = (
            await session.scalars(
                select(AuditEntryRow)
                .where(AuditEntryRow.seq > last)
                .order_by(AuditEntryRow.seq)
                .limit(_BATCH)
            )
        ).all()
        for row in rows:
            yield _to_entry(row)
            session.expunge(row)
        if len(rows) < _BATCH:
            return
        last = rows[-1].seq


def _chained(organization_id: str, entry: AuditEntry) -> AuditEntry:
    """The entry with the hash of all that it says."""
    says = {
        "organization_id": organization_id,
        "seq": entry.seq,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "details": entry.details,
        "previous_hash": entry.previous_hash,
    }
    canonical = json.dumps(says, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return AuditEntry(
        **{**vars(entry), "hash": hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()}
    )


def _to_entry(row: AuditEntryRow) -> AuditEntry:
    return AuditEntry(
        seq=row.seq,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        details=row.details,
        previous_hash=row.previous_hash,
        hash=row.hash,
    )
