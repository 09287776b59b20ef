"""Rows of older versions keep their meaning through migrations, forward and back."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from storage import migrations
from storage.clear import ServiceCalls
from storage.database import Database
from storage.errors import StorageError
from storage.row_security import EVERY_ORGANIZATION, see
from tests.support.calls import NOW
from tests.support.keys import VAULT

TELLING = "김철수고요, 010-1234-5678이에요"
TOOLS = [
    {"name": "find", "arguments": {"phone": "010-1234-5678"}, "code": "ok", "fact_ids": []},
]
_TIME = sa.DateTime(timezone=True)
_TO_0004 = partial(migrations.upgrade, revision="0004")
_DATES = {"born", "since"}
_JSON = {"fact_ids", "tools", "grounding", "questions", "follow_ups"}


def _table(name: str, /, *columns: str, **typed: Any) -> sa.TableClause:
    return sa.table(name, *map(sa.column, columns), *(sa.column(n, t) for n, t in typed.items()))


def _type_of(column: str) -> Any:
    return sa.Date() if column in _DATES else sa.JSON() if column in _JSON else _TIME


def _old_rows(connection: Connection) -> None:
    """Customers, a user, and calls of which one was recorded and spoken, as of revision 0004."""

    def insert(table: str, /, **values: Any) -> None:
        types = {
            column: _type_of(column)
            for column in values
            if column.endswith("_at") or column in {*_DATES, *_JSON}
        }
        plain = [column for column in values if column not in types]
        connection.execute(_table(table, *plain, **types).insert().values(**values))

    insert("organizations", id="sample", name="여보세요 모바일")
    owned = {"organization_id": "sample"}
    insert(
        "customers", **owned, id=7, name="김철수", phone="+821012345678", born=date(1979, 3, 14),
        plan_id="rollover-10", since=date(2019, 5, 2),
    )  # fmt: skip
    insert(
        "customers", **owned, id=8, name="김옥수", phone="+821088885678", born=date(1980, 1, 1),
        plan_id="rollover-10", since=date(2019, 5, 2),
    )  # fmt: skip
    insert("users", **owned, name="arim", password_hash="hash", created_at=NOW)
    for number, path in ((1, "recordings/one.wav"), (2, None)):
        insert(
            "calls", **owned, id=number, call_sid=f"CA{number}", stream_sid="MZ", customer_id=7,
            caller="+821012345678", called="+82215880000", started_at=NOW, ended_at=NOW,
            outcome="completed", verification="caller_id", recording_path=path,
        )  # fmt: skip

    insert("turns", **owned, call_id=1, turn_index=0, heard=TELLING, input_kind="speech",
           intended="네.", said="네.", interrupted=False, fact_ids=[], tools=TOOLS,
           grounding=[])  # fmt: skip
    insert(
        "handoffs", **owned, call_id=1, requested_at=NOW, reason="policy", status="requested",
        summary_text=TELLING,
    )  # fmt: skip
    insert(
        "summaries", **owned, call_id=1, reason="", questions=[], outcome="completed",
        follow_ups=[], customer_name="김철수", verification="none", text="", made_by="local",
    )  # fmt: skip


def _rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(sa.text(query))]


async def _with(url: str, *steps: Any) -> list[Any]:
    database = Database(url)
    try:
        async with database.engine.begin() as connection:
            await connection.run_sync(see, EVERY_ORGANIZATION)
            return [await connection.run_sync(step) for step in steps]
    finally:
        await database.close()


async def test_recordings_get_rows_of_their_own_and_go_back(empty_url: str) -> None:
    paths = partial(_rows, query="SELECT call_id, path, status FROM recordings")
    old_paths = partial(_rows, query="SELECT id, recording_path FROM calls ORDER BY id")

    _, _, _, moved, _, back = await _with(
        empty_url,
        _TO_0004,
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
        _TO_0004,
        _old_rows,
        partial(migrations.upgrade, revision="0005"),
        partial(_rows, query="SELECT name, role FROM users"),
    )

    assert users == [("arim", "supervisor")]


def _personal(connection: Connection) -> list[list[tuple[Any, ...]]]:
    """All that tells who phoned, table by table."""
    tools = sa.select(sa.column("tools", sa.JSON())).select_from(sa.table("turns"))
    return [
        _rows(connection, "SELECT id, caller, customer_id FROM calls ORDER BY id"),
        _rows(connection, "SELECT heard, said FROM turns"),
        [tuple(row) for row in connection.execute(tools)],
        _rows(connection, "SELECT summary_text FROM handoffs"),
        _rows(connection, "SELECT customer_name FROM summaries"),
        _rows(connection, "SELECT id, name, phone FROM customers ORDER BY id"),
    ]


async def test_what_was_open_is_sealed_and_opened_on_the_way_back(empty_url: str) -> None:
    up = partial(migrations.upgrade, vault=VAULT)
    back = partial(migrations.downgrade, revision="0004", vault=VAULT)
    born = partial(_rows, query="SELECT CAST(born AS CHAR(10)) FROM customers ORDER BY id")

    _, _, before, _, sealed, _, opened, dates, _, again = await _with(
        empty_url, _TO_0004, _old_rows, _personal, up, _personal, back, _personal, born, up,
        _personal,
    )  # fmt: skip

    assert opened == before
    assert [row[0] for row in dates] == ["1979-03-14", "1980-01-01"]
    assert sealed == again
    for personal in ("김철수", "김옥수", "1234-5678", "12345678"):
        assert personal in str(before)
        assert personal not in str(sealed)
    database = Database(empty_url, VAULT)
    try:
        call = await ServiceCalls(database, "sample").get(1)
        assert call is not None
        assert call.turns[0].heard == TELLING
        assert call.turns[0].tools[0].arguments == {"phone": "010-1234-5678"}
        assert call.customer is not None
        assert call.customer.name == "김철수"
    finally:
        await database.close()


async def test_open_rows_are_not_migrated_without_keys(empty_url: str) -> None:
    await _with(empty_url, _TO_0004, _old_rows)
    database = Database(empty_url)
    try:
        with pytest.raises(StorageError) as caught:
            await database.migrate()
        assert caught.value.code == "no_keys"
    finally:
        await database.close()
    [personal] = await _with(empty_url, _personal)
    assert "김철수" in str(personal)


async def test_references_hold_after_customers_were_made_anew(empty_url: str) -> None:
    def remove(connection: Connection) -> None:
        connection.execute(sa.text("DELETE FROM customers WHERE id = 7"))

    await _with(empty_url, _TO_0004, _old_rows, partial(migrations.upgrade, vault=VAULT))

    with pytest.raises(sa.exc.IntegrityError):
        await _with(empty_url, remove)
