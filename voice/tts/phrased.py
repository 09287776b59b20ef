"""A voice that is asked phrase by phrase: on a short text some providers begin sooner."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from agent.korean.phrasing import phrases
from voice.tts.synthesizer import Synthesizer


class PhrasedSynthesizer:
    """A Synthesizer that hands `voice` one phrase of a sentence after the other.

    For remote voices, which make audio faster than it plays: while one phrase plays, the next is
    made. The local voice has a whole sentence in some 13 ms and speaks it better in one piece.
    """

    def __init__(self, voice: Synthesizer) -> None:
        self._voice = voice

    async def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """Say `text`; see Synthesizer."""
        for phrase in phrases(text):
            async with aclosing(self._voice.stream(phrase)) as chunks:
                async for chunk in chunks:
                    yield chunk
