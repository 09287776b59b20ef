"""Decides from speech probabilities when a caller's turn begins, pauses and has ended.

How long a pause may last is not decided here: whoever knows what was said sets it by `allow`
(see patience.py) while the pause goes on.
"""

from dataclasses import dataclass

from voice.turns.vad import WINDOW_MS, Window

START_PROBABILITY = 0.5
"""A window at least this likely to be speech is voiced."""

STAY_PROBABILITY = 0.35
"""Within a turn a window is voiced from here on: word endings fade."""

START_VOICED_MS = 96
"""Voiced audio that begins a turn; shorter is a click."""

RESUME_VOICED_MS = 64
"""Voiced audio within a pause from which speech goes on; shorter is a breath or a click."""

PAUSE_MS = 200
"""Silence from which a turn pauses, so that what was said so far is worth recognising."""

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
class SpeechPaused:
    """The caller stopped speaking; the turn may be over."""

    started_ms: int
    """Start of the turn's speech, stream time."""
    ended_ms: int
    """End of the speech so far, stream time."""
    voiced_ms: int
    """How much of it was speech."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechResumed:
    """The caller goes on after a pause: the turn was not over."""

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


TurnEvent = SpeechStarted | SpeechPaused | SpeechResumed | TurnEnded


class Endpointer:
    """A state machine over windows of WINDOW_MS; time is counted in audio."""

    def __init__(self, *, patience_ms: int, max_turn_ms: int) -> None:
        """`patience_ms` is the silence that ends a turn unless `allow` says otherwise."""
        self._patience_ms = patience_ms
        self._max_turn_ms = max_turn_ms
        self._allowed_ms = patience_ms
        self._now_ms = 0
        self._first_voiced_ms = 0
        self._last_voiced_ms = 0
        self._voiced_ms = 0
        self._resuming_ms = 0
        self._speaking = False
        self._paused = False

    @property
    def speaking(self) -> bool:
        """Whether a turn has begun and not yet ended."""
        return self._speaking

    @property
    def voiced_ms(self) -> int:
        """How much speech the turn that is going on holds."""
        return self._voiced_ms if self._speaking else 0

    @property
    def started_ms(self) -> int:
        """Where the speech of the turn that is going on began, stream time."""
        return self._first_voiced_ms

    def allow(self, patience_ms: int) -> None:
        """Lets the pause that goes on last this long, silence since the last speech."""
        self._allowed_ms = patience_ms

    def reopen(self, started_ms: int, voiced_ms: int) -> None:
        """The speech that goes on belongs to a turn that seemed over: one turn from its start."""
        self._first_voiced_ms = started_ms
        self._voiced_ms += voiced_ms

    def push(self, window: Window) -> list[TurnEvent]:
        """Takes the next window; gives what it decides."""
        begin_ms = self._now_ms
        self._now_ms += WINDOW_MS
        sure = window.probability >= START_PROBABILITY
        voiced = sure or (
            self._speaking and not self._paused and window.probability >= STAY_PROBABILITY
        )
        events: list[TurnEvent] = []
        if self._paused:
            events += self._push_paused(begin_ms, window, voiced=voiced)
        elif voiced:
            self._voice(begin_ms, window)
        if not self._speaking:
            return self._wait(self._now_ms - self._last_voiced_ms)
        if self._now_ms - self._first_voiced_ms >= self._max_turn_ms:
            return [*events, self._end(capped=True)]
        return [*events, *self.wait(self._now_ms)]

    def wait(self, now_ms: int) -> list[TurnEvent]:
        """Between two windows: what the silence until `now_ms` decides."""
        if not self._speaking:
            return []
        silence_ms = now_ms - self._last_voiced_ms + FRAME_MS // 2
        events: list[TurnEvent] = []
        if not self._paused and silence_ms >= PAUSE_MS:
            self._paused = True
            self._resuming_ms = 0
            events.append(
                SpeechPaused(
                    started_ms=self._first_voiced_ms,
                    ended_ms=self._last_voiced_ms,
                    voiced_ms=self._voiced_ms,
                )
            )
        if silence_ms >= self._allowed_ms:
            events.append(self._end(capped=False))
        return events

    def flush(self) -> TurnEnded | None:
        """Ends the turn that is going on, when the line was cut; None without one."""
        return self._end(capped=False) if self._speaking else None

    def _voice(self, begin_ms: int, window: Window) -> None:
        if self._voiced_ms == 0:
            self._first_voiced_ms = begin_ms
        self._voiced_ms += WINDOW_MS
        self._last_voiced_ms = begin_ms + window.active_ms

    def _push_paused(self, begin_ms: int, window: Window, *, voiced: bool) -> list[TurnEvent]:
        """A breath in a pause changes nothing; speech makes the turn go on."""
        self._resuming_ms = self._resuming_ms + WINDOW_MS if voiced else 0
        if self._resuming_ms < RESUME_VOICED_MS:
            return []
        self._voiced_ms += self._resuming_ms - WINDOW_MS
        self._voice(begin_ms, window)
        self._paused = False
        self._allowed_ms = self._patience_ms
        return [SpeechResumed(at_ms=self._now_ms)]

    def _end(self, *, capped: bool) -> TurnEnded:
        turn = TurnEnded(
            started_ms=self._first_voiced_ms,
            ended_ms=self._last_voiced_ms,
            voiced_ms=self._voiced_ms,
            capped=capped,
        )
        self._speaking = self._paused = False
        self._voiced_ms = 0
        self._allowed_ms = self._patience_ms
        return turn

    def _wait(self, silence_ms: int) -> list[TurnEvent]:
        if self._voiced_ms >= START_VOICED_MS:
            self._speaking = True
            return [SpeechStarted(at_ms=self._first_voiced_ms)]
        if silence_ms >= _FORGET_MS:
            self._voiced_ms = 0
        return []
