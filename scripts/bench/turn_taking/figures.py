"""What the runs come to: rates and percentiles under the names of the report."""

from collections.abc import Iterable, Sequence

import numpy as np

from scripts.bench.turn_taking.runner import EchoRun, OverlapRun, TurnRun
from scripts.bench.turn_taking.takes import ECHO_DB

_GUARANTEED_DB = -20
"""An echo of this attenuation or weaker may never stop a reply."""

Figures = dict[str, float]


def turn_figures(runs: Sequence[TurnRun]) -> Figures:
    """Of turns through one policy; rates from 0 to 1, times in milliseconds."""
    ends = [run.end_of_turn_s for run in runs]
    audio = [run.first_audio_s for run in runs]
    return {
        "false_cutoff_rate": _rate(run.cut_off for run in runs),
        "end_of_turn_ms_p50": _percentile_ms(ends, 50),
        "end_of_turn_ms_p95": _percentile_ms(ends, 95),
        "missed_turn_rate": _rate(end is None for end in ends),
        "first_audio_ms_p50": _percentile_ms(audio, 50),
        "first_audio_ms_p95": _percentile_ms(audio, 95),
        "spoken_over_rate": _rate(run.spoken_over for run in runs),
    }


def overlap_figures(runs: Sequence[OverlapRun]) -> Figures:
    """Of what callers said into replies."""
    by_kind = {
        kind: [run for run in runs if run.take.overlap.kind == kind]
        for kind in ("stop", "question", "backchannel", "answer")
    }
    stops, questions, backchannels = by_kind["stop"], by_kind["question"], by_kind["backchannel"]
    return {
        "stop_ms_p50": _percentile_ms([run.stopped_s for run in stops], 50),
        "stop_ms_p95": _percentile_ms([run.stopped_s for run in stops], 95),
        "stop_words_missed": sum(run.stopped_s is None for run in stops),
        "stop_words": len(stops),
        "question_stop_ms_p95": _percentile_ms([run.stopped_s for run in questions], 95),
        "question_missed_rate": _rate(run.stopped_s is None for run in questions),
        "backchannel_false_stop_rate": _rate(run.stopped_s is not None for run in backchannels),
        "backchannel_pause_rate": _rate(run.pauses > 0 for run in backchannels),
        "answer_missed_rate": _rate(not run.heard for run in by_kind["answer"]),
    }


def echo_figures(runs: Sequence[EchoRun]) -> Figures:
    """Of echoes: the worst rate of those that may never stop a reply, and each level's own."""
    levels = {level: [r for r in runs if r.take.attenuation_db == level] for level in ECHO_DB}
    stops = {level: _rate(run.stopped for run in of) for level, of in levels.items()}
    figures = {
        "echo_false_stop_rate": max(stops[level] for level in ECHO_DB if level <= _GUARANTEED_DB)
    }
    for level, of in levels.items():
        figures[f"echo_false_stop_rate_{-level}db"] = stops[level]
        figures[f"echo_pause_rate_{-level}db"] = _rate(run.pauses > 0 for run in of)
        figures[f"echo_answered_rate_{-level}db"] = _rate(run.answered for run in of)
    return figures


def _rate(hits: Iterable[bool]) -> float:
    counted = list(hits)
    return round(sum(counted) / len(counted), 4)


def _percentile_ms(seconds: Sequence[float | None], percent: float) -> float:
    """Of what happened at all; -1 where nothing did."""
    happened = [value * 1000 for value in seconds if value is not None]
    return round(float(np.percentile(happened, percent)), 1) if happened else -1.0
