"""Personal data is masked where it can be read, and sealed beside it; rows need a vault for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import mysql

from storage.errors import StorageError
from storage.masking import CallMasker
from storage.privacy import mask_name
from storage.records import Turn
from storage.sealing import Seals, to_tools
from storage.vault import Vault

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SEALED = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")
_HASH = sa.String(64)
_BATCH = 500
_OLD_UNIQUE = "uq_customers_organization_id_phone_name"
_NEW_UNIQUE = "uq_customers_organization_id_identity_hash"
_PHONE_INDEX = "ix_customers_organization_id_phone_hash"

_CUSTOMERS = sa.table(
    "customers",
    *map(sa.column, ("id", "organization_id", "name", "phone", "plan_id")),
    *(sa.column(name, sa.Date()) for name in ("born", "since")),
    *map(sa.column, ("phone_hash", "identity_hash")),
    sa.column("sealed", _SEALED),
)
_CALLS = sa.table(
    "calls",
    *map(sa.column, ("id", "organization_id", "call_sid", "caller", "caller_hash", "customer_id")),
    sa.column("sealed", _SEALED),
)
_TURNS = sa.table(
    "turns",
    *map(sa.column, ("id", "call_id", "turn_index", "heard", "input_kind", "intended", "said")),
    sa.column("tools", sa.JSON()),
    sa.column("private", sa.JSON(none_as_null=True)),
    sa.column("sealed", _SEALED),
)
_HANDOFFS = sa.table(
    "handoffs", sa.column("id"), sa.column("call_id"), sa.column("summary_text"),
    sa.column("sealed", _SEALED),
)  # fmt: skip
_SUMMARIES = sa.table(
    "summaries", sa.column("id"), sa.column("call_id"), sa.column("customer_name")
)
_MENTIONS = sa.table(
    "mentions", *map(sa.column, ("organization_id", "call_id", "turn_index", "phone_hash"))
)


def upgrade() -> None:
    """Mask and seal what is there, then let no customer be without."""
    _need_vault()
    people = _People()
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    kept = list(_rows(_CUSTOMERS))
    if on_sqlite:
        _replace_customers(sealed=True)
    else:
        op.drop_constraint(_OLD_UNIQUE, "customers", type_="unique")
    for row in kept:
        people.remember(row["organization_id"], row["id"], row["phone"], row["name"])
        values = _seals(row["organization_id"]).customer(
            name=row["name"], phone=row["phone"], born=row["born"]
        )
        if on_sqlite:
            _insert_customer({**row, **values}, without="born")
        else:
            _change(_CUSTOMERS, row["id"], values)
    if not on_sqlite:
        for name, kind in (("phone_hash", _HASH), ("identity_hash", _HASH), ("sealed", _SEALED)):
            op.alter_column("customers", name, existing_type=kind, nullable=False)
        op.create_unique_constraint(_NEW_UNIQUE, "customers", ["organization_id", "identity_hash"])
        op.create_index(_PHONE_INDEX, "customers", ["organization_id", "phone_hash"])
        op.drop_column("customers", "born")
    for call in _rows(_CALLS):
        _seal_call(call, people)


def downgrade() -> None:
    """Open what is sealed."""
    _need_vault()
    people = _People()
    for call in _rows(_CALLS):
        _open_call(call)
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    kept = list(_rows(_CUSTOMERS, without="born"))
    if on_sqlite:
        _replace_customers(sealed=False)
    else:
        op.add_column("customers", sa.Column("born", sa.Date(), nullable=True))
        op.drop_constraint(_NEW_UNIQUE, "customers", type_="unique")
        op.drop_index(_PHONE_INDEX, "customers")
        for name, kind in (("phone_hash", _HASH), ("identity_hash", _HASH), ("sealed", _SEALED)):
            op.alter_column("customers", name, existing_type=kind, nullable=True)
    nothing = {"phone_hash": None, "identity_hash": None, "sealed": None}
    for row in kept:
        seals = _seals(row["organization_id"])
        clear = seals.open_customer(row["identity_hash"], row["sealed"])
        people.remember(row["organization_id"], row["id"], clear["phone"], clear["name"])
        if on_sqlite:
            _insert_customer({**row, **clear, **nothing})
        else:
            _change(_CUSTOMERS, row["id"], {**clear, **nothing})
    if not on_sqlite:
        op.alter_column("customers", "born", existing_type=sa.Date(), nullable=False)
        op.create_unique_constraint(_OLD_UNIQUE, "customers", ["organization_id", "phone", "name"])
    for call in _rows(_CALLS):
        customer_name = people.names.get(call["customer_id"])
        op.execute(
            _SUMMARIES.update()
            .where(_SUMMARIES.c.call_id == call["id"], _SUMMARIES.c.customer_name.is_not(None))
            .values(customer_name=customer_name)
        )


class _People:
    """The customers' names, by their ids and by their telephones."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self._by_phone: dict[tuple[str, str], set[str]] = defaultdict(set)

    def remember(self, organization_id: str, customer_id: int, phone: str, name: str) -> None:
        self.names[customer_id] = name
        self._by_phone[organization_id, phone].add(name)

    def with_phone(self, organization_id: str, phone: str) -> set[str]:
        return self._by_phone.get((organization_id, phone), set())


