"""Two organizations on one database never see or change each other's rows, whatever they ask.

The stores and their methods are found, not listed: a new one is asked too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.calls import CallStore
from storage.customers import CustomerStore
from storage.database import Database
from storage.errors import StorageError
from storage.models import Base, OrganizationRow
from storage.records import HandoffReason, Role
from storage.users import UserStore
from tests.support.calls import NOW, end, new_call, summary, turn
from tests.support.databases import empty_tables
from tests.support.keys import VAULT
from tests.support.stores import Method, arguments, methods, open_store, stores

WORDS = {"river": "가람나루", "forest": "솔숲마을"}
"""What each organization says, and the other never."""
METHODS = methods()
RECORDS = {
    "StoredCall": "calls", "EarlierCall": "calls", "Customer": "customers", "Job": "outbox_jobs",
    "User": "users", "ChangeRequest": "change_requests",
}  # fmt: skip
"""Where the `id` of what a store gives is a row's."""

Rows = dict[str, list[dict[str, Any]]]


def test_the_stores_are_found() -> None:
    names = {store.__name__ for store in stores()}
    assert names >= {"CallStore", "CustomerStore", "UserStore", "Outbox", "UsageStore"}
    assert len(METHODS) > 40


@pytest.fixture
async def bare(url: str) -> AsyncIterator[Database]:
    """A database, whatever is in it."""
    database = Database(url, VAULT)
    yield database
    await database.close()


QUICKLY = settings(
    deadline=None,
    # Looking for a shorter failure would take minutes: each try fills the database anew.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
STEPS = st.lists(st.sampled_from(METHODS), min_size=1, max_size=12)


@settings(QUICKLY, max_examples=8)
@given(first=STEPS, second=STEPS, data=st.data())
async def test_nobody_sees_or_changes_the_others_rows(
    bare: Database, tmp_path: Path, first: list[Method], second: list[Method], data: st.DataObject
) -> None:
    await _begin(bare)
    await _act(bare, tmp_path, "river", first, data)
    await _act(bare, tmp_path, "forest", second, data)


@settings(QUICKLY, max_examples=1)
@given(data=st.data())
async def test_no_method_is_left_out_by_chance(
    bare: Database, tmp_path: Path, data: st.DataObject
) -> None:
    await _begin(bare)
    await _act(bare, tmp_path, "river", METHODS, data)


async def _act(
    database: Database,
    folder: Path,
    organization: str,
    steps: list[Method],
    data: st.DataObject,
) -> None:
    """Let an organization do all that, and see that it touches nothing of the other's."""
    [other] = set(WORDS) - {organization}
    before = await _rows(database, other)
    for method in steps:
        any_given = arguments(method, organization, WORDS[organization], folder)
        given = data.draw(any_given, label=str(method))
        result = await _ask(database, folder, organization, method, given)
        assert WORDS[other] not in repr(result), method
        for table, row_id in _ids(result):
            assert row_id not in {row["id"] for row in before[table]}, (method, table, row_id)
    assert await _rows(database, other) == before, "another's rows were changed"


async def _begin(database: Database) -> None:
    """Both organizations have the same customers, users and calls, but for what was said."""
    await empty_tables(database)
    for organization, words in WORDS.items():
        await CustomerStore(database, organization).load_sample(organization_name=words)
        await UserStore(database, organization).add("arim", words, NOW, role=Role.ADMIN, by="arim")
        calls = CallStore(database, organization)
        for sid in ("CA1", "CA2"):
            call_id = await calls.open(new_call(sid, organization_id=organization))
            await calls.save_turn(call_id, turn(heard=words))
            await calls.request_handoff(call_id, HandoffReason.POLICY, words)
        await calls.close(call_id, end())
        await calls.save_summary(call_id, summary(text=words))


async def _ask(
    database: Database, folder: Path, organization: str, method: Method, given: dict[str, Any]
) -> Any:
    """What the method answers; None where it refuses."""
    ask = getattr(open_store(method.store, database, organization, folder), method.name)
    hints = get_type_hints(method.function)
    within = [name for name, hint in hints.items() if hint is AsyncSession]
    try:
        if not within:
            return await ask(**given)
        async with database.write(organization) as session:
            return await ask(**given, **{within[0]: session})
    except StorageError as error:
        assert error.code not in {"unconfined", "unavailable"}, method  # noqa: PT017
        return None


async def _rows(database: Database, organization: str) -> Rows:
    """All that is stored of an organization, whatever confines sessions."""
    rows = {}
    async with database.everywhere() as connection:
        for table in Base.metadata.sorted_tables:
            column = (
                OrganizationRow.id if table.name == "organizations" else table.c.organization_id
            )
            query = select(table).where(column == organization).order_by(*table.primary_key)
            rows[table.name] = [dict(row) for row in (await connection.execute(query)).mappings()]
    return rows


def _ids(result: Any) -> Iterable[tuple[str, int]]:
    """The rows that an answer names, by table."""
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        table = RECORDS.get(type(result).__name__)
        if table is not None:
            yield table, result.id  # type: ignore[attr-defined]
        for field in dataclasses.fields(result):
            value = getattr(result, field.name)
            if field.name in {"call_id", "customer_id"} and value is not None:
                yield f"{field.name[:-3]}s", value
            yield from _ids(value)
    elif isinstance(result, Mapping):
        for value in result.values():
            yield from _ids(value)
    elif isinstance(result, list | tuple | set | frozenset):
        for value in result:
            if isinstance(value, int) and isinstance(result, set):
                yield "calls", value
            yield from _ids(value)
