"""Scenario files: what they mean, and that a fault is named by file, document and field."""

from datetime import date, datetime
from pathlib import Path

import pytest

from scripts.carrier.scenario import SEOUL, DuringReply, ScenarioError, load
from scripts.carrier.voice import split_pauses
from storage.records import HandoffReason, Outcome, Verification

FULL = """
id: rollover-price-known-caller
caller: "+821012345678"
called: "+8215880000"
today: 2026-11-20
brain: local
audio: {voice: ko+f2, rate: 160, pitch: 55, snr_db: 25, seed: 7}
turns:
  - say: "이월 10기가 [pause 600] 요금이 얼마예요?"
    expect:
      says: ["50,000원"]
      says_any: ["10GB", "10기가"]
      not_says: ["45,000원"]
      tools: [find_plans]
      within_ms: 1500
  - say: "010-1234-5678"
    spoken: "공일공에 일이삼사에 오육칠팔"
    asr: "010 1234 5678"
  - press: "0"
  - silence: 12.0
  - silence: 3
  - during_reply: {after_ms: 800, say: "네"}
    expect: {reply: continues}
expect:
  outcome: handed_off
  handoff_reason: caller_request
  verification: caller_id
  heard: {cer_max: 0.10}
  summary_mentions: ["이월 10GB"]
  database: {handoffs: 1, change_requests: 0, customers_unchanged: true}
"""
SHORT = """
id: short
caller: ""
today: 2026-11-20
turns: [{say: 안녕하세요}]
"""


def write(folder: Path, text: str, name: str = "calls.yaml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_every_field(tmp_path: Path) -> None:
    (scenario,) = load([write(tmp_path, FULL)])
    assert scenario.today == date(2026, 11, 20)
    assert scenario.audio.seed == 7
    assert scenario.turns[0].expect.tools == ("find_plans",)
    assert scenario.turns[1].spoken == "공일공에 일이삼사에 오육칠팔"
    assert scenario.turns[2].press == "0"
    assert scenario.turns[4].silence == 3.0
    assert scenario.turns[5].during_reply == DuringReply(after_ms=800, say="네")
    assert scenario.turns[5].expect.reply == "continues"
    assert scenario.expect.outcome is Outcome.HANDED_OFF
    assert scenario.expect.handoff_reason is HandoffReason.CALLER_REQUEST
    assert scenario.expect.verification is Verification.CALLER_ID
    assert scenario.expect.database.customers_unchanged is True


def test_several_documents_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    write(tmp_path, FULL + "---" + SHORT + "---\n")
    write(tmp_path / "inner", SHORT.replace("id: short", "id: other"), "b.yml")
    write(tmp_path, "not a scenario", "readme.txt")
    ids = [scenario.id for scenario in load([tmp_path])]
    assert ids == ["rollover-price-known-caller", "short", "other"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (('caller: ""', "caller: +821012345678"), "caller: Input should be a valid string"),
        (('caller: ""', "caller: 010-1234-5678"), "caller: "),
        (("today: 2026-11-20", "today: soon"), "today: "),
        (("id: short", "id: "), "id: "),
        (("id: short\n", ""), "id: Field required"),
        (("turns: [{say: 안녕하세요}]", ""), "turns: Field required"),
        (("{say: 안녕하세요}", "{say: 네, press: '1'}"), "turns.0: a turn is exactly one of"),
        (("{say: 안녕하세요}", "{expect: {says: [a]}}"), "turns.0: a turn is exactly one of"),
        (("{say: 안녕하세요}", "{press: '0', asr: 영}"), "turns.0: spoken and asr belong beside"),
        (("{say: 안녕하세요}", "{press: 0}"), "turns.0.press: Input should be a valid string"),
        (("{say: 안녕하세요}", "{press: 0a}"), "turns.0.press: "),
        (("{say: 안녕하세요}", "{silence: 0}"), "turns.0.silence: "),
        (("{say: 안녕하세요}", "{say: 네, expect: {sys: [a]}}"), "turns.0.expect.sys: "),
        (("{say: 안녕하세요}", "{say: 네, expect: {says: a}}"), "turns.0.expect.says: "),
        (("{say: 안녕하세요}", "{say: 네}], brain: gemini, x: ["), "calls.yaml:35: no YAML"),
        (("today: ", "brain: gemini\ntoday: "), "brain: "),
        (("today: ", "expect: {outcome: won}\ntoday: "), "expect.outcome: "),
        (("today: ", "expect: {database: {rows: 1}}\ntoday: "), "expect.database.rows: "),
    ],
)
def test_a_fault_is_named(tmp_path: Path, change: tuple[str, str], field: str) -> None:
    file = write(tmp_path, FULL + "---" + SHORT.replace(*change))
    with pytest.raises(ScenarioError) as caught:
        load([file])
    message = str(caught.value)
    assert message.startswith(str(file))
    assert field in message
    assert "document 2" in message or "no YAML" in message


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, SHORT + "---" + SHORT + "---\n[1]\n")
    write(tmp_path, "id: [", "broken.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"id: \xff")
    with pytest.raises(ScenarioError) as caught:
        load([tmp_path, tmp_path / "nowhere"])
    lines = str(caught.value).splitlines()
    assert len(lines) == 5
    assert lines[0].startswith(f"{tmp_path / 'broken.yaml'}:1: no YAML")
    assert lines[1] == (
        f"{tmp_path / 'calls.yaml'}: document 2: id: short is also in "
        f"{tmp_path / 'calls.yaml'}: document 1"
    )
    assert "document 3" in lines[2]
    assert "not UTF-8" in lines[3]
    assert lines[4].endswith("nowhere: no such file or folder")


def test_the_scenarios_of_this_project() -> None:
    root = Path(__file__).parents[2]
    assert len(load([root / "tests" / "scenarios"])) >= 25
    assert [scenario.id for scenario in load([root / "scripts" / "demo_call.yaml"])] == ["demo"]


def test_a_file_that_is_named_twice_is_played_once(tmp_path: Path) -> None:
    file = write(tmp_path, SHORT)
    assert [scenario.id for scenario in load([tmp_path, file])] == ["short"]


def test_without_a_date_it_is_today(tmp_path: Path) -> None:
    (scenario,) = load([write(tmp_path, SHORT.replace("today: 2026-11-20\n", ""))])
    assert abs((scenario.today - datetime.now(SEOUL).date()).days) <= 1


def test_nothing_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no scenario found"):
        load([tmp_path])


def test_pauses() -> None:
    assert split_pauses("이월 [pause 600] 요금이요 [pause 50]") == ["이월", 600, "요금이요", 50]
    assert split_pauses("네") == ["네"]
    assert split_pauses("[쉼] 네") == ["[쉼] 네"]
