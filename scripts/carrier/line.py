"""What the caller hears: the carrier's playout buffer, as a state machine on bytes and seconds."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from scripts.carrier.errors import RefusedError
from scripts.carrier.wire import TOO_MUCH_AUDIO

SAMPLE_RATE = 8000
"""Hertz; µ-law has one byte a sample."""

UNDERRUN_WITHIN_S = 0.4
"""A longer gap is a pause that the speaker makes, not a chunk that came late."""

_TOLERANCE_S = 0.001
_MAX_BUFFERED_S = 600.0


@dataclass(slots=True)
class Run:
    """One stretch of agent audio that played without a gap."""

    started_at: float
    """Seconds on the loop's clock."""
    audio: bytearray = field(default_factory=bytearray)
    """µ-law; what was cleared before it played is taken off."""
    cleared: bool = False
    """True if the rest was dropped before it played."""

    @property
    def ended_at(self) -> float:
        """When the last sample has played, seconds on the loop's clock."""
        return self.started_at + len(self.audio) / SAMPLE_RATE


class Line:
    """The buffer: plays in order and in real time, and says which marks are to be echoed.

    An underrun is audio that comes less than 400 ms after the buffer ran dry, with neither a mark
    nor a clear since the audio before it: that is, in the middle of what was being said. After a
    mark or a clear the next audio begins something new, so the gap before it is nobody's fault.
    """

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.underruns = 0
        self.underrun_s = 0.0
        """Seconds of silence within what was being said, all underruns together."""
        self.marks = 0
        self.clears = 0
        self.max_buffered_s = 0.0
        self._marks: deque[tuple[float, str]] = deque()
        self._in_the_middle = False

    @property
    def ends_at(self) -> float:
        """When the buffer runs dry, seconds on the loop's clock; in the past when it is empty."""
        return self.runs[-1].ended_at if self.runs else float("-inf")

    def playing(self, now: float) -> bool:
        """True while there is audio, or a mark that waits for it."""
        return self.ends_at > now or bool(self._marks)

    def add_audio(self, payload: bytes, now: float) -> None:
        """Buffer audio. Raises RefusedError when more than ten minutes would be buffered."""
        gap = now - self.ends_at
        if gap > _TOLERANCE_S:
            if self._in_the_middle and gap < UNDERRUN_WITHIN_S:
                self.underruns += 1
                self.underrun_s += gap
            self.runs.append(Run(started_at=now))
        elif self.runs[-1].cleared:
            self.runs.append(Run(started_at=now))
        self.runs[-1].audio += payload
        self._in_the_middle = True
        buffered_s = self.ends_at - now
        self.max_buffered_s = max(self.max_buffered_s, buffered_s)
        if buffered_s > _MAX_BUFFERED_S:
            raise RefusedError(TOO_MUCH_AUDIO, "more than ten minutes of audio are buffered")

    def add_mark(self, name: str, now: float) -> None:
        """Place a mark behind what is buffered; it is due at once when nothing is."""
        self.marks += 1
        self._in_the_middle = False
        self._marks.append((max(now, self.ends_at), name))

    def clear(self, now: float) -> None:
        """Drop what has not played; every mark is due at once."""
        self.clears += 1
        self._in_the_middle = False
        while self.runs and self.runs[-1].ended_at > now:
            run = self.runs[-1]
            run.cleared = True
            played = max(0, round((now - run.started_at) * SAMPLE_RATE))
            del run.audio[played:]
            if played:
                break
            self.runs.pop()
        self._marks = deque((now, name) for _, name in self._marks)

    def due(self, now: float) -> list[str]:
        """The marks to be echoed by now, each once, in order."""
        names = []
        while self._marks and self._marks[0][0] <= now:
            names.append(self._marks.popleft()[1])
        return names
