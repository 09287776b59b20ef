"""`yeoboseyo keys`, as an operator runs it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.keys import app
from storage.vault import Vault
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
