"""Sample rates and levels of mono audio, as float32 in the range ±1."""

import numpy as np
import soxr
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_FLOOR_DBFS = -120.0


def resample(pcm: Floats, from_hz: int, to_hz: int) -> Floats:
    """`pcm` of shape (n,) at another rate, band-limited; about n * to_hz / from_hz samples."""
    if from_hz == to_hz:
        return pcm
    return np.asarray(soxr.resample(pcm, from_hz, to_hz, quality="HQ"), dtype=np.float32)


def to_float(pcm: NDArray[np.int16]) -> Floats:
    """16-bit samples as floats in the range ±1."""
    return pcm.astype(np.float32) / np.float32(32768)


def to_int16(pcm: Floats) -> NDArray[np.int16]:
    """Floats as 16-bit samples; what exceeds the range ±1 is clipped."""
    samples = np.clip(np.rint(pcm * np.float32(32767)), -32768, 32767)
    return np.asarray(samples, dtype=np.int16)


def level_dbfs(pcm: Floats) -> float:
    """The level (root mean square) of `pcm` in dB below full scale; -120 for silence."""
    if pcm.size == 0:
        return _FLOOR_DBFS
    power = float(np.mean(np.square(pcm, dtype=np.float64)))
    return max(_FLOOR_DBFS, 10 * float(np.log10(power))) if power > 0 else _FLOOR_DBFS


def set_level(pcm: Floats, target_dbfs: float, *, peak: float = 0.95) -> Floats:
    """`pcm` at the level `target_dbfs`, or lower where its peak would exceed `peak`."""
    loudest = float(np.max(np.abs(pcm), initial=0.0))
    if loudest == 0.0:
        return pcm
    gain = min(10 ** ((target_dbfs - level_dbfs(pcm)) / 20), peak / loudest)
    return pcm * np.float32(gain)
