"""One server a data directory, known by one name through all its lives."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from scripts.cli import main
from storage.errors import StorageError
from storage.home import ServerHome
from tests.support.keys import RING


def test_the_name_stays(tmp_path: Path) -> None:
    first = ServerHome(tmp_path / "data").server_id
    assert ServerHome(tmp_path / "data").server_id == first
    assert len(first) == 16
    assert ServerHome(tmp_path / "elsewhere").server_id != first


def test_a_second_server_is_refused_until_the_first_has_gone(tmp_path: Path) -> None:
    first, second = ServerHome(tmp_path), ServerHome(tmp_path)
    first.lock()
    with pytest.raises(StorageError, match="in_use: another server answers calls from"):
        second.lock()
    first.release()
    second.lock()
    second.release()


def test_a_killed_server_holds_nothing(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        ServerHome(tmp_path).lock()
        os.write(writer, b"locked")
        signal.pause()
    assert os.read(reader, 6) == b"locked"
    with pytest.raises(StorageError, match="in_use"):
        ServerHome(tmp_path).lock()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reader)
    os.close(writer)
    home = ServerHome(tmp_path)
    home.lock()
    home.release()


def test_the_command_says_what_is_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("YEOBOSEYO_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("YEOBOSEYO_DEVELOPMENT", "true")
    monkeypatch.setenv("YEOBOSEYO_KEYS", RING)
    home = ServerHome(tmp_path)
    home.lock()
    with pytest.raises(SystemExit) as ended:
        main(["serve"])
    home.release()
    assert ended.value.code == 1
    assert "stop it, or give this one a YEOBOSEYO_DATA_DIR of its own" in capsys.readouterr().err
