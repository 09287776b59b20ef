"""`yeoboseyo bench crash`: a server killed wherever it writes loses no acknowledged turn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.databases import empty_database

_KILLS = {"sqlite": 8, "postgresql": 6, "mariadb": 6}
"""Twenty."""
_COMMAND = "from scripts.cli import main; main()"


def _crash(*options: str) -> subprocess.CompletedProcess[str]:
    # In a process of its own: it forks, which threads of a test run would not survive.
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", _COMMAND, "bench", "crash", *options],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )


@pytest.mark.skipif(sys.platform != "linux", reason="it forks, and counts on Linux's kill")
@pytest.mark.parametrize("kind", _KILLS)
def test_kills_lose_and_double_nothing(kind: str, tmp_path: Path) -> None:
    with empty_database(kind, tmp_path):
        pass  # where no such server answers, this skips
    file = tmp_path / "crash.json"
    kills = _KILLS[kind]
    done = _crash("--kills", str(kills), "--database", kind, "--json", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(file.read_text())
    assert figures["kills"] == kills
    assert figures["acknowledged_turns"] > kills
    for name in (
        "lost_turns",
        "duplicate_turns",
        "calls_without_summary",
        "duplicate_summaries",
        "broken_recordings",
    ):
        assert figures[name] == 0
    at = figures["databases"][kind]["at"]
    assert {where.partition(":")[0] for where in at} == {"here", "away", "returns", "recovery"}


def test_a_database_that_is_not_known() -> None:
    done = _crash("--database", "paper")
    assert done.returncode == 2
    assert "paper is none of" in done.stderr
