"""What every recogniser offers: telephone audio of one utterance in, written Korean out."""

from dataclasses import dataclass
from typing import Protocol

from voice.errors import VoiceError


class TranscriptionError(VoiceError):
    """The audio could not be recognised."""


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


class Transcriber(Protocol):
    """A recogniser; one a process, shared by all calls."""

    async def transcribe(self, audio: bytes) -> Transcript:
        """Recognises one utterance of 8 kHz µ-law without blocking the event loop.

        Raises TranscriptionError.
        """
        ...
