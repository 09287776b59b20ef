"""The accounts: counted at once, written later and once, limits by call and by Seoul's day."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from agent.model.accounts import Accounts, Limits, Meter, Prices
from agent.model.completion import Tokens
from storage.records import Spent
from tests.support.accounts import Journal
from tests.support.virtual_time import on_virtual_time

EVENING = datetime(2026, 11, 20, 14, 50, tzinfo=UTC)
"""Ten minutes before midnight in Seoul."""


class Clock:
    def __init__(self) -> None:
        self.now = EVENING

    def __call__(self) -> datetime:
        return self.now


def note(accounts: Accounts, meter: Meter, read: int = 900, written: int = 100) -> None:
    tokens = Tokens(read=read, written=written)
    accounts.note(meter, tokens, purpose="answer", model="m", prompt="answer.v2")


def test_a_call_has_its_limit_and_it_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    accounts = Accounts(clock=Clock(), limits=Limits(call_tokens=1_500))
    meter, other = Meter(call_sid="CA1"), Meter(call_sid="CA2")
    for _ in range(2):
        assert accounts.refusal(meter) == ""
        note(accounts, meter)
    with caplog.at_level(logging.WARNING):
        assert [accounts.refusal(meter) for _ in range(3)] == ["call_tokens"] * 3
    assert len(caplog.records) == 1
    assert accounts.refusal(other) == ""


@pytest.mark.parametrize(
    ("limits", "code"),
    [(Limits(day_tokens=1_000), "day_tokens"), (Limits(day_cost=0.000_52), "day_cost")],
)
def test_the_day_has_its_limit_until_midnight_in_seoul(
    limits: Limits, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    accounts = Accounts(clock=clock, limits=limits, prices=Prices(read=0.4, written=1.6))
    note(accounts, Meter(call_sid="CA1"))
    assert accounts.today == Spent(tokens=1_000, cost_micros=520)
    with caplog.at_level(logging.WARNING):
        assert [accounts.refusal(Meter(call_sid=f"CA{n}")) for n in range(3)] == [code] * 3
    assert len(caplog.records) == 1
    clock.now += timedelta(minutes=10)
    assert accounts.refusal(Meter(call_sid="CA9")) == ""
    assert accounts.today == Spent()


@on_virtual_time
async def test_what_a_database_that_is_away_does_not_take_is_written_once_it_is_back() -> None:
    journal = Journal()
    accounts = Accounts(clock=Clock(), limits=Limits(day_tokens=3_000), journal=journal)
    journal.away = True
    running = asyncio.create_task(accounts.run())
    for _ in range(2):
        note(accounts, Meter(call_sid="CA1"))
    await asyncio.sleep(60)
    assert accounts.today.tokens == 2_000
    assert accounts.unwritten == 2
    journal.away, journal.elsewhere = False, Spent(tokens=1_500)
    await asyncio.sleep(6)
    assert accounts.unwritten == 0
    assert len(journal.uses) == 2
    assert accounts.refusal(Meter(call_sid="CA2")) == "day_tokens"
    note(accounts, Meter(call_sid="CA1"))
    await asyncio.sleep(0)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await accounts.close()
    assert len(journal.uses) == 3
    assert accounts.today.tokens == 4_500


async def test_what_no_database_takes_does_not_hold_up_the_rest() -> None:
    journal = Journal()
    journal.refuses.add("CA2")
    accounts = Accounts(clock=Clock(), journal=journal)
    for number in (1, 2, 3):
        note(accounts, Meter(call_sid=f"CA{number}"))
    await accounts.close()
    assert [use.call_sid for use in journal.uses] == ["CA1", "CA3"]
    assert accounts.unwritten == 0


async def test_the_end_does_not_wait_for_a_database_that_is_away() -> None:
    journal = Journal()
    journal.away = True
    accounts = Accounts(clock=Clock(), journal=journal)
    note(accounts, Meter(call_sid="CA1"))
    await accounts.close()
    assert journal.uses == []
