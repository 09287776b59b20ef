"""`yeoboseyo bench tts`: whether the voice is understood on the telephone, how soon each speaks.

Intelligibility is what our own recogniser understands of the FAQ's answers. It was trained on
what callers say, so on sentences of this kind it errs more than people would: the figure compares
voices and settings, and is no measure of how people understand them.
"""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from agent.brain.sentences import in_sentences
from agent.hearing import Hearing
from agent.korean.spoken import to_spoken
from knowledge.catalog.loader import load_catalog, sample_catalog_path
from scripts.bench.greeting import greetings_ms
from scripts.demo_stt.scoring import edits, normalized
from settings import REMOTE_VOICES, Settings
from voice.stt.models import resolve
from voice.stt.whisper import WhisperTranscriber
from voice.tts.prompts import prompts
from voice.tts.synthesizer import SynthesisError, Synthesizer
from voices import open_one, open_voice

_SILENCE = b"\xff" * 2_400
"""0.3 s around a sentence, as endpointing leaves it."""

_REMOTE_SENTENCES = 10
"""What a provider that wants money is asked for."""

_GREETINGS = 20


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


def percentiles(times_ms: Sequence[float]) -> tuple[float, float]:
    """The median and the 95th percentile of at least two times."""
    return (
        round(statistics.median(times_ms), 3),
        round(statistics.quantiles(times_ms, n=20, method="inclusive")[-1], 3),
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
) -> tuple[dict[str, Any], list[Spoken]]:
    """The figures of time, and what the local voice said."""
    voices = {
        name: await _remote(name, settings, sentences[:_REMOTE_SENTENCES]) for name in REMOTE_VOICES
    }
    espeak, local = await _timed("espeak", settings, sentences)
    with tempfile.TemporaryDirectory() as folder:
        cached = await _cached(settings, Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        greeting = percentiles(await greetings_ms(settings, Path(folder), _GREETINGS))
    greetings = dict(zip(("greeting_ms_p50", "greeting_ms_p95"), greeting, strict=True))
    return {**espeak, **cached, **greetings, "voices": voices}, local


async def _remote(
    name: str, settings: Settings, sentences: Sequence[str]
) -> dict[str, float] | dict[str, str]:
    """The figures of a voice over the network, or why there are none."""
    if missing := settings.missing(name):
        return {"not_measured": f"{missing} is not set"}
    if name not in settings.voice_names:
        return {"not_measured": "YEOBOSEYO_VOICES leaves it out"}
    try:
        figures, _ = await _timed(name, settings, sentences)
    except SynthesisError as error:
        return {"not_measured": f"{error.code}: {error.message}"}
    return figures


async def _timed(
    name: str, settings: Settings, sentences: Sequence[str]
) -> tuple[dict[str, float], list[Spoken]]:
    """How soon and how fast a voice speaks, and what it said. Raises SynthesisError."""
    async with AsyncExitStack() as stack:
        voice, _ = open_one(name, settings, stack)
        await say(voice, sentences[0])  # A library is loaded, or a connection made, once.
        spoken = await say_all(voice, sentences)
    first_p50, first_p95 = percentiles([one.first_s * 1000 for one in spoken])
    audio_s = sum(len(one.audio) for one in spoken) / 8_000
    return {
        "sentences": len(spoken),
        "audio_s": round(audio_s, 1),
        "first_audio_ms_p50": first_p50,
        "first_audio_ms_p95": first_p95,
        "real_time_factor": round(sum(one.whole_s for one in spoken) / audio_s, 5),
    }, spoken


async def _cached(settings: Settings, folder: Path) -> dict[str, float]:
    """What the local voice's kept sentences cost, made in `folder`."""
    fixed = prompts(settings.organization_name)
    alone = settings.model_copy(update={"data_dir": folder, "voices": "espeak"})
    catalog = load_catalog(sample_catalog_path())
    figures: dict[str, float] = {}
    async with AsyncExitStack() as stack:
        for name in ("warm_ms", "warm_from_disk_ms"):
            voice = open_voice(alone, catalog, stack)
            began = time.perf_counter()
            await voice.stored[-1].warm(fixed)
            figures[name] = round((time.perf_counter() - began) * 1000, 1)
        cached = await say_all(voice, fixed)
    return figures | {
        "cached_first_audio_ms_p95": percentiles([one.first_s * 1000 for one in cached])[1],
        "cache_hits": voice.stored[-1].figures.hits,
        "cache_misses": voice.stored[-1].figures.misses,
    }


def tts(
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Also write the figures to this file.")
    ] = None,
    model: Annotated[str, typer.Option(help="What STT_MODEL would say.")] = "demo",
    show: Annotated[bool, typer.Option(help="Also print what was misheard.")] = False,
    limit: Annotated[int | None, typer.Option(help="Only so many sentences.", min=2)] = None,
) -> None:
    """Measure the voices: how clear on the telephone, how soon they speak, and the greeting."""
    settings = Settings()
    catalog = load_catalog(sample_catalog_path())
    sentences = [to_spoken(s) for entry in catalog.faqs for s in in_sentences(entry.answer)]
    sentences = list(dict.fromkeys(sentences))[:limit]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        timed, local = runner.run(_measured(settings, sentences))
    transcriber = WhisperTranscriber(
        resolve(model), cpu_threads=settings.stt_threads, written=Hearing(catalog).written
    )
    console = Console()
    cer = intelligibility(transcriber, local, console if show else None)
    figures = {"intelligibility_cer": round(cer, 4), **timed}
    _print(console, f"The voice {settings.voice_variant}, heard by model {model}", figures)
    for name, voice in figures["voices"].items():
        if "not_measured" in voice:
            console.print(f"{name} is not measured: {voice['not_measured']}", markup=False)
        else:
            _print(console, f"The voice of {name}", voice)
    if json_path is not None:
        json_path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _print(console: Console, title: str, figures: Mapping[str, Any]) -> None:
    table = Table("figure", "value", title=title)
    table.columns[1].justify = "right"
    for name, value in figures.items():
        if isinstance(value, (int, float)):
            table.add_row(name, f"{value:g}")
    console.print(table)
