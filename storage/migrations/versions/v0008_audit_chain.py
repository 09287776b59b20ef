"""The audit log is append-only: the database itself refuses to change it.

Entries younger than two years cannot be deleted either. The end of each chain has a row of its own,
which whoever appends locks.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.row_security import protect

revision = "0008"
down_revision = "0009"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SAYS = "the audit log is append-only"
_SQLITE = (
    f"CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log "
    f"BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END",
    f"CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log "
    f"WHEN OLD.at > datetime('now', '-2 years') BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END",
)
_POSTGRESQL = (
    f"""
    CREATE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.at <= now() - interval '2 years' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION '{_SAYS}' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    "CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log "
    "FOR EACH ROW EXECUTE FUNCTION audit_log_refuse()",
    "CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse()",
)
_SIGNAL = f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{_SAYS}'"
_MYSQL = (
    f"CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log FOR EACH ROW {_SIGNAL}",
    f"CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log FOR EACH ROW "
    f"IF OLD.at > UTC_TIMESTAMP() - INTERVAL 2 YEAR THEN {_SIGNAL}; END IF",
)


def upgrade() -> None:
    """Create the triggers, and the table of the chains' ends."""
    # Triggers first: where a server does not permit them, nothing was changed yet.
    statements = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL, "mysql": _MYSQL}
    for statement in statements[op.get_bind().dialect.name]:
        op.execute(statement)
    op.create_table(
        "audit_heads",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("organization_id", sa.String(64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_heads"),
        sa.UniqueConstraint("organization_id", name="uq_audit_heads_organization_id"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_audit_heads_organizations_organization_id",
        ),
    )
    op.create_index("ix_audit_heads_organization_id", "audit_heads", ["organization_id"])
    protect(op.get_bind(), "audit_heads")


def downgrade() -> None:
    """Drop the triggers and the table; the entries stay."""
    kind = op.get_bind().dialect.name
    if kind == "postgresql":
        for trigger in ("audit_log_no_truncate", "audit_log_no_change"):
            op.execute(f"DROP TRIGGER {trigger} ON audit_log")
        op.execute("DROP FUNCTION audit_log_refuse()")
    else:
        for trigger in ("audit_log_no_delete", "audit_log_no_update"):
            op.execute(f"DROP TRIGGER {trigger}")
    op.drop_table("audit_heads")
