"""The figures of `bench stt`, of the attempts that they are made of; and where the floor lies."""

import math

import pytest

from scripts.bench import stt
from scripts.bench.stt import Attempt, cer, digit_accuracy, totals
from scripts.demo_stt import audio, unsure
from scripts.demo_stt.unsure import GOOD, Heard, best_floor, lost, through
from voice.stt.transcriber import Transcript


def _attempt(said: str, heard: str, *, ms: float = 10.0, rejected: str = "") -> Attempt:
    transcript = Transcript(
        text=heard,
        avg_logprob=-0.1,
        no_speech_prob=0.0,
        audio_s=2.0,
        elapsed_s=ms / 1000,
        rejected=rejected,
    )
    return Attempt(voice="f2", said=said, heard=transcript, partial_s=ms / 4000)


def test_spaces_and_marks_are_no_errors_and_digits_are_counted_apart() -> None:
    tried = [
        _attempt("요금이 얼마예요", "요금이얼마예요?"),
        _attempt("010-1234-5678", "010-1234-5687"),
        _attempt("네", ""),
    ]
    assert [one.errors for one in tried] == [0, 2, 1]
    assert cer(tried) == pytest.approx(3 / (7 + 13 + 1))
    assert digit_accuracy(tried) == pytest.approx(9 / 11)


def test_totals() -> None:
    tried = [_attempt("1234", "1234", ms=ms) for ms in (10, 20, 30)]
    tried.append(_attempt("1234", "", ms=40, rejected="unsure"))
    figures = totals(tried)
    assert figures["utterances"] == 4
    assert figures["exact"] == 0.75
    assert figures["cer"] == 0.25
    assert figures["digit_accuracy"] == 0.75
    assert figures["withheld"] == 1
    assert figures["audio_s"] == 8.0
    assert figures["rtf"] == 0.0125
    assert (figures["p50_ms"], figures["partial_p50_ms"]) == (25.0, 6.2)
    assert figures["p95_ms"] >= 40.0


def test_the_sets_share_neither_voices_nor_seeds_with_each_other_or_with_tuning() -> None:
    voices = [set(group) for group in (stt.MAIN.voices, stt.BLIND.voices, audio.DEV_VOICES)]
    assert sum(map(len, voices)) == len(set.union(*voices))
    assert not set.union(*voices) & set(audio.training_voices())
    assert stt.MAIN.seed != stt.BLIND.seed
    assert all(bench.non_speech_clips * 4 >= 600 for bench in (stt.MAIN, stt.BLIND))


def _good(avg_logprob: float, *, wrong: float = 0.0) -> Heard:
    return Heard(GOOD, avg_logprob, "네", wrong)


def test_the_floor_is_as_high_as_understood_speech_allows() -> None:
    heard = [_good(-0.05)] * 997 + [_good(-0.32)] * 3 + [_good(-0.9, wrong=0.5)] * 50
    assert best_floor(heard) == -0.1  # Three of a thousand may go, and what was misheard anyway.
    assert best_floor([*heard, _good(-0.32)]) == -0.35
    assert best_floor([_good(-5.0)]) == -math.inf
    assert lost(heard, -0.1) == pytest.approx(0.003)


def test_what_comes_through_is_what_was_not_said() -> None:
    heard = [
        Heard("babble", -0.6, "요금", 1.0),
        Heard("babble", -0.2, "요금", 1.0),
        Heard("babble", 0.0, "", 1.0),
        Heard("babble", -0.2, "요금", 0.1),
    ]
    assert through(heard, "babble", -math.inf) == 0.5
    assert through(heard, "babble", -0.5) == 0.25


def test_every_kind_of_audio_is_tried() -> None:
    kinds = [kind for kind, _, audio_ in unsure.utterances(8) if len(audio_) > 1600]
    assert {kind: kinds.count(kind) for kind in kinds} == dict.fromkeys(
        (unsure.GOOD, unsure.CUT, *unsure.BAD), 8
    )
