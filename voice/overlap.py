"""The caller speaks while a reply is audible: pauses the reply, and lets it go on or stops it.

Joins the judgement (turns/barge_in.py), the test for our own echo (turns/echo.py) and the speaker.
"""

import asyncio
from collections.abc import Callable

from agent.actions import Expectation
from voice.ear import Ear, PauseUnderstood, Utterance
from voice.playout import REMEMBERED_S
from voice.speaker import Speaker
from voice.turns import echo
from voice.turns.barge_in import BargeIn, Verdict

HELD_UP_S = 3.0
"""Seconds after which a voice that holds up a reply is judged by its length."""

_LEVEL_VOICED_MS = 400
"""Speech from which one can tell how loud the caller is."""


class Overlap:
    """One call's; `stop` is called when the caller interrupts the reply."""

    def __init__(self, ear: Ear, speaker: Speaker, *, stop: Callable[[], None]) -> None:
        self._ear = ear
        self._speaker = speaker
        self._stop = stop
        self._barge_in = BargeIn()
        self._overlapping = False
        self._usual_dbfs = echo.USUAL_DBFS
        self._line_echoes = False
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """The caller begins to speak."""
        self._barge_in.begin()
        self._overlapping = False

    def voice(self, *, audible: bool) -> None:
        """The caller is speaking; `audible` says whether a reply is."""
        self._overlapping = self._overlapping or audible
        if audible or self._barge_in.paused:
            self._obey(self._barge_in.voiced(self._ear.voiced_ms))

    def partial(self, text: str) -> None:
        """So much of what is being said is certain."""
        self._obey(self._barge_in.partial(text))

    def understood(self, pause: PauseUnderstood, asked: Expectation) -> None:
        """The caller pauses after these words; `asked` by what the reply is saying just now."""
        if self._overlapping:
            self._obey(
                self._barge_in.heard(pause.text, pause.voiced_ms, asked, guessed=pause.guessed)
            )

    def is_turn(self, utterance: Utterance) -> bool:
        """Whether what the caller said is a turn, and not just something beside the reply."""
        if self._overlapping:
            self._obey(self._barge_in.ended(utterance.voiced_ms))
        if self._barge_in.dismissed or self._is_late_echo(utterance):
            return False
        if utterance.voiced_ms >= _LEVEL_VOICED_MS:
            heard = self._ear.heard_between(utterance.started_ms, utterance.ended_ms)
            self._usual_dbfs = echo.level_dbfs(heard)
        return True

    def close(self) -> None:
        """Waits for nothing more."""
        self._release()

    def _obey(self, verdict: Verdict | None) -> None:
        match verdict:
            case Verdict.PAUSE if self._is_callers():
                self._speaker.pause()
                self._timer = asyncio.get_running_loop().call_later(HELD_UP_S, self._on_held_up)
            case Verdict.PAUSE:
                self._barge_in.dismiss(self._ear.voiced_ms)
                self._ear.dismiss()
            case Verdict.RESUME:
                self._release()
                self._speaker.resume()
            case Verdict.STOP:
                self._release()
                self._stop()

    def _is_callers(self) -> bool:
        """Whether the voice that is heard is the caller's, and not our own coming back."""
        heard = self._ear.recent(echo.HEARD_S)
        ours = self._is_ours(heard, echo.HEARD_S + echo.MAX_DELAY_S)
        return not ours and echo.level_dbfs(heard) >= self._usual_dbfs - echo.FAINT_DB

    def _is_ours(self, heard: bytes, within_s: float) -> bool:
        """Whether it is what was played within the last seconds, coming back."""
        likeness = echo.correlation(heard, self._speaker.played_within(within_s))
        known = echo.KNOWN_ECHO_CORRELATION if self._line_echoes else echo.ECHO_CORRELATION
        self._line_echoes = self._line_echoes or likeness >= echo.ECHO_CORRELATION
        return likeness >= known

    def _is_late_echo(self, utterance: Utterance) -> bool:
        """Whether what was said is the end of our own reply, coming back after it.

        Only by its likeness: who answers in a low voice is not to be missed.
        """
        since_s = (self._ear.now_ms - utterance.ended_ms) / 1000 + echo.HEARD_S
        reaches_s = since_s + echo.MAX_DELAY_S
        if self._speaker.silent_for() > reaches_s or reaches_s > REMEMBERED_S:
            return False
        heard_from_ms = utterance.ended_ms - round(echo.HEARD_S * 1000)
        heard = self._ear.heard_between(heard_from_ms, utterance.ended_ms)
        return self._is_ours(heard, reaches_s)

    def _on_held_up(self) -> None:
        if self._barge_in.paused:
            self._obey(self._barge_in.ended(self._ear.voiced_ms))

    def _release(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
