"""What the model took, on every database: each answer once, summed by day and model."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from scripts import usage as command
from storage.database import Database
from storage.organizations import ensure_organization
from storage.records import DayUsage, ModelUse, Spent
from storage.usage import UsageStore
from tests.support.calls import NOW, ORGANIZATION

USE = ModelUse(
    key="a" * 32, call_sid="CA1", purpose="answer", model="m", prompt="answer.v2",
    tokens_read=900, tokens_written=100, estimated=False, cost_micros=520, at=NOW,
    day=NOW.date(),
)  # fmt: skip


async def test_each_answer_counts_once_and_by_day(database: Database) -> None:
    store = UsageStore(database, ORGANIZATION)
    later = replace(USE, key="b" * 32, call_sid="CA2", estimated=True, cost_micros=5_000_000_000)
    next_day = replace(USE, key="c" * 32, day=USE.day + timedelta(days=1))
    await store.record([USE, later])
    await store.record([later, next_day])

    assert await store.spent(USE.day) == Spent(tokens=2_000, cost_micros=5_000_000_520)
    assert await store.spent(USE.day - timedelta(days=1)) == Spent()
    assert await store.of_call("CA1") == [USE, next_day]
    first, second = await store.by_day(USE.day)
    assert first == DayUsage(
        day=USE.day, model="m", calls=2, answers=2, tokens_read=1_800, tokens_written=200,
        cost_micros=5_000_000_520,
    )  # fmt: skip
    assert second.day == next_day.day
    assert await store.by_day(next_day.day) == [second]


async def test_organizations_have_accounts_of_their_own(database: Database) -> None:
    await ensure_organization(database, "other", "다른 회사")
    other = UsageStore(database, "other")
    await UsageStore(database, ORGANIZATION).record([USE])
    await other.record([replace(USE, tokens_read=1)])
    assert (await other.spent(USE.day)).tokens == 101
    assert (await UsageStore(database, ORGANIZATION).spent(USE.day)).tokens == 1_000


def test_the_command_says_what_was_not_used(
    monkeypatch: pytest.MonkeyPatch, empty_url: str
) -> None:
    monkeypatch.setenv("YEOBOSEYO_DATABASE_URL", empty_url)
    result = CliRunner().invoke(command.app, ["--days", "7"])
    assert result.exit_code == 0
    assert "was not used" in result.output
