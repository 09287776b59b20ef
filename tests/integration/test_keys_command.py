"""`yeoboseyo keys`, as an operator runs it."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.keys import app
from settings import Settings
from storage.customers import CustomerStore
from storage.sample import SAMPLE_CUSTOMERS
from storage.vault import Vault, new_key
from stores import open_database
from tests.support.keys import RING


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    """An operator at a fresh installation."""
    monkeypatch.setenv("YEOBOSEYO_DATA_DIR", str(tmp_path / "data"))
    return CliRunner()


def test_a_new_key_is_printed_alone_with_advice_beside_it(run: CliRunner) -> None:
    made = run.invoke(app, ["new"])
    assert made.exit_code == 0
    assert len(Vault.parse(made.stdout).key_ids) == 1
    assert "Set YEOBOSEYO_KEYS to it" in made.stderr
    assert run.invoke(app, ["new"]).stdout != made.stdout


def test_a_further_key_goes_before_the_others(
    run: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YEOBOSEYO_KEYS", RING)
    made = run.invoke(app, ["new", "next"])
    assert Vault.parse(f"{made.stdout.strip()},{RING}").key_ids == ("next", "test")
    assert "in front of the others" in made.stderr
    again = run.invoke(app, ["new", "test"])
    assert (again.exit_code, again.stdout) == (1, "")
    assert "another id" in again.stderr
    assert run.invoke(app, ["new", "Not An Id"]).exit_code == 1


def test_nothing_is_checked_without_keys(run: CliRunner) -> None:
    checked = run.invoke(app, ["check"])
    assert checked.exit_code == 1
    assert "YEOBOSEYO_KEYS is not set" in checked.stderr


def test_a_fresh_database_needs_no_key_but_the_sealing_one(
    run: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YEOBOSEYO_KEYS", RING)
    checked = run.invoke(app, ["check"])
    assert (checked.exit_code, checked.stdout) == (0, "test\tseals\t0\n")


def test_keys_are_exchanged(run: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fill() -> None:
        database = open_database(Settings())
        try:
            await database.migrate()
            await CustomerStore(database, "sample").load_sample()
        finally:
            await database.close()

    monkeypatch.setenv("YEOBOSEYO_KEYS", RING)
    asyncio.run(fill())
    ring = f"next:{new_key()},{RING}"
    monkeypatch.setenv("YEOBOSEYO_KEYS", ring)
    customers = len(SAMPLE_CUSTOMERS)

    before = run.invoke(app, ["rotate", "--dry-run"])
    assert before.exit_code == 1
    assert before.stdout == f"next\tseals\t0\ntest\topens\t{customers}\tcustomers {customers}\n"
    assert before.stderr == "Still needed: test.\n"
    done = run.invoke(app, ["rotate"])
    assert done.exit_code == 0
    assert f"Exchanged: {customers}" in done.stdout
    assert "the other keys can go" in done.stdout
    monkeypatch.setenv("YEOBOSEYO_KEYS", ring.partition(",")[0])
    checked = run.invoke(app, ["check"])
    assert checked.stdout == f"next\tseals\t{customers}\tcustomers {customers}\n"
    monkeypatch.setenv("YEOBOSEYO_KEYS", RING)
    missing = run.invoke(app, ["check"])
    assert missing.exit_code == 1
    assert "Not in YEOBOSEYO_KEYS: next" in missing.stderr
