"""PostgreSQL shows an organization its own rows only."""

from __future__ import annotations

from alembic import op

from storage.row_security import protect, unprotect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = (
    "audit_log",
    "callbacks",
    "called_numbers",
    "calls",
    "change_requests",
    "corrections",
    "customers",
    "documents",
    "feedback",
    "handoff_steps",
    "handoffs",
    "index_versions",
    "ingestion_runs",
    "mentions",
    "model_usage",
    "outbox_jobs",
    "prompt_templates",
    "prompt_versions",
    "recordings",
    "scorecards",
    "summaries",
    "turns",
    "user_sessions",
    "users",
)


def upgrade() -> None:
    """Confine all tables that there are; later ones are confined where they are made."""
    protect(op.get_bind(), "organizations", column="id")
    for table in _TABLES:
        protect(op.get_bind(), table)


def downgrade() -> None:
    """Leave the confinement to the sessions."""
    for table in ("organizations", *_TABLES):
        unprotect(op.get_bind(), table)
