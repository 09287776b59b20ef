"""What a call hears: places the caller's audio, finds turns in it, and has them recognised.

While the caller speaks, partial transcripts are asked for now and then; from a short silence on
the final one, before it is known whether the turn is over. What was said decides how long the
silence must last. All results come back through the call's inbox, in order.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from agent.actions import Expectation
from voice.stt.partials import StablePrefix
from voice.stt.transcriber import Effort, Transcriber, Transcript, TranscriptionError
from voice.turns.endpointing import (
    Endpointer,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    TurnEnded,
)
from voice.turns.patience import Patience
from voice.turns.timeline import Lookback, Timeline
from voice.turns.vad import VadStream

logger = logging.getLogger(__name__)

PARTIAL_EVERY_MS = 500
"""Speech between two partial transcripts."""

PENDING_MS = 1_500
"""Silence after which a turn is over though its words are not known yet."""

_PRE_ROLL_MS = 300
_POST_ROLL_MS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """What was said in a turn that is over, or in one that pauses."""

    started_ms: int
    """Start of the speech, stream time."""
    ended_ms: int
    """End of the speech, stream time."""
    voiced_ms: int
    """How much of it was speech."""
    audio: bytes
    """µ-law, with a little of what was before and after."""
    recognition: asyncio.Task[Transcript] | None
    """The final transcript, under way or there; None where it has to be asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialHeard:
    """What is being said, as far as two partial transcripts agree."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseUnderstood:
    """What was said before the pause that goes on."""

    text: str
    """Its transcript, or the best guess where it was not understood."""
    guessed: bool
    voiced_ms: int


EarEvent = SpeechStarted | SpeechResumed | PartialHeard | PauseUnderstood | Utterance


class Ear:
    """One caller's; synchronous but for the recognition it asks for."""

    def __init__(
        self,
        *,
        vad: VadStream,
        transcriber: Transcriber,
        patience: Patience,
        max_turn_s: float,
        expects: Callable[[], Expectation],
        on_event: Callable[[EarEvent], None],
        post: Callable[[Callable[[], None]], None],
    ) -> None:
        """`expects` tells what was asked last; `post` runs a callable in the call's turn."""
        self._vad = vad
        self._transcriber = transcriber
        self._patience = patience
        self._expects = expects
        self._on_event = on_event
        self._post = post
        self._timeline = Timeline()
        self._lookback = Lookback()
        self._endpointer = Endpointer(
            patience_ms=patience(None, Expectation.OPEN), max_turn_ms=round(max_turn_s * 1000)
        )
        self._stable = StablePrefix()
        self._partial: asyncio.Task[Transcript] | None = None
        self._partial_at_ms = 0
        self._final: asyncio.Task[Transcript] | None = None

    @property
    def speaking(self) -> bool:
        """Whether a turn has begun and not yet ended."""
        return self._endpointer.speaking

    @property
    def voiced_ms(self) -> int:
        """How much speech the turn that is going on holds."""
        return self._endpointer.voiced_ms

    @property
    def now_ms(self) -> int:
        """The end of what was heard so far, stream time."""
        return self._timeline.now_ms

    def place(self, payload: bytes, timestamp_ms: int) -> bytes:
        """The audio of a frame where it belongs; see Timeline."""
        audio = self._timeline.add(payload, timestamp_ms)
        self._lookback.append(audio)
        return audio

    def listen(self, audio: bytes) -> None:
        """Takes audio that was placed, and tells what it means."""
        for window in self._vad.push(audio):
            for event in self._endpointer.push(window):
                self._on_turn_event(event)
            self._ask_partial()
        for event in self._endpointer.wait(self._timeline.now_ms):
            self._on_turn_event(event)

    def forget(self) -> None:
        """Lets go of audio that no turn will need any more."""
        if not self._endpointer.speaking:
            self._lookback.forget(self._timeline.now_ms)

    def recent(self, seconds: float) -> bytes:
        """The last `seconds` of what was heard, as far as kept."""
        now_ms = self._timeline.now_ms
        return self._lookback.cut(now_ms - round(seconds * 1000), now_ms)

    def heard_between(self, start_ms: int, end_ms: int) -> bytes:
        """What was heard between two stream times, as far as kept."""
        return self._lookback.cut(start_ms, end_ms)

    def cut(self, started_ms: int, ended_ms: int) -> bytes:
        """The audio of speech between two stream times, with a little around it."""
        return self._lookback.cut(started_ms - _PRE_ROLL_MS, ended_ms + _POST_ROLL_MS)

    def reopen(self, started_ms: int, voiced_ms: int) -> None:
        """See Endpointer."""
        self._endpointer.reopen(started_ms, voiced_ms)

    def dismiss(self) -> None:
        """What is being heard is not the caller: it is no turn, nor part of one."""
        self._endpointer.flush()
        self.close()

    def flush(self) -> Utterance | None:
        """The words in progress when the line was cut; None without any."""
        ended = self._endpointer.flush()
        self._drop_partial()
        return None if ended is None else self._utterance(ended)

    def close(self) -> None:
        """Asks for nothing more."""
        self._drop_partial()
        self._drop_final()

    def _on_turn_event(
        self, event: SpeechStarted | SpeechPaused | SpeechResumed | TurnEnded
    ) -> None:
        match event:
            case SpeechStarted():
                self._stable = StablePrefix()
                self._partial_at_ms = 0
                self._drop_final()
                self._on_event(event)
            case SpeechPaused():
                self._on_paused(event)
            case SpeechResumed():
                self._drop_final()
                self._on_event(event)
            case TurnEnded():
                self._drop_partial()
                self._on_event(self._utterance(event))

    def _on_paused(self, pause: SpeechPaused) -> None:
        """Has what was said recognised before it is known whether that was all."""
        self._drop_partial()
        # Without the words no reply could begin, so the turn does not end before they are known.
        self._endpointer.allow(PENDING_MS)
        audio = self.cut(pause.started_ms, pause.ended_ms)
        self._final = asyncio.create_task(self._transcriber.transcribe(audio))
        self._final.add_done_callback(
            lambda task: self._post(partial(self._on_final, task, pause.voiced_ms))
        )

    def _on_final(self, task: asyncio.Task[Transcript], voiced_ms: int) -> None:
        if task is not self._final or not self._endpointer.speaking:
            return
        transcript = _result(task)
        if transcript is None:
            self._endpointer.allow(self._patience(None, self._expects()))
        else:
            text = transcript.text or transcript.guess
            self._endpointer.allow(self._patience(text, self._expects()))
            guessed = not transcript.text
            self._on_event(PauseUnderstood(text=text, guessed=guessed, voiced_ms=voiced_ms))
        for event in self._endpointer.wait(self._timeline.now_ms):
            self._on_turn_event(event)

    def _ask_partial(self) -> None:
        """Asks for a partial transcript when enough was said since the last one."""
        voiced_ms = self._endpointer.voiced_ms
        if voiced_ms - self._partial_at_ms < PARTIAL_EVERY_MS or self._partial is not None:
            return
        self._partial_at_ms = voiced_ms
        audio = self.cut(self._endpointer.started_ms, self._timeline.now_ms)
        self._partial = asyncio.create_task(self._transcriber.transcribe(audio, Effort.PARTIAL))
        self._partial.add_done_callback(lambda task: self._post(partial(self._on_partial, task)))

    def _on_partial(self, task: asyncio.Task[Transcript]) -> None:
        if task is not self._partial:
            return
        self._partial = None
        transcript = _result(task)
        if transcript is not None and self._endpointer.speaking:
            stable = self._stable.push(transcript.text)
            if stable:
                self._on_event(PartialHeard(text=stable))

    def _utterance(self, ended: TurnEnded) -> Utterance:
        final, self._final = self._final, None
        if final is not None and (final.cancelled() or ended.capped or _failed(final)):
            final = None
        return Utterance(
            started_ms=ended.started_ms,
            ended_ms=ended.ended_ms,
            voiced_ms=ended.voiced_ms,
            audio=self.cut(ended.started_ms, ended.ended_ms),
            recognition=final,
        )

    def _drop_partial(self) -> None:
        if self._partial is not None:
            self._partial.cancel()
            self._partial = None

    def _drop_final(self) -> None:
        if self._final is not None:
            self._final.cancel()
            self._final = None


def _failed(task: asyncio.Task[Transcript]) -> bool:
    return task.done() and task.exception() is not None


def _result(task: asyncio.Task[Transcript]) -> Transcript | None:
    """A transcript that is there; None where it was dropped or failed."""
    if task.cancelled():
        return None
    error = task.exception()
    if error is None:
        return task.result()
    if not isinstance(error, TranscriptionError):
        logger.error("recognition failed", exc_info=error)
    return None
