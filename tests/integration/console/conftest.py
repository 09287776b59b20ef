"""A console over HTTPS on a real SQLite database, with a user and a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from console.app import create_console
from console.auth import hash_password
from knowledge.cases import SimilarCase
from knowledge.errors import KnowledgeError
from storage.audit import AuditLog
from storage.calls import CallStore
from storage.customers import CustomerStore
from storage.database import Database
from storage.records import Role
from storage.users import UserStore
from tests.support.calls import NOW, ORGANIZATION
from tests.support.keys import VAULT
from voice.audio import mulaw

NAME, PASSWORD = "arim", "맞는 비밀번호입니다"


@dataclass
class Clock:
    """A date that tests set."""

    now: datetime = field(default=NOW)

    def __call__(self) -> datetime:
        """The date."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The console's date."""
    return Clock()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """The sample organization with its customers and one user."""
    database = Database(f"sqlite:///{tmp_path / 'test.db'}", VAULT)
    try:
        await database.migrate()
        await CustomerStore(database, ORGANIZATION).load_sample()
        users = UserStore(database, ORGANIZATION)
        await users.add(NAME, hash_password(PASSWORD), NOW, role=Role.SUPERVISOR, by="test")
        yield database
    finally:
        await database.close()


@pytest.fixture
def store(database: Database) -> CallStore:
    """The sample organization's calls."""
    return CallStore(database, ORGANIZATION, clock=lambda: NOW)


@pytest.fixture
def audit(database: Database, clock: Clock) -> AuditLog:
    """What was noted."""
    return AuditLog(database, ORGANIZATION, clock)


@dataclass
class Similar:
    """Gives the same cases for every question, but for the call itself."""

    cases: list[SimilarCase] = field(default_factory=list)
    error: KnowledgeError | None = None

    async def __call__(
        self, text: str, *, limit: int = 5, but: int | None = None
    ) -> list[SimilarCase]:
        if self.error:
            raise self.error
        return [near for near in self.cases if near.case.call_id != but][:limit]


@pytest.fixture
def similar() -> Similar:
    """The cases that resemble a question."""
    return Similar()


@pytest.fixture
def console(database: Database, tmp_path: Path, clock: Clock, similar: Similar) -> FastAPI:
    """The console."""
    return create_console(
        database,
        ORGANIZATION,
        "여보세요 모바일",
        tmp_path,
        pcm=mulaw.pcm,
        sample=True,
        secure_cookies=True,
        clock=clock,
        similar=similar,
        plan_names={"rollover-10": "5G 슬림(이월) 이월 10GB"},
    )


@pytest.fixture
async def stranger(console: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that is not signed in."""
    app = FastAPI()
    app.mount("/console", console)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://yeoboseyo.test") as client:
        yield client


@pytest.fixture
async def browser(stranger: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser that is signed in."""
    answer = await sign_in(stranger)
    assert answer.status_code == 303
    return stranger


async def sign_in(
    client: httpx.AsyncClient, *, name: str = NAME, password: str = PASSWORD, **fields: str
) -> httpx.Response:
    """Fill in the form as a browser does."""
    form = await client.get("/console/sign-in")
    return await client.post(
        "/console/sign-in",
        data={"name": name, "password": password, "token": token_in(form.text)} | fields,
    )


def token_in(html: str) -> str:
    """The token in a page's form."""
    return html.split('name="token" value="')[1].split('"', maxsplit=1)[0]
