"""OpenAI's voices, or those of any server with its API, over the SDK: PCM, brought to the line."""

from collections.abc import AsyncGenerator

import httpx2
import numpy as np
from numpy.typing import NDArray
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, OpenAIError

from voice.audio.stream import StreamResampler
from voice.tts.remote import KEEP_ALIVE_S, MISCONFIGURED, RemoteSynthesizer
from voice.tts.synthesizer import SynthesisError

SAMPLE_RATE = 24_000
"""Hertz, of what the API calls `pcm`: 16 bit, little endian, mono, no header."""

_NO_PCM = (
    "audio/aac",
    "audio/flac",
    "audio/mp",
    "audio/ogg",
    "audio/opus",
    "audio/wav",
    "audio/x-wav",
)
"""What servers that know no `pcm` send."""


class OpenAISynthesizer(RemoteSynthesizer):
    """A Synthesizer over the speech endpoint; see RemoteSynthesizer."""

    service = "OpenAI"

    def __init__(
        self,
        api_key: str,
        voice: str,
        model: str,
        base_url: str | None = None,
        *,
        timeout_s: float = 5.0,
    ) -> None:
        """`timeout_s` bounds each wait on the network.

        Raises SynthesisError with the code "tts-misconfigured" when `base_url` is no address.
        """
        # Redirects are not followed: they cost the time that another voice needs.
        http = httpx2.AsyncClient(
            limits=httpx2.Limits(keepalive_expiry=KEEP_ALIVE_S), timeout=timeout_s
        )
        super().__init__(http)
        try:
            client = AsyncOpenAI(
                api_key=api_key,
                base_url=base_url,
                max_retries=0,
                timeout=timeout_s,
                http_client=http,
            )
        except httpx2.InvalidURL as error:
            raise self._failure(error) from error
        self._speech = client.audio.speech.with_streaming_response
        self._voice = voice
        self._model = model

    async def _spoken(self, text: str) -> AsyncGenerator[NDArray[np.int16], None]:
        resampler = StreamResampler(SAMPLE_RATE)
        torn = b""  # Half a sample may be left between two chunks.
        failed: SynthesisError | None = None
        try:
            async with self._speech.create(
                input=text, model=self._model, voice=self._voice, response_format="pcm"
            ) as response:
                self._check_type(response.headers, _NO_PCM)
                async for chunk in response.iter_bytes():
                    data = torn + chunk
                    whole = len(data) // 2 * 2
                    torn = data[whole:]
                    pcm = np.frombuffer(data[:whole], dtype="<i2").astype(np.int16)
                    yield resampler.push(pcm)
        except (OpenAIError, httpx2.HTTPError, *MISCONFIGURED) as error:
            failed = self._failed(error)
        yield resampler.flush()
        if failed is not None:
            raise failed

    def _failed(self, error: Exception) -> SynthesisError:
        """What the SDK's error means."""
        if isinstance(error, APIStatusError):
            # It may repeat what was to be said, so no traceback may show it.
            return self._refused(error)
        failed = self._failure(error.__cause__ if isinstance(error, APIConnectionError) else error)
        failed.__cause__ = error
        return failed

    def _refused(self, error: APIStatusError) -> SynthesisError:
        """The error of an answer that is not 2xx."""
        code = ""
        if error.code in {"insufficient_quota", "billing_hard_limit_reached"}:
            code = "tts-quota-exceeded"  # It comes as a 429, but waiting does not help.
        elif error.status_code == 400 and error.param in {"model", "voice"}:
            code = "tts-voice-unknown"
        return self._refusal(error.status_code, error.response.headers, code)
