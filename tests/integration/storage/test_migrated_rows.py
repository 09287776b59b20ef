"""Rows of older versions keep their meaning through migrations, forward and back."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage import migrations
from storage.database import Database
from tests.support.calls import NOW

_TIME = sa.DateTime(timezone=True)


def _table(name: str, /, *columns: str, **typed: Any) -> sa.TableClause:
    return sa.table(name, *map(sa.column, columns), *(sa.column(n, t) for n, t in typed.items()))


def _old_rows(connection: Connection) -> None:
    """A customer, a user, and two calls of which one has a recording, as of revision 0004."""

    def insert(table: str, /, **values: Any) -> None:
        types = {
            column: _TIME if column.endswith("_at") else sa.Date()
            for column in values
            if column.endswith("_at") or column in {"born", "since"}
        }
        plain = [column for column in values if column not in types]
        connection.execute(_table(table, *plain, **types).insert().values(**values))

    insert("organizations", id="sample", name="여보세요 모바일")
    owned = {"organization_id": "sample"}
    insert(
        "customers", **owned, id=7, name="김철수", phone="+821012345678", born=date(1979, 3, 14),
        plan_id="rollover-10", since=date(2019, 5, 2),
    )  # fmt: skip
    insert("users", **owned, name="arim", password_hash="hash", created_at=NOW)
    for number, path in ((1, "recordings/one.wav"), (2, None)):
        insert(
            "calls", **owned, id=number, call_sid=f"CA{number}", stream_sid="MZ", customer_id=7,
            caller="+821012345678", called="+82215880000", started_at=NOW, ended_at=NOW,
            outcome="completed", verification="caller_id", recording_path=path,
        )  # fmt: skip


def _rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(sa.text(query))]


async def _with(url: str, *steps: Any) -> list[Any]:
    database = Database(url)
    try:
        async with database.engine.begin() as connection:
            return [await connection.run_sync(step) for step in steps]
    finally:
        await database.close()


async def test_recordings_get_rows_of_their_own_and_go_back(empty_url: str) -> None:
    paths = partial(_rows, query="SELECT call_id, path, status FROM recordings")
    old_paths = partial(_rows, query="SELECT id, recording_path FROM calls ORDER BY id")

    _, _, _, moved, _, back = await _with(
        empty_url,
        partial(migrations.upgrade, revision="0004"),
        _old_rows,
        partial(migrations.upgrade, revision="0005"),
        paths,
        partial(migrations.downgrade, revision="0004"),
        old_paths,
    )

    assert moved == [(1, "recordings/one.wav", "finished")]
    assert back == [(1, "recordings/one.wav"), (2, None)]


async def test_whoever_could_sign_in_is_a_supervisor(empty_url: str) -> None:
    *_, users = await _with(
        empty_url,
        partial(migrations.upgrade, revision="0004"),
        _old_rows,
        partial(migrations.upgrade, revision="0005"),
        partial(_rows, query="SELECT name, role FROM users"),
    )

    assert users == [("arim", "supervisor")]
