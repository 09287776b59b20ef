"""Where a model is more guessing than hearing: chooses the floor for its mean log probability.

Measured on the tuning voices alone. Set the floor in `voice/stt/models.py` after every training:

    python -m scripts.demo_stt.unsure
"""

import argparse
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from rich.console import Console
from rich.table import Table

from scripts.demo_stt import audio
from scripts.demo_stt.grammar import Pair
from scripts.demo_stt.heldout import held_out
from scripts.demo_stt.nonspeech import non_speech
from scripts.demo_stt.scoring import edits, normalized
from voice.audio.resample import Floats, resample, set_level, to_float
from voice.stt.models import resolve
from voice.stt.transcriber import Effort
from voice.stt.whisper import WhisperTranscriber
from voice.tts.espeak import SAMPLE_RATE, Espeak, trim

GOOD, CUT, DROWNED = "good", "good, cut short", "drowned"
BAD = (DROWNED, "babble", "foreign", "non-speech")
"""DROWNED is speech 0 to 5 dB below the noise, of which much is understood all the same."""

_UNDERSTOOD = 0.2
"""A transcript with fewer wrong characters than this is good enough to answer."""
_MOST_LOST = 0.003
"""The share of understood utterances that the floor may cost."""
_FLOORS = tuple(-count / 20 for count in range(2, 25))
_FOREIGN = {
    "en": "I would like to change my plan, could you please tell me how much that costs?",
    "de": "Guten Tag, ich hätte gern gewusst, wann mein Vertrag ausläuft.",
    "es": "Buenos días, quiero saber cuánto cuesta el servicio al mes.",
    "fr": "Bonjour, je ne comprends pas ma facture de téléphone.",
    "it": "Mi scusi, non riesco a navigare con il mio telefono.",
    "ru": "Здравствуйте, у меня не работает интернет со вчерашнего дня.",
    "vi": "Xin chào, tôi muốn hỏi về gói cước của tôi.",
    "cmn": "你好,我想换一个更便宜的套餐。",
}


@dataclass(frozen=True)
class Heard:
    """One utterance as the model heard it, with nothing withheld for being unsure."""

    kind: str
    """GOOD, CUT, or one of BAD."""
    avg_logprob: float
    """0 where it heard nothing anyway."""
    text: str
    wrong: float
    """Share of wrong characters; 1 where no known sentence was to be understood, nor all of one."""

    def kept(self, floor: float) -> bool:
        """Whether the floor lets its text through."""
        return bool(self.text) and self.avg_logprob >= floor


def utterances(count: int) -> Iterator[tuple[str, Pair, bytes]]:
    """Kind, what was said, and 8 kHz µ-law; about `count` of each kind."""
    pairs = held_out()
    for index in range(count):
        rng = random.Random(f"unsure {index}")
        pair = pairs[rng.randrange(len(pairs))]
        speech = audio.speak(pair.spoken, _voice(index), rng, perturb=False)
        yield GOOD, pair, audio.on_the_line(speech, _line(rng, rng.uniform(15, 30)), rng)
        part = speech[: round(len(speech) * rng.uniform(0.3, 0.9))]
        yield CUT, pair, audio.on_the_line(part, _line(rng, rng.uniform(15, 30)), rng)
        nothing = Pair("", "")
        yield DROWNED, pair, audio.on_the_line(speech, _line(rng, rng.uniform(-5, 0)), rng)
        yield "babble", nothing, audio.on_the_line(_babble(rng), _line(rng, 25), rng)
        yield "foreign", nothing, audio.on_the_line(_foreign(index, rng), _line(rng, 25), rng)
        yield "non-speech", nothing, non_speech(rng, seconds=3.0)


def hear(transcriber: WhisperTranscriber, count: int) -> list[Heard]:
    """What a transcriber without a floor makes of `utterances`."""
    found = []
    for kind, pair, data in utterances(count):
        heard = transcriber.recognise(data, Effort.PARTIAL if kind == CUT else Effort.FINAL)
        said, text = normalized(pair.written), normalized(heard.text)
        wrong = edits(said, text) / len(said) if kind in {GOOD, DROWNED} else 1.0
        found.append(Heard(kind, heard.avg_logprob, text, wrong))
    return found


def lost(heard: list[Heard], floor: float) -> float:
    """The share of the understood good utterances that the floor would withhold."""
    understood = [one for one in heard if one.kind == GOOD and one.wrong < _UNDERSTOOD]
    return sum(not one.kept(floor) for one in understood) / len(understood)


def through(heard: list[Heard], kind: str, floor: float) -> float:
    """The share of a kind from which a text remains that is not what was said."""
    chosen = [one for one in heard if one.kind == kind]
    return sum(one.kept(floor) and one.wrong >= _UNDERSTOOD for one in chosen) / len(chosen)


def best_floor(heard: list[Heard]) -> float:
    """The highest of the tried floors that costs almost nothing; -inf where all cost too much."""
    good = [floor for floor in _FLOORS if lost(heard, floor) <= _MOST_LOST]
    return max(good, default=-math.inf)


def without_floor(model: str) -> WhisperTranscriber:
    """A recogniser that says what it heard however unsure it is."""
    return WhisperTranscriber(replace(resolve(model), unsure_below=-math.inf))


def _voice(index: int) -> str:
    return audio.DEV_VOICES[index % len(audio.DEV_VOICES)]


def _line(rng: random.Random, snr_db: float) -> audio.Line:
    return audio.Line(
        level_dbfs=rng.uniform(-28, -14),
        snr_db=snr_db,
        lead_s=rng.uniform(0.1, 0.4),
        trail_s=rng.uniform(0.2, 0.7),
    )


def _babble(rng: random.Random) -> Floats:
    """Several people at once: speech, but nobody's words can be made out."""
    talkers = [
        set_level(audio.speak(pair.spoken, voice, rng, perturb=False), -20)
        for pair, voice in zip(rng.sample(held_out(), 4), audio.DEV_VOICES, strict=True)
    ]
    mixed = np.zeros(16_000, np.float32)
    for one in talkers:
        mixed += np.resize(one, len(mixed))
    return mixed


def _foreign(index: int, rng: random.Random) -> Floats:
    """Part of a sentence of another language."""
    language = list(_FOREIGN)[index % len(_FOREIGN)]
    pcm = Espeak().synthesize(_FOREIGN[language], voice=f"{language}+{_voice(index)}")
    line = resample(trim(to_float(pcm)), SAMPLE_RATE, audio.LINE_HZ)
    return line[: round(len(line) * rng.uniform(0.3, 1.0))]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="demo", help="what STT_MODEL would say")
    parser.add_argument("--count", type=int, default=400, help="utterances of each kind")
    arguments = parser.parse_args()
    heard = hear(without_floor(arguments.model), arguments.count)
    table = Table("floor", "understood, lost", CUT, *BAD, title="Texts that remain, %")
    for floor in (-math.inf, *reversed(_FLOORS)):
        shares = [lost(heard, floor), *(through(heard, kind, floor) for kind in (CUT, *BAD))]
        table.add_row(f"{floor:g}", *(f"{100 * share:.1f}" for share in shares))
    console = Console()
    console.print(table)
    console.print(f"highest floor that costs at most {_MOST_LOST:.1%}: {best_floor(heard):g}")


if __name__ == "__main__":
    main()
