"""`yeoboseyo bench stt`: held-out sentences by unheard voices over a noisy telephone line.

Everything is measured twice: on the voices that are reported and looked at, and on the check
voices, of which nothing but the totals is ever shown.
"""

import json
import random
import re
import statistics
from collections.abc import Iterator, Sequence
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
from voice.stt.transcriber import Effort, Transcript
from voice.stt.whisper import WhisperTranscriber

CHECK = "check_"
"""Begins the names of the check set's figures."""

_NON_SPEECH_CLIPS = 150
_NON_SPEECH_S = 4.0
_NUMBER = re.compile(r"\d[\d-]{3,}")


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One set: who speaks, with what seed, and how much of it."""

    voices: Sequence[str]
    """espeak-ng variants."""
    seed: str
    sentences: Sequence[Pair] = held_out()
    """Each is said by every voice."""
    non_speech_clips: int = _NON_SPEECH_CLIPS
    """Of 4 s."""


MAIN = Bench(voices=audio.TEST_VOICES, seed="")
BLIND = Bench(voices=audio.CHECK_VOICES, seed="check ")


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One sentence by one voice, and what was heard."""

    voice: str
    """The espeak-ng variant."""
    said: str
    """Written form."""
    heard: Transcript
    """What the recogniser made of it."""
    partial_s: float
    """Seconds that a partial of all of it took."""

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


def attempts(transcriber: WhisperTranscriber, bench: Bench) -> Iterator[Attempt]:
    """Every sentence by every voice."""
    for voice in bench.voices:
        for index, pair in enumerate(bench.sentences):
            data = utterance(pair, voice, seed=f"{bench.seed}{voice} {index}")
            yield Attempt(
                voice=voice,
                said=pair.written,
                heard=transcriber.recognise(data),
                partial_s=transcriber.recognise(data, Effort.PARTIAL).elapsed_s,
            )


def invented(transcriber: WhisperTranscriber, bench: Bench) -> int:
    """Characters heard in minutes of silence, noise, hum, tones, keys, bursts and music."""
    rng = random.Random(f"{bench.seed}non-speech")
    clips = (non_speech(rng, seconds=_NON_SPEECH_S) for _ in range(bench.non_speech_clips))
    return sum(len(normalized(transcriber.recognise(clip).text)) for clip in clips)


def cer(tried: Sequence[Attempt]) -> float:
    """The character error rate, 0 for perfect."""
    return sum(one.errors for one in tried) / sum(len(normalized(one.said)) for one in tried)


def digit_accuracy(tried: Sequence[Attempt]) -> float:
    """The share of right digits in telephone numbers, birth dates in digits and other codes."""
    wrong = total = 0
    for one in tried:
        if _NUMBER.search(one.said):
            digits = re.sub(r"\D", "", one.said)
            wrong += edits(digits, re.sub(r"\D", "", one.heard.text))
            total += len(digits)
    return 1 - wrong / total


def totals(tried: Sequence[Attempt]) -> dict[str, float]:
    """The figures of all attempts together; some of them must hold digits."""
    finals_ms = [one.heard.elapsed_s * 1000 for one in tried]
    partials_ms = [one.partial_s * 1000 for one in tried]
    audio_s = sum(one.heard.audio_s for one in tried)
    return {
        "utterances": len(tried),
        "audio_s": round(audio_s, 1),
        "cer": round(cer(tried), 4),
        "exact": round(sum(one.errors == 0 for one in tried) / len(tried), 4),
        "digit_accuracy": round(digit_accuracy(tried), 4),
        "withheld": sum(bool(one.heard.rejected) for one in tried),
        "elapsed_s": round(sum(finals_ms) / 1000, 1),
        "rtf": round(sum(finals_ms) / 1000 / audio_s, 4),
        "p50_ms": round(statistics.median(finals_ms), 1),
        "p95_ms": round(statistics.quantiles(finals_ms, n=20)[-1], 1),
        "partial_p50_ms": round(statistics.median(partials_ms), 1),
        "partial_p95_ms": round(statistics.quantiles(partials_ms, n=20)[-1], 1),
    }


def measured(
    transcriber: WhisperTranscriber, bench: Bench
) -> tuple[dict[str, float], list[Attempt]]:
    """All figures of a set, and the attempts that they come from."""
    tried = list(attempts(transcriber, bench))
    figures = totals(tried)
    figures["nonspeech_s"] = bench.non_speech_clips * _NON_SPEECH_S
    figures["nonspeech_chars"] = invented(transcriber, bench)
    return figures, tried


def stt(
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Also write the figures to this file.")
    ] = None,
    model: Annotated[str, typer.Option(help="What STT_MODEL would say.")] = "demo",
    threads: Annotated[int, typer.Option(help="Threads of the recogniser.")] = 2,
    show: Annotated[
        bool, typer.Option(help="Also print what was misheard; never of the check voices.")
    ] = False,
    check: Annotated[
        bool, typer.Option(help="Also the check voices. Leave them out while anything is tuned.")
    ] = True,
) -> None:
    """Measure recognition: held-out sentences, unheard synthetic voices, a noisy line."""
    transcriber = WhisperTranscriber(resolve(model), cpu_threads=threads)
    console = Console()
    figures, tried = measured(transcriber, MAIN)
    if show:
        for one in tried:
            if one.errors:
                console.print(f"{one.voice:5} {one.said}  →  {one.heard.text}", markup=False)
    for voice in MAIN.voices:
        figures[f"cer_{voice}"] = round(cer([one for one in tried if one.voice == voice]), 4)
    if check:
        blind, _ = measured(transcriber, BLIND)
        figures |= {f"{CHECK}{name}": value for name, value in blind.items()}
    table = Table(title=f"Recognition, model {model}")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name, value in figures.items():
        table.add_row(name, f"{value:g}")
    console.print(table)
    if json_path is not None:
        json_path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
