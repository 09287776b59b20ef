"""`yeoboseyo bench tts`: whether the voice is understood on the telephone, and how soon it speaks.

Intelligibility is what our own recogniser understands of the FAQ's answers. It was trained on
what callers say, so on sentences of this kind it errs more than people would: the figure compares
voices and settings, and is no measure of how people understand them.
"""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from agent.brain.sentences import in_sentences
from agent.hearing import Hearing
from agent.korean.spoken import to_spoken
from knowledge.catalog.loader import load_catalog, sample_catalog_path
from scripts.demo_stt.scoring import edits, normalized
from settings import Settings
from voice.stt.models import resolve
from voice.stt.whisper import WhisperTranscriber
from voice.tts.cache import PromptVoice
from voice.tts.elevenlabs import ElevenLabsSynthesizer
from voice.tts.espeak import EspeakSynthesizer
from voice.tts.prompts import prompts
from voice.tts.synthesizer import Synthesizer
from voices import open_voice

_SILENCE = b"\xff" * 2_400
"""0.3 s around a sentence, as endpointing leaves it."""

_REMOTE_SENTENCES = 10
"""What a provider that wants money is asked for."""


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """One sentence as a voice said it."""

    text: str
    """Spoken form."""
    audio: bytes
    """8 kHz µ-law."""
    first_s: float
    """Seconds until the first chunk."""
    whole_s: float
    """Seconds until the last."""


async def say(voice: Synthesizer, text: str) -> Spoken:
    """Has `voice` say `text`, a spoken form, and takes the time."""
    began = time.perf_counter()
    first_s: float | None = None
    audio = bytearray()
    async with aclosing(voice.stream(text)) as chunks:
        async for chunk in chunks:
            if first_s is None:
                first_s = time.perf_counter() - began
            audio += chunk
    whole_s = time.perf_counter() - began
    return Spoken(text=text, audio=bytes(audio), first_s=first_s or whole_s, whole_s=whole_s)


async def say_all(voice: Synthesizer, texts: Sequence[str]) -> list[Spoken]:
    """Has `voice` say `texts`, one after the other, as a call does."""
    return [await say(voice, text) for text in texts]


def misheard(text: str, heard: str) -> tuple[int, int]:
    """Wrong characters of `heard`, and characters of `text`, both compared in spoken form."""
    said = normalized(text)
    return edits(said, normalized(to_spoken(heard))), len(said)


def soonness(spoken: Sequence[Spoken]) -> tuple[float, float]:
    """Milliseconds to the first audio: the median and the 95th percentile of at least two."""
    firsts_ms = [one.first_s * 1000 for one in spoken]
    return (
        round(statistics.median(firsts_ms), 3),
        round(statistics.quantiles(firsts_ms, n=20, method="inclusive")[-1], 3),
    )


def intelligibility(
    transcriber: WhisperTranscriber, spoken: Sequence[Spoken], show: Console | None
) -> float:
    """The character error rate of what the recogniser hears, 0 for perfect."""
    wrong = total = 0
    for one in spoken:
        heard = transcriber.recognise(_SILENCE + one.audio + _SILENCE).text
        errors, length = misheard(one.text, heard)
        wrong, total = wrong + errors, total + length
        if show is not None and errors:
            show.print(f"{one.text}  →  {to_spoken(heard)}", markup=False)
    return wrong / total


async def _measured(
    settings: Settings, sentences: Sequence[str]
) -> tuple[dict[str, float], list[Spoken]]:
    """The figures of time, and what the local voice said."""
    espeak = EspeakSynthesizer(
        voice=settings.voice_variant,
        rate_wpm=settings.voice_rate_wpm,
        pitch=settings.voice_pitch,
    )
    await say(espeak, sentences[0])  # The library is loaded once a process, before any call.
    local = await say_all(espeak, sentences)
    figures: dict[str, float] = {"sentences": len(local)}
    figures["first_audio_ms_p50"], figures["first_audio_ms_p95"] = soonness(local)
    audio_s = sum(len(one.audio) for one in local) / 8_000
    figures["audio_s"] = round(audio_s, 1)
    figures["real_time_factor"] = round(sum(one.whole_s for one in local) / audio_s, 5)
    fixed = prompts(settings.organization_name)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        catalog = load_catalog(sample_catalog_path())
        apart = settings.model_copy(update={"data_dir": folder, "elevenlabs_voice": ""})
        voice: PromptVoice = open_voice(apart, catalog, stack)
        began = time.perf_counter()
        await voice.stored[-1].warm(fixed)
        figures["warm_ms"] = round((time.perf_counter() - began) * 1000, 1)
        again = open_voice(apart, catalog, stack)
        began = time.perf_counter()
        await again.stored[-1].warm(fixed)
        figures["warm_from_disk_ms"] = round((time.perf_counter() - began) * 1000, 1)
        cached = await say_all(again, fixed)
        figures["cached_first_audio_ms_p95"] = soonness(cached)[1]
        figures["cache_hits"] = again.stored[-1].figures.hits
        figures["cache_misses"] = again.stored[-1].figures.misses
    key = settings.elevenlabs_api_key.get_secret_value()
    if key and settings.elevenlabs_voice:
        remote = ElevenLabsSynthesizer(
            key,
            settings.elevenlabs_voice,
            settings.elevenlabs_model,
            base_url=settings.elevenlabs_base_url,
        )
        try:
            spoken = await say_all(remote, sentences[:_REMOTE_SENTENCES])
        finally:
            await remote.close()
        figures["elevenlabs_first_audio_ms_p50"], figures["elevenlabs_first_audio_ms_p95"] = (
            soonness(spoken)
        )
    return figures, local


def tts(
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Also write the figures to this file.")
    ] = None,
    model: Annotated[str, typer.Option(help="What STT_MODEL would say.")] = "demo",
    show: Annotated[bool, typer.Option(help="Also print what was misheard.")] = False,
    limit: Annotated[int | None, typer.Option(help="Only so many sentences.", min=2)] = None,
) -> None:
    """Measure the voice: how clear it is on the telephone, and how soon it speaks."""
    settings = Settings()
    catalog = load_catalog(sample_catalog_path())
    sentences = [to_spoken(s) for entry in catalog.faqs for s in in_sentences(entry.answer)]
    sentences = list(dict.fromkeys(sentences))[:limit]
    timed, local = asyncio.run(_measured(settings, sentences))
    transcriber = WhisperTranscriber(
        resolve(model), cpu_threads=settings.stt_threads, written=Hearing(catalog).written
    )
    console = Console()
    cer = intelligibility(transcriber, local, console if show else None)
    figures = {"intelligibility_cer": round(cer, 4), **timed}
    table = Table(title=f"The voice {settings.voice_variant}, heard by model {model}")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name, value in figures.items():
        table.add_row(name, f"{value:g}")
    console.print(table)
    if json_path is not None:
        json_path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
