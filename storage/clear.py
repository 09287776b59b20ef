"""Calls as they were said, for the product's own work and for whoever may see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from storage.audit import Action, append
from storage.database import Database
from storage.models import CallRow
from storage.reading import one_call, one_handoff
from storage.records import Handoff, StoredCall
from storage.sealing import Seals


class ServiceCalls:
    """An organization's calls in the clear, read by the product itself.

    To summarise them, say; nothing of it is shown to anybody in the console, which has
    `RevealedCalls` for that. All raise StorageError `no_keys`, `unknown_key`, `damaged`.
    """

    def __init__(self, database: Database, organization_id: str) -> None:
        self._database = database
        self._organization_id = organization_id

    async def get(self, call_id: int) -> StoredCall | None:
        """A call with its turns and summary."""
        seals = self._seals()
        async with self._database.read(self._organization_id) as session:
            return await one_call(session, CallRow.id == call_id, seals=seals)

    async def by_sid(self, call_sid: str) -> StoredCall | None:
        """The call with the carrier's id."""
        seals = self._seals()
        async with self._database.read(self._organization_id) as session:
            return await one_call(session, CallRow.call_sid == call_sid, seals=seals)

    def _seals(self) -> Seals:
        return Seals(self._database.vault, self._organization_id)


@dataclass(frozen=True, kw_only=True)
class Revealed:
    """A call in the clear, as somebody asked to see it."""

    call: StoredCall
    handoff: Handoff | None


class RevealedCalls:
    """An organization's calls in the clear, read by people; each reading is in the audit log."""

    def __init__(
        self, database: Database, organization_id: str, *, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._organization_id = organization_id
        self._clock = clock

    async def get(self, call_id: int, *, actor: str) -> Revealed | None:
        """A call with its turns, summary and hand-off, for `actor`.

        Raises as `ServiceCalls` does; where it cannot be noted, nothing is given.
        """
        seals = Seals(self._database.vault, self._organization_id)
        async with self._database.write(self._organization_id) as session:
            call = await one_call(session, CallRow.id == call_id, seals=seals)
            if call is None:
                return None
            handoff = await one_handoff(session, CallRow.id == call_id, seals=seals)
            await append(
                session,
                at=self._clock(),
                actor=actor,
                action=Action.REVEALED,
                subject=f"call:{call.call_sid}",
            )
        return Revealed(call=call, handoff=handoff)
