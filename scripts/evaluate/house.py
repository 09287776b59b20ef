"""The product in a folder of its own, which scenarios phone: real parts, sample data, set dates."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Protocol

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import delete, func, select

from agent.hearing import Hearing
from app import SAMPLE_ORGANIZATION, Yeoboseyo, create_app
from scripts.carrier.asgi import asgi_connector
from scripts.carrier.call import SimulatedCall
from scripts.carrier.scenario import SEOUL, Scenario
from scripts.serving import serving
from settings import Settings
from storage.database import Database
from storage.models import (
    AuditEntryRow,
    AuditHeadRow,
    Base,
    ChangeRequestRow,
    CustomerRow,
    HandoffRow,
    OfOrganization,
)
from storage.records import StoredCall
from storage.vault import new_key

ORIGIN = "http://voice.example.com"
"""Where the application believes to be reached, when it is phoned in memory."""

TOKEN = "evaluation"  # noqa: S105 - signs nothing but our own calls to ourselves
HUMAN = "+8225550100"

_AUDIT = {AuditEntryRow, AuditHeadRow}
"""Refuse to be forgotten."""
_NOON = time(12, 0)
_ORGANIZATION_NAME = "여보세요 모바일"


def own_settings(settings: Settings, folder: Path, *, brain: str) -> Settings:
    """`settings` for an application that keeps all it has in `folder` and speaks by itself."""
    return settings.model_copy(
        update={
            "data_dir": folder,
            "database_url": None,
            "keys": SecretStr(f"evaluation:{new_key()}"),
            "chroma_url": None,
            "organization": SAMPLE_ORGANIZATION,
            "organization_name": _ORGANIZATION_NAME,
            "public_url": ORIGIN,
            "human_number": HUMAN,
            "twilio_auth_token": SecretStr(TOKEN),
            "twilio_account_sid": "",
            "development": False,
            "brain": brain,
            "voices": "espeak",
        }
    )


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What the database holds of a call when it is over."""

    call: StoredCall
    handoffs: int
    change_requests: int
    customers: tuple[object, ...]
    """All customers, to be compared with those before the call."""

    @property
    def summary(self) -> str:
        """All that the summary says, as one text."""
        summary = self.call.summary
        if summary is None:
            return ""
        answers = [f"{asked.question} {asked.answer}" for asked in summary.questions]
        return " ".join([summary.reason, summary.text, *answers, *summary.follow_ups])


class Place(Protocol):
    """Where a scenario's caller phones, and where one can look up what became of the call."""

    hearing: Hearing

    async def renew(self, today: date) -> None:
        """Prepare for a call on this day."""
        ...

    async def customers(self) -> tuple[object, ...]:
        """All customers, column by column."""
        ...

    async def kept(self, call_sid: str) -> Kept | None:
        """What is stored of a call and its summary; None where nothing is."""
        ...

    def call(self, scenario: Scenario) -> SimulatedCall:
        """A call of the scenario's caller that has not been dialled."""
        ...


class House:
    """The running application; one trial after the other, each with a fresh database."""

    def __init__(self, app: FastAPI, calendar: "Calendar", http: httpx.AsyncClient) -> None:
        self.app = app
        self.yeoboseyo: Yeoboseyo = app.state.yeoboseyo
        self.hearing = Hearing(self.yeoboseyo.knowledge.catalog)
        self.url = ""
        """Where it is served; empty where it is phoned in memory."""
        self._calendar = calendar
        self._http = http

    async def renew(self, today: date) -> None:
        """Forget all calls and changes: the sample customers as they are on the first day."""
        self._calendar.today = today
        database = self.yeoboseyo.database
        models = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
        async with database.write(SAMPLE_ORGANIZATION) as session:
            for table in reversed(Base.metadata.sorted_tables):
                if issubclass(models[table], OfOrganization) and models[table] not in _AUDIT:
                    await session.execute(delete(models[table]))
        await self.yeoboseyo.customers.load_sample(organization_name=_ORGANIZATION_NAME)

    async def customers(self) -> tuple[object, ...]:
        """See Place."""
        return await customers(self.yeoboseyo.database, SAMPLE_ORGANIZATION)

    async def kept(self, call_sid: str) -> Kept | None:
        """See Place."""
        await self.yeoboseyo.worker.drain()
        call = await self.yeoboseyo.clear_calls.by_sid(call_sid)
        return None if call is None else await kept(self.yeoboseyo.database, call)

    def call(self, scenario: Scenario) -> SimulatedCall:
        """See Place."""
        if self.url:
            return SimulatedCall(
                self.url,
                public_url=ORIGIN,
                caller=scenario.caller,
                called=scenario.called,
                auth_token=TOKEN,
            )
        return SimulatedCall(
            ORIGIN,
            caller=scenario.caller,
            called=scenario.called,
            auth_token=TOKEN,
            http=self._http,
            connect=asgi_connector(self.app),
        )


class Calendar:
    """The date that the application believes; a call takes no time of it."""

    def __init__(self) -> None:
        self.today = date(2026, 11, 20)

    def now(self) -> datetime:
        """Noon in Seoul."""
        return datetime.combine(self.today, _NOON, SEOUL).astimezone(UTC)


@asynccontextmanager
async def open_house(settings: Settings, *, brain: str, served: bool) -> AsyncIterator[House]:
    """The application, started, in a temporary folder; `served` is over loopback.

    Raises TranscriptionError without the speech model.
    """
    calendar = Calendar()
    with tempfile.TemporaryDirectory(prefix="yeoboseyo-evaluate-") as folder:
        app = create_app(own_settings(settings, Path(folder), brain=brain), clock=calendar.now)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as http:
            if not served:
                async with app.router.lifespan_context(app):
                    yield House(app, calendar, http)
                return
            async with serving(app) as url:
                house = House(app, calendar, http)
                house.url = url
                yield house


async def kept(database: Database, call: StoredCall) -> Kept:
    """What a database holds of a call."""
    handoffs = select(func.count()).where(HandoffRow.call_id == call.id)
    changes = select(func.count()).where(ChangeRequestRow.call_sid == call.call_sid)
    async with database.read(call.organization_id) as session:
        return Kept(
            call=call,
            handoffs=await session.scalar(handoffs) or 0,
            change_requests=await session.scalar(changes) or 0,
            customers=await customers(database, call.organization_id),
        )


async def customers(database: Database, organization_id: str) -> tuple[object, ...]:
    """All customers of an organization, column by column."""
    async with database.read(organization_id) as session:
        rows = await session.scalars(select(CustomerRow).order_by(CustomerRow.id))
        return tuple((row.identity_hash, row.plan_id, row.since) for row in rows)
