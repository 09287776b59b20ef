"""Call-backs on every database, and the command that settles them."""

from __future__ import annotations

import asyncio

import pytest
from typer.testing import CliRunner

from scripts import callbacks as command
from storage.audit import Action, AuditLog
from storage.callbacks import CallbackStatus, CallbackStore
from storage.calls import CallStore
from storage.customers import CustomerStore
from storage.database import Database
from storage.records import HandoffReason, HandoffStatus
from tests.support.calls import NOW, ORGANIZATION, end, new_call, summary
from tests.support.keys import RING, VAULT


@pytest.fixture
def callbacks(database: Database) -> CallbackStore:
    """The sample organization's call-backs."""
    return CallbackStore(database, ORGANIZATION, clock=lambda: NOW)


async def _ask(store: CallStore, *, summarised_before: bool) -> int:
    call_id = await store.open(new_call())
    await store.request_handoff(call_id, HandoffReason.CALLER_REQUEST, "요금 문의")
    await store.close(call_id, end())
    if summarised_before:
        await store.save_summary(call_id, summary())
    await store.handoff_status(call_id, HandoffStatus.CALLBACK_REQUESTED)
    if not summarised_before:
        await store.save_summary(call_id, summary())
    return call_id


@pytest.mark.parametrize("summarised_before", [True, False])
async def test_whoever_phones_is_told_what_it_was_about(
    store: CallStore, callbacks: CallbackStore, summarised_before: bool
) -> None:
    call_id = await _ask(store, summarised_before=summarised_before)

    [callback] = await callbacks.list()
    assert (callback.call_id, callback.phone, callback.requested_at) == (
        call_id,
        "010-****-5678",
        NOW,
    )
    assert callback.brief == summary().text


async def test_a_number_is_given_to_whoever_phones_and_that_is_noted(
    database: Database, store: CallStore, callbacks: CallbackStore
) -> None:
    await _ask(store, summarised_before=True)
    [callback] = await callbacks.list()

    assert await callbacks.phone(callback.id, actor="command:root") == "+821012345678"
    assert await callbacks.phone(99, actor="command:root") is None
    assert await callbacks.done(callback.id, actor="command:root")
    assert not await callbacks.done(callback.id, actor="command:root")

    assert await callbacks.list() == []
    [settled] = await callbacks.list(None)
    assert (settled.status, settled.done_at) == (CallbackStatus.DONE, NOW)
    entries = await AuditLog(database, ORGANIZATION, lambda: NOW).newest(5)
    assert [(entry.action, entry.subject) for entry in entries] == [
        (Action.CALLBACK_DONE, f"callback:{callback.id}"),
        (Action.REVEALED, f"callback:{callback.id}"),
    ]


def test_the_command_lists_and_settles(monkeypatch: pytest.MonkeyPatch, empty_url: str) -> None:
    async def prepare() -> int:
        database = Database(empty_url, VAULT)
        try:
            await database.migrate()
            await CustomerStore(database, ORGANIZATION).load_sample()
            await _ask(CallStore(database, ORGANIZATION, clock=lambda: NOW), summarised_before=True)
            everybody = CallbackStore(database, ORGANIZATION, clock=lambda: NOW)
            return (await everybody.list())[-1].id
        finally:
            await database.close()

    number = str(asyncio.run(prepare()))
    monkeypatch.setenv("YEOBOSEYO_DATABASE_URL", empty_url)
    monkeypatch.setenv("YEOBOSEYO_ORGANIZATION", ORGANIZATION)
    monkeypatch.setenv("YEOBOSEYO_KEYS", RING)
    run = CliRunner()

    listed = run.invoke(command.app, ["list"]).stdout
    assert "2026-11-20 14:30\t010-****-5678\topen\t" in listed
    assert "+821012345678" in run.invoke(command.app, ["number", number]).stdout
    assert run.invoke(command.app, ["done", number]).exit_code == 0
    assert run.invoke(command.app, ["done", number]).exit_code == 1
    assert run.invoke(command.app, ["number", "999999"]).exit_code == 1
    assert "\tdone\t" in run.invoke(command.app, ["list", "--all"]).stdout
