"""The rest of the schema: recordings, steps, call-backs, reviews, roles, audit, knowledge, prompts.

Columns that hold what is sealed come here too, still empty.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_SEALED = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")
_TABLES = (
    "recordings",
    "handoff_steps",
    "callbacks",
    "called_numbers",
    "mentions",
    "feedback",
    "corrections",
    "scorecards",
    "audit_log",
    "documents",
    "index_versions",
    "ingestion_runs",
    "prompt_versions",
    "prompt_templates",
)


def _owned(table: str, *columns: Any) -> None:
    """A table whose rows belong to an organization."""
    op.create_table(
        table,
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("organization_id", sa.String(64), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=f"fk_{table}_organizations_organization_id",
        ),
    )
    _index(table, "organization_id")


def _index(table: str, *columns: str, unique: bool = False) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns), unique=unique)


def _unique(table: str, *columns: str) -> Any:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def _refers(table: str, column: str, other: str, *, ondelete: str | None = "CASCADE") -> Any:
    return sa.ForeignKeyConstraint(
        ["organization_id", column],
        [f"{other}.organization_id", f"{other}.id"],
        name=f"fk_{table}_{other}_organization_id_{column}",
        ondelete=ondelete,
    )


def _needed(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _optional(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def upgrade() -> None:
    """Create the tables and columns; recordings get rows of their own."""
    _add_columns()
    _add_work()
    _add_reviews()
    _add_knowledge()
    _owned(
        "audit_log",
        _needed("seq", sa.BigInteger()),
        _needed("at", _TIME),
        _needed("actor", sa.String(100)),
        _needed("action", sa.String(64)),
        _needed("subject", sa.String(200)),
        _needed("details", sa.JSON()),
        _needed("previous_hash", sa.String(64)),
        _needed("hash", sa.String(64)),
        _unique("audit_log", "organization_id", "seq"),
    )
    _index("audit_log", "organization_id", "at")
    calls, recordings = _calls(), _recordings()
    op.execute(
        recordings.insert().from_select(
            ["organization_id", "call_id", "path", "status", "silenced"],
            sa.select(
                calls.c.organization_id,
                calls.c.id,
                calls.c.recording_path,
                sa.literal("finished", sa.String(16)),
                sa.literal([], sa.JSON()),
            ).where(calls.c.recording_path.is_not(None)),
        )
    )
    op.drop_column("calls", "recording_path")


def downgrade() -> None:
    """Put recordings' paths back, then drop what came."""
    op.add_column("calls", _optional("recording_path", sa.String(500)))
    calls, recordings = _calls(), _recordings()
    op.execute(
        calls.update().values(
            recording_path=sa.select(recordings.c.path)
            .where(recordings.c.call_id == calls.c.id)
            .scalar_subquery()
        )
    )
    for table in _TABLES:
        op.drop_table(table)
    op.drop_index("ix_outbox_jobs_organization_id_key", "outbox_jobs")
    op.drop_index("ix_handoffs_organization_id_id", "handoffs")
    op.drop_index("ix_calls_organization_id_caller_hash", "calls")
    for table, columns in (
        ("outbox_jobs", ("key",)),
        ("users", ("role",)),
        ("handoffs", ("sealed",)),
        ("turns", ("sealed", "private")),
        ("calls", ("cut_off", "server", "sealed", "caller_hash")),
        ("customers", ("sealed", "identity_hash", "phone_hash")),
    ):
        for column in columns:
            op.drop_column(table, column)


