"""What a run measures: turns, overlaps and echoes, drawn from the script by a seed."""

import random
import re
from dataclasses import dataclass

from agent.actions import Expectation
from scripts.bench.turn_taking.rendering import Recording, quiet_line, render
from scripts.bench.turn_taking.script import (
    PAUSE,
    Half,
    Overlap,
    Reply,
    Utterance,
    overlaps,
    replies,
    utterances,
)
from scripts.demo_stt.audio import RESERVED_VOICES, TEST_VOICES
from scripts.demo_stt.figures import birth, phone

TURNS = 300
PAUSED_SHARE = 0.32
"""Of the turns: such that a 600 ms timer cuts off what the literature reports of one, 22 %."""

ECHO_DB = (-10, -15, -20, -25, -30)
_ECHOES_A_LEVEL = 12
_OVERLAPS = {"backchannel": 60, "stop": 50, "question": 20, "answer": 15}
_SLOT = re.compile(r"\{(phone|birth)\}")
_SLOTS = {"phone": phone, "birth": birth}
_MOST_PAUSES_IN_SLOT = 2

VOICES: dict[Half, tuple[str, ...]] = {
    "main": TEST_VOICES,
    "check": tuple(voice for voice in RESERVED_VOICES if voice not in TEST_VOICES),
}
SEEDS: dict[Half, int] = {"main": 1, "check": 2}


@dataclass(frozen=True)
class TurnTake:
    """One turn of a caller after a question of the agent."""

    utterance: Utterance
    said: str
    """As it is said, `|` at the pauses that are made."""
    voice: str
    recording: Recording
    reaction_s: float
    """From the end of the question to the beginning of the recording."""


@dataclass(frozen=True)
class OverlapTake:
    """Something said into a long reply of the agent."""

    overlap: Overlap
    reply: Reply
    voice: str
    recording: Recording
    moment: float
    """Where in the reply, from 0 to 1."""


@dataclass(frozen=True)
class EchoTake:
    """A caller who says nothing, on a line that gives back what the agent says."""

    reply: Reply
    idle: bytes
    """The line's own noise."""
    attenuation_db: int
    """Level of the echo against what is played; negative."""
    delay_s: float


def turn_takes(half: Half, *, count: int = TURNS) -> list[TurnTake]:
    """The turns of one half; the same ones each time in a fresh process."""
    rng = random.Random(f"turns {SEEDS[half]}")
    pool = [one for one in utterances() if one.half == half]
    rng.shuffle(pool)
    pausable = [one for one in pool if PAUSE in one.template or _SLOT.search(one.template)]
    paused = pausable[: round(count * PAUSED_SHARE)]
    chosen = paused + [one for one in pool if one not in paused][: count - len(paused)]
    pausing = [index < len(paused) for index in range(len(chosen))]
    order = rng.sample(range(len(chosen)), len(chosen))
    return [_turn(chosen[index], half, pauses=pausing[index], rng=rng) for index in order]


def _turn(utterance: Utterance, half: Half, *, pauses: bool, rng: random.Random) -> TurnTake:
    said = said_form(utterance.template, pauses=pauses, rng=rng)
    voice = rng.choice(VOICES[half])
    return TurnTake(
        utterance=utterance,
        said=said,
        voice=voice,
        recording=render(said, voice, rng),
        reaction_s=rng.uniform(0.0, 0.4),
    )


def said_form(template: str, *, pauses: bool, rng: random.Random) -> str:
    """The words with numbers drawn for their slots; `|` remains only where a pause is made."""

    def number(slot: re.Match[str]) -> str:
        groups = re.sub("[^가-힣]+", " ", _SLOTS[slot[1]](rng).spoken).split()
        # Nobody pauses before the bare unit of a year or a day.
        between = [index for index in range(1, len(groups)) if groups[index] not in ("년", "일")]
        paused = rng.sample(between, min(len(between), _MOST_PAUSES_IN_SLOT))
        return "".join(
            (PAUSE if index in paused else " " if index else "") + group
            for index, group in enumerate(groups)
        )

    said = _SLOT.sub(number, template)
    return said if pauses else said.replace(PAUSE, " ")


def overlap_takes(half: Half, *, share: float = 1.0) -> list[OverlapTake]:
    """Overlaps of every kind, each word about equally often; `share` of the usual number."""
    rng = random.Random(f"overlaps {SEEDS[half]}")
    takes = []
    for kind, usual in _OVERLAPS.items():
        words = [one for one in overlaps() if one.kind == kind]
        rng.shuffle(words)
        expects = Expectation.YES_NO if kind == "answer" else Expectation.OPEN
        told = [one for one in replies() if one.expects is expects]
        for index in range(max(1, round(usual * share))):
            word, voice = words[index % len(words)], rng.choice(VOICES[half])
            takes.append(
                OverlapTake(
                    overlap=word,
                    reply=rng.choice(told),
                    voice=voice,
                    recording=render(word.text, voice, rng),
                    moment=rng.uniform(0.1, 0.75),
                )
            )
    return takes


def echo_takes(half: Half, *, share: float = 1.0) -> list[EchoTake]:
    """Echoes of every attenuation; `share` of the usual number."""
    rng = random.Random(f"echoes {SEEDS[half]}")
    told = [one for one in replies() if one.expects is Expectation.OPEN]
    return [
        EchoTake(
            reply=rng.choice(told),
            idle=quiet_line(rng),
            attenuation_db=attenuation,
            delay_s=rng.uniform(0.06, 0.4),
        )
        for attenuation in ECHO_DB
        for _ in range(max(1, round(_ECHOES_A_LEVEL * share)))
    ]
