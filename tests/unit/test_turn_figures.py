"""The figures of the turn-taking benchmark, and the pictures of them."""

import random
from pathlib import Path

import pytest

from scripts.bench.turn_taking.arrival import Arrivals
from scripts.bench.turn_taking.figures import echo_figures, overlap_figures, turn_figures
from scripts.bench.turn_taking.plots import plot
from scripts.bench.turn_taking.rendering import Recording
from scripts.bench.turn_taking.runner import EchoRun, OverlapRun, TurnRun
from scripts.bench.turn_taking.script import overlaps, replies, utterances
from scripts.bench.turn_taking.takes import ECHO_DB, EchoTake, OverlapTake, TurnTake

RECORDING = Recording(b"", b"", ((0.5, 1.0),), Arrivals((20.0,)))
TURN = TurnTake(utterances()[0], "네", "f4", RECORDING, 0.0)


def _turn(*heard_s: float, audio_s: float | None = None) -> TurnRun:
    return TurnRun(TURN, tuple((at, "네") for at in heard_s), audio_s, spoken_over=False)


def _overlap(kind: str, stopped_s: float | None, *, pauses: int = 0, heard: str = "") -> OverlapRun:
    word = next(one for one in overlaps() if one.kind == kind)
    take = OverlapTake(word, replies()[0], "f4", RECORDING, 0.5)
    return OverlapRun(take, stopped_s, pauses, (heard,) if heard else ())


def test_turns_count_as_cut_off_as_late_or_as_missed() -> None:
    runs = [
        _turn(0.4, audio_s=0.5),
        _turn(-1.0, 0.6, audio_s=0.7),
        _turn(-0.5),
        _turn(0.5, audio_s=0.9),
    ]
    figures = turn_figures(runs)
    assert figures["false_cutoff_rate"] == 0.5
    assert figures["missed_turn_rate"] == 0.25
    assert figures["end_of_turn_ms_p50"] == 500
    assert figures["first_audio_ms_p50"] == 700
    assert figures["first_audio_ms_p95"] == pytest.approx(880)


def test_overlaps_are_stops_pauses_and_answers() -> None:
    figures = overlap_figures(
        [
            _overlap("stop", 0.25),
            _overlap("stop", None),
            _overlap("question", 0.5),
            _overlap("backchannel", None, pauses=1),
            _overlap("backchannel", 0.3),
            _overlap("answer", None, heard="네"),
        ]
    )
    assert figures["stop_ms_p95"] == 250
    assert figures["stop_words_missed"] == 1
    assert figures["backchannel_false_stop_rate"] == 0.5
    assert figures["backchannel_pause_rate"] == 0.5
    assert figures["answer_missed_rate"] == 0


def test_the_worst_of_the_faint_echoes_counts() -> None:
    runs = []
    for level in ECHO_DB:
        take = EchoTake(replies()[0], b"", level, 0.1)
        runs += [EchoRun(take, level in (-10, -25), 0, answered=False)]
        runs += [EchoRun(take, level == -10, 1, answered=False)]
    figures = echo_figures(runs)
    assert figures["echo_false_stop_rate"] == 0.5
    assert figures["echo_false_stop_rate_10db"] == 1
    assert figures["echo_false_stop_rate_20db"] == 0
    assert figures["echo_pause_rate_30db"] == 0.5


def test_the_pictures_are_drawn(tmp_path: Path) -> None:
    rng = random.Random(1)
    runs = [_turn(rng.uniform(0.2, 1.0), audio_s=rng.uniform(0.3, 1.2)) for _ in range(30)]
    points = {"×1": turn_figures(runs), "×2": turn_figures(runs[:10])}
    for path in plot(tmp_path / "docs", runs=runs, ours=points, timer=points):
        assert path.read_bytes().startswith(b"\x89PNG")
