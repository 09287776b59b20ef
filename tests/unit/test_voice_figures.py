"""What `bench tts` counts, and what it and `voice warm` do with the local voice."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.bench.tts import misheard, percentiles
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


def test_the_median_and_the_95th_percentile() -> None:
    assert percentiles([float(number) for number in range(101)]) == (50.0, 95.0)


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
