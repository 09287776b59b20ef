"""Two voices in a row: when the first is late or fails, the second says what is missing."""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

from voice.tts.synthesizer import SynthesisError, Synthesizer

logger = logging.getLogger(__name__)

_BYTES_PER_S = 8_000
_PAUSES = frozenset(",.?!…")
_PRIOR_S_PER_BEAT = 0.2
_PRIOR_BEATS = 20
"""How much the first guess weighs: as much as one sentence."""
_MARGIN_BEATS = 1.0


class FallbackSynthesizer:
    """A Synthesizer that speaks with `first`, and with `second` where that fails.

    `first` has `first_chunk_s` seconds for its first audio and `next_chunk_s` for every further
    chunk. When it fails before any audio, `second` says the whole text. When it fails in the
    middle, `second` says the text from a word boundary. Which one is estimated: the text is
    measured in beats (a syllable or a punctuation mark each), the audio already given is divided
    by the length of a beat, and the text goes on at the word in which that point, less one beat,
    lies; at the latest at the last word, since no voice fails after its end. So by the estimate
    nothing is lost and at most one whole word is heard twice. The length of a beat starts at a
    slow 0.2 s, for a word heard twice is better than one not heard, and is then learned from what
    `first` said to its end. It knows no pauses and no words said faster than others: on a long
    sentence it may be wrong by more.
    """

    def __init__(
        self,
        first: Synthesizer,
        second: Synthesizer,
        *,
        first_chunk_s: float = 1.5,
        next_chunk_s: float = 1.5,
    ) -> None:
        self._first = first
        self._second = second
        self._first_chunk_s = first_chunk_s
        self._next_chunk_s = next_chunk_s
        self._learned_s = _PRIOR_S_PER_BEAT * _PRIOR_BEATS
        self._learned_beats = float(_PRIOR_BEATS)
        self.switches = 0
        """Times the second voice took over."""

    async def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """Say `text`; see Synthesizer. Raises SynthesisError only when the second voice fails."""
        given_s = 0.0
        try:
            async with aclosing(self._first.stream(text)) as chunks:
                patience_s = self._first_chunk_s
                while True:
                    async with asyncio.timeout(patience_s):
                        chunk = await anext(chunks, None)
                    if chunk is None:
                        self._learn(text, given_s)
                        return
                    given_s += len(chunk) / _BYTES_PER_S
                    yield chunk
                    patience_s = self._next_chunk_s
        except TimeoutError:
            reason = "tts-timeout"
        except SynthesisError as error:
            reason = error.code
        self.switches += 1
        logger.warning(
            "the first voice failed (%s) after %.2f s of audio; the second takes over",
            reason,
            given_s,
        )
        async with aclosing(self._second.stream(self._rest(text, given_s))) as chunks:
            async for chunk in chunks:
                yield chunk

    def _learn(self, text: str, said_s: float) -> None:
        """The first voice took `said_s` seconds for the whole of `text`."""
        if said_s > 0:
            self._learned_s += said_s
            self._learned_beats += _beats(text)

    def _rest(self, text: str, given_s: float) -> str:
        """What of `text` is still to be said after `given_s` seconds of it; see the class."""
        left = given_s * self._learned_beats / self._learned_s - _MARGIN_BEATS
        start = 0
        for word in re.finditer(r"\S+", text):
            start = word.start()
            left -= _beats(word.group())
            if left < 0:
                break
        return text[start:]


def _beats(text: str) -> int:
    """How long it takes to say `text`, in beats."""
    return sum(sign.isalnum() or sign in _PAUSES for sign in text)
