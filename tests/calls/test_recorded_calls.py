"""Recorded calls, played again through every real part; their records are snapshots."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from storage.records import StoredCall
from tests.support.recorded import replay
from tests.support.serving import serving
from tests.support.virtual_time import count_database_threads, run_virtual

RECORDINGS = sorted(Path(__file__).parent.glob("*.jsonl.gz"))


def told(call: StoredCall) -> dict[str, Any]:
    """What of a call must stay as it is; times and ids may move."""
    assert call.summary is not None
    return {
        "outcome": call.outcome,
        "handoff_reason": call.handoff_reason,
        "verification": call.verification,
        "summary": call.summary.text,
        "turns": [
            {
                "heard": turn.heard,
                "said": turn.said,
                "interrupted": turn.interrupted,
                "tools": [tool.name for tool in turn.tools],
                "facts": turn.fact_ids,
            }
            for turn in call.turns
        ],
    }


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name.split(".")[0])
def test_a_recorded_call(
    path: Path, tmp_path: Path, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    count_database_threads(monkeypatch)

    async def main() -> StoredCall:
        async with asyncio.timeout(600), serving(tmp_path, development=True) as app:
            return await replay(app, path)

    assert told(run_virtual(main())) == snapshot


def test_there_are_recordings() -> None:
    assert RECORDINGS
