"""Voice activity: the Silero model inside faster-whisper, streamed over telephone audio."""

from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from voice.audio import mulaw

WINDOW_MS = 32
WINDOW_BYTES = 256
"""One window of 8 kHz µ-law: 512 samples at the model's 16 kHz."""

QUIET_PEAK = 0.002
"""-54 dBFS: a window without a louder sample holds no speech."""

SETTLED_WINDOWS = 8
"""Quiet windows that the model still sees, so that its state is one of silence."""

_LOUD = 0.25
"""Share of a window's peak that counts as loud in it."""

_UNSURE = 0.1
"""Below this nobody takes the window for speech, nor asks where in it speech ended."""

_CONTEXT = 64
_TAPS = 12
_STATE = (1, 1, 128)

_DECODED = mulaw.decode(bytes(range(256))).astype(np.float32) / np.float32(32768)
_QUIET_CODES = bytes(code for code in range(256) if abs(_DECODED[code]) < QUIET_PEAK)


def _half_sample_filter() -> NDArray[np.float32]:
    """A windowed sinc that gives the samples halfway between those of the line."""
    position = np.arange(_TAPS) - (_TAPS - 1) / 2
    taps = np.sinc(position) * np.hamming(_TAPS)
    return np.asarray(taps / taps.sum(), dtype=np.float32)


_HALFWAY = _half_sample_filter()


@dataclass(frozen=True, slots=True)
class Window:
    """What the model says of WINDOW_MS of audio."""

    probability: float
    """That it holds speech, 0 to 1."""
    active_ms: int = WINDOW_MS
    """Where its last loud sample lies: speech that ends in this window ends there."""


_SILENT = Window(0.0, 0)


def _active_ms(line: NDArray[np.float32]) -> int:
    """Where the last loud sample lies, in milliseconds of the window that ends `line`."""
    loudness = np.abs(line)
    from_end = int((loudness[::-1] > _LOUD * loudness.max()).argmax())
    return max(0, WINDOW_MS - from_end * WINDOW_MS // WINDOW_BYTES)


class SileroVad:
    """The model, loaded once a process and shared by all calls; safe from one thread."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        model = files("faster_whisper") / "assets" / "silero_vad_v6.onnx"
        self._session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )

    def stream(self) -> "VadStream":
        """A fresh stream for one call."""
        return VadStream(self._session)


class VadStream:
    """One caller's voice activity; keeps the model's state between windows."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._pending = bytearray()
        self._line = np.zeros(_TAPS, dtype=np.float32)
        self._input = np.zeros((1, _CONTEXT + 2 * WINDOW_BYTES), dtype=np.float32)
        self._h = np.zeros(_STATE, dtype=np.float32)
        self._c = np.zeros(_STATE, dtype=np.float32)
        self._quiet = 0

    def push(self, audio: bytes) -> list[Window]:
        """Takes µ-law audio of any length; gives what the model says of each full window."""
        self._pending += audio
        if len(self._pending) < WINDOW_BYTES:
            return []
        count = len(self._pending) // WINDOW_BYTES
        ready = bytes(self._pending[: count * WINDOW_BYTES])
        del self._pending[: count * WINDOW_BYTES]
        return [
            self._judge(ready[start : start + WINDOW_BYTES])
            for start in range(0, len(ready), WINDOW_BYTES)
        ]

    def _judge(self, window: bytes) -> Window:
        line = np.concatenate((self._line, _DECODED[np.frombuffer(window, dtype=np.uint8)]))
        self._line = line[WINDOW_BYTES:]
        # The model is most of what a call costs, and half of a call is a silent line.
        self._quiet = 0 if window.translate(None, _QUIET_CODES) else self._quiet + 1
        if self._quiet > SETTLED_WINDOWS:
            return _SILENT
        samples = self._input
        samples[0, :_CONTEXT] = samples[0, -_CONTEXT:]
        # Doubling the rate: the line's own samples, and between each two the interpolated one.
        centre = _TAPS // 2
        samples[0, _CONTEXT::2] = line[centre : centre + WINDOW_BYTES]
        samples[0, _CONTEXT + 1 :: 2] = np.convolve(line[1:], _HALFWAY, "valid")
        probability, self._h, self._c = self._session.run(
            None, {"input": samples, "h": self._h, "c": self._c}
        )
        speech = float(probability[0])
        return Window(speech, _active_ms(line) if speech >= _UNSURE else WINDOW_MS)
