"""What every voice offers: spoken Korean text in, telephone audio out."""

from collections.abc import AsyncGenerator
from typing import Protocol

from voice.errors import VoiceError


class SynthesisError(VoiceError):
    """The text could not be spoken."""


class Synthesizer(Protocol):
    """A voice."""

    def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """Say `text`, which is in spoken form (no digits, no Latin letters).

        Yields 8 kHz µ-law audio in chunks of any length, as soon as they are there; a text
        without anything to say yields nothing. Closing or cancelling the iterator stops the
        synthesis promptly. Raises SynthesisError.
        """
        ...
