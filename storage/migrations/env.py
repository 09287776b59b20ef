"""Alembic's environment: runs on the connection that `storage.migrations` passes on."""

from __future__ import annotations

from alembic import context

from storage.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
