"""Bridges the wait for an answer: a filler when it is not ready in time, comfort as it drags on.

A turn has at most one filler, each turn may have one, and no line is said twice in a row: silence
would be worse than a second filler, and the same words again sound like a machine that hangs.
They are the call's own words, which the transcript keeps and the conversation does not know.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle

from agent.korean.spoken import to_spoken
from voice import phrases
from voice.speaker import Speaker

ANSWER_WITHIN_S = 0.9
"""Seconds after the caller's last word or key within which an answer needs no filler."""

_LEAST_S = 0.4
"""Seconds that the agent has in any case: some turns are only over after a long silence."""

COMFORT_S = 4.0
"""Seconds of further silence until the caller is comforted, and again after that."""

_AGAIN_S = 0.2
"""Seconds until it is tried again, where the caller speaks or something still plays."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What one call's bridges say: the lines in turn."""

    fillers: Iterator[str] = field(default_factory=lambda: cycle(phrases.FILLERS))
    comforts: Iterator[str] = field(default_factory=lambda: cycle(phrases.COMFORTS))


class Filler:
    """One reply's: at most one filler, then comfort.

    Nothing is said into a sentence, nor while the caller speaks.
    """

    def __init__(
        self,
        speaker: Speaker,
        at_hand: Callable[[str], bytes],
        wording: Wording,
        *,
        may_speak: Callable[[], bool],
        on_said: Callable[[str], None],
    ) -> None:
        """`at_hand` gives the audio of a spoken form; `on_said` is told what is said, written."""
        self._speaker = speaker
        self._at_hand = at_hand
        self._wording = wording
        self._may_speak = may_speak
        self._on_said = on_said
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._waiting_since = 0.0

    def begin(self, waits_since: float) -> None:
        """The caller is done, and waits since then (loop time)."""
        at = max(waits_since + ANSWER_WITHIN_S, self._loop.time() + _LEAST_S)
        self._set(at, self._fill)

    def hold(self) -> None:
        """A sentence begins."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def go_on(self) -> None:
        """A sentence has all its audio; more may be long in coming."""
        self._waiting_since = self._loop.time()
        self._set(self._waiting_since + COMFORT_S, self._comfort)

    def _set(self, at: float, then: Callable[[], None]) -> None:
        self.hold()
        self._timer = self._loop.call_at(at, then)

    def _fill(self) -> None:
        if not self._may_speak():
            self._set(self._loop.time() + _AGAIN_S, self._fill)
            return
        self._say(next(self._wording.fillers))

    def _comfort(self) -> None:
        silent_s = min(self._speaker.silent_for(), self._loop.time() - self._waiting_since)
        if self._speaker.busy or not self._may_speak() or silent_s < COMFORT_S:
            again_s = max(_AGAIN_S, COMFORT_S - silent_s)
            self._set(self._loop.time() + again_s, self._comfort)
            return
        self._say(next(self._wording.comforts))

    def _say(self, text: str) -> None:
        self._on_said(text)
        self._speaker.say(text, self._at_hand(to_spoken(text)), aside=True)
        self.go_on()
