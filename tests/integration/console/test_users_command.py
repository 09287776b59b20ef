"""`yeoboseyo users`, as an operator runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.users import app

PASSWORD = "a good password"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    """An operator at a fresh installation."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("YEOBOSEYO_DATABASE_URL", raising=False)
    monkeypatch.setenv("YEOBOSEYO_DATA_DIR", str(tmp_path / "data"))
    return CliRunner()


def test_users_are_added_listed_and_removed(run: CliRunner) -> None:
    added = run.invoke(app, ["add", "arim", "--password-stdin"], input=f"{PASSWORD}\n")
    assert (added.exit_code, added.stdout) == (0, "arim may sign in now, as reviewer.\n")
    asked = run.invoke(app, ["add", "민지"], input=f"{PASSWORD}\n{PASSWORD}\n")
    assert asked.exit_code == 0
    assert PASSWORD not in asked.output

    names = [line.split("\t")[0] for line in run.invoke(app, ["list"]).stdout.splitlines()]
    assert names == ["arim", "민지"]

    assert run.invoke(app, ["remove", "arim"]).exit_code == 0
    assert run.invoke(app, ["list"]).stdout.startswith("민지\t")
    again = run.invoke(app, ["remove", "arim"])
    assert (again.exit_code, again.stderr) == (1, "There is no user arim.\n")


def test_roles_are_given_and_changed(run: CliRunner) -> None:
    run.invoke(app, ["add", "arim", "--role", "admin", "--password-stdin"], input=PASSWORD)
    assert run.invoke(app, ["list"]).stdout.startswith("arim\tadmin\t")

    changed = run.invoke(app, ["role", "arim", "supervisor"])
    assert (changed.exit_code, changed.stdout) == (0, "arim is supervisor now.\n")
    assert run.invoke(app, ["list"]).stdout.startswith("arim\tsupervisor\t")
    nobody = run.invoke(app, ["role", "nobody", "admin"])
    assert (nobody.exit_code, nobody.stderr) == (1, "There is no user nobody.\n")
    assert run.invoke(app, ["role", "arim", "king"]).exit_code == 2


def test_a_name_is_taken_once(run: CliRunner) -> None:
    run.invoke(app, ["add", "arim", "--password-stdin"], input=PASSWORD)

    again = run.invoke(app, ["add", "arim", "--password-stdin"], input=PASSWORD)

    assert (again.exit_code, again.stderr) == (1, "there is a user arim already\n")


@pytest.mark.parametrize("password", ["", "too short", "x" * 1025])
def test_passwords_that_are_refused(run: CliRunner, password: str) -> None:
    refused = run.invoke(app, ["add", "arim", "--password-stdin"], input=password)

    assert refused.exit_code == 1
    assert "10 to 1024 characters" in refused.stderr
    assert run.invoke(app, ["list"]).stdout == ""


def test_passwords_typed_differently_are_asked_again(run: CliRunner) -> None:
    asked = run.invoke(
        app, ["add", "arim"], input=f"{PASSWORD}\nanother password\n{PASSWORD}\n{PASSWORD}\n"
    )

    assert asked.exit_code == 0
    assert "do not match" in asked.output


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_names_that_are_refused(run: CliRunner, name: str) -> None:
    refused = run.invoke(app, ["add", name, "--password-stdin"], input=PASSWORD)

    assert refused.exit_code == 2
