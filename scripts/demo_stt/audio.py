"""Training audio: espeak-ng voices through a telephone line, perturbed, noisy; and non-speech."""

import random
from dataclasses import dataclass

import numpy as np

from scripts.demo_stt.grammar import PAUSE
from voice.audio import mulaw
from voice.audio.resample import Floats, resample, set_level, to_float, to_int16
from voice.tts.espeak import SAMPLE_RATE, Espeak, trim

_PAUSE_S = (0.2, 1.2)

LINE_HZ = 8_000
MODEL_HZ = 16_000

TEST_VOICES = ("f4", "m6", "Alex")
"""What `bench stt` reports on."""
CHECK_VOICES = ("linda", "max", "steph2", "grandpa", "belinda", "david")
"""What it checks that against: nobody looks at them, one by one or while tuning."""
RESERVED_VOICES = (*TEST_VOICES, *CHECK_VOICES)
"""Variants that neither training nor tuning hears."""
DEV_VOICES = ("f2", "m3", "Andrea", "quincy")
"""Variants for tuning."""
_UNFIT = ("Mr serious", "whisper", "whisperf", "Demonic", "fast", "croak", "klatt6", "Storm")
_ROBOTS = ("robo", "Robot", "Tweaky", "AnxiousAndy")
"""Marks of voices that sound like machines."""


def training_voices() -> list[str]:
    """The names of the espeak-ng variants to train on."""
    without = {*RESERVED_VOICES, *DEV_VOICES, *_UNFIT}
    return [
        name
        for name in Espeak.variants()
        if name not in without and not any(mark in name for mark in _ROBOTS)
    ]


@dataclass(frozen=True)
class Line:
    """How an utterance sounds on the line."""

    level_dbfs: float
    """Level of the speech."""
    snr_db: float
    """Level of the speech above that of the noise."""
    lead_s: float
    """Silence before the speech; negative cuts into it."""
    trail_s: float
    """Silence after it."""


def speak(spoken: str, voice: str, rng: random.Random, *, perturb: bool = True) -> Floats:
    """`spoken` by a variant at random rate and pitch, shape (n,) at 8 kHz, no silence around it.

    At each PAUSE the voice ends its phrase and is silent for up to 1.2 s. `perturb` also shifts
    formants and speed, and the balance of the spectrum.
    """
    rate_wpm = round(rng.triangular(110, 220, 180))
    pitch, pitch_range = rng.randint(20, 80), rng.randint(30, 75)
    parts: list[Floats] = []
    for part in spoken.split(PAUSE):
        if parts:
            parts.append(np.zeros(round(rng.uniform(*_PAUSE_S) * SAMPLE_RATE), np.float32))
        pcm = Espeak().synthesize(
            part, voice=f"ko+{voice}", rate_wpm=rate_wpm, pitch=pitch, pitch_range=pitch_range
        )
        parts.append(trim(to_float(pcm)))
    shift = rng.triangular(0.88, 1.14, 1.0) if perturb else 1.0
    line = resample(np.concatenate(parts), round(SAMPLE_RATE * shift), LINE_HZ)
    return equalize(line, rng) if perturb and line.size else line


def equalize(pcm: Floats, rng: random.Random) -> Floats:
    """`pcm` with a random tilt, random bumps, and now and then a narrow handset."""
    size = 1 << (len(pcm) - 1).bit_length()
    spectrum = np.fft.rfft(pcm, size)
    position = np.linspace(0, 1, 65, dtype=np.float32)
    gain = rng.uniform(-8, 8) * (position - 0.4)
    for _ in range(3):
        centre, width = rng.uniform(0, 1), rng.uniform(0.05, 0.25)
        gain = gain + rng.uniform(-4, 4) * np.exp(-(((position - centre) / width) ** 2))
    if rng.random() < 0.5:
        gain = gain - 25 * np.clip((rng.uniform(0.03, 0.09) - position) / 0.05, 0, 1)
        gain = gain - 25 * np.clip((position - rng.uniform(0.78, 0.95)) / 0.1, 0, 1)
    curve = np.interp(np.linspace(0, 1, len(spectrum)), position, 10 ** (gain / 20))
    shaped = np.fft.irfft(spectrum * curve.astype(np.float32), size)[: len(pcm)]
    return shaped.astype(np.float32)


def random_line(rng: random.Random) -> Line:
    """A line as in training: 10 to 35 dB of noise, 0.1 to 0.8 s around the speech."""
    lead = rng.triangular(0.1, 0.8, 0.1) if rng.random() < 0.85 else rng.uniform(-0.03, 0.1)
    trail = rng.triangular(0.1, 0.8, 0.1) if rng.random() < 0.9 else rng.uniform(0.0, 0.1)
    return Line(rng.uniform(-30, -10), rng.uniform(10, 35), lead, trail)


def noise(samples: int, rng: random.Random, babble: Floats | None = None) -> Floats:
    """Line noise of unit level: white, pink, hum, or murmuring made of `babble`."""
    generator = np.random.default_rng(rng.getrandbits(32))
    kind = rng.random()
    if babble is not None and len(babble) > samples and kind < 0.2:
        made = sum(
            (babble[s : s + samples] for s in generator.integers(0, len(babble) - samples, 4)),
            np.zeros(samples, np.float32),
        )
    elif kind < 0.55:
        made = generator.standard_normal(samples, np.float32)
    else:
        made = coloured(samples, rng.uniform(0.3, 1.2), generator)
    if rng.random() < 0.15:
        made = set_level(made, -20) + 0.1 * hum(samples, rng)
    return set_level(made.astype(np.float32), 0.0, peak=1e9)


def coloured(samples: int, slope: float, generator: np.random.Generator) -> Floats:
    """Noise whose amplitude falls with frequency to the power `slope` (0.5 is pink)."""
    size = 1 << (max(samples, 2) - 1).bit_length()
    spectrum = np.fft.rfft(generator.standard_normal(size, np.float32))
    spectrum /= np.maximum(np.arange(len(spectrum)), 20).astype(np.float32) ** np.float32(slope)
    made = np.fft.irfft(spectrum, size)[:samples]
    return (made / (np.std(made) + 1e-9)).astype(np.float32)


def hum(samples: int, rng: random.Random) -> Floats:
    """Mains hum of 50 or 60 Hz with harmonics."""
    base = rng.choice([50.0, 60.0, 100.0, 120.0])
    time = np.arange(samples, dtype=np.float32) / LINE_HZ
    made = np.zeros(samples, np.float32)
    for harmonic in range(1, rng.randint(2, 8)):
        made += (
            np.sin(2 * np.pi * base * harmonic * time + rng.random() * 6).astype(np.float32)
            / harmonic
        )
    return made


def on_the_line(
    speech: Floats, line: Line, rng: random.Random, babble: Floats | None = None
) -> bytes:
    """`speech` of shape (n,) at 8 kHz as the µ-law that the carrier would send."""
    cut = max(0, round(-line.lead_s * LINE_HZ))
    speech = set_level(speech, line.level_dbfs, peak=2.0)[cut:]
    padded = np.pad(
        speech,
        (max(0, round(line.lead_s * LINE_HZ)), max(0, round(line.trail_s * LINE_HZ))),
    )
    level = 10 ** ((line.level_dbfs - line.snr_db) / 20)
    return mulaw.encode(to_int16(padded + np.float32(level) * noise(len(padded), rng, babble)))


def received(data: bytes) -> Floats:
    """µ-law as the recogniser gets it: 16 kHz, range ±1."""
    return resample(to_float(mulaw.decode(data)), LINE_HZ, MODEL_HZ)
