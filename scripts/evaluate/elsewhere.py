"""A server that somebody else runs, phoned by scenarios; its database is that of the settings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from urllib.parse import urlsplit

import httpx

from agent.hearing import Hearing
from knowledge.catalog.loader import load_catalog, sample_catalog_path
from scripts.carrier.call import SimulatedCall
from scripts.carrier.scenario import Scenario
from scripts.evaluate.house import Kept, customers, kept
from settings import Settings
from storage.clear import ServiceCalls
from storage.database import Database
from stores import open_database

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_SUMMARY_S = 20.0
_LOOK_S = 0.1
_ANSWER_S = 3.0


class Elsewhere:
    """The running server: its date is its own, and its earlier calls stay."""

    def __init__(self, url: str, settings: Settings, database: Database) -> None:
        self.hearing = Hearing(load_catalog(sample_catalog_path()))
        self._url = url.rstrip("/")
        self._settings = settings
        self._database = database
        self._calls = ServiceCalls(database, settings.organization)

    async def renew(self, today: date) -> None:
        """See Place; nothing of a server that others use is touched."""

    async def customers(self) -> tuple[object, ...]:
        """See Place."""
        return await customers(self._database, self._settings.organization)

    async def kept(self, call_sid: str) -> Kept | None:
        """See Place; waits for the summary, which the server writes after the call."""
        deadline = asyncio.get_running_loop().time() + _SUMMARY_S
        while True:
            call = await self._calls.by_sid(call_sid)
            late = asyncio.get_running_loop().time() > deadline
            if call is not None and (call.summary is not None or late):
                return await kept(self._database, call)
            if late:
                return None
            await asyncio.sleep(_LOOK_S)

    def call(self, scenario: Scenario) -> SimulatedCall:
        """See Place."""
        settings = self._settings
        # A server on this machine is the one of the settings, and signs with their origin.
        here = urlsplit(self._url).hostname in _LOOPBACK
        return SimulatedCall(
            self._url,
            public_url=settings.public_url if here else self._url,
            caller=scenario.caller,
            called=scenario.called,
            auth_token=settings.twilio_auth_token.get_secret_value(),
            account_sid=settings.twilio_account_sid,
        )


@asynccontextmanager
async def open_elsewhere(url: str, settings: Settings) -> AsyncIterator[Elsewhere]:
    """The server at `url`, and the database of the settings, which must be the server's."""
    database = open_database(settings)
    try:
        yield Elsewhere(url, settings, database)
    finally:
        await database.close()


def answers(url: str) -> bool:
    """Whether a server of ours is alive at `url`."""
    try:
        with httpx.Client(trust_env=False, timeout=_ANSWER_S) as http:
            return http.get(f"{url.rstrip('/')}/livez").is_success
    except httpx.HTTPError:
        return False
