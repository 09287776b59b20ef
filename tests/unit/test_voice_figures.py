"""What `bench tts` counts, and what it and `voice warm` do with the local voice."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.bench.tts import Spoken, misheard, soonness
from scripts.cli import main
from scripts.voice import app


@pytest.mark.parametrize(
    ("text", "heard", "wrong"),
    [
        ("월 오만 원입니다.", "월 50,000원입니다", 0),
        ("네, 됩니다.", "네 됩니다", 0),
        ("네, 됩니다.", "네 됩니까", 1),
        ("네, 됩니다.", "", 4),
    ],
)
def test_both_are_compared_in_spoken_form(text: str, heard: str, wrong: int) -> None:
    assert misheard(text, heard)[0] == wrong


def test_the_time_to_the_first_audio_is_counted_in_milliseconds() -> None:
    spoken = [
        Spoken(text="네", audio=b"", first_s=number / 1_000, whole_s=1.0) for number in range(101)
    ]
    assert soonness(spoken) == (50.0, 95.0)


def test_the_voice_is_measured(tmp_path: Path) -> None:
    report = tmp_path / "tts.json"
    with pytest.raises(SystemExit) as done:
        main(["bench", "tts", "--limit", "3", "--json", str(report)])
    assert done.value.code == 0
    figures = json.loads(report.read_text(encoding="utf-8"))
    assert set(figures) >= {
        "intelligibility_cer",
        "first_audio_ms_p50",
        "first_audio_ms_p95",
        "cached_first_audio_ms_p95",
        "real_time_factor",
    }
    assert not any("elevenlabs" in name for name in figures)
    assert figures["sentences"] == 3
    assert 0 <= figures["intelligibility_cer"] < 1
    assert figures["real_time_factor"] > 0
    assert figures["cache_misses"] == 0


def test_warming_a_second_time_makes_nothing_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YEOBOSEYO_DATA_DIR", str(tmp_path))
    first = CliRunner().invoke(app, ["warm"])
    assert first.exit_code == 0, first.output
    count = first.output.split()[0]
    assert f"{count} of them new" in first.output
    assert len(list((tmp_path / "voice").iterdir())) == int(count)
    assert " 0 of them new" in CliRunner().invoke(app, ["warm"]).output
