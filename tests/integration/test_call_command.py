"""`yeoboseyo call` against a small server, over real sockets."""

import time
import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from scripts.call import app
from storage.records import Outcome
from tests.support.listening import listening
from tests.support.parrot import ACCOUNT, CONFIG, Parrot


@pytest.fixture
def parrot() -> Parrot:
    return Parrot(time.monotonic, config=replace(CONFIG, public_url="http://voice.example.com"))


@pytest.fixture
def url(parrot: Parrot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", CONFIG.auth_token)
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", ACCOUNT)
    monkeypatch.setenv("YEOBOSEYO_PUBLIC_URL", parrot.config.public_url)
    with listening(parrot.app()) as served:
        yield served


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})


def test_a_caller_who_speaks_and_presses_a_key(url: str, parrot: Parrot) -> None:
    parrot.outcome_at_end = Outcome.HANDED_OFF
    done = call("--url", url, "--say", "네", "--key", "9", "--from", "anonymous")
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == f"connected to {url.replace('http', 'ws')}/voice/stream"
    assert lines[1].startswith("agent answers after ")
    assert lines[2] == "caller: 네"
    assert lines[3].startswith("agent answers after ")
    assert lines[4] == "caller presses 9"
    assert f"handed off to {CONFIG.human_number}" in lines
    assert f"the human at {CONFIG.human_number} took the call" in lines
    assert "late audio" in done.output
    assert parrot.keys == ["9"]


def test_a_scenario(url: str, parrot: Parrot, tmp_path: Path) -> None:
    file = tmp_path / "calls.yaml"
    file.write_text(
        "id: short\ntoday: 2026-11-20\nturns:\n"
        "  - during_reply: {after_ms: 100, say: 네}\n  - silence: 0.1\n  - press: '12'\n"
    )
    done = call("--url", url, "--scenario", str(file))
    assert done.exit_code == 0, done.output
    assert "caller is silent for 0.1 s" in done.output
    assert "the caller has hung up" in done.output
    assert parrot.keys == ["1", "2"]


def test_a_recording(url: str, parrot: Parrot, tmp_path: Path) -> None:
    file = tmp_path / "speech.wav"
    with wave.open(str(file), "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(16000)
        tone = (8000 * np.sin(np.arange(4000) / 5)).astype("<i2")
        recording.writeframes(np.concatenate([np.zeros(16000, "<i2"), tone]).tobytes())
    done = call("--url", url, "--wav", str(file))
    assert done.exit_code == 0, done.output
    heard = b"".join(media.payload for media in parrot.heard).strip(b"\xff")
    assert len(heard) == pytest.approx(2000, abs=200)


def test_a_wrong_token(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "another")
    done = call("--url", url)
    assert done.exit_code == 1
    assert "403" in done.output
    assert "Set the same TWILIO_AUTH_TOKEN" in done.output


def test_no_server() -> None:
    done = call("--url", "http://127.0.0.1:9")
    assert done.exit_code == 1
    assert "yeoboseyo serve" in done.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--say", "네", "--wav", "x.wav"], "one of --say"),
        (["--key", "12a"], "--key takes"),
        (["--wav", "nowhere.wav"], "no WAV file"),
        (["--scenario", "nowhere.yaml"], "no such file or folder"),
    ],
)
def test_wrong_words(words: list[str], says: str) -> None:
    done = call(*words)
    assert done.exit_code == 2
    assert says in done.output
