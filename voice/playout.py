"""What was queued, sent, played and heard: the reply's way to the caller's ear, as books on time.

The carrier buffers what it is sent and plays it in order. To keep `clear` cheap and to know what
was heard, only about a second is sent ahead. An echoed mark does not prove that the caller heard
what stood before it (marks are echoed on `clear` too), so these books decide.
"""

import math
from collections import deque
from dataclasses import dataclass, field

from voice.audio.mulaw import SILENCE, loudness
from voice.events import CarrierCommand, ClearAudio, PlaceMark, PlayAudio
from voice.pace import Pace
from voice.progress import Progress

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


REMEMBERED_S = 4.0
"""Seconds for which played audio is kept: it may come back as an echo."""

REWIND_S = 0.6
"""How far before the place of a pause a resumed phrase may begin again."""


@dataclass(slots=True)
class PlayoutCounters:
    """What went wrong on the way to the callers' ears; calls may share one."""

    late_chunks: int = 0
    """Times a carrier's buffer ran dry in the middle of a phrase."""
    given_up_marks: int = 0
    """Marks that never came back."""


@dataclass(slots=True)
class _Phrase:
    """One sentence on its way: its text, its audio, and when it plays."""

    name: str
    text: str
    aside: bool
    """It only bridges a wait, and is no part of the answer."""
    progress: Progress
    beat_s: float
    """How fast it is taken to be said, until all of its audio is there."""
    audio: bytearray = field(default_factory=bytearray)
    sent: int = 0
    """Bytes of it that have been sent."""
    complete: bool = False
    """No more audio of it will come."""
    whole: bool = False
    """All of it is in its audio."""
    marked: bool = False
    """All of its audio has been sent, and the mark behind it."""
    begins: int = 0
    """The byte from which it plays at `starts_at`: above 0 after a pause."""
    heard: int = 0
    """Bytes of it that had been played at a pause, some of which `begins` plays again."""
    starts_at: float = 0.0
    ends_at: float = 0.0

    def played(self, now: float) -> int:
        """Bytes of it that have been played at `now`."""
        since = round((now - self.starts_at) * BYTES_PER_S)
        return (
            min(self.sent, self.begins + max(0, since)) if self.sent > self.begins else self.begins
        )

    @property
    def lead(self) -> int:
        """Bytes of silence before its first word."""
        return len(self.audio) - len(self.audio.lstrip(bytes([SILENCE])))

    def heard_text(self, played: int) -> str:
        """What of it was heard when so many bytes were played, with `…` where it was cut."""
        played, ends = max(self.heard, played), len(self.audio)
        if not played:
            return ""
        if self.whole and played >= ends:
            return self.text
        if not self.whole:
            expected = self.progress.expected_end(self.lead, self.beat_s * BYTES_PER_S)
            # At least the last word lacks something.
            ends = max(ends + 1, expected)
        words = self.progress.words(played, begins=self.lead, ends=ends)
        return " ".join(words) + "…" if words else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """Audio that reached the caller's ear, for the recording."""

    at: float
    """Loop time of the first sample."""
    audio: bytes

    @property
    def ends_at(self) -> float:
        """Loop time of its end."""
        return self.at + len(self.audio) / BYTES_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardText:
    """What the caller heard, `…` where it was cut; empty when nothing was."""

    said: str
    """All of it."""
    answer: str
    """Without what only bridged a wait."""


