"""What the settings name to keep things in: the database, its ring of keys, the index of cases.

Beside app.py, because commands open them without the rest of the application.
"""

import logging
import os
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from settings import Settings
from storage.audit import AuditLog
from storage.database import Database
from storage.errors import StorageError
from storage.retention import CaseForgetter, Retention
from storage.vault import Vault, new_key

if TYPE_CHECKING:
    from knowledge.cases import CaseIndex
    from knowledge.embedding import Embedder

logger = logging.getLogger(__name__)

DEVELOPMENT_KEYS = "development.keys"
"""In the data directory: the ring of a server in development that was given none."""


def open_vault(settings: Settings) -> Vault:
    """The ring of keys; in development without any, one is made once and kept in a file.

    Raises:
        StorageError: `no_keys` where none are set and it is not development, `bad_keys`.
    """
    ring = settings.keys.get_secret_value()
    if not ring and settings.development:
        ring = _development_ring(settings.data_dir / DEVELOPMENT_KEYS)
    if not ring:
        raise StorageError(
            "no_keys",
            "YEOBOSEYO_KEYS is missing: without it personal data could not be stored sealed. "
            "`yeoboseyo keys new` makes a key and says where to put it.",
        )
    return Vault.parse(ring)


def open_database(settings: Settings) -> Database:
    """The database. Without keys it opens too, and what is sealed in it stays so.

    Raises StorageError `bad_keys`, `unsupported_database`.
    """
    try:
        vault = open_vault(settings)
    except StorageError as error:
        if error.code != "no_keys":
            raise
        vault = None
    return Database(settings.sqlalchemy_url, vault)


def journal_folder(settings: Settings) -> Path:
    """Where calls are written while the database is away."""
    return settings.data_dir / "journal"


def open_retention(
    settings: Settings, database: Database, cases: CaseForgetter, clock: Callable[[], datetime]
) -> Retention:
    """What deletes what was kept for the periods that are set."""
    return Retention(
        database,
        settings.organization,
        settings.data_dir,
        settings.retention,
        cases=cases,
        audit=AuditLog(database, settings.organization, clock),
        clock=clock,
    )


def open_case_index(settings: Settings, embedder: "Embedder") -> "CaseIndex":
    """The vectors of similar cases. Raises KnowledgeError `index-unreachable`."""
    # Chroma takes a second to import, which only who searches should pay.
    from knowledge.cases import CaseIndex  # noqa: PLC0415

    return CaseIndex(
        data_dir=settings.data_dir,
        organization=settings.organization,
        chroma_url=settings.chroma_url,
        embedder=embedder,
    )


def _development_ring(path: Path) -> str:
    """The ring in a file that only its owner reads; several processes that make it get one ring."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
            file.write(f"development:{new_key()}\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            # Whole and never over another's: whoever comes second reads what the first one made.
            os.link(draft, path)
            logger.warning("made %s, which seals what development stores", path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii")
