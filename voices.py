"""The voice of the agent: those that the settings want, in a row, each with what it keeps.

Beside app.py, because the command line opens voices without the rest of the application.
"""

import asyncio
import logging
from contextlib import AsyncExitStack
from importlib.metadata import version

from knowledge.catalog.model import Catalog
from settings import Settings
from voice.tts.cache import CachedSynthesizer, PromptVoice
from voice.tts.elevenlabs import ElevenLabsSynthesizer
from voice.tts.espeak import EspeakSynthesizer
from voice.tts.fallback import FallbackSynthesizer
from voice.tts.phrased import PhrasedSynthesizer
from voice.tts.prompts import frequent, prompts
from voice.tts.synthesizer import SynthesisError, Synthesizer

logger = logging.getLogger(__name__)

_WARM_AGAIN_S = 300.0
"""A voice that could not make the prompts is asked again after this."""


def open_voice(settings: Settings, catalog: Catalog, stack: AsyncExitStack) -> PromptVoice:
    """The voices that are wanted, the local one behind them.

    Each voice keeps what is known beforehand; `stored` of the result holds them, the local one
    last. What a voice has at hand is said before the row is asked.
    """
    fixed, answers = prompts(settings.organization_name), frequent(catalog)

    def kept(voice: Synthesizer, identity: str, known: list[str]) -> CachedSynthesizer:
        folder, max_bytes = settings.data_dir / "voice", settings.voice_cache_mb * 2**20
        return CachedSynthesizer(voice, folder, identity, max_bytes, known)

    row: list[tuple[str, CachedSynthesizer]] = []
    for name in settings.voice_names:
        row.append((name, kept(*open_one(name, settings, stack), fixed + answers)))
    # Beside a better voice it keeps no answers: it would give them before that one is asked.
    known = fixed if row else fixed + answers
    row.append(("espeak", kept(*open_one("espeak", settings, stack), known)))
    return PromptVoice([voice for _, voice in row], live=FallbackSynthesizer(row))


def open_one(name: str, settings: Settings, stack: AsyncExitStack) -> tuple[Synthesizer, str]:
    """The voice of this name as calls use it, keeping nothing, and what tells it from others."""
    return _OPENERS[name](settings, stack)


def _espeak(settings: Settings, _: AsyncExitStack) -> tuple[Synthesizer, str]:
    sounds = (settings.voice_variant, settings.voice_rate_wpm, settings.voice_pitch)
    voice = EspeakSynthesizer(
        voice=settings.voice_variant,
        rate_wpm=settings.voice_rate_wpm,
        pitch=settings.voice_pitch,
    )
    return voice, f"espeak-ng {version('espeakng-loader')} {sounds}"


def _elevenlabs(settings: Settings, stack: AsyncExitStack) -> tuple[Synthesizer, str]:
    sounds = (
        settings.elevenlabs_voice, settings.elevenlabs_model, settings.elevenlabs_stability,
    )  # fmt: skip
    voice = ElevenLabsSynthesizer(
        settings.elevenlabs_api_key.get_secret_value(),
        settings.elevenlabs_voice,
        settings.elevenlabs_model,
        base_url=settings.elevenlabs_base_url,
        stability=settings.elevenlabs_stability,
    )
    stack.push_async_callback(voice.close)
    return voice, f"elevenlabs {sounds}"


def _openai(settings: Settings, stack: AsyncExitStack) -> tuple[Synthesizer, str]:
    # The SDK takes most of a second to import, which only a server that uses it should pay.
    from voice.tts.openai import OpenAISynthesizer  # noqa: PLC0415

    voice = OpenAISynthesizer(
        settings.voice_key or "none",  # As the brain's: the SDK wants a word.
        settings.openai_voice,
        settings.openai_voice_model,
        base_url=settings.voice_base_url,
    )
    stack.push_async_callback(voice.close)
    # Its endpoint answers when a whole text is spoken: phrase by phrase it begins sooner.
    sounds = (settings.voice_base_url, settings.openai_voice, settings.openai_voice_model)
    return PhrasedSynthesizer(voice), f"openai {sounds}"


_OPENERS = {"elevenlabs": _elevenlabs, "openai": _openai, "espeak": _espeak}


async def keep_warm(voice: CachedSynthesizer, texts: list[str]) -> None:
    """Has a voice make the prompts, again and again until it has them all."""
    while True:
        try:
            await voice.warm(texts)
        except SynthesisError as error:
            logger.warning("the prompts are not all there in the better voice: %s", error.code)
            await asyncio.sleep(_WARM_AGAIN_S)
        else:
            return
