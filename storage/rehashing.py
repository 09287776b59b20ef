"""Has people be found by the ring's first key, where another one made the hashes.

A hash tells nothing of its telephone number. So all numbers are gathered that anything still tells,
of customers, callers, call-backs and what was spoken, and every hash that an older key makes of
one of them is exchanged.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Row, Select, Table, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.convert import to_turn
from storage.database import Database
from storage.errors import StorageError
from storage.masking import CallMasker
from storage.models import Base, MentionRow, TurnRow
from storage.sealing import Seals

_TABLES = Base.metadata.tables
_CALLS = _TABLES["calls"]
_BATCH = 500

HASHED = (("calls", "caller_hash"), ("callbacks", "phone_hash"), ("mentions", "phone_hash"))
"""Where numbers are found by hash; a customer's are exchanged with what is sealed of them."""


class Rehashing:
    """One run over the hashes of all organizations, once nothing is sealed by older keys."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._vault = database.vault
        self._newer: dict[str, dict[str, str]] = defaultdict(dict)
        """By organization: what the first key makes of the numbers of other keys' hashes."""
        self.exchanged: Counter[str] = Counter()
        self.untold = 0
        """Hashes of numbers that nothing tells any more: by which key, nobody can say."""

    async def run(self) -> None:
        """Exchange all that can be. Raises StorageError `unavailable`."""
        await self._customers()
        await self._callers()
        await self._callbacks()
        await self._spoken()
        for table, column in HASHED:
            await self._exchange(_TABLES[table], column)

    def _learn(self, organization_id: str, phone: str) -> None:
        if phone:
            new, *old = self._vault.fingerprints(phone)
            self._newer[organization_id].update({new: new, **dict.fromkeys(old, new)})

    async def _customers(self) -> None:
        async for row in self._rows("customers", "identity_hash", "sealed"):
            with _if_readable():
                clear = self._seals(row).open_customer(row.identity_hash, row.sealed)
                self._learn(row.organization_id, clear["phone"])

    async def _callers(self) -> None:
        async for row in self._rows("calls", "call_sid", "caller", "sealed"):
            with _if_readable():
                phone = self._seals(row).open_caller(row.call_sid, row.caller, row.sealed)
                self._learn(row.organization_id, phone)

    async def _callbacks(self) -> None:
        table = _TABLES["callbacks"]
        query = select(table, _CALLS.columns["call_sid"]).join(
            _CALLS, _CALLS.columns["id"] == table.columns["call_id"]
        )
        async for row in self._told(table, query):
            with _if_readable():
                phone = self._seals(row).open_callback(row.call_sid, row.phone, row.sealed)
                self._learn(row.organization_id, phone)

    async def _spoken(self) -> None:
        """Numbers that were spoken of, as they were found when they were."""
        mentioned = exists(select(MentionRow.id).where(MentionRow.call_id == _CALLS.columns["id"]))
        query = select(*(_CALLS.columns[name] for name in ("id", "organization_id", "call_sid")))
        async for call in self._told(_CALLS, query.where(mentioned)):
            masker, seals = CallMasker(), self._seals(call)
            async with self._database.read(call.organization_id) as session:
                turns = await session.scalars(
                    select(TurnRow).where(TurnRow.call_id == call.id).order_by(TurnRow.index)
                )
                rows = turns.all()
            for row in rows:
                with _if_readable():
                    turn = seals.open_turn(call.call_sid, to_turn(row), row.sealed)
                    for phone in masker.phones(turn):
                        self._learn(call.organization_id, phone)
                    masker.turn(turn)

    async def _exchange(self, table: Table, name: str) -> None:
        column = table.columns[name]
        query = select(table.columns["id"], table.columns["organization_id"], column)
        async for rows in self._batches(table, query.where(column.is_not(None))):
            async with self._database.everywhere() as connection:
                for row in rows:
                    was: str = getattr(row, name)
                    new = self._newer[row.organization_id].get(was)
                    if new is None:
                        self.untold += 1
                    elif new != was:
                        await self._replace(connection, table, row.id, {name: was}, {name: new})
                        self.exchanged[table.name] += 1

    async def _replace(
        self,
        connection: AsyncConnection,
        table: Table,
        row_id: int,
        was: dict[str, Any],
        new: dict[str, Any],
    ) -> None:
        ((name, value),) = was.items()
        this = (table.columns["id"] == row_id, table.columns[name] == value)
        try:
            async with connection.begin_nested():
                await connection.execute(update(table).where(*this).values(**new))
        except IntegrityError:
            # The same number was told in the same turn meanwhile, and is there under the new key.
            await connection.execute(table.delete().where(*this))

    async def _rows(self, table: str, *columns: str) -> AsyncIterator[Row[Any]]:
        found = _TABLES[table].columns
        query = select(*(found[name] for name in ("id", "organization_id", *columns)))
        async for row in self._told(_TABLES[table], query):
            yield row

    async def _told(self, table: Table, query: Select[Any]) -> AsyncIterator[Row[Any]]:
        async for rows in self._batches(table, query):
            for row in rows:
                yield row

    async def _batches(self, table: Table, query: Select[Any]) -> AsyncIterator[Sequence[Row[Any]]]:
        key, last = table.columns["id"], 0
        while True:
            async with self._database.snapshot() as connection:
                following = query.where(key > last).order_by(key).limit(_BATCH)
                rows = (await connection.execute(following)).all()
            if not rows:
                return
            yield rows
            last = rows[-1].id

    def _seals(self, row: Row[Any]) -> Seals:
        return Seals(self._vault, row.organization_id)


@contextmanager
def _if_readable() -> Iterator[None]:
    """What cannot be opened tells no number; that was noted when its key was to be exchanged."""
    try:
        yield
    except StorageError as error:
        if error.retryable:
            raise
