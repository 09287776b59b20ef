"""The first tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


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
    op.create_index(f"ix_{table}_organization_id", table, ["organization_id"])


def _unique(table: str, *columns: str) -> Any:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def _same_organization(
    table: str, column: str, other: str, *, ondelete: str | None = "CASCADE"
) -> Any:
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
    """Create all tables."""
    op.create_table(
        "organizations",
        _needed("id", sa.String(64)),
        _needed("name", sa.String(200)),
        sa.PrimaryKeyConstraint("id", name="pk_organizations"),
    )
    _owned(
        "customers",
        _needed("name", sa.String(100)),
        _needed("phone", sa.String(32)),
        _needed("born", sa.Date()),
        _needed("plan_id", sa.String(64)),
        _needed("since", sa.Date()),
        _unique("customers", "organization_id", "id"),
        _unique("customers", "organization_id", "phone", "name"),
    )
    _owned(
        "calls",
        _needed("call_sid", sa.String(64)),
        _needed("stream_sid", sa.String(64)),
        _needed("caller", sa.String(32)),
        _needed("called", sa.String(32)),
        _needed("started_at", _TIME),
        _optional("ended_at", _TIME),
        _optional("outcome", sa.String(32)),
        _optional("handoff_reason", sa.String(32)),
        _needed("verification", sa.String(32)),
        _optional("customer_id", _ROW_ID),
        _optional("recording_path", sa.String(500)),
        _unique("calls", "organization_id", "id"),
        _unique("calls", "organization_id", "call_sid"),
        _same_organization("calls", "customer_id", "customers", ondelete=None),
    )
    _owned(
        "turns",
        _needed("call_id", _ROW_ID),
        _needed("turn_index", sa.Integer()),
        _needed("heard", sa.Text()),
        _needed("input_kind", sa.String(16)),
        _optional("heard_started_ms", sa.Integer()),
        _optional("heard_ended_ms", sa.Integer()),
        _needed("intended", sa.Text()),
        _needed("said", sa.Text()),
        _optional("said_started_ms", sa.Integer()),
        _optional("said_ended_ms", sa.Integer()),
        _needed("interrupted", sa.Boolean()),
        _optional("first_audio_ms", sa.Integer()),
        _optional("stt_ms", sa.Integer()),
        _optional("agent_ms", sa.Integer()),
        _needed("fact_ids", sa.JSON()),
        _needed("tools", sa.JSON()),
        _needed("grounding", sa.JSON()),
        _unique("turns", "call_id", "turn_index"),
        _same_organization("turns", "call_id", "calls"),
    )
    _owned(
        "summaries",
        _needed("call_id", _ROW_ID),
        _needed("reason", sa.Text()),
        _needed("questions", sa.JSON()),
        _needed("outcome", sa.String(32)),
        _optional("handoff_reason", sa.String(32)),
        _needed("follow_ups", sa.JSON()),
        _optional("customer_name", sa.String(100)),
        _optional("plan_id", sa.String(64)),
        _needed("verification", sa.String(32)),
        _needed("text", sa.Text()),
        _needed("made_by", sa.String(100)),
        _unique("summaries", "call_id"),
        _same_organization("summaries", "call_id", "calls"),
    )
    _owned(
        "handoffs",
        _needed("call_id", _ROW_ID),
        _needed("requested_at", _TIME),
        _needed("reason", sa.String(32)),
        _needed("status", sa.String(32)),
        _needed("summary_text", sa.Text()),
        _unique("handoffs", "call_id"),
        _same_organization("handoffs", "call_id", "calls"),
    )
    _owned(
        "outbox_jobs",
        _needed("kind", sa.String(64)),
        _needed("payload", sa.JSON()),
        _needed("status", sa.String(16)),
        _needed("attempts", sa.Integer()),
        _needed("run_at", _TIME),
        _optional("last_error", sa.Text()),
    )
    op.create_index(
        "ix_outbox_jobs_organization_id_status_run_at",
        "outbox_jobs",
        ["organization_id", "status", "run_at"],
    )
    _owned(
        "users",
        _needed("name", sa.String(100)),
        _needed("password_hash", sa.String(255)),
        _needed("created_at", _TIME),
        _unique("users", "organization_id", "id"),
        _unique("users", "organization_id", "name"),
    )
    _owned(
        "user_sessions",
        _needed("user_id", _ROW_ID),
        _needed("token_sha256", sa.String(64)),
        _needed("expires_at", _TIME),
        _unique("user_sessions", "token_sha256"),
        _same_organization("user_sessions", "user_id", "users"),
    )
    op.create_index("ix_user_sessions_expires_at", "user_sessions", ["expires_at"])


def downgrade() -> None:
    """Drop all tables, the referring ones first."""
    for table in (
        "user_sessions",
        "users",
        "outbox_jobs",
        "handoffs",
        "summaries",
        "turns",
        "calls",
        "customers",
        "organizations",
    ):
        op.drop_table(table)
