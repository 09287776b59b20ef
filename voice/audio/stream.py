"""Sound that comes in chunks: its rate and its level changed on the way, without seams."""

import math

import numpy as np
import soxr
from numpy.typing import NDArray

from voice.audio.resample import Floats, to_float, to_int16

TARGET_DBFS = -20.0
"""How loud our speech is on the line."""

_PEAK = 0.95
_BLOCK_S = 0.01
_SPEECH_POWER = 10 ** (-50 / 10)
"""Blocks quieter than -50 dBFS are pauses, which say nothing about how loud the voice is."""
_MEMORY_BLOCKS = 150
"""The level is that of about the last second and a half of speech."""
_DB_PER_S = 12.0
"""How fast the gain moves: slowly enough not to be heard as pumping."""
_MOST_GAIN = 10.0
"""20 dB: what is quieter than that by far is no speech to be lifted."""


class StreamResampler:
    """Band-limited resampling of one stream of mono PCM, given in chunks of any length.

    What `push` and `flush` give together is what the whole stream resampled at once would be.
    The filter works in blocks of its own, so up to 80 ms of audio (110 ms from 16 kHz) wait in it.
    """

    def __init__(self, source_hz: int, target_hz: int = 8_000) -> None:
        self._stream = soxr.ResampleStream(source_hz, target_hz, 1, dtype="float32", quality="HQ")

    def push(self, pcm: NDArray[np.int16]) -> NDArray[np.int16]:
        """The samples that are ready after `pcm` of shape (n,): shape (m,), m may be 0."""
        return self._resample(pcm, last=False)

    def flush(self) -> NDArray[np.int16]:
        """The rest, of shape (m,), at the end of the stream; nothing may be pushed after it."""
        return self._resample(np.zeros(0, dtype=np.int16), last=True)

    def _resample(self, pcm: NDArray[np.int16], *, last: bool) -> NDArray[np.int16]:
        return to_int16(self._stream.resample_chunk(to_float(pcm), last=last))


class StreamLevel:
    """Brings one stream of speech to `TARGET_DBFS` by a slow gain, and never clips it.

    It works in blocks of 10 ms and keeps one of them back, so that the gain can come down before
    a loud one: between two blocks it is what both of them bear, and within a block it moves in a
    straight line. A voice is as loud in its next sentence: `gain` of one stream begins the next.
    """

    def __init__(self, hz: int = 8_000, *, gain: float = 1.0) -> None:
        self.gain = gain
        """The factor reached so far."""
        self._size = round(hz * _BLOCK_S)
        self._step = 10 ** (_DB_PER_S * _BLOCK_S / 20)
        self._rest: Floats = np.zeros(0, dtype=np.float32)
        self._held: Floats | None = None
        self._power = 0.0
        self._blocks = 0

    def push(self, pcm: NDArray[np.int16]) -> NDArray[np.int16]:
        """The samples that are ready after `pcm` of shape (n,): shape (m,), m may be 0."""
        self._rest = np.concatenate((self._rest, to_float(pcm)))
        whole = len(self._rest) // self._size * self._size
        blocks = self._rest[:whole].reshape(-1, self._size)
        self._rest = self._rest[whole:]
        return self._joined([self._after(block) for block in blocks])

    def flush(self) -> NDArray[np.int16]:
        """The rest, of shape (m,), at the end of the stream."""
        rest, self._rest = self._rest, self._rest[:0]
        made = [self._after(rest), self._after(None)]
        self._held = None
        return self._joined(made)

    def _after(self, block: Floats | None) -> Floats:
        """The block before `block`, amplified; `block` is kept. None ends the stream."""
        held, self._held = self._held, block
        if held is None or held.size == 0:
            return np.zeros(0, dtype=np.float32)
        before = min(self.gain, _bearable(held))
        self._learn(held)
        after = min(self._wanted(before), _bearable(held), _bearable(block))
        self.gain = after
        return held * np.linspace(before, after, len(held), endpoint=False, dtype=np.float32)

    def _learn(self, block: Floats) -> None:
        power = float(np.mean(np.square(block, dtype=np.float64)))
        if power >= _SPEECH_POWER:
            self._blocks = min(self._blocks + 1, _MEMORY_BLOCKS)
            self._power += (power - self._power) / self._blocks

    def _wanted(self, gain: float) -> float:
        """The next gain on the way from `gain` to the one for the level heard so far."""
        if not self._blocks:
            return gain
        wanted = min(_MOST_GAIN, 10 ** (TARGET_DBFS / 20) / math.sqrt(self._power))
        return min(max(wanted, gain / self._step), gain * self._step)

    @staticmethod
    def _joined(parts: list[Floats]) -> NDArray[np.int16]:
        return to_int16(np.concatenate([np.zeros(0, dtype=np.float32), *parts]))


def _bearable(block: Floats | None) -> float:
    """The highest gain with which no sample of `block` exceeds the peak."""
    loudest = 0.0 if block is None else float(np.max(np.abs(block), initial=0.0))
    return _PEAK / loudest if loudest else _MOST_GAIN
