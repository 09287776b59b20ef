"""Which calls have which pairs of letters, so that a search need not read them all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.row_security import protect

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None

_INDEXES = (("organization_id", "indexed", "id"), ("customer_id", "started_at"))


def upgrade() -> None:
    """Create the table. Calls from before stay findable: what is not indexed is read."""
    op.create_table(
        "call_terms",
        sa.Column("organization_id", sa.String(64), nullable=False),
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "term", "block", name="pk_call_terms"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_call_terms_organizations_organization_id",
        ),
        sqlite_with_rowid=False,
    )
    protect(op.get_bind(), "call_terms")
    op.add_column(
        "calls", sa.Column("indexed", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    for columns in _INDEXES:
        op.create_index(f"ix_calls_{'_'.join(columns)}", "calls", list(columns))


def downgrade() -> None:
    """Drop the table."""
    for columns in _INDEXES:
        op.drop_index(f"ix_calls_{'_'.join(columns)}", "calls")
    op.drop_column("calls", "indexed")
    op.drop_table("call_terms")
