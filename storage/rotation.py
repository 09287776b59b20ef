"""Has the ring's first key seal all that another one sealed, while calls go on.

Each value is exchanged by a statement that finds it as it was read, so whoever reads meanwhile
finds the old one or the new one, and what changes meanwhile is left for another look. All of it
may be stopped anywhere and begun again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import LargeBinary, Row, Select, Table, func, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.audit import Action, append_everywhere
from storage.database import Database
from storage.errors import StorageError
from storage.models import Base
from storage.recordings.files import SUFFIX, file_within, reseal, whole_bytes
from storage.records import RecordingStatus
from storage.rehashing import Rehashing
from storage.reviews import correction_keys
from storage.sealed import RECORDINGS, SEALED
from storage.sealing import Seals

logger = logging.getLogger(__name__)

BATCH = 200
"""Rows that are exchanged in one transaction; on SQLite others wait for it."""

_TABLES = Base.metadata.tables
_CALLS = _TABLES["calls"]

Values = dict[str, Any]
Rows = Sequence[Row[Any]]


@dataclass(frozen=True, kw_only=True)
class _Sealed:
    """How the rows of a table are sealed anew."""

    query: Select[Any]
    """Their `id`, `organization_id` and `sealed`, and what these are sealed about."""
    values: Callable[[Seals, Row[Any]], Values]
    """The columns that change."""


def _customer(seals: Seals, row: Row[Any]) -> Values:
    who = seals.customer(**seals.open_customer(row.identity_hash, row.sealed))
    return {name: who[name] for name in (SEALED, "identity_hash", "phone_hash")}


def _call(seals: Seals, row: Row[Any]) -> Values:
    caller = seals.open_caller(row.call_sid, row.caller, row.sealed)
    sealed = seals.resealed(row.sealed, "calls", row.call_sid)
    return {SEALED: sealed, "caller_hash": seals.phone_hash(caller)}


def _turn(seals: Seals, row: Row[Any]) -> Values:
    return {SEALED: seals.resealed(row.sealed, "turns", row.call_sid, str(row.turn_index))}


def _handoff(seals: Seals, row: Row[Any]) -> Values:
    return {SEALED: seals.resealed(row.sealed, "handoffs", row.call_sid)}


def _callback(seals: Seals, row: Row[Any]) -> Values:
    phone = seals.open_callback(row.call_sid, row.phone, row.sealed)
    sealed = seals.resealed(row.sealed, "callbacks", row.call_sid)
    return {SEALED: sealed, "phone_hash": seals.phone_hash(phone)}


def _correction(seals: Seals, row: Row[Any]) -> Values:
    keys = correction_keys(row.call_sid, row.turn_index, row.field, row.at)
    return {SEALED: seals.resealed(row.sealed, "corrections", *keys)}


def _of(table: str, *columns: str) -> Select[Any]:
    found = _TABLES[table].columns
    return select(*(found[name] for name in ("id", "organization_id", SEALED, *columns)))


def _of_call(table: str, *columns: str) -> Select[Any]:
    query = _of(table, *columns).add_columns(_CALLS.columns["call_sid"])
    return query.join(_CALLS, _CALLS.columns["id"] == _TABLES[table].columns["call_id"])


EXCHANGED: Mapping[str, _Sealed] = {
    "customers": _Sealed(query=_of("customers", "identity_hash"), values=_customer),
    "calls": _Sealed(query=_of("calls", "call_sid", "caller"), values=_call),
    "turns": _Sealed(query=_of_call("turns", "turn_index"), values=_turn),
    "callbacks": _Sealed(query=_of_call("callbacks", "phone"), values=_callback),
    "corrections": _Sealed(
        query=_of_call("corrections", "turn_index", "field", "at"), values=_correction
    ),
    "handoffs": _Sealed(query=_of_call("handoffs"), values=_handoff),
}


class Rotation:
    """One run over everything, of all organizations."""

    def __init__(self, database: Database, data_dir: Path) -> None:
        """Raises StorageError `no_keys`."""
        self._database = database
        self._vault = database.vault
        self._data_dir = data_dir
        self.exchanged: Counter[str] = Counter()
        """How many values were, by table; the files of recordings among them."""
        self.failed: Counter[str] = Counter()
        """How many could not be opened, and stay as they are."""
        self.untold = 0
        """Hashes of telephone numbers that nothing tells any more, see `Rehashing`."""
        self.left = 0
        """Recordings that are still written or not finished: another run takes them."""

    async def run(self, at: datetime, *, actor: str) -> None:
        """Exchange all there is, and note it in every audit log: before, and what was done.

        Raises StorageError `unavailable`, OSError.
        """
        await self._note(at, actor, {"begun": True})
        for name, sealed in EXCHANGED.items():
            await self._table(_TABLES[name], sealed)
        if len(self._vault.key_ids) > 1:
            hashes = Rehashing(self._database)
            await hashes.run()
            self.exchanged += hashes.exchanged
            self.untold = hashes.untold
        await self._recordings()
        done = {name: count for name, count in self.exchanged.items() if count}
        await self._note(at, actor, {"exchanged": done, "failed": dict(self.failed)})

    async def _note(self, at: datetime, actor: str, details: Values) -> None:
        await append_everywhere(
            self._database,
            at=at,
            actor=actor,
            action=Action.KEYS_ROTATED,
            subject=f"key:{self._vault.active}",
            details=details,
        )

    async def _table(self, table: Table, sealed: _Sealed) -> None:
        head = self._vault.head
        begins = type_coerce(func.substr(table.columns[SEALED], 1, len(head)), LargeBinary)
        async for rows in self._batches(table, sealed.query.where(begins != head)):
            async with self._database.everywhere() as connection:
                for row in rows:
                    with self._noting(table.name, row.id):
                        values = sealed.values(self._seals(row.organization_id), row)
                        await self._change(connection, table, row, values)

    async def _change(
        self, connection: AsyncConnection, table: Table, row: Row[Any], values: Values
    ) -> None:
        as_read = table.columns[SEALED] == row.sealed
        changed = await connection.execute(
            update(table).where(table.columns["id"] == row.id, as_read).values(**values)
        )
        self.exchanged[table.name] += changed.rowcount

    async def _recordings(self) -> None:
        table = _TABLES["recordings"]
        query = select(*(table.columns[name] for name in ("id", "path", "status")))
        finished = {RecordingStatus.FINISHED, RecordingStatus.INCOMPLETE}
        named: set[str] = set()
        async for rows in self._batches(table, query):
            for row in rows:
                named.add(row.path)
                if RecordingStatus(row.status) not in finished:
                    self.left += 1
                    continue
                with self._noting(RECORDINGS, row.id):
                    self.exchanged[RECORDINGS] += await asyncio.to_thread(self._file, row.path)
        await asyncio.to_thread(self._strays, named)

    def _file(self, path: str) -> bool:
        found = file_within(self._data_dir, path)
        return found is not None and reseal(found, self._vault)

    def _strays(self, named: Collection[str]) -> None:
        """Files that no row names: of calls that are not stored yet, or not any more."""
        for path in (self._data_dir / "recordings").glob(f"*{SUFFIX}"):
            if str(path.relative_to(self._data_dir)) in named:
                continue
            with self._noting(RECORDINGS, path.name), suppress(FileNotFoundError):
                with path.open("rb") as file:
                    _, ended = whole_bytes(file)
                if ended:
                    self.exchanged[RECORDINGS] += reseal(path, self._vault)
                else:
                    self.left += 1

    async def _batches(self, table: Table, query: Select[Any]) -> AsyncIterator[Rows]:
        """The rows of a query by their ids, some at a time, each time in a transaction of its own.

        What is done with them may change whether they still belong to it.
        """
        key = table.columns["id"]
        query, last = query.order_by(key).limit(BATCH), 0
        while True:
            async with self._database.snapshot() as connection:
                rows = (await connection.execute(query.where(key > last))).all()
            if not rows:
                return
            yield rows
            last = rows[-1].id

    @contextmanager
    def _noting(self, what: str, which: int | str) -> Iterator[None]:
        try:
            yield
        except StorageError as error:
            if error.retryable:
                raise
            logger.error("%s %s stays as it is: %s", what, which, error)  # noqa: TRY400
            self.failed[what] += 1

    def _seals(self, organization_id: str) -> Seals:
        return Seals(self._vault, organization_id)
