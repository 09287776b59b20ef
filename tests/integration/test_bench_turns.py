"""`yeoboseyo bench turns`: a handful of takes through real calls, and the report."""

import json
from pathlib import Path

import pytest

from scripts.cli import main

KEYS = {
    "false_cutoff_rate",
    "end_of_turn_ms_p50",
    "end_of_turn_ms_p95",
    "missed_turn_rate",
    "first_audio_ms_p50",
    "first_audio_ms_p95",
    "stop_ms_p95",
    "stop_words_missed",
    "backchannel_false_stop_rate",
    "echo_false_stop_rate",
    "timer600_false_cutoff_rate",
    "timer600_end_of_turn_ms_p50",
    "cpu_percent_per_call",
}


def test_a_handful_of_turns_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "turns.json"
    with pytest.raises(SystemExit) as done:
        main(["bench", "turns", "--limit", "4", "--only", "main", "--json", str(report), "--show"])
    assert done.value.code == 0
    figures = json.loads(report.read_text(encoding="utf-8"))
    assert set(figures) >= KEYS
    assert not any(name.startswith("check_") for name in figures)
    assert figures["turns"] == 4
    # A timer's turn ends after its silence, and the reply is heard after that.
    assert figures["timer600_end_of_turn_ms_p50"] >= 500
    assert figures["timer600_first_audio_ms_p50"] >= figures["timer600_end_of_turn_ms_p50"]
    assert figures["cpu_percent_per_call"] > 0
    shown = capsys.readouterr().out
    assert "Slowest" in shown
    assert "backchannel_false_stop_rate" in shown


def test_an_unknown_half_is_refused() -> None:
    with pytest.raises(SystemExit) as done:
        main(["bench", "turns", "--only", "both"])
    assert done.value.code == 2
