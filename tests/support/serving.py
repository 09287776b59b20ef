"""The whole application in this process, and callers who phone it, on whatever clock runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
from fastapi import FastAPI

from app import Yeoboseyo, create_app
from scripts.carrier.asgi import asgi_connector
from scripts.carrier.call import SimulatedCall
from scripts.carrier.transport import Connector
from settings import Settings
from storage.records import StoredCall
from tests.support.keys import RING

ORIGIN = "https://voice.example.com"
TOKEN = "8f14e45f"
HUMAN = "+8225550100"
TODAY = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


@asynccontextmanager
async def serving(
    data_dir: Path, *, development: bool = False, **more: str
) -> AsyncIterator[FastAPI]:
    """The application with the sample data, started; its parts are all real.

    `more` are further settings, as they stand in the environment.
    """
    given = {
        "data_dir": data_dir,
        "public_url": ORIGIN,
        "twilio_auth_token": TOKEN,
        "human_number": HUMAN,
        "brain": "local",
        "keys": RING,
        "development": development,
    }
    settings = Settings.model_validate({**given, **more})
    app = create_app(settings, clock=lambda: TODAY)
    async with app.router.lifespan_context(app):
        yield app


@asynccontextmanager
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the application."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=ORIGIN) as http:
        yield http


@asynccontextmanager
async def phone(
    app: FastAPI, *, caller: str, connect: Connector | None = None
) -> AsyncIterator[SimulatedCall]:
    """A call that rings the application."""
    async with client(app) as http:
        call = SimulatedCall(
            ORIGIN,
            caller=caller,
            auth_token=TOKEN,
            http=http,
            connect=connect or asgi_connector(app),
        )
        await call.dial()
        yield call


async def stored(app: FastAPI, call_sid: str) -> StoredCall:
    """The call's record when its summary has been written, by us or by the worker beside us."""
    yeoboseyo: Yeoboseyo = app.state.yeoboseyo
    async with asyncio.timeout(30):
        while True:
            await yeoboseyo.worker.drain()
            record = await yeoboseyo.clear_calls.by_sid(call_sid)
            if record is not None and record.summary is not None:
                return record
            await asyncio.sleep(0.1)
