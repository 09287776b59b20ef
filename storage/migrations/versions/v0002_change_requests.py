"""Requests to change a plan."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "change_requests",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("organization_id", sa.String(64), nullable=False),
        sa.Column("call_sid", sa.String(64), nullable=False),
        sa.Column("customer_id", _ROW_ID, nullable=False),
        sa.Column("from_plan_id", sa.String(64), nullable=False),
        sa.Column("to_plan_id", sa.String(64), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_change_requests"),
        sa.UniqueConstraint(
            "call_sid",
            "customer_id",
            "to_plan_id",
            name="uq_change_requests_call_sid_customer_id_to_plan_id",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_change_requests_organizations_organization_id",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["customers.organization_id", "customers.id"],
            name="fk_change_requests_customers_organization_id_customer_id",
        ),
    )
    op.create_index("ix_change_requests_organization_id", "change_requests", ["organization_id"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("change_requests")
