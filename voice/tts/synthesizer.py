"""What every voice offers: spoken Korean text in, telephone audio out."""

from collections.abc import AsyncGenerator
from typing import Protocol, Self

from voice.errors import VoiceError

ACCOUNT_ERRORS = frozenset(
    {"tts-unauthorized", "tts-quota-exceeded", "tts-voice-unknown", "tts-misconfigured"}
)
"""Codes of what only the owner of the account or the settings can change."""


class SynthesisError(VoiceError):
    """The text could not be spoken."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retryable: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        """`retry_after_s`: how long the service wants to be left alone, where it says so."""
        super().__init__(code, message, retryable=retryable)
        self.retry_after_s = retry_after_s


class Continuation(bytes):
    """Audio with which another voice goes on where one has failed in the middle of a text."""

    rest: str
    """What it says: the end of the text, of which words may have been said before."""

    def __new__(cls, audio: bytes, rest: str) -> Self:
        """See the fields."""
        continuation = super().__new__(cls, audio)
        continuation.rest = rest
        return continuation


class Synthesizer(Protocol):
    """A voice."""

    def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """Say `text`, which is in spoken form (no digits, no Latin letters).

        Yields 8 kHz µ-law audio in chunks of any length, as soon as they are there: a Continuation
        where another voice goes on. A text without anything to say yields nothing. Closing or
        cancelling the iterator stops the synthesis promptly. Raises SynthesisError.
        """
        ...
