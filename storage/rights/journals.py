"""What the journal on disk holds of somebody, read beside the server that writes it; blocks."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from storage.backlog import frames
from storage.entries import Began, Noted, unpack
from storage.errors import StorageError
from storage.vault import Vault


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """An entry that the database has not taken."""

    noted: Noted
    dead: Path | None
    """Its file, where the database refused it for good; else a server brings it yet."""


def entries_of(
    folder: Path, vault: Vault, organization_id: str, *, phone: str, call_sids: Collection[str]
) -> list[Waiting]:
    """The entries of calls from this telephone (E.164), and of these calls.

    What cannot be opened is nobody's: it is sealed, and its key is not there. Raises OSError.
    """
    found = list(_entries(folder, vault, organization_id))
    sids = {*call_sids}
    for one in found:
        entry = one.noted.entry
        if isinstance(entry, Began) and entry.call.caller == phone:
            sids.add(entry.call_sid)
    return [one for one in found if one.noted.entry.call_sid in sids]


def _entries(folder: Path, vault: Vault, organization_id: str) -> Iterator[Waiting]:
    for path in sorted(folder.glob("*.journal")):
        about = f"journal/{organization_id}/{path.stem}"
        for _, payload in frames(path.read_bytes()).payloads:
            if noted := _opened(vault, payload, about):
                yield Waiting(noted=noted, dead=None)
    for path in sorted((folder / "dead").glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        sealed = base64.b64decode(content["sealed"])
        if noted := _opened(vault, sealed, content["about"]):
            yield Waiting(noted=noted, dead=path)


def _opened(vault: Vault, sealed: bytes, about: str) -> Noted | None:
    try:
        return unpack(vault.open(sealed, about=about))
    except StorageError:
        return None
