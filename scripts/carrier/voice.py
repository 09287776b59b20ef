"""The synthetic caller's voice: written Korean to telephone audio, with the noise of a line."""

import re
from dataclasses import dataclass

import numpy as np

from agent.korean.spoken import to_spoken
from voice.audio import mulaw
from voice.audio.resample import Floats, resample, set_level, to_float, to_int16
from voice.tts.espeak import SAMPLE_RATE, Espeak, trim

LINE_HZ = 8000
SPEECH_DBFS = -20.0
"""Level of the voice; the noise lies `snr_db` below it."""

_PAUSE = re.compile(r"\[pause (\d{1,5})\]")


def split_pauses(text: str) -> list[str | int]:
    """The parts of what a caller says, in order: words, and milliseconds of `[pause N]`."""
    parts: list[str | int] = []
    for index, part in enumerate(_PAUSE.split(text)):
        if index % 2:
            parts.append(int(part))
        elif part.strip():
            parts.append(part.strip())
    return parts


@dataclass(kw_only=True)
class CallerVoice:
    """One caller. The same settings give the same audio in a fresh process.

    Within a process espeak-ng carries its waves' phase from one utterance to the next, so that
    the same words again are the same but for a few samples.
    """

    voice: str = "ko+f2"
    """An espeak-ng voice, with or without a variant."""
    rate: int = 160
    """Words a minute."""
    pitch: int = 50
    """0 to 99."""
    snr_db: float = 30.0
    """How far the line's noise lies below the voice."""
    seed: int = 0

    def __post_init__(self) -> None:
        self._espeak = Espeak()
        self._random = np.random.default_rng(self.seed)

    def speak(self, text: str, *, spoken: str | None = None, pauses: float = 1.0) -> bytes:
        """The utterance as µ-law at 8,000 Hz, from its first sound to its last.

        `text` is the written form with `[pause N]` for N milliseconds of silence; `spoken` is
        said instead where the usual way to say it is not meant. `pauses` stretches the silences.
        Raises SynthesisError.
        """
        parts = split_pauses(text if spoken is None else spoken)
        pieces = [
            np.zeros(round(part * pauses) * LINE_HZ // 1000, dtype=np.float32)
            if isinstance(part, int)
            else self._say(part if spoken is not None else to_spoken(part))
            for part in parts
        ]
        line = np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.float32)
        level = 10 ** ((SPEECH_DBFS - self.snr_db) / 20)
        noise = self._random.normal(0.0, level, len(line)).astype(np.float32)
        return mulaw.encode(to_int16(line + noise))

    def _say(self, words: str) -> Floats:
        pcm = self._espeak.synthesize(words, voice=self.voice, rate_wpm=self.rate, pitch=self.pitch)
        line = resample(trim(to_float(pcm)), SAMPLE_RATE, LINE_HZ)
        return set_level(line, SPEECH_DBFS)
