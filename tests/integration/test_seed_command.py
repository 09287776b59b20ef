"""`yeoboseyo seed`: a believable history, alike for one seed, and never beside real calls."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from scripts import seed
from storage.calls import CallStore
from storage.clear import ServiceCalls
from storage.customers import CustomerStore
from storage.database import Database
from storage.models import (
    CallbackRow,
    CallRow,
    CustomerRow,
    HandoffRow,
    HandoffStepRow,
    ModelUsageRow,
    TurnRow,
)
from storage.records import Outcome, StoredCall
from tests.support.calls import new_call
from tests.support.keys import RING, VAULT

SIXTY = ["--calls", "60", "--seed", "7", "--days", "30", "--end", "2026-11-20"]


def _invoke(monkeypatch: pytest.MonkeyPatch, folder: Path, *options: str) -> tuple[int, str]:
    monkeypatch.setenv("YEOBOSEYO_DATA_DIR", str(folder))
    monkeypatch.setenv("YEOBOSEYO_DATABASE_URL", f"sqlite:///{folder / 'seed.db'}")
    monkeypatch.setenv("YEOBOSEYO_KEYS", RING)
    monkeypatch.setenv("YEOBOSEYO_ORGANIZATION", "sample")
    result = CliRunner().invoke(seed.app, list(options))
    return result.exit_code, result.output


async def _calls(folder: Path) -> tuple[list[StoredCall], list[StoredCall]]:
    """All calls with their turns, masked and in the clear."""
    database = Database(f"sqlite:///{folder / 'seed.db'}", VAULT)
    try:
        store, clear = CallStore(database, "sample"), ServiceCalls(database, "sample")
        ids = [call.id for call in await store.list(1_000)]
        masked = [await store.get(call_id) for call_id in ids]
        opened = [await clear.get(call_id) for call_id in ids]
    finally:
        await database.close()
    return [one for one in masked if one], [one for one in opened if one]


def test_a_history_is_believable_masked_and_made_again_alike(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        code, output = _invoke(monkeypatch, folder, *SIXTY)
        assert code == 0, output

    masked, clear = asyncio.run(_calls(first))
    assert asyncio.run(_calls(second)) == (masked, clear)
    assert len(masked) == 60
    days = {call.started_at.date() for call in masked}
    assert len(days) > 10
    assert [call.started_at for call in masked] == sorted(
        (call.started_at for call in masked), reverse=True
    )
    outcomes = Counter(call.outcome for call in masked)
    assert outcomes[Outcome.COMPLETED] > outcomes[Outcome.HANDED_OFF] > 0
    assert all(call.summary and call.ended_at and call.turns for call in masked)
    customers = Counter(call.customer.id for call in masked if call.customer)
    assert customers.most_common(1)[0][1] > 1, "somebody phoned again"
    for shown, told in zip(masked, clear, strict=True):
        if told.customer:
            assert told.customer.name not in str(shown)
            assert told.customer.phone[-8:-4] + "-" not in str(shown)
            assert shown.customer != told.customer
    known = [call for call in clear if call.customer]
    assert all(call.customer.name in str(call.turns) for call in known if call.customer)


def test_what_belongs_to_calls_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def look() -> None:
        database = Database(f"sqlite:///{tmp_path / 'seed.db'}", VAULT)
        try:
            async with database.read("sample") as session:
                for model in (CustomerRow, TurnRow, HandoffStepRow, ModelUsageRow, CallbackRow):
                    assert await session.scalar(select(model.id).limit(1)) is not None, model
                briefs = await session.execute(
                    select(HandoffRow.summary_text, CustomerRow.name)
                    .join(CallRow, CallRow.id == HandoffRow.call_id)
                    .join(CustomerRow, CustomerRow.id == CallRow.customer_id)
                )
                assert all(brief.startswith(name) for brief, name in briefs.all())
            store = CallStore(database, "sample")
            found = await store.list(5, search="요금")
            assert len(found) == 5, "the search knows them"
            await CustomerStore(database, "sample").load_sample()
            await store.open(new_call("CAreal"))
        finally:
            await database.close()

    code, output = _invoke(monkeypatch, tmp_path, "--calls", "120", "--end", "2026-11-20")
    assert code == 0, output
    again, output = _invoke(monkeypatch, tmp_path, "--calls", "5")
    assert again == 1
    assert "has an invented history already" in output
    asyncio.run(look())

    beside_real, output = _invoke(monkeypatch, tmp_path, "--calls", "5")
    assert beside_real == 1
    assert "has real calls" in output
    forced, output = _invoke(monkeypatch, tmp_path, "--calls", "5", "--seed", "9", "--force")
    assert forced == 0, output
    twice, output = _invoke(
        monkeypatch, tmp_path, "--calls", "120", "--end", "2026-11-20", "--force"
    )
    assert twice == 1
    assert "choose another one" in output
