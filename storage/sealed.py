"""Which keys have sealed what is stored, over all organizations: rows and recordings."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import Counter
from contextlib import suppress
from pathlib import Path

from sqlalchemy import LargeBinary, Table, func, select, type_coerce

from storage.backlog import frames
from storage.database import Database
from storage.errors import StorageError
from storage.models import Base
from storage.recordings.files import SUFFIX, read_head
from storage.vault import HEAD_BYTES, key_id_of

RECORDINGS = "files of recordings"
JOURNAL = "journal"
JOURNAL_FOLDER = "journal"
"""In the data directory."""
JOURNAL_SUFFIXES = frozenset({".journal", ".json"})
"""Of what waits, and of what was put aside."""
SEALED = "sealed"
"""The column that holds a row's clear values, in every table that has one."""


def sealed_tables() -> list[Table]:
    """The tables whose rows hold sealed values."""
    return [table for table in Base.metadata.sorted_tables if SEALED in table.columns]


async def count_by_key(database: Database, data_dir: Path) -> dict[str, Counter[str]]:
    """How many values each key has sealed, by table; by `RECORDINGS` and `JOURNAL` what are files.

    Raises StorageError `damaged` where something is stored that no key has sealed.
    """
    counts = {
        RECORDINGS: await asyncio.to_thread(_count_recordings, data_dir / "recordings"),
        JOURNAL: await asyncio.to_thread(_count_journal, data_dir / JOURNAL_FOLDER),
    }
    for table in sealed_tables():
        column = table.columns[SEALED]
        # The head is enough, and a table of a million turns is not brought here for it.
        heads = type_coerce(func.substr(column, 1, HEAD_BYTES), LargeBinary)
        counts[table.name] = Counter()
        async with database.snapshot() as connection:
            async for (head,) in await connection.stream(
                select(heads).where(column.is_not(None)).execution_options(yield_per=1_000)
            ):
                counts[table.name][key_id_of(head)] += 1
    return counts


def _count_recordings(folder: Path) -> Counter[str]:
    count: Counter[str] = Counter()
    for path in folder.glob(f"*{SUFFIX}"):
        # A file that has just been made, or that goes meanwhile, holds nothing.
        with suppress(FileNotFoundError), path.open("rb") as file:
            if path.stat().st_size:
                count[key_id_of(read_head(file).sealed_key)] += 1
    return count


def _count_journal(folder: Path) -> Counter[str]:
    count: Counter[str] = Counter()
    for path in folder.glob("**/*.*"):
        if path.suffix in JOURNAL_SUFFIXES:
            with suppress(FileNotFoundError):
                count += journal_keys(path, path.read_bytes())
    return count


def journal_keys(path: Path, data: bytes) -> Counter[str]:
    """The keys that sealed the entries of a journal's file; of what cannot be read none."""
    if path.suffix == ".json":
        sealed = [base64.b64decode(json.loads(data)["sealed"])]
    else:
        sealed = [payload for _, payload in frames(data).payloads]
    count: Counter[str] = Counter()
    for one in sealed:
        with suppress(StorageError):
            count[key_id_of(one)] += 1
    return count
