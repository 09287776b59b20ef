"""Which keys have sealed what is stored, over all organizations."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import LargeBinary, Table, func, select, type_coerce

from storage.database import Database
from storage.models import Base
from storage.vault import HEAD_BYTES, key_id_of

SEALED = "sealed"
"""The column that holds a row's clear values, in every table that has one."""


def sealed_tables() -> list[Table]:
    """The tables whose rows hold sealed values."""
    return [table for table in Base.metadata.sorted_tables if SEALED in table.columns]


async def count_by_key(database: Database) -> dict[str, Counter[str]]:
    """How many values each key has sealed, by table.

    Raises StorageError `damaged` where something is stored that no key has sealed.
    """
    counts: dict[str, Counter[str]] = {}
    for table in sealed_tables():
        column = table.columns[SEALED]
        # The head is enough, and a table of a million turns is not brought here for it.
        heads = type_coerce(func.substr(column, 1, HEAD_BYTES), LargeBinary)
        counts[table.name] = Counter()
        async with database.everywhere() as connection:
            async for (head,) in await connection.stream(
                select(heads).where(column.is_not(None)).execution_options(yield_per=1_000)
            ):
                counts[table.name][key_id_of(head)] += 1
    return counts
