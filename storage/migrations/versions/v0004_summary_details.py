"""What of a summary is read beside its text: codes, sentences with their turns, words of mood."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; older summaries have nothing in it."""
    op.add_column("summaries", sa.Column("details", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("summaries", "details")
