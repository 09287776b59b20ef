"""What comes down a line that is not speech; its transcript is empty."""

import random

import numpy as np

from scripts.demo_stt.audio import LINE_HZ, coloured, hum, noise
from voice.audio import mulaw
from voice.audio.resample import Floats, set_level, to_int16

_KEYS = [(low, high) for low in (697, 770, 852, 941) for high in (1209, 1336, 1477, 1633)]


def _tone(hertz: float, samples: int) -> Floats:
    return np.sin(2 * np.pi * hertz * np.arange(samples, dtype=np.float32) / LINE_HZ).astype(
        np.float32
    )


def _keys(samples: int, rng: random.Random) -> Floats:
    made = np.zeros(samples, np.float32)
    position = rng.randint(0, LINE_HZ // 4)
    while position < samples:
        length = min(rng.randint(500, 2000), samples - position)
        low, high = rng.choice(_KEYS)
        made[position : position + length] = _tone(low, length) + _tone(high, length)
        position += length + rng.randint(400, 3000)
    return made


def _beeps(samples: int, rng: random.Random) -> Floats:
    """Ring-back, busy and other tones, on and off."""
    hertz = rng.choice([350, 400, 425, 440, 480, 620, 950, 1000, 1400, rng.uniform(200, 2500)])
    made = _tone(hertz, samples) + rng.choice([0, 1]) * _tone(
        hertz * rng.uniform(1.05, 1.4), samples
    )
    period, share = rng.uniform(0.2, 4.0), rng.uniform(0.3, 1.0)
    phase = np.arange(samples) / LINE_HZ % period
    return (made * (phase < period * share)).astype(np.float32)


def _music(samples: int, rng: random.Random) -> Floats:
    """Chords of decaying notes, as hold music."""
    made = np.zeros(samples, np.float32)
    beat = rng.randint(1200, 5000)
    root = rng.uniform(110, 330)
    for start in range(0, samples, beat):
        length = min(rng.randint(beat, beat * 3), samples - start)
        decay = np.exp(-np.arange(length) / rng.uniform(1000, 9000)).astype(np.float32)
        for step in rng.sample([0, 2, 4, 5, 7, 9, 11, 12, 16, 19], rng.randint(1, 4)):
            hertz = root * 2 ** (step / 12)
            note = (
                _tone(hertz, length)
                + 0.5 * _tone(hertz * 2, length)
                + 0.2 * _tone(hertz * 3, length)
            )
            made[start : start + length] += note * decay
    return made


def _bursts(samples: int, rng: random.Random) -> Floats:
    """Clicks, knocks, coughs and breath: short bursts of coloured noise."""
    generator = np.random.default_rng(rng.getrandbits(32))
    made = np.zeros(samples, np.float32)
    for _ in range(rng.randint(1, 6)):
        length = min(rng.choice([8, 40, 200, 1200, 2500]), samples)
        start = rng.randint(0, samples - length)
        rise = np.minimum(np.arange(length) / max(1, length * rng.uniform(0.02, 0.4)), 1)
        fall = np.exp(-np.arange(length) / (length * rng.uniform(0.15, 0.6)))
        burst = coloured(length, rng.uniform(0, 1.2), generator) if length > 40 else np.ones(length)
        made[start : start + length] += (burst * rise * fall).astype(np.float32)
    return made


def non_speech(rng: random.Random, *, seconds: float) -> bytes:
    """`seconds` of silence, noise, tones, keys, hum, music or bursts, as 8 kHz µ-law."""
    samples = round(seconds * LINE_HZ)
    kind = rng.randrange(8)
    if kind == 0:
        made = np.zeros(samples, np.float32)
    elif kind == 1:
        made = set_level(noise(samples, rng), rng.uniform(-65, -15), peak=1.0)
    else:
        source = (_keys, _beeps, _music, _bursts, hum, _bursts)[kind - 2](samples, rng)
        made = set_level(source, rng.uniform(-40, -10), peak=1.0)
        made = made + set_level(noise(samples, rng), rng.uniform(-75, -35))
    return mulaw.encode(to_int16(made))
