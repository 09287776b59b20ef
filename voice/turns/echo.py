"""Tells whether a voice during a reply is the caller's: a telephone has no echo canceller.

What was played is known to the sample, so our own voice coming back correlates with it at some
delay, whatever a recogniser makes of it. What comes back weakly, as do other people in the
caller's room, is far quieter than the caller.
"""

import numpy as np
from numpy.typing import NDArray

from voice.audio import mulaw

LINE_HZ = 8_000
BYTES_PER_S = LINE_HZ

HEARD_S = 1.0
"""How much of what was heard is compared: shorter stretches of two voices are often alike."""

MAX_DELAY_S = 1.2
"""The longest way to the caller's ear and back."""

EARLY_S = 0.25
"""Audio may come sooner than the clock says: it arrives in bursts."""

ECHO_CORRELATION = 0.6
"""From here on sound is ours; with synthetic voices of the same kind others reached 0.51."""

KNOWN_ECHO_CORRELATION = 0.35
"""The same on a line that is known to echo."""

USUAL_DBFS = -26.0
"""The level of a caller who has not said anything yet."""

FAINT_DB = 12.0
"""This far below the caller's own level a voice is not the caller's."""

_BAND_HZ = (300, 1_500)
"""Where a line's echo is strongest and its noise matters least."""

_WINDOW = 800
_SILENT = 1e-7
_DECODED = mulaw.decode(bytes(range(256))).astype(np.float32) / np.float32(32_768)


def level_dbfs(audio: bytes) -> float:
    """The level of the loudest 100 ms, -100 for silence; 0 dBFS is a full-scale square wave."""
    samples = _samples(audio)
    count = len(samples) // _WINDOW
    if count == 0:
        return -100.0
    power = np.mean(np.square(samples[-count * _WINDOW :].reshape(count, _WINDOW)), axis=1)
    return float(10 * np.log10(max(float(power.max()), 1e-10)))


def correlation(heard: bytes, played: bytes) -> float:
    """The highest correlation of `heard` with a stretch of `played`, 0 to 1; both µ-law.

    0 where either is silent or `played` is shorter than `heard`.
    """
    near, far = _samples(heard), _samples(played)
    if not 0 < len(near) <= len(far):
        return 0.0
    size = 1 << (len(far) + len(near) - 1).bit_length()
    near, far = _band(near, size), _band(far, size)[: len(far)]
    near = near[: len(heard)]
    near_energy = float(np.dot(near, near))
    products = np.fft.irfft(np.fft.rfft(far, size) * np.conj(np.fft.rfft(near, size)), size)
    products = products[: len(far) - len(near) + 1]
    sums = np.concatenate(([0.0], np.cumsum(np.square(far, dtype=np.float64))))
    energies = sums[len(near) :] - sums[: len(sums) - len(near)]
    loud = energies > _SILENT * len(near)
    if near_energy <= _SILENT * len(near) or not loud.any():
        return 0.0
    return float(np.max(np.abs(products[loud]) / np.sqrt(energies[loud] * near_energy)))


def _samples(audio: bytes) -> NDArray[np.float32]:
    return _DECODED[np.frombuffer(audio, dtype=np.uint8)]


def _band(samples: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    spectrum = np.fft.rfft(samples, size)
    low, high = (round(hertz * size / LINE_HZ) for hertz in _BAND_HZ)
    spectrum[:low] = 0
    spectrum[high:] = 0
    return np.fft.irfft(spectrum, size)[: len(samples)].astype(np.float32)
