"""Spoken words with pauses as telephone audio, and exactly when speech was in it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scripts.bench.turn_taking.arrival import FRAME_MS, Arrivals, random_arrivals
from scripts.bench.turn_taking.script import PAUSE
from scripts.demo_stt import audio
from voice.audio import mulaw
from voice.audio.resample import Floats, set_level, to_int16

LINE_HZ = audio.LINE_HZ
FRAME_BYTES = LINE_HZ * FRAME_MS // 1000
LEAD_S = 0.5
TRAIL_S = 0.5

_PAUSE_S = (0.25, 1.2)
_LEVEL_DBFS = (-28.0, -14.0)
_SNR_DB = (15.0, 30.0)
_IDLE_S = 4.0
_AUDIBLE = 0.01
"""Share of the loudest sample, -40 dB, from which a sample is speech."""


@dataclass(frozen=True)
class Recording:
    """What one caller says in one breath, as the carrier sends it."""

    audio: bytes
    """8 kHz µ-law, whole frames, noise around and between the speech."""
    idle: bytes
    """The same line with nobody speaking, to be repeated before and after."""
    stretches: tuple[tuple[float, float], ...]
    """Seconds within `audio` at which each stretch of speech starts and ends."""
    arrivals: Arrivals

    @property
    def speech_s(self) -> tuple[float, float]:
        """Where the speech starts and where it ends, seconds within `audio`."""
        return self.stretches[0][0], self.stretches[-1][1]


def render(said: str, voice: str, rng: random.Random) -> Recording:
    """`said`, Hangul with `|` for pauses, by an espeak-ng variant over a noisy line."""
    words = said.split(PAUSE)
    manner = rng.getrandbits(32)
    # One manner for all parts: a caller keeps rate and pitch through a pause.
    parts = [audio.speak(part, voice, random.Random(manner), perturb=False) for part in words]
    level = rng.uniform(*_LEVEL_DBFS)
    parts = _levelled(parts, level)
    pauses = [rng.uniform(*_PAUSE_S) for _ in parts[1:]]
    clean, stretches = _placed(parts, pauses)
    noise = audio.noise(len(clean) + round(_IDLE_S * LINE_HZ), rng)
    noise *= np.float32(10 ** ((level - rng.uniform(*_SNR_DB)) / 20))
    frames = len(clean) // FRAME_BYTES
    return Recording(
        audio=mulaw.encode(to_int16(clean + noise[: len(clean)])),
        idle=mulaw.encode(to_int16(noise[len(clean) :])),
        stretches=stretches,
        arrivals=random_arrivals(frames, rng),
    )


def quiet_line(rng: random.Random) -> bytes:
    """A line on which nobody speaks: noise 15 to 30 dB below a caller of usual level."""
    level = rng.uniform(*_LEVEL_DBFS) - rng.uniform(*_SNR_DB)
    noise = audio.noise(round(_IDLE_S * LINE_HZ), rng)
    return mulaw.encode(to_int16(noise * np.float32(10 ** (level / 20))))


def _levelled(parts: Sequence[Floats], level_dbfs: float) -> list[Floats]:
    whole = set_level(np.concatenate(parts), level_dbfs, peak=2.0)
    return np.split(whole, np.cumsum([len(part) for part in parts])[:-1])


def _placed(
    parts: Sequence[Floats], pauses_s: Sequence[float]
) -> tuple[Floats, tuple[tuple[float, float], ...]]:
    """The parts one after another in silence, whole frames; and where each is to be heard."""
    silences = [LEAD_S, *pauses_s, TRAIL_S]
    pieces: list[Floats] = []
    stretches = []
    threshold = _AUDIBLE * max(float(np.abs(part).max(initial=0.0)) for part in parts)
    position = 0
    for part, silence_s in zip(parts, silences, strict=False):
        gap = round(silence_s * LINE_HZ)
        loud = np.flatnonzero(np.abs(part) > threshold)
        begin = position + gap
        stretches.append(((begin + int(loud[0])) / LINE_HZ, (begin + int(loud[-1]) + 1) / LINE_HZ))
        pieces += [np.zeros(gap, np.float32), part]
        position = begin + len(part)
    trail = round(TRAIL_S * LINE_HZ)
    trail += -(position + trail) % FRAME_BYTES
    return np.concatenate([*pieces, np.zeros(trail, np.float32)]), tuple(stretches)