def _seal_call(call: dict[str, Any], people: _People) -> None:
    organization_id, sid = call["organization_id"], call["call_sid"]
    seals = _seals(organization_id)
    _change(_CALLS, call["id"], seals.caller(sid, call["caller"]))
    masker = CallMasker()
    masker.names |= people.with_phone(organization_id, call["caller"])
    if call["customer_id"] is not None:
        masker.names.add(people.names[call["customer_id"]])
    for row in _of_call(_TURNS, call["id"], order=_TURNS.c.turn_index):
        turn = _turn(row)
        phones = masker.phones(turn)
        for phone in phones:
            masker.names |= people.with_phone(organization_id, phone)
        masked = masker.turn(turn)
        _change(_TURNS, row["id"], seals.turn(sid, turn, masked))
        for phone in phones:
            op.execute(
                _MENTIONS.insert().values(
                    organization_id=organization_id,
                    call_id=call["id"],
                    turn_index=turn.index,
                    phone_hash=seals.phone_hash(phone),
                )
            )
    for row in _of_call(_HANDOFFS, call["id"]):
        text = row["summary_text"]
        _change(_HANDOFFS, row["id"], seals.handoff(sid, text, masker.text(text)))
    for row in _of_call(_SUMMARIES, call["id"]):
        if row["customer_name"]:
            _change(_SUMMARIES, row["id"], {"customer_name": mask_name(row["customer_name"])})


def _open_call(call: dict[str, Any]) -> None:
    sid, seals = call["call_sid"], _seals(call["organization_id"])
    caller = seals.open_caller(sid, call["caller"], call["sealed"])
    _change(_CALLS, call["id"], {"caller": caller, "caller_hash": None, "sealed": None})
    for row in _of_call(_TURNS, call["id"], order=_TURNS.c.turn_index):
        turn = seals.open_turn(sid, _turn(row), row["sealed"])
        clear = {
            "heard": turn.heard,
            "intended": turn.intended,
            "said": turn.said,
            "tools": [asdict(tool) for tool in turn.tools],
        }
        _change(_TURNS, row["id"], {**clear, "private": None, "sealed": None})
    for row in _of_call(_HANDOFFS, call["id"]):
        text = seals.open_handoff(sid, row["summary_text"], row["sealed"])
        _change(_HANDOFFS, row["id"], {"summary_text": text, "sealed": None})
    op.execute(_MENTIONS.delete().where(_MENTIONS.c.call_id == call["id"]))


def _turn(row: dict[str, Any]) -> Turn:
    return Turn(
        index=row["turn_index"],
        heard=row["heard"],
        input_kind=row["input_kind"],
        heard_started_ms=None,
        heard_ended_ms=None,
        intended=row["intended"],
        said=row["said"],
        said_started_ms=None,
        said_ended_ms=None,
        interrupted=False,
        first_audio_ms=None,
        stt_ms=None,
        agent_ms=None,
        tools=to_tools(row["tools"]),
    )


def _need_vault() -> None:
    """Fail before anything is changed: not every database takes back half a migration."""
    for table in (_CUSTOMERS, _CALLS):
        if _vault() is None and op.get_bind().scalar(sa.select(table.c.id).limit(1)) is not None:
            raise StorageError("no_keys", "YEOBOSEYO_KEYS is not set: rows cannot be migrated")


def _vault() -> Vault | None:
    vault: Vault | None = context.config.attributes["vault"]
    return vault


def _seals(organization_id: str) -> Seals:
    vault = _vault()
    assert vault is not None  # noqa: S101  see `_need_vault`
    return Seals(vault, organization_id)


def _rows(table: sa.TableClause, *, without: str = "") -> Iterator[dict[str, Any]]:
    """All rows in the order of their ids, some at a time."""
    columns = [column for column in table.c if column.name != without]
    last = 0
    while True:
        query = sa.select(*columns).where(table.c.id > last).order_by(table.c.id).limit(_BATCH)
        rows = op.get_bind().execute(query).mappings().all()
        yield from map(dict, rows)
        if len(rows) < _BATCH:
            return
        last = rows[-1]["id"]


def _of_call(table: sa.TableClause, call_id: int, *, order: Any = None) -> list[dict[str, Any]]:
    query = sa.select(table).where(table.c.call_id == call_id)
    if order is not None:
        query = query.order_by(order)
    return [dict(row) for row in op.get_bind().execute(query).mappings()]


def _change(table: sa.TableClause, row_id: int, values: dict[str, Any]) -> None:
    op.get_bind().execute(table.update().where(table.c.id == row_id).values(values))


def _insert_customer(row: dict[str, Any], *, without: str = "") -> None:
    row.pop(without, None)
    op.get_bind().execute(_CUSTOMERS.insert().values(row))


def _replace_customers(*, sealed: bool) -> None:
    """Make the table anew, empty: SQLite changes no constraint of one that is there.

    Calls refer to its rows, which are back before the commit, when references are looked at.
    """
    op.get_bind().exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    op.drop_table("customers")
    who = ("identity_hash",) if sealed else ("phone", "name")
    op.create_table(
        "customers",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("organization_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("phone", sa.String(32), nullable=False),
        *(() if sealed else (sa.Column("born", sa.Date(), nullable=False),)),
        sa.Column("plan_id", sa.String(64), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("phone_hash", _HASH, nullable=not sealed),
        sa.Column("identity_hash", _HASH, nullable=not sealed),
        sa.Column("sealed", _SEALED, nullable=not sealed),
        sa.PrimaryKeyConstraint("id", name="pk_customers"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_customers_organizations_organization_id",
        ),
        sa.UniqueConstraint("organization_id", "id", name="uq_customers_organization_id_id"),
        sa.UniqueConstraint("organization_id", *who, name=_NEW_UNIQUE if sealed else _OLD_UNIQUE),
    )
    op.create_index("ix_customers_organization_id", "customers", ["organization_id"])
    if sealed:
        op.create_index(_PHONE_INDEX, "customers", ["organization_id", "phone_hash"])
