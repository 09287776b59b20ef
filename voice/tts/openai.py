"""OpenAI's voices, or those of any server with its API, over the SDK: PCM, brought to the line."""

from collections.abc import AsyncGenerator

import httpx2
import numpy as np
from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncOpenAI,
    OpenAIError,
)

from voice.audio import mulaw
from voice.audio.stream import StreamLevel, StreamResampler
from voice.tts.synthesizer import SynthesisError, retry_after_s

SAMPLE_RATE = 24_000
"""Hertz, of what the API calls `pcm`: 16 bit, little endian, mono, no header."""

_KEEP_ALIVE_S = 60.0
"""Connections outlive the pause between two replies, which saves the TLS handshake."""

_AHEAD_BYTES = 1_280
"""160 ms of the line's audio are waited for: resampler and level give theirs in bursts, and keep
back up to 90 ms, which a server that keeps real time would not have sent in time."""

_NO_PCM = (
    "text/",
    "application/json",
    "audio/aac",
    "audio/flac",
    "audio/mp",
    "audio/ogg",
    "audio/opus",
    "audio/wav",
    "audio/x-wav",
)
"""How the types of answers begin that would be noise: servers that know no `pcm` send those."""

_MISCONFIGURED = (
    httpx2.InvalidURL,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
    UnicodeEncodeError,
)
"""What the SDK's httpx raises when address or key cannot even be sent."""


class OpenAISynthesizer:
    """A Synthesizer over the speech endpoint; one object serves all calls.

    Nothing is tried twice: by then the next voice of the fallback has spoken. The codes of its
    SynthesisErrors, and whether they are retryable:

    - "tts-unauthorized" (no), "tts-quota-exceeded" (no), "tts-voice-unknown" (no; the model also):
      the account;
    - "tts-misconfigured" (no): the address or the key cannot be sent at all;
    - "tts-refused" (no): any other refusal, or an answer that is no PCM;
    - "tts-busy" (yes): too many requests;
    - "tts-unavailable" (yes): its fault, or it cannot be reached;
    - "tts-timeout" (yes): nothing came for `timeout_s`;
    - "tts-cut" (yes): the stream broke, or ended without any audio.
    """

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
        self._http = httpx2.AsyncClient(
            limits=httpx2.Limits(keepalive_expiry=_KEEP_ALIVE_S), timeout=timeout_s
        )
        try:
            client = AsyncOpenAI(
                api_key=api_key,
                base_url=base_url,
                max_retries=0,
                timeout=timeout_s,
                http_client=self._http,
            )
        except httpx2.InvalidURL as error:
            raise _misconfigured() from error
        self._speech = client.audio.speech.with_streaming_response
        self._voice = voice
        self._model = model
        self._gain = 1.0

    async def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """Say `text`; see Synthesizer. The audio is brought to about -20 dBFS as it comes."""
        if not any(sign.isalnum() for sign in text):
            return
        line = _Line(self._gain)
        failed: SynthesisError | None = None
        try:
            async with self._speech.create(
                input=text, model=self._model, voice=self._voice, response_format="pcm"
            ) as response:
                kind = response.headers.get("content-type", "").lower()
                if kind.startswith(_NO_PCM):
                    raise SynthesisError("tts-refused", f"OpenAI answered with {kind}")
                async for chunk in response.iter_bytes():
                    if audio := line.push(chunk):
                        yield audio
        except (OpenAIError, httpx2.HTTPError, *_MISCONFIGURED) as error:
            # An error of the API may repeat what was to be said, so no traceback may show it.
            failed = _failure(error)
            failed.__cause__ = None if isinstance(error, APIStatusError) else error
        if audio := line.flush():
            yield audio
        self._gain = line.gain
        if failed is None and not line.spoken:
            failed = SynthesisError("tts-cut", "OpenAI sent no audio", retryable=True)
        if failed is not None:
            raise failed

    async def close(self) -> None:
        """Closes the connections; the voice cannot speak any more."""
        await self._http.aclose()


class _Line:
    """One stream of PCM on its way to 8 kHz µ-law; samples may be torn between two chunks."""

    def __init__(self, gain: float) -> None:
        self._resampler = StreamResampler(SAMPLE_RATE)
        self._level = StreamLevel(gain=gain)
        self._torn = b""
        self._ahead: bytearray | None = bytearray()
        self.spoken = False

    @property
    def gain(self) -> float:
        """What the voice's next sentence begins with."""
        return self._level.gain

    def push(self, data: bytes) -> bytes:
        """The µ-law audio that is ready after `data`."""
        data = self._torn + data
        whole = len(data) // 2 * 2
        self._torn = data[whole:]
        self.spoken = self.spoken or whole > 0
        pcm = np.frombuffer(data[:whole], dtype="<i2").astype(np.int16)
        audio = mulaw.encode(self._level.push(self._resampler.push(pcm)))
        if self._ahead is None:
            return audio
        self._ahead += audio
        return self._begun() if len(self._ahead) >= _AHEAD_BYTES else b""

    def flush(self) -> bytes:
        """The rest."""
        rest = self._level.push(self._resampler.flush())
        return self._begun() + mulaw.encode(np.concatenate((rest, self._level.flush())))

    def _begun(self) -> bytes:
        """What was kept back at the beginning; nothing is from now on."""
        ahead, self._ahead = self._ahead or b"", None
        return bytes(ahead)


def _misconfigured() -> SynthesisError:
    return SynthesisError("tts-misconfigured", "the OpenAI voice's address or key cannot be sent")


def _failure(error: Exception) -> SynthesisError:
    """What the SDK's error means."""
    cause = error.__cause__ if isinstance(error, APIConnectionError) else error
    if isinstance(error, APIStatusError):
        return _refusal(error)
    if isinstance(error, (APITimeoutError, httpx2.TimeoutException)):
        return SynthesisError("tts-timeout", "OpenAI keeps us waiting", retryable=True)
    if isinstance(cause, _MISCONFIGURED):
        return _misconfigured()
    if isinstance(cause, (httpx2.ConnectError, httpx2.ProxyError)):
        return SynthesisError("tts-unavailable", "OpenAI cannot be reached", retryable=True)
    if isinstance(error, (APIError, httpx2.HTTPError)):
        return SynthesisError("tts-cut", "OpenAI broke off", retryable=True)
    return SynthesisError("tts-refused", "OpenAI's SDK refuses to ask")


def _refusal(error: APIStatusError) -> SynthesisError:
    """The error of an answer that is not 2xx."""
    status = error.status_code
    if error.code in {"insufficient_quota", "billing_hard_limit_reached"} or status == 402:
        code = "tts-quota-exceeded"  # It comes as a 429, but waiting does not help.
    elif status in {401, 403}:
        code = "tts-unauthorized"
    elif status == 404 or (status == 400 and error.param in {"model", "voice"}):
        code = "tts-voice-unknown"
    elif status == 408:
        code = "tts-timeout"
    elif status == 429:
        code = "tts-busy"
    elif status >= 500:
        code = "tts-unavailable"
    else:
        code = "tts-refused"
    return SynthesisError(
        code,
        f"OpenAI answered {status}",
        retryable=code in {"tts-timeout", "tts-busy", "tts-unavailable"},
        retry_after_s=retry_after_s(error.response.headers),
    )
