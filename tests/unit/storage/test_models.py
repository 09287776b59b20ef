"""Every table belongs to organizations, whatever tables are added."""

from __future__ import annotations

import pytest
from sqlalchemy import Table

from storage.models import Base

TABLES = sorted(Base.metadata.tables.values(), key=lambda table: table.name)


@pytest.mark.parametrize(
    "table", [table for table in TABLES if table.name != "organizations"], ids=str
)
def test_rows_carry_an_indexed_organization(table: Table) -> None:
    column = table.c.organization_id

    assert not column.nullable
    assert {key.column.table.name for key in column.foreign_keys} >= {"organizations"}
    keys = [index.columns for index in table.indexes] + [table.primary_key.columns]
    assert any(next(iter(key)) is column for key in keys)


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_references_stay_in_the_organization(table: Table) -> None:
    for constraint in table.foreign_key_constraints:
        if constraint.referred_table.name != "organizations":
            assert constraint.column_keys[0] == "organization_id"


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_names_are_short_enough_for_every_database(table: Table) -> None:
    names = [str(constraint.name or "") for constraint in table.constraints]
    names += [str(index.name or "") for index in table.indexes]

    # 63 bytes on PostgreSQL, 64 on MySQL.
    assert [name for name in names if len(name) > 63] == []
