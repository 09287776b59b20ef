"""ElevenLabs' voices over its own SDK: audio in the carrier's coding, brought to its level."""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
from elevenlabs.core.api_error import ApiError
from numpy.typing import NDArray

from voice.audio import mulaw
from voice.tts.remote import KEEP_ALIVE_S, MISCONFIGURED, RemoteSynthesizer
from voice.tts.synthesizer import SynthesisError

if TYPE_CHECKING:
    from elevenlabs.text_to_speech.client import AsyncTextToSpeechClient

_CHUNK_BYTES = 160
"""20 ms: the carrier's frame, so that no audio waits in the SDK for more of it."""


class ElevenLabsSynthesizer(RemoteSynthesizer):
    """A Synthesizer over ElevenLabs' streaming endpoint; see RemoteSynthesizer."""

    service = "ElevenLabs"

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
        http = httpx.AsyncClient(limits=httpx.Limits(keepalive_expiry=KEEP_ALIVE_S))
        super().__init__(http)
        # The SDK gives its own time-out, of four minutes, with every request unless it is told one.
        client = AsyncElevenLabs(
            api_key=api_key, base_url=base_url, timeout=timeout_s, httpx_client=http
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

    async def _spoken(self, text: str) -> AsyncGenerator[NDArray[np.int16], None]:
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
                self._check_type(response.headers)
                async for chunk in response.data:
                    yield mulaw.decode(chunk)
        except ApiError as error:
            # Its text may repeat what was to be said, so no traceback may show it.
            raise self._refused(error) from None
        except (httpx.HTTPError, *MISCONFIGURED) as error:
            raise self._failure(error) from error
        except ValueError:
            # A refusal whose body is neither JSON nor text; as above, it is not shown.
            raise self._error("tts-unavailable", "answered what cannot be read") from None

    def _refused(self, error: ApiError) -> SynthesisError:
        """The error of an answer that is not 2xx."""
        detail = error.body.get("detail") if isinstance(error.body, dict) else None
        reasons = {detail.get("status"), detail.get("code")} if isinstance(detail, dict) else set()
        code = ""
        if "quota_exceeded" in reasons:
            code = "tts-quota-exceeded"  # It comes as a 401, but the key is right.
        elif "voice_not_found" in reasons:
            code = "tts-voice-unknown"
        return self._refusal(error.status_code or 0, error.headers or {}, code)
