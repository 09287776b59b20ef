"""What voices over the network share: their sound at the line's level, a code for every failure."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import ClassVar

import httpx
import httpx2
import numpy as np
from numpy.typing import NDArray

from agent.breaker import retry_after_s
from voice.audio import mulaw
from voice.audio.stream import StreamLevel
from voice.tts.synthesizer import SynthesisError

KEEP_ALIVE_S = 60.0
"""Connections outlive the pause between two replies, which saves the TLS handshake."""

_AHEAD_BYTES = 1_280
"""160 ms of the line's audio are waited for: resampler and level give theirs in bursts, and keep
back up to 90 ms, which a server that keeps real time would not have sent in time."""

_NO_AUDIO = ("text/", "application/json")
"""How the types of answers begin that would be noise."""

_LATE = (httpx.TimeoutException, httpx2.TimeoutException)
MISCONFIGURED = (
    httpx.InvalidURL,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx2.InvalidURL,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
    UnicodeEncodeError,
)
"""What is raised when address or key cannot even be sent; each SDK has its own httpx."""
_UNREACHABLE = (httpx.ConnectError, httpx.ProxyError, httpx2.ConnectError, httpx2.ProxyError)

_BY_STATUS = {
    401: "tts-unauthorized",
    402: "tts-quota-exceeded",
    403: "tts-unauthorized",
    404: "tts-voice-unknown",
    408: "tts-timeout",
    429: "tts-busy",
}
_RETRYABLE = frozenset({"tts-busy", "tts-unavailable", "tts-timeout", "tts-cut"})


class RemoteSynthesizer(ABC):
    """A Synthesizer over a service's streaming endpoint; one object serves all calls.

    Nothing is tried twice: by then the next voice of the fallback has spoken. The codes of its
    SynthesisErrors, and whether they are retryable:

    - "tts-unauthorized" (no), "tts-quota-exceeded" (no), "tts-voice-unknown" (no; the model also):
      the account;
    - "tts-misconfigured" (no): the address or the key cannot be sent at all;
    - "tts-refused" (no): any other refusal, or an answer that is not the audio asked for;
    - "tts-busy" (yes): too many requests;
    - "tts-unavailable" (yes): its fault, or it cannot be reached;
    - "tts-timeout" (yes): nothing came for as long as each wait on the network may take;
    - "tts-cut" (yes): the stream broke, or ended without any audio.
    """

    service: ClassVar[str]
    """Its name in messages."""

    def __init__(self, http: httpx.AsyncClient | httpx2.AsyncClient) -> None:
        self._http = http
        self._gain = 1.0

    async def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """Say `text`; see Synthesizer. The audio is brought to about -20 dBFS as it comes."""
        if not any(sign.isalnum() for sign in text):
            return
        line = _Line(self._gain)
        failed: SynthesisError | None = None
        try:
            async with aclosing(self._spoken(text)) as pieces:
                async for pcm in pieces:
                    if audio := line.push(pcm):
                        yield audio
        except SynthesisError as error:
            failed = error
        if audio := line.flush():
            yield audio
        self._gain = line.gain
        if failed is None and not line.spoken:
            failed = self._error("tts-cut", "sent no audio")
        if failed is not None:
            raise failed

    async def close(self) -> None:
        """Closes the connections; the voice cannot speak any more."""
        await self._http.aclose()

    @abstractmethod
    def _spoken(self, text: str) -> AsyncGenerator[NDArray[np.int16], None]:
        """The samples of `text` at 8 kHz, in pieces as they come. Raises SynthesisError."""

    def _check_type(self, headers: Mapping[str, str], wrong: tuple[str, ...] = ()) -> None:
        """Raises SynthesisError for an answer that is no audio, or whose type begins as `wrong`."""
        kind = headers.get("content-type", "").lower()
        if kind.startswith((*_NO_AUDIO, *wrong)):
            raise self._error("tts-refused", f"answered with {kind}")

    def _refusal(self, status: int, headers: Mapping[str, str], code: str = "") -> SynthesisError:
        """The error of an answer that is not 2xx; `code` where its body says more."""
        by_status = "tts-unavailable" if status >= 500 else "tts-refused"
        code = code or _BY_STATUS.get(status, by_status)
        return self._error(code, f"answered {status}", retry_after_s(headers))

    def _failure(self, error: BaseException | None) -> SynthesisError:
        """What an error of the network means; what is not known broke the stream."""
        if isinstance(error, _LATE):
            return self._error("tts-timeout", "keeps us waiting")
        if isinstance(error, MISCONFIGURED):
            return self._error("tts-misconfigured", "cannot be sent the key, or has no address")
        if isinstance(error, _UNREACHABLE):
            return self._error("tts-unavailable", "cannot be reached")
        return self._error("tts-cut", "broke off")

    def _error(self, code: str, problem: str, wait_s: float | None = None) -> SynthesisError:
        retryable = code in _RETRYABLE
        message = f"{self.service} {problem}"
        return SynthesisError(code, message, retryable=retryable, retry_after_s=wait_s)


class _Line:
    """One sentence on its way to the carrier: levelled, in µ-law."""

    def __init__(self, gain: float) -> None:
        self._level = StreamLevel(gain=gain)
        self._ahead: bytearray | None = bytearray()
        self.spoken = False

    @property
    def gain(self) -> float:
        """What the voice's next sentence begins with."""
        return self._level.gain

    def push(self, pcm: NDArray[np.int16]) -> bytes:
        """The audio that is ready after `pcm`."""
        self.spoken = self.spoken or pcm.size > 0
        audio = mulaw.encode(self._level.push(pcm))
        if self._ahead is None:
            return audio
        self._ahead += audio
        return self._begun() if len(self._ahead) >= _AHEAD_BYTES else b""

    def flush(self) -> bytes:
        """The rest."""
        return self._begun() + mulaw.encode(self._level.flush())

    def _begun(self) -> bytes:
        """What was kept back at the beginning; nothing is from now on."""
        ahead, self._ahead = self._ahead or b"", None
        return bytes(ahead)