class Playout:
    """A synchronous state machine: takes phrases and times, gives what to send and when to ask."""

    def __init__(self, counters: PlayoutCounters | None = None) -> None:
        self.counters = counters or PlayoutCounters()
        self._phrases: deque[_Phrase] = deque()
        self._ends_at = 0.0
        self._count = 0
        self._sent: deque[Played] = deque()
        self._past: deque[Played] = deque()
        self._paused = False
        self._heard: list[tuple[str, bool]] = []
        self._pace = Pace()

    @property
    def busy(self) -> bool:
        """Whether anything is still to be sent or heard."""
        return bool(self._phrases)

    @property
    def paused(self) -> bool:
        """Whether the caller's voice holds it up."""
        return self._paused

    def saying(self, now: float) -> str | None:
        """The text of the phrase that plays at `now`, or has just been played; None without."""
        begun = [phrase for phrase in self._phrases if phrase.sent and phrase.starts_at <= now]
        return begun[-1].text if begun else None

    def open(self, text: str, *, aside: bool = False) -> None:
        """Begins a phrase, the written form of one sentence, behind those before it.

        An `aside` only bridges a wait, and is no part of the answer.
        """
        progress, beat_s = Progress(text), self._pace.beat_s
        self._phrases.append(_Phrase(self._new_name(), text, aside, progress, beat_s))

    def append(self, audio: bytes) -> None:
        """Adds µ-law audio to the phrase that was opened last."""
        self._phrases[-1].audio += audio

    def go_on(self, rest: str) -> None:
        """With what is added next, another voice says `rest`, the end of the spoken form."""
        phrase = self._phrases[-1]
        phrase.progress.go_on(len(phrase.audio), rest)

    def complete(self, *, whole: bool = True) -> None:
        """The phrase that was opened last gets no more audio; `whole` False where some lacks."""
        phrase = self._phrases[-1]
        phrase.complete, phrase.whole = True, whole
        if whole and phrase.audio and phrase.progress.voices == 1:
            said_s = (len(phrase.audio) - phrase.lead) / BYTES_PER_S
            self._pace.learn(phrase.progress.beats, said_s)

    def advance(self, now: float) -> list[CarrierCommand]:
        """What to send at `now` (loop time, seconds)."""
        commands: list[CarrierCommand] = []
        if self._paused:
            return commands
        for phrase in self._phrases:
            if phrase.marked:
                continue
            self._send(phrase, now, commands)
            if not phrase.marked:
                break
        while self._phrases and self._given_up(self._phrases[0], now):
            self.counters.given_up_marks += 1
            self._finish(self._phrases.popleft())
        return commands

    def _send(self, phrase: _Phrase, now: float, commands: list[CarrierCommand]) -> None:
        """Sends of one phrase as much as the lead permits, and its mark when all is sent."""
        while (waiting := len(phrase.audio) - phrase.sent) > 0:
            if self._ends_at - now > _REFILL_S + _TICK_S:
                return
            if not phrase.complete and waiting < FRAME_BYTES:
                return
            size = min(CHUNK_BYTES, waiting)
            if waiting > size or not phrase.complete:
                size -= size % FRAME_BYTES
            chunk = bytes(phrase.audio[phrase.sent : phrase.sent + size])
            chunk += bytes([SILENCE]) * (-len(chunk) % FRAME_BYTES)
            first = phrase.sent == phrase.begins
            if self._ends_at < now:
                if not first:
                    self.counters.late_chunks += 1
                    phrase.starts_at += now - self._ends_at
                self._ends_at = now
            if first:
                phrase.starts_at = self._ends_at
            self._sent.append(Played(at=self._ends_at, audio=chunk))
            phrase.sent += size
            self._ends_at += len(chunk) / BYTES_PER_S
            commands.append(PlayAudio(payload=chunk))
        if phrase.complete:
            phrase.marked = True
            phrase.ends_at = max(self._ends_at, now)
            commands.append(PlaceMark(name=phrase.name))

    def next_due(self, now: float) -> float | None:
        """Loop time at which `advance` should be called again; None when nothing is pending."""
        if self._paused:
            return None
        due: float | None = None
        for phrase in self._phrases:
            if waiting := len(phrase.audio) - phrase.sent:
                # Less than a frame waits for more audio, which `advance` is then called with.
                if phrase.complete or waiting >= FRAME_BYTES:
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
        commands = self._silence(now)
        for phrase in self._phrases:
            self._heard.append((phrase.heard_text(phrase.played(now)), phrase.aside))
        self._phrases.clear()
        self._paused = False
        return commands

    def pause(self, now: float) -> list[CarrierCommand]:
        """Falls silent at `now`; `resume` goes on where it was."""
        if not self._phrases or self._paused:
            return []
        commands = self._silence(now)
        while self._phrases and self._phrases[0].marked and self._phrases[0].ends_at <= now:
            self._finish(self._phrases.popleft())
        for phrase in self._phrases:
            played = phrase.played(now)
            phrase.heard = max(phrase.heard, played)
            phrase.begins = phrase.sent = _word_before(phrase.audio, played)
            phrase.marked = False
            # The carrier echoes the marks of what it dropped: they must not count as heard.
            phrase.name = self._new_name()
        self._paused = bool(self._phrases)
        return commands

    def resume(self) -> None:
        """Goes on after `pause`, with the word that was cut."""
        self._paused = False

    def _silence(self, now: float) -> list[CarrierCommand]:
        """Takes back what the carrier has not played at `now`; nothing is there in a pause."""
        if self._paused:
            return []
        self._ends_at = min(self._ends_at, now)
        while self._sent and self._sent[-1].at >= now:
            self._sent.pop()
        if self._sent:
            last = self._sent.pop()
            played = round((now - last.at) * BYTES_PER_S)
            self._sent.append(Played(at=last.at, audio=last.audio[:played]))
        return [ClearAudio()]

    def _new_name(self) -> str:
        self._count += 1
        return f"p{self._count}"

    def take_heard(self) -> HeardText:
        """The text heard since the last call."""
        heard = [(text, aside) for text, aside in self._heard if text]
        self._heard.clear()
        return HeardText(
            said=" ".join(text for text, _ in heard),
            answer=" ".join(text for text, aside in heard if not aside),
        )

    def take_played(self, now: float) -> list[Played]:
        """The audio that has been played at `now` and was not taken before."""
        played: list[Played] = []
        while self._sent and self._sent[0].ends_at <= now:
            played.append(self._sent.popleft())
        self._past += played
        while self._past and self._past[0].ends_at < now - REMEMBERED_S:
            self._past.popleft()
        return played

    def silent_for(self, now: float) -> float:
        """Seconds since the last audio was played; 0 while it plays, infinite before the first."""
        return max(0.0, now - self._ends_at) if self._ends_at else math.inf

    def played_since(self, start: float, now: float) -> bytes:
        """What was played from `start` (at most REMEMBERED_S ago) to `now`, with its silence."""
        audio = bytearray([SILENCE]) * max(0, round((now - start) * BYTES_PER_S))
        for part in (*self._past, *self._sent):
            at = round((part.at - start) * BYTES_PER_S)
            piece = part.audio[max(0, -at) : max(0, len(audio) - at)]
            audio[max(0, at) : max(0, at) + len(piece)] = piece
        return bytes(audio)

    def _given_up(self, phrase: _Phrase, now: float) -> bool:
        return phrase.marked and now >= phrase.ends_at + MARK_MARGIN_S

    def _finish(self, phrase: _Phrase) -> None:
        self._heard.append((phrase.heard_text(len(phrase.audio)), phrase.aside))


def _word_before(audio: bytearray, at: int) -> int:
    """Where the word that plays at byte `at` begins: the quietest moment shortly before it."""
    earliest = max(0, at - round(REWIND_S * BYTES_PER_S))
    if earliest == 0:
        return 0
    frames = range(earliest - earliest % FRAME_BYTES, at - FRAME_BYTES + 1, FRAME_BYTES)
    # The later one of equally quiet moments: little is said twice.
    return min(frames, key=lambda frame: (loudness(audio[frame : frame + FRAME_BYTES]), -frame))
