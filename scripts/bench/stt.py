"""`yeoboseyo bench stt`: held-out sentences by unheard voices over a noisy telephone line."""

import json
import random
import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from scripts.demo_stt import audio
from scripts.demo_stt.grammar import Pair
from scripts.demo_stt.heldout import held_out
from scripts.demo_stt.nonspeech import non_speech
from scripts.demo_stt.scoring import edits, normalized
from voice.stt.models import resolve
from voice.stt.transcriber import Transcript
from voice.stt.whisper import WhisperTranscriber

_NON_SPEECH_CLIPS = 80
_NON_SPEECH_S = 4.0
_NUMBER = re.compile(r"\d[\d-]{3,}")


@dataclass(frozen=True)
class Attempt:
    """One sentence by one voice, and what was heard."""

    voice: str
    """The espeak-ng variant."""
    said: str
    """Written form."""
    heard: Transcript
    """What the recogniser made of it."""

    @property
    def errors(self) -> int:
        """Wrong characters, spaces and the marks .,?! aside."""
        return edits(normalized(self.said), normalized(self.heard.text))


def utterance(pair: Pair, voice: str, *, seed: str) -> bytes:
    """`pair` as a caller says it: 8 kHz µ-law, noise 15 to 30 dB below the speech."""
    rng = random.Random(seed)
    speech = audio.speak(pair.spoken, voice, rng, perturb=False)
    line = audio.Line(
        level_dbfs=rng.uniform(-28, -14),
        snr_db=rng.uniform(15, 30),
        lead_s=rng.uniform(0.1, 0.4),
        trail_s=rng.uniform(0.2, 0.7),
    )
    return audio.on_the_line(speech, line, rng)


def attempts(transcriber: WhisperTranscriber) -> Iterator[Attempt]:
    """Every held-out sentence by every test voice."""
    for voice in audio.TEST_VOICES:
        for index, pair in enumerate(held_out()):
            data = utterance(pair, voice, seed=f"{voice} {index}")
            yield Attempt(voice, pair.written, transcriber.recognise(data))


def invented(transcriber: WhisperTranscriber) -> int:
    """Characters heard in several minutes of silence, noise, tones, keys and music."""
    rng = random.Random(1)
    clips = (non_speech(rng, seconds=_NON_SPEECH_S) for _ in range(_NON_SPEECH_CLIPS))
    return sum(len(normalized(transcriber.recognise(clip).text)) for clip in clips)


def cer(tried: list[Attempt]) -> float:
    """The character error rate, 0 for perfect."""
    return sum(one.errors for one in tried) / sum(len(normalized(one.said)) for one in tried)


def digit_accuracy(tried: list[Attempt]) -> float:
    """The share of right digits in telephone numbers, birth dates in digits and other codes."""
    wrong = total = 0
    for one in tried:
        if _NUMBER.search(one.said):
            digits = re.sub(r"\D", "", one.said)
            wrong += edits(digits, re.sub(r"\D", "", one.heard.text))
            total += len(digits)
    return 1 - wrong / total


def stt(
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Also write the figures to this file.")
    ] = None,
    model: Annotated[str, typer.Option(help="What STT_MODEL would say.")] = "demo",
    threads: Annotated[int, typer.Option(help="Threads of the recogniser.")] = 2,
    show: Annotated[bool, typer.Option(help="Also print what was misheard.")] = False,
) -> None:
    """Measure recognition: held-out sentences, unheard synthetic voices, a noisy line."""
    transcriber = WhisperTranscriber(resolve(model), cpu_threads=threads)
    tried = list(attempts(transcriber))
    console = Console()
    if show:
        for one in tried:
            if one.errors:
                console.print(f"{one.voice:5} {one.said}  →  {one.heard.text}", markup=False)
    times_ms = [one.heard.elapsed_s * 1000 for one in tried]
    audio_s = sum(one.heard.audio_s for one in tried)
    figures: dict[str, float] = {
        "utterances": len(tried),
        "audio_s": round(audio_s, 1),
        "cer": round(cer(tried), 4),
        "exact": round(sum(one.errors == 0 for one in tried) / len(tried), 4),
        "digit_accuracy": round(digit_accuracy(tried), 4),
        "nonspeech_s": _NON_SPEECH_CLIPS * _NON_SPEECH_S,
        "nonspeech_chars": invented(transcriber),
        "elapsed_s": round(sum(times_ms) / 1000, 1),
        "rtf": round(sum(times_ms) / 1000 / audio_s, 4),
        "p50_ms": round(statistics.median(times_ms), 1),
        "p95_ms": round(statistics.quantiles(times_ms, n=20)[-1], 1),
    }
    for voice in audio.TEST_VOICES:
        figures[f"cer_{voice}"] = round(cer([one for one in tried if one.voice == voice]), 4)
    table = Table(title=f"Recognition, model {model}")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name, value in figures.items():
        table.add_row(name, f"{value:g}")
    console.print(table)
    if json_path is not None:
        json_path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
