"""Drives the playout on the event loop: sends what is due, and tells when all has been heard."""

import asyncio
from collections.abc import Callable

from voice.events import CarrierCommand, PlayAudio
from voice.playout import HeardText, Played, Playout, PlayoutCounters


class Speaker:
    """The call's mouth. `send` takes carrier commands and returns at once."""

    def __init__(
        self, send: Callable[[CarrierCommand], None], counters: PlayoutCounters | None = None
    ) -> None:
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._playout = Playout(counters)
        self._silent = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._first_audio_at: float | None = None

    def open(self, text: str, *, aside: bool = False) -> None:
        """Begins a sentence, given in written form."""
        self._silent.clear()
        self._playout.open(text, aside=aside)

    def append(self, audio: bytes) -> None:
        """Adds audio to it."""
        self._playout.append(audio)
        self._pump()

    def go_on(self, rest: str) -> None:
        """See Playout."""
        self._playout.go_on(rest)

    def complete(self, *, whole: bool = True) -> None:
        """It gets no more audio, see Playout; nothing without an open one, as after `clear`."""
        if self._playout.busy:
            self._playout.complete(whole=whole)
            self._pump()

    def say(self, text: str, audio: bytes, *, aside: bool = False) -> None:
        """A whole sentence whose audio is there; see Playout for asides."""
        self.open(text, aside=aside)
        self._playout.append(audio)
        self.complete()

    def mark_reached(self, name: str) -> None:
        """The carrier echoed a mark."""
        self._playout.mark_reached(name)
        self._pump()

    def clear(self) -> None:
        """Stops at once, in the caller's ear too."""
        for command in self._playout.clear(self._loop.time()):
            self._send(command)
        self._pump()

    def pause(self) -> None:
        """Falls silent at once, in the caller's ear too, until `resume` or `clear`."""
        for command in self._playout.pause(self._loop.time()):
            self._send(command)
        self._pump()

    def resume(self) -> None:
        """Goes on with the word that `pause` cut."""
        self._playout.resume()
        self._pump()

    def saying(self) -> str | None:
        """The sentence that the caller hears now, or heard last of this reply."""
        return self._playout.saying(self._loop.time())

    def played_within(self, seconds: float) -> bytes:
        """What was played in the last `seconds`, µ-law, with its silence."""
        now = self._loop.time()
        return self._playout.played_since(now - seconds, now)

    def silent_for(self) -> float:
        """Seconds since the last of our audio was played; 0 while it plays."""
        return self._playout.silent_for(self._loop.time())

    async def finished(self) -> None:
        """Waits until the caller has heard all; bounded, since lost marks are given up."""
        if self._playout.busy:
            await self._silent.wait()

    def take_first_audio_at(self) -> float | None:
        """Loop time at which audio was first sent since the last call of this."""
        first, self._first_audio_at = self._first_audio_at, None
        return first

    @property
    def busy(self) -> bool:
        """Whether anything is still to be sent or heard."""
        return self._playout.busy

    @property
    def audible(self) -> bool:
        """Whether the reply at hand has sent any audio."""
        return self._first_audio_at is not None

    def take_heard(self) -> HeardText:
        """See Playout."""
        return self._playout.take_heard()

    def take_played(self) -> list[Played]:
        """See Playout."""
        return self._playout.take_played(self._loop.time())

    def close(self) -> None:
        """Sends nothing more."""
        if self._timer is not None:
            self._timer.cancel()

    def _pump(self) -> None:
        now = self._loop.time()
        for command in self._playout.advance(now):
            if self._first_audio_at is None and isinstance(command, PlayAudio):
                self._first_audio_at = now
            self._send(command)
        if self._timer is not None:
            self._timer.cancel()
        due = self._playout.next_due(now)
        self._timer = None if due is None else self._loop.call_at(due, self._pump)
        if not self._playout.busy:
            self._silent.set()
