"""`yeoboseyo bench search` end to end, on a few questions of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.cli import main

MINE = """\
{"q": "이월 십 기가 얼마예요", "family": "5g-slim-rollover", "plan": "rollover-10", "faq": null}
{"q": "로밍 하루에 얼마예요", "family": null, "plan": null, "faq": "roaming-cost"}
{"q": "시니어 요금제 설명해 주세요", "family": "5g-senior", "plan": null, "faq": null}
{"q": "오늘 날씨 어때요", "family": null, "plan": null, "faq": null}
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("YEOBOSEYO_DATA_DIR", str(tmp_path / "data"))
    path = tmp_path / "mine.jsonl"
    path.write_text(MINE, encoding="utf-8")
    return path


def _run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["bench", "search", *arguments])
    code = ended.value.code
    return code if isinstance(code, int) else 0


def test_three_searches_are_measured_in_one_run(mine: Path, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    assert _run("--questions", str(mine), "--json", str(figures)) == 0
    measured = json.loads(figures.read_text(encoding="utf-8"))
    names = ("recall_at_1", "recall_at_5", "mrr", "unknown_f1", "ms_p95")
    prefixes = ("", "chroma_only_", "whitespace_bm25_")
    wanted = {prefix + name for prefix in prefixes for name in names}
    assert set(measured) == {"questions", "unknown", *wanted}
    assert (measured["questions"], measured["unknown"]) == (4, 1)
    assert (measured["recall_at_1"], measured["mrr"], measured["unknown_f1"]) == (1, 1, 1)


def test_a_wrong_line_ends_with_2(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine.write_text(MINE + '{"q": "로밍", "faq": "roaming"}\n', encoding="utf-8")
    assert _run("--questions", str(mine)) == 2
    assert "mine.jsonl: line 5: faq: the catalogue has no 'roaming'" in capsys.readouterr().err
