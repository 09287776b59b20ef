"""`yeoboseyo say TEXT`: how a sentence is said, and the local voice saying it, as a WAV file."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from agent.korean.spoken import to_spoken
from settings import Settings
from voice.audio import mulaw
from voice.tts.espeak import EspeakSynthesizer
from voice.tts.synthesizer import SynthesisError

app = typer.Typer(add_completion=False)

_LINE_HZ = 8_000


@app.command()
def say(
    text: Annotated[str, typer.Argument(help="What is said, in written form.")],
    *,
    out: Annotated[Path, typer.Option(help="The WAV file to write.", metavar="FILE")] = Path(
        "say.wav"
    ),
    voice: Annotated[
        str,
        typer.Option(help="espeak-ng voice; without it the one of the settings.", metavar="NAME"),
    ] = "",
) -> None:
    """Print how TEXT is said, and write it as the local voice says it on a telephone line."""
    spoken = to_spoken(text)
    if not any(sign.isalnum() for sign in spoken):
        _fail("there is nothing to say in this text")
    settings = Settings()
    try:
        synthesizer = EspeakSynthesizer(
            voice=voice or settings.voice_variant,
            rate_wpm=settings.voice_rate_wpm,
            pitch=settings.voice_pitch,
        )
        audio = asyncio.run(_spoken(synthesizer, spoken))
    except SynthesisError as error:
        _fail(str(error))
    try:
        with out.open("wb") as target, wave.open(target, "wb") as file:
            file.setparams((1, 2, _LINE_HZ, 0, "NONE", "not compressed"))
            file.writeframes(mulaw.decode(audio).astype("<i2").tobytes())
    except OSError as error:
        _fail(f"{out} cannot be written: {error.strerror}")
    typer.echo(spoken)
    typer.echo(f"{len(audio) / _LINE_HZ:.1f} s of telephone audio (8 kHz): {out}")


async def _spoken(synthesizer: EspeakSynthesizer, spoken: str) -> bytes:
    return b"".join([chunk async for chunk in synthesizer.stream(spoken)])


def _fail(message: str) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(2)
