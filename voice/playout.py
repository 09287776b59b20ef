"""What was queued, sent, played and heard: the reply's way to the caller's ear, as books on time.

The carrier buffers what it is sent and plays it in order. To keep `clear` cheap and to know what
was heard, only about a second is sent ahead. An echoed mark does not prove that the caller heard
what stood before it (marks are echoed on `clear` too), so these books decide.
"""

from collections import deque
from dataclasses import dataclass, field

from voice.audio.mulaw import SILENCE
from voice.events import CarrierCommand, ClearAudio, PlaceMark, PlayAudio

FRAME_BYTES = 160
"""20 ms."""

BYTES_PER_S = 8_000
LEAD_S = 1.0
"""Seconds of audio that may lie ahead in the carrier's buffer."""

CHUNK_BYTES = 1_600
"""200 ms: what is sent at once while a phrase goes on."""

_REFILL_S = LEAD_S - CHUNK_BYTES / BYTES_PER_S
"""The next chunk goes out when no more than this lies ahead."""

_TICK_S = 0.001
"""Timers are no more exact than this, and neither is the sum of many chunks."""

MARK_MARGIN_S = 1.5
"""A mark that has not come this long after its audio's end is given up."""


@dataclass(slots=True)
class _Phrase:
    """One sentence on its way: its text, its audio still to be sent, and when it plays."""

    name: str
    text: str
    waiting: bytearray = field(default_factory=bytearray)
    complete: bool = False
    """All of its audio has been given."""
    marked: bool = False
    """All of its audio has been sent, and the mark behind it."""
    sent_bytes: int = 0
    starts_at: float = 0.0
    ends_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """Audio that reached the caller's ear, for the recording."""

    at: float
    """Loop time of the first sample."""
    audio: bytes


class Playout:
    """A synchronous state machine: takes phrases and times, gives what to send and when to ask."""

    def __init__(self) -> None:
        self._phrases: deque[_Phrase] = deque()
        self._ends_at = 0.0
        self._count = 0
        self._sent: deque[Played] = deque()
        self._heard: list[str] = []
        self.late_chunks = 0
        """Times the carrier's buffer ran dry in the middle of a phrase."""
        self.given_up_marks = 0
        """Marks that never came back."""

    @property
    def busy(self) -> bool:
        """Whether anything is still to be sent or heard."""
        return bool(self._phrases)

    @property
    def audible(self) -> bool:
        """Whether audio has been sent that is not known to have been heard to its end."""
        return any(phrase.sent_bytes for phrase in self._phrases)

    def open(self, text: str) -> None:
        """Begins a phrase, the written form of one sentence, behind those before it."""
        self._count += 1
        self._phrases.append(_Phrase(f"p{self._count}", text))

    def append(self, audio: bytes) -> None:
        """Adds µ-law audio to the phrase that was opened last."""
        self._phrases[-1].waiting += audio

    def complete(self) -> None:
        """The phrase that was opened last has all its audio."""
        self._phrases[-1].complete = True

    def advance(self, now: float) -> list[CarrierCommand]:
        """What to send at `now` (loop time, seconds)."""
        commands: list[CarrierCommand] = []
        for phrase in self._phrases:
            if phrase.marked:
                continue
            self._send(phrase, now, commands)
            if not phrase.marked:
                break
        while self._phrases and self._given_up(self._phrases[0], now):
            self.given_up_marks += 1
            self._finish(self._phrases.popleft())
        return commands

    def _send(self, phrase: _Phrase, now: float, commands: list[CarrierCommand]) -> None:
        """Sends of one phrase as much as the lead permits, and its mark when all is sent."""
        while phrase.waiting and self._ends_at - now <= _REFILL_S + _TICK_S:
            if not phrase.complete and len(phrase.waiting) < FRAME_BYTES:
                return
            size = min(CHUNK_BYTES, len(phrase.waiting))
            if len(phrase.waiting) > size or not phrase.complete:
                size -= size % FRAME_BYTES
            chunk = bytes(phrase.waiting[:size])
            del phrase.waiting[:size]
            chunk += bytes([SILENCE]) * (-len(chunk) % FRAME_BYTES)
            if self._ends_at < now:
                if phrase.sent_bytes:
                    self.late_chunks += 1
                self._ends_at = now
            if not phrase.sent_bytes:
                phrase.starts_at = self._ends_at
            self._sent.append(Played(at=self._ends_at, audio=chunk))
            phrase.sent_bytes += len(chunk)
            self._ends_at += len(chunk) / BYTES_PER_S
            commands.append(PlayAudio(payload=chunk))
        if phrase.complete and not phrase.waiting:
            phrase.marked = True
            phrase.ends_at = max(self._ends_at, now)
            commands.append(PlaceMark(name=phrase.name))

    def next_due(self, now: float) -> float | None:
        """Loop time at which `advance` should be called again; None when nothing is pending."""
        due: float | None = None
        for phrase in self._phrases:
            if phrase.waiting:
                due = max(now, self._ends_at - _REFILL_S)
                break
        if self._phrases and self._phrases[0].marked:
            give_up = self._phrases[0].ends_at + MARK_MARGIN_S
            due = give_up if due is None else min(due, give_up)
        return due

    def mark_reached(self, name: str) -> bool:
        """A mark was echoed: what stood before it was heard. False for one that is not ours."""
        if not any(phrase.name == name and phrase.marked for phrase in self._phrases):
            return False
        while self._phrases:
            phrase = self._phrases.popleft()
            self._finish(phrase)
            if phrase.name == name:
                break
        return True

    def clear(self, now: float) -> list[CarrierCommand]:
        """Drops all that has not been played at `now`; what was cut is kept in `take_heard`."""
        if not self._phrases:
            return []
        for phrase in self._phrases:
            self._heard.append(_heard_part(phrase, now))
        self._phrases.clear()
        self._ends_at = min(self._ends_at, now)
        while self._sent and self._sent[-1].at >= now:
            self._sent.pop()
        if self._sent:
            last = self._sent.pop()
            played = round((now - last.at) * BYTES_PER_S)
            self._sent.append(Played(at=last.at, audio=last.audio[:played]))
        return [ClearAudio()]

    def take_heard(self) -> str:
        """The text heard since the last call, `…` where it was cut; empty when nothing was."""
        text = " ".join(part for part in self._heard if part)
        self._heard.clear()
        return text

    def take_played(self, now: float) -> list[Played]:
        """The audio that has been played at `now` and was not taken before."""
        played: list[Played] = []
        while self._sent and self._sent[0].at + len(self._sent[0].audio) / BYTES_PER_S <= now:
            played.append(self._sent.popleft())
        return played

    def _given_up(self, phrase: _Phrase, now: float) -> bool:
        return phrase.marked and now >= phrase.ends_at + MARK_MARGIN_S

    def _finish(self, phrase: _Phrase) -> None:
        self._heard.append(phrase.text)


def _heard_part(phrase: _Phrase, now: float) -> str:
    """What of a phrase had been played at `now`, to the word, with `…` where it was cut."""
    if not phrase.sent_bytes or now <= phrase.starts_at:
        return ""
    total = phrase.sent_bytes + len(phrase.waiting)
    share = (now - phrase.starts_at) * BYTES_PER_S / total
    if share >= 1 and phrase.complete:
        return phrase.text
    words = phrase.text.split(" ")
    budget = share * len(phrase.text)
    kept: list[str] = []
    for word in words:
        budget -= len(word) + 1
        if budget < 0:
            break
        kept.append(word)
    return " ".join(kept) + "…" if kept else ""
