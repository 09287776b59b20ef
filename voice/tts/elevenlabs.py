"""ElevenLabs' voices over its own SDK: audio in the carrier's coding, handed on as it comes."""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

import httpx
from elevenlabs.core.api_error import ApiError

from voice.tts.synthesizer import SynthesisError, retry_after_s

if TYPE_CHECKING:
    from elevenlabs.text_to_speech.client import AsyncTextToSpeechClient

_CHUNK_BYTES = 160
"""20 ms: the carrier's frame, so that no audio waits here for more of it."""

_KEEP_ALIVE_S = 60.0
"""Connections outlive the pause between two replies, which saves the TLS handshake."""

_MISCONFIGURED = (
    httpx.InvalidURL,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    UnicodeEncodeError,
)
"""What httpx raises when address or key cannot even be sent."""


class ElevenLabsSynthesizer:
    """A Synthesizer over ElevenLabs' streaming endpoint; one object serves all calls.

    Nothing is tried twice: by then the second voice of the fallback has spoken. The codes of its
    SynthesisErrors, and whether they are retryable:

    - "tts-unauthorized" (no), "tts-quota-exceeded" (no), "tts-voice-unknown" (no): the account;
    - "tts-misconfigured" (no): the address or the key cannot be sent at all;
    - "tts-refused" (no): any other refusal, or an answer that is no audio;
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
        stability: float | None = None,
        timeout_s: float = 5.0,
    ) -> None:
        """`voice` and `model` are ElevenLabs' ids; `timeout_s` bounds each wait on the network.

        `stability`, 0 to 1, is how evenly the voice speaks; None leaves it as the voice has it.
        """
        # Importing the client takes 0.7 s, which only a server that uses it should pay, and at
        # its start rather than in the first call.
        from elevenlabs.client import AsyncElevenLabs  # noqa: PLC0415
        from elevenlabs.types import VoiceSettings  # noqa: PLC0415

        # Redirects are not followed: httpx would carry the key, in a header of its own, along.
        self._http = httpx.AsyncClient(limits=httpx.Limits(keepalive_expiry=_KEEP_ALIVE_S))
        # The SDK gives its own time-out, of four minutes, with every request unless it is told one.
        client = AsyncElevenLabs(
            api_key=api_key, base_url=base_url, timeout=timeout_s, httpx_client=self._http
        )
        self._speech: AsyncTextToSpeechClient = client.text_to_speech
        self._voice = voice
        self._model = model
        # What is not sent keeps the voice's own value; the SDK would send None.
        self._options: dict[str, Any] = {}
        if stability is not None:
            self._options["voice_settings"] = VoiceSettings(stability=stability)
        # The multilingual_v2 models find the language out themselves and refuse to be told.
        self._language = None if "multilingual_v2" in model else "ko"

    async def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """Say `text`; see Synthesizer."""
        if not any(sign.isalnum() for sign in text):
            return
        spoken = False
        try:
            async with self._speech.with_raw_response.stream(
                self._voice,
                text=text,
                model_id=self._model,
                language_code=self._language,
                output_format="ulaw_8000",
                apply_text_normalization="off",  # The text is in spoken form already.
                request_options={"max_retries": 0, "chunk_size": _CHUNK_BYTES},
                **self._options,
            ) as response:
                kind = response.headers.get("content-type", "")
                if kind.startswith(("text/", "application/json")):
                    raise SynthesisError("tts-refused", f"ElevenLabs answered with {kind}")
                async for chunk in response.data:
                    spoken = True
                    yield chunk
        except ApiError as error:
            # Its text may repeat what was to be said, so no traceback may show it.
            raise _refusal(error) from None
        except httpx.TimeoutException as error:
            raise SynthesisError(
                "tts-timeout", "ElevenLabs keeps us waiting", retryable=True
            ) from error
        except _MISCONFIGURED as error:
            raise SynthesisError(
                "tts-misconfigured", "ElevenLabs' address or key cannot be sent"
            ) from error
        except (httpx.ConnectError, httpx.ProxyError) as error:
            raise SynthesisError(
                "tts-unavailable", "ElevenLabs cannot be reached", retryable=True
            ) from error
        except httpx.HTTPError as error:
            raise SynthesisError("tts-cut", "ElevenLabs broke off", retryable=True) from error
        except ValueError:
            # A refusal whose body is neither JSON nor text; as above, it is not shown.
            raise SynthesisError(
                "tts-unavailable", "ElevenLabs' answer cannot be read", retryable=True
            ) from None
        if not spoken:
            raise SynthesisError("tts-cut", "ElevenLabs sent no audio", retryable=True)

    async def close(self) -> None:
        """Closes the connections; the voice cannot speak any more."""
        await self._http.aclose()


def _refusal(error: ApiError) -> SynthesisError:
    """The error of an answer that is not 2xx."""
    status = error.status_code or 0
    detail = error.body.get("detail") if isinstance(error.body, dict) else None
    reasons = {detail.get("status"), detail.get("code")} if isinstance(detail, dict) else set()
    if "quota_exceeded" in reasons or status == 402:
        code = "tts-quota-exceeded"  # It comes as a 401, but the key is right.
    elif status in {401, 403}:
        code = "tts-unauthorized"
    elif status == 404 or "voice_not_found" in reasons:
        code = "tts-voice-unknown"
    elif status == 408:
        code = "tts-timeout"
    elif status == 429:
        code = "tts-busy"
    elif status >= 500:
        code = "tts-unavailable"
    else:
        code = "tts-refused"
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    return SynthesisError(
        code,
        f"ElevenLabs answered {status}",
        retryable=code in {"tts-timeout", "tts-busy", "tts-unavailable"},
        retry_after_s=retry_after_s(headers),
    )
