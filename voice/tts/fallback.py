"""Voices in a row: when one is late or fails, the next says what is missing."""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from agent.breaker import Breaker, State
from voice.pace import Pace, beats
from voice.tts.synthesizer import ACCOUNT_ERRORS, Continuation, SynthesisError, Synthesizer

logger = logging.getLogger(__name__)

SILENCE_S = 1.2
"""Silence after which the last voice is asked, whoever is still being waited for: with what it
takes to begin, the caller never waits 1.5 s for a voice."""

LATE_S = 0.6
"""Silence that a voice which has begun may leave in the middle: a lost packet, sent again."""

_LEAD_S = 3.0
"""Audio that lies ahead is no reason to wait for a voice longer than this."""

_WHOLE = 0.4
"""Of the time that a text should take: who ends before has left something out."""

_BYTES_PER_S = 8_000
_MARGIN_BEATS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceGauge:
    """The state of one voice, for whoever watches the server."""

    name: str
    state: State
    sentences: int
    """Texts that it said to their end."""
    failures: Mapping[str, int]
    """Texts that it did not begin, or not end, by the code of the reason."""
    passed_over: int
    """Texts with which it was not bothered, since it had failed before."""


class FallbackSynthesizer:
    """A Synthesizer that speaks with the first of several voices that can.

    The caller's silence is what is shared: from the moment a text is asked for, or the audio given
    so far would have been played out, all voices but the last have `SILENCE_S` together, each an
    equal share of what is left of it. One that has begun may leave holes of `LATE_S`, and of
    `SILENCE_S` in all. Then the next is asked, and the last without any limit: it must be a local
    one. A voice that keeps failing is passed over for a while (`agent.breaker`).

    The next voice says the whole text when nothing of it was given; else the text from a word
    boundary. Which one is estimated: the text is measured in beats (a syllable or a punctuation
    mark each), the audio already given is divided by the length of a beat, and the text goes on at
    the word in which that point, less one beat, lies; at the latest at the last word, since no
    voice fails after its end. So by the estimate nothing is lost and at most one whole word is
    heard twice. The length of a beat starts at a slow 0.2 s, for a word heard twice is better than
    one not heard, and is then learned from what each voice said to its end. It knows no pauses and
    no words said faster than others: on a long sentence it may be wrong by more.
    """

    def __init__(self, voices: Sequence[tuple[str, Synthesizer]]) -> None:
        """`voices` with their names, in order, at least one."""
        *remote, last = [_Voice(name, synthesizer) for name, synthesizer in voices]
        self._remote = remote
        self._last = last

    def gauges(self) -> list[VoiceGauge]:
        """The state of every voice, in their order; to be called on the loop."""
        now = asyncio.get_running_loop().time()
        return [voice.gauge(now) for voice in (*self._remote, self._last)]

    async def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """Say `text`; see Synthesizer. Raises SynthesisError only when the last voice fails."""
        if not any(sign.isalnum() for sign in text):
            return
        loop = asyncio.get_running_loop()
        ear = _Ear(dry_at=loop.time())
        rest: str | None = None  # What a voice goes on with, until it does.
        for place, voice in enumerate(self._remote):
            now = loop.time()
            attempt = voice.breaker.ask(now)
            if attempt is None:
                voice.passed_over += 1
                continue
            others = sum(other.breaker.ready(now) for other in self._remote[place + 1 :])
            share_s = (ear.dry_by(now) + SILENCE_S - now) / (1 + others)
            late_s = min(LATE_S, share_s)
            until = now + share_s
            given_s = holes_s = 0.0
            try:
                async with aclosing(voice.synthesizer.stream(text)) as chunks:
                    while True:
                        async with asyncio.timeout_at(until):
                            chunk = await anext(chunks, None)
                        now = loop.time()
                        if chunk is None:
                            voice.check_end(text, given_s)
                            voice.breaker.succeeded(attempt)
                            return
                        if given_s:
                            holes_s += ear.silent_for(now)
                        given_s += ear.hear(chunk, now)
                        yield chunk if rest is None else Continuation(chunk, rest)
                        rest = None
                        until = ear.dry_by(now) + min(late_s, SILENCE_S - holes_s)
            except TimeoutError:
                error = SynthesisError("tts-late", "too late for the caller", retryable=True)
            except SynthesisError as problem:
                error = problem
            finally:
                # Also when the caller interrupts; what ended before in another way stays so.
                voice.breaker.abandoned(attempt)
            voice.failed(error, attempt, loop.time(), given_s)
            if given_s:
                text = rest = voice.rest(text, given_s)
        async with aclosing(self._last.synthesizer.stream(text)) as chunks:
            try:
                async for chunk in chunks:
                    yield chunk if rest is None else Continuation(chunk, rest)
                    rest = None
            except SynthesisError as error:
                self._last.failures[error.code] += 1
                raise
        self._last.sentences += 1


@dataclass(slots=True)
class _Ear:
    """What the caller hears of one text, if it plays as soon as it comes."""

    dry_at: float
    """Loop time at which the audio given so far has been played."""

    def dry_by(self, now: float) -> float:
        """Since when, or from when on, the caller hears nothing; see `_LEAD_S`."""
        return min(self.dry_at, now + _LEAD_S)

    def silent_for(self, now: float) -> float:
        """Seconds for which the caller has heard nothing."""
        return max(0.0, now - self.dry_at)

    def hear(self, chunk: bytes, now: float) -> float:
        """Audio comes; gives its length in seconds."""
        seconds = len(chunk) / _BYTES_PER_S
        self.dry_at = max(self.dry_at, now) + seconds
        return seconds


class _Voice:
    """One of the voices: whether it is to be asked, how fast it speaks, what became of it."""

    def __init__(self, name: str, synthesizer: Synthesizer) -> None:
        self.name = name
        self.synthesizer = synthesizer
        self.breaker = Breaker()
        self.sentences = 0
        self.failures: Counter[str] = Counter()
        self.passed_over = 0
        self._pace = Pace()

    def gauge(self, now: float) -> VoiceGauge:
        """Its state at `now`."""
        return VoiceGauge(
            name=self.name,
            state=self.breaker.state(now),
            sentences=self.sentences,
            failures=dict(self.failures),
            passed_over=self.passed_over,
        )

    def check_end(self, text: str, said_s: float) -> None:
        """It took `said_s` seconds for all of `text`: learned, unless that cannot be."""
        said_beats = beats(text)
        if said_s < _WHOLE * said_beats * self._pace.beat_s:
            raise SynthesisError("tts-cut", "the audio ended too early", retryable=True)
        self.sentences += 1
        self._pace.learn(said_beats, said_s)

    def failed(self, error: SynthesisError, attempt: int, now: float, said_s: float) -> None:
        """It failed after `said_s` seconds of audio."""
        self.failures[error.code] += 1
        self.breaker.failed(
            attempt,
            now,
            for_good=error.code in ACCOUNT_ERRORS,
            retry_after_s=error.retry_after_s,
        )
        logger.warning(
            "the voice %s failed (%s) after %.2f s of audio; the next takes over, breaker %s",
            self.name,
            error.code,
            said_s,
            self.breaker.state(now),
        )

    def rest(self, text: str, said_s: float) -> str:
        """What of `text` is still to be said after `said_s` seconds of it; see the chain."""
        left = self._pace.beats_in(said_s) - _MARGIN_BEATS
        start = 0
        for word in re.finditer(r"\S+", text):
            start = word.start()
            left -= beats(word.group())
            if left < 0:
                break
        return text[start:]
