"""Places the caller's audio by its timestamps, so that stalls, bursts and losses change nothing."""

from voice.audio.mulaw import SILENCE

BYTES_PER_MS = 8
"""µ-law at 8,000 Hz, one byte a sample."""

MAX_FILLED_GAP_MS = 2_000
"""A longer hole is not worth hearing as silence: the clock jumps over it."""


class Timeline:
    """Turns media frames into one gapless stream; synchronous, without a clock of its own.

    Time is the stream's own: milliseconds since its first sample, counted in audio.
    """

    def __init__(self) -> None:
        self._next_ms = 0
        self._offset_ms: int | None = None
        self.duplicates = 0
        """Frames dropped because their time had been filled already."""
        self.filled_ms = 0
        """Milliseconds of silence put in place of lost frames."""

    @property
    def now_ms(self) -> int:
        """The end of what was heard so far."""
        return self._next_ms

    def add(self, payload: bytes, timestamp_ms: int) -> bytes:
        """The audio to append for this frame: empty for a duplicate, padded before a gap.

        `timestamp_ms` is that of the first sample since the stream began, -1 when unknown.
        The first frame's timestamp becomes zero. Audio older than what was appended is cut off.
        """
        if timestamp_ms >= 0:
            if self._offset_ms is None:
                self._offset_ms = timestamp_ms - self._next_ms
            gap_ms = timestamp_ms - self._offset_ms - self._next_ms
            if gap_ms < 0:
                payload = payload[-gap_ms * BYTES_PER_MS :]
                if not payload:
                    self.duplicates += 1
                    return b""
            elif gap_ms > MAX_FILLED_GAP_MS:
                self._offset_ms += gap_ms
            elif gap_ms > 0:
                self.filled_ms += gap_ms
                payload = bytes([SILENCE]) * (gap_ms * BYTES_PER_MS) + payload
        self._next_ms += len(payload) // BYTES_PER_MS
        return payload


class Lookback:
    """Keeps the audio of the turn that is going on, and a little from before it."""

    def __init__(self, *, keep_ms: int = 1_000) -> None:
        self._keep_ms = keep_ms
        self._audio = bytearray()
        self._from_ms = 0

    def append(self, audio: bytes) -> None:
        """Appends gapless audio, as Timeline gives it."""
        self._audio += audio

    def forget(self, before_ms: int) -> None:
        """Drops what ended more than the kept time before `before_ms`."""
        drop_ms = before_ms - self._keep_ms - self._from_ms
        if drop_ms > 0:
            del self._audio[: drop_ms * BYTES_PER_MS]
            self._from_ms += drop_ms

    def cut(self, from_ms: int, to_ms: int) -> bytes:
        """The audio between two stream times, as far as it is kept."""
        start = max(0, from_ms - self._from_ms) * BYTES_PER_MS
        return bytes(self._audio[start : max(0, to_ms - self._from_ms) * BYTES_PER_MS])
