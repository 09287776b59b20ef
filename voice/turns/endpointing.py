"""Decides from speech probabilities when a caller's turn begins and when it has ended."""

from dataclasses import dataclass

from voice.turns.vad import WINDOW_MS, Window

START_PROBABILITY = 0.5
"""A window at least this likely to be speech is voiced."""

STAY_PROBABILITY = 0.35
"""Within a turn a window is voiced from here on: word endings fade."""

START_VOICED_MS = 96
"""Voiced audio that begins a turn; shorter is a click."""

ESTABLISHED_VOICED_MS = 224
"""Voiced audio from which the speech is meant for us, and may stop a reply."""

FRAME_MS = 20
"""Audio comes in steps of this; a turn ends at the step nearest to its time."""

_FORGET_MS = 320
"""Silence after which voiced windows before a turn's beginning no longer count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStarted:
    """The caller began to speak."""

    at_ms: int
    """Start of the speech, stream time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEstablished:
    """The caller has spoken long enough to be taken seriously."""

    at_ms: int
    """Stream time of this judgement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnded:
    """The caller's turn is over."""

    started_ms: int
    """Start of the speech, stream time."""
    ended_ms: int
    """End of the speech, stream time; the silence that ended the turn follows it."""
    voiced_ms: int
    """How much of it was speech."""
    capped: bool
    """True where the turn was cut at its longest permitted length."""


TurnEvent = SpeechStarted | SpeechEstablished | TurnEnded


class Endpointer:
    """A state machine over windows of WINDOW_MS; time is counted in audio."""

    def __init__(self, *, end_silence_ms: int, max_turn_ms: int) -> None:
        self._end_silence_ms = end_silence_ms
        self._max_turn_ms = max_turn_ms
        self._now_ms = 0
        self._first_voiced_ms = 0
        self._last_voiced_ms = 0
        self._voiced_ms = 0
        self._speaking = False
        self._established = False

    @property
    def speaking(self) -> bool:
        """Whether a turn has begun and not yet ended."""
        return self._speaking

    def push(self, window: Window) -> list[TurnEvent]:
        """Takes the next window; gives what it decides."""
        begin_ms = self._now_ms
        self._now_ms += WINDOW_MS
        voiced = window.probability >= (STAY_PROBABILITY if self._speaking else START_PROBABILITY)
        if voiced:
            if self._voiced_ms == 0:
                self._first_voiced_ms = begin_ms
            self._voiced_ms += WINDOW_MS
            self._last_voiced_ms = begin_ms + window.active_ms
        silence_ms = self._now_ms - self._last_voiced_ms
        if not self._speaking:
            return self._wait(silence_ms)
        events: list[TurnEvent] = []
        if not self._established and self._voiced_ms >= ESTABLISHED_VOICED_MS:
            self._established = True
            events.append(SpeechEstablished(at_ms=self._now_ms))
        capped = self._now_ms - self._first_voiced_ms >= self._max_turn_ms
        if self._long_enough(silence_ms) or capped:
            events.append(self._end(capped=capped))
        return events

    def wait(self, now_ms: int) -> TurnEnded | None:
        """Between two windows: the turn's end, when its time has come at `now_ms`."""
        if self._speaking and self._long_enough(now_ms - self._last_voiced_ms):
            return self._end(capped=False)
        return None

    def _long_enough(self, silence_ms: int) -> bool:
        return silence_ms >= self._end_silence_ms - FRAME_MS // 2

    def flush(self) -> TurnEnded | None:
        """Ends the turn that is going on, when the line was cut; None without one."""
        return self._end(capped=False) if self._speaking else None

    def _end(self, *, capped: bool) -> TurnEnded:
        turn = TurnEnded(
            started_ms=self._first_voiced_ms,
            ended_ms=self._last_voiced_ms,
            voiced_ms=self._voiced_ms,
            capped=capped,
        )
        self._speaking = self._established = False
        self._voiced_ms = 0
        return turn

    def _wait(self, silence_ms: int) -> list[TurnEvent]:
        if self._voiced_ms >= START_VOICED_MS:
            self._speaking = True
            return [SpeechStarted(at_ms=self._first_voiced_ms)]
        if silence_ms >= _FORGET_MS:
            self._voiced_ms = 0
        return []
