"""Rows as lines of JSON that every database gives alike, and how all of them are read."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    Float,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    TableClause,
    Text,
    column,
    literal,
    select,
    table,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from storage.types import SpokenText, UtcDateTime

Columns = Sequence[tuple[str, str]]
"""Names of columns, and what they hold: one of `_TYPES`."""

_TYPES: dict[str, TypeEngine[Any]] = {
    "time": UtcDateTime(),
    "date": Date(),
    "bytes": LargeBinary(),
    "json": JSON(),
    "truth": Boolean(),
    "integer": BigInteger(),
    "float": Float(),
    "text": Text(),
}
# Tried in this order: a truth is an integer too.
_KINDS: tuple[tuple[type[TypeEngine[Any]] | tuple[type[TypeEngine[Any]], ...], str], ...] = (
    (UtcDateTime, "time"),
    (Date, "date"),
    (LargeBinary, "bytes"),
    (JSON, "json"),
    (Boolean, "truth"),
    (Integer, "integer"),
    (Float, "float"),
    ((String, SpokenText), "text"),
)
_TO_JSON: dict[str, Callable[[Any], Any]] = {
    "time": datetime.isoformat,
    "date": date.isoformat,
    "bytes": lambda value: base64.b64encode(value).decode(),
}
_FROM_JSON: dict[str, Callable[[Any], Any]] = {
    "time": datetime.fromisoformat,
    "date": date.fromisoformat,
    "bytes": base64.b64decode,
}


def columns_of(of: Table) -> list[tuple[str, str]]:
    """A table's columns and what they hold."""
    return [(found.name, _kind(found.type)) for found in of.columns]


def table_of(name: str, columns: Columns) -> TableClause:
    """A table as a backup describes it, of whatever revision."""
    return table(name, *(column(one, _TYPES[kind]) for one, kind in columns))


def encode(row: Sequence[Any], columns: Columns) -> bytes:
    """A row as one line, its end included."""
    values = [
        value if value is None else _TO_JSON.get(kind, _as_it_is)(value)
        for value, (_, kind) in zip(row, columns, strict=True)
    ]
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes, columns: Columns) -> dict[str, Any]:
    """What `encode` made. Raises ValueError."""
    values = json.loads(line)
    return {
        name: value if value is None else _FROM_JSON.get(kind, _as_it_is)(value)
        for value, (name, kind) in zip(values, columns, strict=True)
    }


def alike(rows: Iterable[Mapping[str, Any]], columns: Columns) -> Iterator[list[dict[str, Any]]]:
    """The rows in runs that give the same columns.

    JSON that is missing is left out: given as None, it would be stored as JSON's null.
    """
    documents = {name for name, kind in columns if kind == "json"}
    run: list[dict[str, Any]] = []
    for row in rows:
        given = {k: v for k, v in row.items() if v is not None or k not in documents}
        if run and run[-1].keys() != given.keys():
            yield run
            run = []
        run.append(given)
    if run:
        yield run


async def batches(
    connection: AsyncConnection, of: TableClause, key: Sequence[str], size: int
) -> AsyncIterator[Sequence[Row[Any]]]:
    """All rows by their key, some at a time, so that no statement takes long."""
    keys = [of.columns[name] for name in key]
    at = [list(of.columns.keys()).index(name) for name in key]
    query = select(of).order_by(*keys).limit(size)
    following = query
    while rows := (await connection.execute(following)).all():
        yield rows
        last = tuple_(*(literal(rows[-1][place], keys[n].type) for n, place in enumerate(at)))
        following = query.where(tuple_(*keys) > last)


def _kind(of: TypeEngine[Any]) -> str:
    return next(kind for types, kind in _KINDS if isinstance(of, types))


def _as_it_is(value: Any) -> Any:
    return value
