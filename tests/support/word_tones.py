"""Speech of which can be said what was heard: every word is a tone of its own."""

import asyncio
from collections.abc import AsyncGenerator

import numpy as np
from numpy.typing import NDArray

from voice.audio import mulaw
from voice.audio.resample import to_float

BEAT_S = 0.18
"""A syllable or a punctuation mark takes this long."""

_FRAME = 160
_LOWEST_HZ, _STEP_HZ = 500, 250
_QUIET = 0.005


def pcm(text: str, whole: str, hz: int) -> NDArray[np.int16]:
    """`text`, the end of `whole`, whose words have their tones by their place in it."""
    words = text.split()
    first = len(whole.split()) - len(words)
    parts = []
    for place, word in enumerate(words, first):
        time = np.arange(round(hz * BEAT_S * len(word))) / hz
        parts.append(6_000 * np.sin(2 * np.pi * (_LOWEST_HZ + _STEP_HZ * place) * time))
    return np.concatenate(parts).astype(np.int16)


def heard_words(audio: bytes, whole: str) -> list[tuple[int | None, float]]:
    """What 8 kHz µ-law has in it: the place of each word (None for silence) and its seconds."""
    samples = to_float(mulaw.decode(audio))
    runs: list[tuple[int | None, float]] = []
    for start in range(0, len(samples) - _FRAME + 1, _FRAME):
        frame = samples[start : start + _FRAME]
        word: int | None = None
        if np.max(np.abs(frame)) > _QUIET:
            peak_hz = np.argmax(np.abs(np.fft.rfft(frame * np.hanning(_FRAME)))) * 8_000 / _FRAME
            word = round((peak_hz - _LOWEST_HZ) / _STEP_HZ)
        if runs and runs[-1][0] == word:
            runs[-1] = (word, runs[-1][1] + _FRAME / 8_000)
        else:
            runs.append((word, _FRAME / 8_000))
    return runs


def words_missed(audio: bytes, whole: str) -> list[str]:
    """The words of `whole` that nobody said in full (a tenth of a second may be out of tune)."""
    longest: dict[int | None, float] = {}
    for place, seconds in heard_words(audio, whole):
        longest[place] = max(longest.get(place, 0.0), seconds)
    return [
        word
        for place, word in enumerate(whole.split())
        if longest.get(place, 0.0) < BEAT_S * len(word) - 0.1
    ]


class WordVoice:
    """The local voice: never fails, begins after `start_s`."""

    def __init__(self, whole: str, *, start_s: float) -> None:
        self._whole = whole
        self._start_s = start_s
        self.asked: list[str] = []

    async def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """See Synthesizer."""
        self.asked.append(text)
        await asyncio.sleep(self._start_s)
        yield mulaw.encode(pcm(text, self._whole, 8_000))
