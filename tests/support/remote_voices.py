"""The voices over the network, each with what its service sends, for tests that hold of all."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.support import speech_server
from tests.support.speech_server import Asked, Refuses, Service
from voice.audio import mulaw
from voice.tts.elevenlabs import ElevenLabsSynthesizer
from voice.tts.openai import SAMPLE_RATE, OpenAISynthesizer
from voice.tts.remote import RemoteSynthesizer

TEXT = "네, 요금제를 안내해 드릴게요."
MODEL = "speech-1"


def _elevenlabs(url: str, key: str, timeout_s: float) -> RemoteSynthesizer:
    return ElevenLabsSynthesizer(key, "voice-1", MODEL, url, timeout_s=timeout_s)


def _openai(url: str, key: str, timeout_s: float) -> RemoteSynthesizer:
    return OpenAISynthesizer(key, "alloy", MODEL, url, timeout_s=timeout_s)


def openai_error(code: str | None, *, param: str | None = None, message: str = "No.") -> bytes:
    """The body with which OpenAI refuses."""
    error = {"message": message, "type": "test", "param": param, "code": code}
    return json.dumps({"error": error}).encode()


@dataclass(frozen=True, kw_only=True)
class Remote:
    """One service: how it is asked, and what it sends."""

    name: str
    service: Service
    open: Callable[[str, str, float], RemoteSynthesizer]
    """From address, key and time-out in seconds."""
    path: str
    """Of its API below the server's address."""
    hz: int
    wire: Callable[[NDArray[np.int16]], bytes]
    """The bytes in which samples of `hz` come."""
    text_field: str
    """Of the request's body."""
    asked: Asked
    """What it is asked for `TEXT`, of the headers those that matter."""
    no_money: Refuses
    no_voice: Refuses
    echoes: Refuses
    """A refusal that repeats `TEXT`."""

    @asynccontextmanager
    async def voice(
        self, url: str, *, key: str = "key", timeout_s: float = 5.0
    ) -> AsyncIterator[RemoteSynthesizer]:
        """A voice that asks the server at `url`."""
        synthesizer = self.open(url + self.path, key, timeout_s)
        yield synthesizer
        await synthesizer.close()

    def tone(self, seconds: float, *, amplitude: float = 6_000, hz: float = 500) -> bytes:
        """A tone as it comes from the service."""
        time = np.arange(round(self.hz * seconds)) / self.hz
        return self.wire((amplitude * np.sin(2 * np.pi * hz * time)).astype(np.int16))

    def pieces(self, audio: bytes, seconds: float) -> list[bytes]:
        """`audio` in chunks of that length."""
        size = len(self.wire(np.zeros(round(self.hz * seconds), dtype=np.int16)))
        return [audio[at : at + size] for at in range(0, len(audio), size)]


ELEVENLABS = Remote(
    name="elevenlabs",
    service=speech_server.ELEVENLABS,
    open=_elevenlabs,
    path="",
    hz=8_000,
    wire=mulaw.encode,
    text_field="text",
    asked=Asked(
        path="/v1/text-to-speech/voice-1/stream",
        query={"output_format": ["ulaw_8000"]},
        headers={"xi-api-key": "key"},
        body={
            "text": TEXT,
            "model_id": MODEL,
            "language_code": "ko",
            "apply_text_normalization": "off",
        },
    ),
    no_money=Refuses(status=401, body=b'{"detail": {"status": "quota_exceeded"}}'),
    no_voice=Refuses(status=400, body=b'{"detail": {"status": "voice_not_found"}}'),
    echoes=Refuses(
        status=422, body=f'{{"detail": [{{"msg": "bad", "input": "{TEXT}"}}]}}'.encode()
    ),
)
OPENAI = Remote(
    name="openai",
    service=speech_server.OPENAI,
    open=_openai,
    path="/v1",
    hz=SAMPLE_RATE,
    wire=lambda pcm: pcm.astype("<i2").tobytes(),
    text_field="input",
    asked=Asked(
        path="/v1/audio/speech",
        query={},
        headers={"authorization": "Bearer key"},
        body={"input": TEXT, "model": MODEL, "voice": "alloy", "response_format": "pcm"},
    ),
    no_money=Refuses(status=429, body=openai_error("insufficient_quota")),
    no_voice=Refuses(status=400, body=openai_error(None, param="voice")),
    echoes=Refuses(status=422, body=openai_error(None, message=TEXT)),
)
REMOTES = (ELEVENLABS, OPENAI)
