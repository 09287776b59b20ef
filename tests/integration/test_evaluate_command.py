"""`yeoboseyo evaluate` from the command line: its JSON, its exit status, and its faults."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.evaluate import app

GOOD = """
id: price
caller: ""
turns:
  - say: "이월 10기가 [pause 600] 얼마예요?"
    expect: {says: ["5만 원"], not_says: ["45,000원"], within_ms: 1}
  - during_reply: {after_ms: 500, say: "네"}
    expect: {reply: continues}
  - silence: 12.0
    expect: {says: ["듣고 계신가요"]}
  - press: "0"
    expect: {tools: [hand_off]}
expect:
  outcome: handed_off
  handoff_reason: caller_request
  verification: none
  heard: {cer_max: 0.0}
  summary_mentions: ["이월 10GB"]
  database: {handoffs: 1, change_requests: 0, customers_unchanged: true}
"""
BAD = """
id: wrong
today: 2026-11-20
turns:
  - say: "이월 10기가 얼마예요?"
    expect: {says: ["1,234원"]}
expect: {outcome: handed_off}
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "calls.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_all_passed_in_every_trial(tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    file = write(tmp_path, GOOD)
    done = CliRunner().invoke(app, [str(file), "--trials", "4", "--json", str(out)])
    assert done.exit_code == 0, done.output
    *trials, totals = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [trial["trial"] for trial in trials] == [1, 2, 3, 4]
    assert all(trial["passed"] for trial in trials)
    assert trials[0]["transcript"][1]["agent"].startswith("이월 10GB")
    assert (totals["scenarios"], totals["pass_1"], totals["pass_4"]) == (1, 1.0, 1.0)


def test_a_failure_is_told_and_makes_the_status_one(tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    file = write(tmp_path, GOOD + "---" + BAD)
    done = CliRunner().invoke(app, [str(file), "--json", str(out)])
    assert done.exit_code == 1
    assert "does not say '1,234원'" in done.output
    *_, failed, totals = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert failed["failures"][1:] == ["call: outcome is abandoned, not handed_off"]
    assert (totals["pass_1"], totals["pass_4"]) == (0.5, None)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (BAD.replace("say:", "sya:"), "document 1: turns.0.sya"),
        (GOOD + "---" + BAD.replace("handed_off", "won"), "document 2: expect.outcome"),
        (BAD.replace("today:", "brain: openai\ntoday:"), "OPENAI_API_KEY"),
    ],
)
def test_a_fault_is_named_before_anything_runs(tmp_path: Path, text: str, fault: str) -> None:
    out = tmp_path / "found.json"
    done = CliRunner().invoke(app, [str(write(tmp_path, text)), "--json", str(out)])
    assert done.exit_code == 2
    assert fault in done.output
    assert not out.exists()