def _add_columns() -> None:
    op.add_column("customers", _optional("phone_hash", sa.String(64)))
    op.add_column("customers", _optional("identity_hash", sa.String(64)))
    op.add_column("customers", _optional("sealed", _SEALED))
    op.add_column("calls", _optional("caller_hash", sa.String(64)))
    op.add_column("calls", _optional("sealed", _SEALED))
    op.add_column("calls", _optional("server", sa.String(32)))
    op.add_column(
        "calls", sa.Column("cut_off", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    _index("calls", "organization_id", "caller_hash")
    op.add_column("turns", _optional("private", sa.JSON()))
    op.add_column("turns", _optional("sealed", _SEALED))
    op.add_column("handoffs", _optional("sealed", _SEALED))
    _index("handoffs", "organization_id", "id", unique=True)
    op.add_column("outbox_jobs", _optional("key", sa.String(100)))
    _index("outbox_jobs", "organization_id", "key", unique=True)
    op.add_column(
        "users", sa.Column("role", sa.String(16), nullable=False, server_default="reviewer")
    )
    # Whoever could sign in so far could see all there was.
    users = sa.table("users", sa.column("role"))
    op.execute(users.update().values(role="supervisor"))


def _add_work() -> None:
    _owned(
        "recordings",
        _needed("call_id", _ROW_ID),
        _needed("path", sa.String(500)),
        _needed("status", sa.String(16)),
        _optional("duration_ms", sa.Integer()),
        _needed("silenced", sa.JSON()),
        _unique("recordings", "call_id"),
        _refers("recordings", "call_id", "calls"),
    )
    _owned(
        "handoff_steps",
        _needed("handoff_id", _ROW_ID),
        _needed("at", _TIME),
        _needed("status", sa.String(32)),
        _unique("handoff_steps", "handoff_id", "at", "status"),
        _refers("handoff_steps", "handoff_id", "handoffs"),
    )
    _owned(
        "callbacks",
        _needed("call_id", _ROW_ID),
        _needed("requested_at", _TIME),
        _needed("phone", sa.String(32)),
        _optional("phone_hash", sa.String(64)),
        _optional("sealed", _SEALED),
        _needed("status", sa.String(16)),
        _needed("brief", sa.Text()),
        _optional("done_at", _TIME),
        _unique("callbacks", "call_id"),
        _refers("callbacks", "call_id", "calls"),
    )
    _index("callbacks", "organization_id", "status", "requested_at")
    _index("callbacks", "organization_id", "phone_hash")
    _owned(
        "called_numbers",
        _needed("number", sa.String(32)),
        _needed("label", sa.String(100)),
        _needed("first_called_at", _TIME),
        _unique("called_numbers", "organization_id", "number"),
    )
    _owned(
        "mentions",
        _needed("call_id", _ROW_ID),
        _needed("turn_index", sa.Integer()),
        _needed("phone_hash", sa.String(64)),
        _unique("mentions", "call_id", "turn_index", "phone_hash"),
        _refers("mentions", "call_id", "calls"),
    )
    _index("mentions", "organization_id", "phone_hash")


def _add_reviews() -> None:
    def author() -> tuple[sa.Column[Any], ...]:
        return (
            _needed("user_id", _ROW_ID),
            _needed("user_name", sa.String(100)),
            _needed("at", _TIME),
        )

    _owned(
        "feedback",
        _needed("call_id", _ROW_ID),
        _optional("turn_index", sa.Integer()),
        *author(),
        _needed("rating", sa.String(16)),
        _needed("comment", sa.Text()),
        _optional("sealed", _SEALED),
        _refers("feedback", "call_id", "calls"),
    )
    _index("feedback", "call_id", "turn_index")
    _owned(
        "corrections",
        _needed("call_id", _ROW_ID),
        _optional("turn_index", sa.Integer()),
        _needed("field", sa.String(32)),
        _needed("before", sa.Text()),
        _needed("after", sa.Text()),
        _optional("sealed", _SEALED),
        *author(),
        _refers("corrections", "call_id", "calls"),
    )
    _index("corrections", "call_id", "turn_index")
    _owned(
        "scorecards",
        _needed("call_id", _ROW_ID),
        *author(),
        _needed("items", sa.JSON()),
        _needed("total", sa.Integer()),
        _needed("comment", sa.Text()),
        _optional("sealed", _SEALED),
        _unique("scorecards", "call_id", "user_id"),
        _refers("scorecards", "call_id", "calls"),
    )


def _add_knowledge() -> None:
    _owned(
        "ingestion_runs",
        _needed("source", sa.String(500)),
        _needed("started_at", _TIME),
        _optional("ended_at", _TIME),
        _needed("status", sa.String(16)),
        _needed("documents", sa.Integer()),
        _needed("entries", sa.Integer()),
        _optional("error", sa.Text()),
        _unique("ingestion_runs", "organization_id", "id"),
    )
    _index("ingestion_runs", "organization_id", "started_at")
    _owned(
        "index_versions",
        _needed("version", sa.String(64)),
        _needed("embedding", sa.String(200)),
        _optional("run_id", _ROW_ID),
        _needed("made_at", _TIME),
        _optional("published_at", _TIME),
        _unique("index_versions", "organization_id", "version"),
        _refers("index_versions", "run_id", "ingestion_runs", ondelete=None),
    )
    _owned(
        "documents",
        _needed("key", sa.String(200)),
        _needed("title", sa.String(300)),
        _needed("kind", sa.String(32)),
        _needed("sha256", sa.String(64)),
        _needed("size", sa.BigInteger()),
        _optional("run_id", _ROW_ID),
        _needed("seen_at", _TIME),
        _optional("removed_at", _TIME),
        _unique("documents", "organization_id", "key"),
        _refers("documents", "run_id", "ingestion_runs", ondelete=None),
    )
    _owned(
        "prompt_templates",
        _needed("name", sa.String(64)),
        _unique("prompt_templates", "organization_id", "id"),
        _unique("prompt_templates", "organization_id", "name"),
    )
    _owned(
        "prompt_versions",
        _needed("template_id", _ROW_ID),
        _needed("version", sa.String(32)),
        _needed("sha256", sa.String(64)),
        _needed("text", sa.Text()),
        _needed("first_used_at", _TIME),
        _unique("prompt_versions", "template_id", "version", "sha256"),
        _refers("prompt_versions", "template_id", "prompt_templates", ondelete=None),
    )


def _calls() -> sa.TableClause:
    return sa.table(
        "calls", sa.column("id"), sa.column("organization_id"), sa.column("recording_path")
    )


def _recordings() -> sa.TableClause:
    return sa.table(
        "recordings",
        sa.column("organization_id"),
        sa.column("call_id"),
        sa.column("path"),
        sa.column("status"),
        sa.column("silenced", sa.JSON()),
    )
