"""All that is kept of one person, in the clear, as one archive that they can be given.

`person.json` holds the rows of every store; `recordings/` the calls as they sound, whatever was
silenced in them silent.
"""

from __future__ import annotations

import asyncio
import json
import os
import wave
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from storage.convert import to_customer
from storage.database import Database
from storage.models import CallRow, CorrectionRow, MentionRow, TurnRow
from storage.reading import one_call, one_handoff
from storage.recordings.files import Recording, file_within, recording_name
from storage.recordings.format import RATE
from storage.retention import Audit
from storage.reviews import correction_keys
from storage.rights.person import OF_CALLS, Person, PersonFinder, e164
from storage.sealing import Seals

_REVIEWS = ("feedback", "corrections", "scorecards")


class Exporter:
    """Writes what is kept of somebody into an archive."""

    def __init__(
        self,
        database: Database,
        organization_id: str,
        data_dir: Path,
        *,
        finder: PersonFinder,
        audit: Audit,
        pcm: Callable[[bytes], bytes],
    ) -> None:
        """`pcm` turns µ-law into 16-bit little-endian samples."""
        self._database = database
        self._organization_id = organization_id
        self._data_dir = data_dir
        self._finder = finder
        self._audit = audit
        self._pcm = pcm

    async def export(self, phone: str, out: Path, *, actor: str, at: datetime) -> Person:
        """Write the archive, readable by its owner alone, and note that it was done.

        Raises StorageError `bad_phone`, `unknown_key`, `damaged`; FileExistsError, OSError.
        """
        person = await self._finder.find(phone)
        told = await self._told(person, at)
        # Noted before it is there: nobody takes it away unnoticed.
        subject = self._database.vault.fingerprint(e164(phone))
        await self._audit.append(actor, "export", subject, person.counts)
        await asyncio.to_thread(self._write, out, person, told)
        return person

    async def _told(self, person: Person, at: datetime) -> dict[str, Any]:
        seals = Seals(self._database.vault, self._organization_id)
        calls = []
        async with self._database.read(self._organization_id) as session:
            for row in person.calls:
                call = await one_call(session, CallRow.id == row.id, seals=seals)
                handoff = await one_handoff(session, CallRow.id == row.id, seals=seals)
                calls.append(
                    {"call": call and asdict(call), "handoff": handoff and asdict(handoff)}
                )
            reviews = {
                model.__tablename__: list(
                    await session.scalars(select(model).where(model.call_id.in_(person.call_ids)))
                )
                for model in OF_CALLS
                if model.__tablename__ in _REVIEWS
            }
            asked = {*person.call_ids, *(row.call_id for row in person.callbacks)}
            query = select(CallRow.id, CallRow.call_sid).where(CallRow.id.in_(asked))
            sids: dict[int, str] = {row.id: row.call_sid for row in await session.execute(query)}
            mentions = [await _mention(session, row, seals) for row in person.mentions]
        return {
            "phone": person.phone,
            "at": at.isoformat(),
            "organization": self._organization_id,
            "counts": person.counts,
            "customers": [asdict(to_customer(row, seals)) for row in person.customers],
            "calls": calls,
            "recordings": [
                {**_plain_row(row), "file": f"recordings/{sids[row.call_id]}.wav"}
                for row in person.recordings
            ],
            **{name: [_review(row, sids, seals) for row in rows] for name, rows in reviews.items()},
            "callbacks": [
                {**_plain_row(row), **seals.opened(row.sealed, "callbacks", sids[row.call_id])}
                for row in person.callbacks
            ],
            "change_requests": [_plain_row(row) for row in person.changes],
            "model_usage": [_plain_row(row) for row in person.usage],
            "outbox_jobs": [_plain_row(row) for row in person.jobs],
            "cases": list(person.cases),
            "mentions_in_other_calls": mentions,
            "journal": [asdict(one.noted) for one in person.journal],
        }

    def _write(self, out: Path, person: Person, told: Mapping[str, Any]) -> None:
        sids = {row.id: row.call_sid for row in person.calls}
        with (
            open(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,  # noqa: PTH123
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            text = json.dumps(told, ensure_ascii=False, indent=2, default=str)
            archive.writestr("person.json", text.encode(errors="backslashreplace"))
            for row in person.recordings:
                path = file_within(self._data_dir, row.path)
                if path is not None:
                    with archive.open(f"recordings/{sids[row.call_id]}.wav", "w") as sound:
                        self._sound(path, sids[row.call_id], sound)

    def _sound(self, path: Path, call_sid: str, out: Any) -> None:
        name = recording_name(self._organization_id, call_sid)
        with (
            Recording.open(path, self._database.vault, name) as recording,
            wave.open(out, "wb") as sound,
        ):
            sound.setnchannels(2)
            sound.setsampwidth(2)
            sound.setframerate(RATE)
            sound.setnframes(recording.frames)
            for piece in recording.read():
                sound.writeframesraw(self._pcm(piece))


def _review(row: Any, sids: Mapping[int, str], seals: Seals) -> dict[str, Any]:
    """What a supervisor said of a call; of a correction, what it was and became, in the clear."""
    clear: dict[str, Any] = {}
    if isinstance(row, CorrectionRow):
        about = correction_keys(sids[row.call_id], row.turn_index, row.field, row.at)
        clear = seals.opened(row.sealed, "corrections", *about)
    return {**_plain_row(row), **clear}


async def _mention(session: Any, mention: MentionRow, seals: Seals) -> dict[str, Any]:
    """Where the number was spoken in somebody else's call; what else they said is theirs."""
    query = select(CallRow.call_sid, CallRow.started_at, TurnRow.heard, TurnRow.said).join(
        TurnRow, TurnRow.call_id == CallRow.id
    )
    found = (
        await session.execute(
            query.where(CallRow.id == mention.call_id, TurnRow.index == mention.turn_index)
        )
    ).first()
    masked = {} if found is None else {"heard": found.heard, "said": found.said}
    at = None if found is None else found.started_at
    return {"call": mention.call_id, "began": at, "turn": mention.turn_index, **masked}


def _plain_row(row: Any) -> dict[str, Any]:
    """A row's columns but for what is sealed."""
    return {
        attribute.key: getattr(row, attribute.key)
        for attribute in row.__mapper__.column_attrs
        if attribute.key != "sealed"
    }
