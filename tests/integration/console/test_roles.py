"""What a user's role lets them see and hear, and that it is written down."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from console.listening import HEARING
from storage.audit import Action, AuditLog
from storage.calls import CallStore
from storage.database import Database
from storage.recordings.finishing import RecordingFinisher
from storage.records import Role
from storage.users import UserStore
from tests.integration.console.conftest import NAME, Clock, sign_in
from tests.support.calls import NOW, ORGANIZATION, end, new_call, turn
from tests.support.recordings import write


@pytest.fixture
async def call_id(database: Database, store: CallStore, tmp_path: Path) -> int:
    """A call with something personal, and its finished recording."""
    call_id = await store.open(new_call(recording_path="recordings/CA1.yrec"))
    await store.save_turn(call_id, turn(1, heard="010-1234-5678이에요"))
    write(tmp_path / "recordings" / "CA1.yrec", bytes(range(256)) * 40, bytes(range(256)) * 40)
    await store.close(call_id, end(recording_ms=1_280))
    await RecordingFinisher(database, ORGANIZATION, tmp_path).finish(call_id)
    return call_id


@pytest.fixture
async def reviewer(browser: httpx.AsyncClient, database: Database) -> httpx.AsyncClient:
    """A browser whose user may review what is masked."""
    users = UserStore(database, ORGANIZATION)
    assert await users.change_role(NAME, Role.REVIEWER, NOW, by="test")
    return browser


async def test_a_reviewer_sees_what_is_masked_and_hears_nothing(
    reviewer: httpx.AsyncClient, call_id: int, audit: AuditLog
) -> None:
    page = await reviewer.get(f"/console/calls/{call_id}")

    assert page.status_code == 200
    assert "010-****-5678이에요" in page.text
    assert "통화 녹음은 권한이 있는 분만 들으실 수 있습니다." in page.text
    for forbidden in ("개인정보 보기", "<audio", "/recording", "seek.js"):
        assert forbidden not in page.text
    for path in (f"/console/calls/{call_id}?reveal=1", f"/console/calls/{call_id}/recording"):
        refused = await reviewer.get(path)
        assert refused.status_code == 403
        assert "이 내용을 볼 권한이 없습니다" in refused.text
        assert "1234" not in refused.text
    assert await audit.newest(5, action=Action.REVEALED) == []
    assert await audit.newest(5, action=Action.LISTENED) == []


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ADMIN])
async def test_the_others_see_and_hear(
    browser: httpx.AsyncClient, database: Database, call_id: int, role: Role
) -> None:
    await UserStore(database, ORGANIZATION).change_role(NAME, role, NOW, by="test")

    assert "1234" in (await browser.get(f"/console/calls/{call_id}?reveal=1")).text
    assert (await browser.get(f"/console/calls/{call_id}/recording")).status_code == 200


async def test_a_hearing_is_noted_once_a_page(
    browser: httpx.AsyncClient, call_id: int, audit: AuditLog, clock: Clock
) -> None:
    async def heard() -> int:
        return len(await audit.newest(50, action=Action.LISTENED))

    async def player() -> str:
        page = await browser.get(f"/console/calls/{call_id}")
        found = re.search(r'<audio[^>]* src="([^"]+)"', page.text)
        assert found
        return found[1]

    first = await player()
    assert await heard() == 0, "nothing was played"
    for part in ("bytes=0-", "bytes=100-200", "bytes=0-99"):
        assert (await browser.get(first, headers={"Range": part})).status_code == 206
    assert await heard() == 1

    second = await player()
    assert second != first
    await browser.get(second)
    assert await heard() == 2
    clock.now += HEARING
    await browser.get(second)
    assert await heard() == 3, "it was heard again, much later"

    await browser.get(f"/console/calls/{call_id}/recording")
    await browser.get(f"/console/calls/{call_id}/recording?hearing=made-up")
    assert await heard() == 5, "who evades the page is noted each time"
    [noted] = await audit.newest(1, action=Action.LISTENED)
    assert (noted.actor, noted.subject) == (f"console:{NAME}", "call:CA1")
    assert noted.at == NOW + timedelta(hours=1)


async def test_another_calls_page_is_no_pretext(
    browser: httpx.AsyncClient, store: CallStore, call_id: int, audit: AuditLog
) -> None:
    other = await store.open(new_call("CA2"))
    await store.close(other, end())
    token = re.search(r'hearing=([^"#]+)', (await browser.get(f"/console/calls/{call_id}")).text)
    assert token
    await browser.get(f"/console/calls/{call_id}/recording?hearing={token[1]}")

    refused = await browser.get(f"/console/calls/{other}/recording?hearing={token[1]}")

    assert refused.status_code == 404
    assert len(await audit.newest(5, action=Action.LISTENED)) == 1


async def test_signing_in_and_out_is_noted(stranger: httpx.AsyncClient, audit: AuditLog) -> None:
    await sign_in(stranger, password="not the password")
    for number in range(7):
        await sign_in(stranger, name=f"nobody{number}")
    await sign_in(stranger)

    entries = await audit.newest(50)
    failed = [entry.subject for entry in entries if entry.action == Action.SIGN_IN_FAILED]
    assert failed.count(f"user:{NAME}") == 1
    assert failed.count("user:?") == 5, "strangers cannot fill the log"
    assert entries[0].action == Action.SIGNED_IN
    assert (await audit.verify()).broken_at is None
