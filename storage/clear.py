"""Calls as they were said, for the product's own work and for whoever may see them."""

from __future__ import annotations

from dataclasses import dataclass

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
    """An organization's calls in the clear, read by people."""

    def __init__(self, database: Database, organization_id: str) -> None:
        self._database = database
        self._organization_id = organization_id

    async def get(self, call_id: int) -> Revealed | None:
        """A call with its turns, summary and hand-off. Raises as `ServiceCalls` does."""
        seals = Seals(self._database.vault, self._organization_id)
        async with self._database.read(self._organization_id) as session:
            call = await one_call(session, CallRow.id == call_id, seals=seals)
            if call is None:
                return None
            handoff = await one_handoff(session, CallRow.id == call_id, seals=seals)
            return Revealed(call=call, handoff=handoff)
