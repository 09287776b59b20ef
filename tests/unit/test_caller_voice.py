"""The synthetic caller."""

import subprocess
import sys

import numpy as np
import pytest

from scripts.carrier.voice import SPEECH_DBFS, CallerVoice
from voice.audio import mulaw
from voice.audio.resample import level_dbfs, to_float


def level(audio: bytes) -> float:
    return level_dbfs(to_float(mulaw.decode(audio)))


def alike(first: bytes, second: bytes) -> bool:
    """Whether two utterances have the same length and loudness over time, but for a few samples."""
    if abs(len(first) - len(second)) > 40:
        return False
    windows = range(0, min(len(first), len(second)) - 800, 800)
    return all(
        abs(level(first[at : at + 800]) - level(second[at : at + 800])) < 3 for at in windows
    )


SCRIPT = """
from hashlib import sha256
from scripts.carrier.voice import CallerVoice
caller = CallerVoice(seed={seed})
print(sha256(caller.speak("안녕하세요.") + caller.speak("네")).hexdigest())
"""


def said_in_a_fresh_process(seed: int) -> str:
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", SCRIPT.format(seed=seed)], check=True, capture_output=True, text=True
    )
    return done.stdout


def test_the_same_caller_says_the_same() -> None:
    first = said_in_a_fresh_process(7)
    assert first == said_in_a_fresh_process(7)
    assert first != said_in_a_fresh_process(8)


def test_speech_has_its_level_and_no_silence_around_it() -> None:
    audio = CallerVoice(snr_db=60).speak("요금제를 바꾸고 싶어요.")
    assert level(audio) == pytest.approx(SPEECH_DBFS, abs=1.5)
    assert level(audio[:400]) > -45
    assert level(audio[-400:]) > -50
    assert 0.8 < len(audio) / 8000 < 3.0


def test_a_pause_holds_the_noise_of_the_line_alone() -> None:
    caller = CallerVoice(snr_db=25)
    whole = len(CallerVoice().speak("네")) + len(CallerVoice().speak("아니요"))
    audio = caller.speak("네 [pause 1000] 아니요")
    assert len(audio) == pytest.approx(whole + 8000, abs=80)
    samples = to_float(mulaw.decode(audio))
    windows = samples[: len(samples) // 4000 * 4000].reshape(-1, 4000)
    quietest = min(level_dbfs(window) for window in windows)
    assert quietest == pytest.approx(SPEECH_DBFS - 25, abs=1)


def test_figures_are_said_in_their_spoken_form() -> None:
    assert alike(CallerVoice().speak("5G"), CallerVoice().speak("x", spoken="파이브지"))
    assert not alike(CallerVoice().speak("5G"), CallerVoice().speak("x", spoken="오지"))


def test_voices_differ() -> None:
    voices = [CallerVoice(voice=name).speak("네") for name in ("ko", "ko+f2")]
    assert voices[0] != voices[1]
    assert CallerVoice(rate=110).speak("안녕하세요.") != CallerVoice(rate=220).speak("안녕하세요.")
    assert np.abs(mulaw.decode(voices[0])).max() > 1000
