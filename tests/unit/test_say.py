"""`yeoboseyo say` shows the spoken form and writes it as callers hear it."""

import wave
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from scripts.say import app
from voice.audio.resample import level_dbfs, to_float

_runner = CliRunner()


def test_a_sentence_is_shown_and_written(tmp_path: Path) -> None:
    file = tmp_path / "said.wav"
    done = _runner.invoke(app, ["이월 10GB은 월 50,000원예요.", "--out", str(file)])
    assert done.exit_code == 0
    assert done.output.splitlines()[0] == "이월 십 기가는 월 오만 원이에요."
    assert str(file) in done.output.replace("\n", "")
    with wave.open(str(file)) as said:
        assert (said.getframerate(), said.getnchannels(), said.getsampwidth()) == (8_000, 1, 2)
        pcm = np.frombuffer(said.readframes(said.getnframes()), dtype="<i2")
    assert len(pcm) > 8_000
    assert level_dbfs(to_float(pcm)) == pytest.approx(-20, abs=1.5)


def test_a_voice_can_be_chosen(tmp_path: Path) -> None:
    files = [tmp_path / "one.wav", tmp_path / "other.wav"]
    for file, voice in zip(files, ("ko+m3", "ko+f2"), strict=True):
        assert (
            _runner.invoke(app, ["안녕하세요", "--voice", voice, "--out", str(file)]).exit_code == 0
        )
    assert files[0].read_bytes() != files[1].read_bytes()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["..."], "nothing to say"),
        (["네", "--voice", "nobody"], "no voice 'nobody'"),
        (["네", "--out", "{}/missing/said.wav"], "cannot be written"),
        (["네", "--out", "{}"], "cannot be written"),
    ],
)
def test_errors_are_told(tmp_path: Path, arguments: list[str], error: str) -> None:
    filled = [argument.format(tmp_path) for argument in arguments]
    if "--out" not in filled:
        filled += ["--out", str(tmp_path / "said.wav")]
    done = _runner.invoke(app, filled)
    assert done.exit_code == 2
    assert error in done.output
    assert not (tmp_path / "said.wav").exists()
