"""What every recogniser offers: telephone audio of one utterance in, written Korean out."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from voice.errors import VoiceError


class TranscriptionError(VoiceError):
    """The audio could not be recognised."""


class Effort(StrEnum):
    """How much a recognition is worth."""

    PARTIAL = "partial"
    """While the caller speaks: greedy, on a short window, refused or dropped under load."""
    FINAL = "final"
    """What counts as said, speculative finals too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was recognised in one utterance."""

    text: str
    """Written form; empty where no speech was found."""
    avg_logprob: float
    """Mean log probability of the tokens; 0 for an empty text."""
    no_speech_prob: float
    """How likely the model holds the audio for no speech, 0 to 1."""
    audio_s: float
    """Length of the audio, seconds."""
    elapsed_s: float
    """Time that recognition took, seconds."""
    rejected: str = ""
    """The stage of the defence that emptied the text, a `voice.stt.rejection.Stage`; "" if none."""
    guess: str = ""
    """The text, or what it may have been where it was more guessed than heard; never an answer to
    anything, but it tells how a sentence goes on."""


class Transcriber(Protocol):
    """A recogniser; one a process, shared by all calls."""

    async def transcribe(self, audio: bytes, effort: Effort = Effort.FINAL) -> Transcript:
        """Recognises one utterance of 8 kHz µ-law without blocking the event loop.

        Cancelling the task that waits takes a request that has not begun out of the queue.
        Raises TranscriptionError; with the code "stt-overloaded" (retryable) where there is no
        room for the request, or a partial would have to wait too long to be of use.
        """
        ...
