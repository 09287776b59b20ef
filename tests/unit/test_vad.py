"""The streamed VAD hears speech, is deaf to noise, and costs nothing on a silent line."""

import numpy as np
import pytest
from faster_whisper.vad import get_vad_model

from tests.support.line import spoken, tone, vad
from voice.audio import mulaw
from voice.audio.resample import resample, to_float
from voice.turns.vad import WINDOW_BYTES, VadStream

SPEECH = spoken("이월 십 기가 요금이 얼마예요")
SILENCE = b"\xff" * 8_000


def voiced_share(audio: bytes) -> float:
    windows = vad().stream().push(audio)
    return sum(window.probability >= 0.5 for window in windows) / len(windows)


def test_speech_is_heard_and_silence_is_not() -> None:
    assert voiced_share(SPEECH) > 0.8
    assert voiced_share(SILENCE) == 0.0


@pytest.mark.parametrize("kind", ["noise", "tone"])
def test_what_is_no_voice_is_hardly_ever_taken_for_one(kind: str) -> None:
    if kind == "noise":
        noise = np.random.default_rng(7).normal(0, 600, 32_000)
        audio = mulaw.encode(noise.astype(np.int16))
    else:
        audio = tone(4.0)
    assert voiced_share(audio) < 0.1


def test_the_size_of_the_pieces_changes_nothing() -> None:
    audio = SILENCE + SPEECH + SILENCE
    whole = vad().stream().push(audio)
    stream = vad().stream()
    pieces = [p for start in range(0, len(audio), 160) for p in stream.push(audio[start:][:160])]
    assert pieces == whole


def test_streaming_agrees_with_the_model_as_faster_whisper_runs_it() -> None:
    audio = SPEECH[: len(SPEECH) // WINDOW_BYTES * WINDOW_BYTES]
    streamed = np.array([window.probability for window in vad().stream().push(audio)])
    doubled = resample(to_float(mulaw.decode(audio)), 8_000, 16_000)
    reference = get_vad_model()(doubled.copy()).ravel()
    # Another interpolation, half a sample apart: the same judgement, not the same digits.
    assert np.mean((streamed >= 0.5) == (reference >= 0.5)) > 0.95
    assert np.mean(np.abs(streamed - reference)) < 0.1


def test_speech_after_a_long_silent_line_is_heard_as_quickly() -> None:
    first = next(i for i, w in enumerate(vad().stream().push(SPEECH)) if w.probability >= 0.5)
    stream = vad().stream()
    stream.push(SILENCE[: 31 * WINDOW_BYTES] * 10)
    later = next(i for i, w in enumerate(stream.push(SPEECH)) if w.probability >= 0.5)
    assert abs(later - first) <= 1


def test_a_silent_line_does_not_run_the_model() -> None:
    class Counting:
        runs = 0

        def run(self, _names: None, inputs: dict[str, object]) -> list[object]:
            self.runs += 1
            return [np.zeros(1, np.float32), inputs["h"], inputs["c"]]

    session = Counting()
    VadStream(session).push(SILENCE * 4)
    assert session.runs == 8


def test_the_end_of_speech_is_placed_within_its_window() -> None:
    cut = SPEECH[: 20 * WINDOW_BYTES + 128]
    windows = vad().stream().push(cut + SILENCE)
    assert 10 <= windows[20].active_ms <= 17
