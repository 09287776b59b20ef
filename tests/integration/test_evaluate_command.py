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
    assert failed["failures"][1:] == ["call: outcome is completed, not handed_off"]
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


SPOKEN = """
id: spoken
caller: "+821012345678"
today: 2026-11-20
turns:
  - say: "이월 10기가 [pause 300] 요금이 얼마예요?"
    expect: {says: ["50,000원"], within_ms: 1500}
  - during_reply: {after_ms: 1000, say: "잠깐만요, 슬림 14기가는 얼마예요?"}
    expect: {reply: stops, says: ["55,000원"], within_ms: 1500}
  - during_reply: {after_ms: 1000, say: "네"}
    expect: {reply: continues}
  - silence: 9
    expect: {says: ["듣고 계신가요"]}
  - press: "0"
    expect: {tools: [hand_off]}
expect:
  outcome: handed_off
  verification: caller_id
  heard: {cer_max: 0.2}
  database: {handoffs: 1, customers_unchanged: true}
"""
LIVE = """
id: live
caller: "+821012345678"
turns: [{press: "0", expect: {says: ["상담원에게 연결"], within_ms: 1500}}]
expect: {outcome: handed_off, handoff_reason: caller_request, verification: caller_id}
"""


def test_in_audio_the_caller_is_heard_and_each_trial_sounds_different(tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    arguments = [str(write(tmp_path, SPOKEN)), "--mode", "audio", "--trials", "2"]
    done = CliRunner().invoke(app, [*arguments, "--processes", "1", "--json", str(out)])
    assert done.exit_code == 0, done.output
    first, second, totals = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert first["audio"]["seed"] != second["audio"]["seed"]
    assert first["transcript"][1]["heard"].startswith("이월 10GB")
    assert first["transcript"][1]["played"].endswith("…")
    assert first["transcript"][1]["reply_ms"] > 0
    assert first["cer"] <= 0.2
    assert (totals["pass_1"], totals["pass_2"]) == (1.0, 1.0)


def test_live_a_server_is_phoned_over_a_real_socket(tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    file = str(write(tmp_path, LIVE))
    done = CliRunner().invoke(app, [file, "--mode", "live", "--json", str(out)])
    assert done.exit_code == 0, done.output
    assert json.loads(out.read_text("utf-8").splitlines()[0])["mode"] == "live"


def test_a_server_that_does_not_answer_is_a_fault(tmp_path: Path) -> None:
    file = str(write(tmp_path, LIVE))
    options = ["--mode", "live", "--url", "http://127.0.0.1:9"]
    done = CliRunner().invoke(app, [file, *options])
    assert done.exit_code == 2
    assert "no server answers" in done.output
