"""Audio and live modes: a scenario's caller on a simulated line, who speaks and listens."""

import asyncio
import random
from dataclasses import dataclass

from scripts.carrier.call import SimulatedCall
from scripts.carrier.errors import CarrierError
from scripts.carrier.line import Run
from scripts.carrier.scenario import Audio, Scenario, Turn
from scripts.carrier.voice import CallerVoice
from scripts.evaluate.played import Overlap, Played
from storage.records import StoredCall
from storage.records import Turn as Recorded

_ANSWER_S = 15.0
"""How long a caller waits for an answer before going on with the script."""

_BEFORE_MS = 150
"""By how much words may seem to have begun before they did."""


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How the caller speaks in one trial."""

    audio: Audio
    pauses: float
    """Times the length of each `[pause N]`."""
    reaction_s: tuple[float, float]
    """How long the caller thinks before speaking, at least and at most."""


def manner(scenario: Scenario, trial: int) -> Manner:
    """The first trial is as the scenario says; others differ in noise, rate and pauses."""
    audio = scenario.audio
    if trial == 1:
        return Manner(audio=audio, pauses=1.0, reaction_s=(0.0, 0.0))
    seed = audio.seed + trial - 1
    rng = random.Random(f"{scenario.id} {seed}")
    varied = audio.model_copy(
        update={
            "seed": seed,
            "rate": max(80, min(450, round(audio.rate * rng.uniform(0.93, 1.07)))),
            "pitch": max(0, min(99, audio.pitch + rng.randint(-3, 3))),
            "snr_db": audio.snr_db + rng.uniform(-2, 2),
        }
    )
    return Manner(audio=varied, pauses=rng.uniform(0.85, 1.15), reaction_s=(0.0, 0.5))


async def play(scenario: Scenario, call: SimulatedCall, trial: int) -> Played:
    """Dials and holds the call. Raises CarrierError where it cannot be held."""
    return await _Caller(scenario, call, manner(scenario, trial)).play()


def settle(scenario: Scenario, played: Played, call: StoredCall) -> None:
    """Say, from the record, to which turn each reply belongs and what became of the overlaps."""
    line = played.line
    turn = 0
    for recorded in call.turns:
        at_ms = _began_ms(recorded)
        if recorded.index and at_ms is not None:
            begun = [n for n, ms in line.began_ms.items() if ms <= at_ms + _BEFORE_MS]
            turn = max([turn, *begun])
        played.turn_of[recorded.index] = turn
    for number, into in enumerate(scenario.turns, start=1):
        if into.during_reply is not None and number in line.began_ms:
            played.overlaps[number] = _overlap(played, call, line.began_ms[number])


def _began_ms(recorded: Recorded) -> int | None:
    if recorded.heard_started_ms is not None:
        return recorded.heard_started_ms
    return recorded.said_started_ms


def _overlap(played: Played, call: StoredCall, began_ms: float) -> Overlap:
    """What became of the reply that was playing when the caller began."""
    into = [
        turn
        for turn in call.turns
        if turn.said_started_ms is not None
        and turn.said_started_ms <= began_ms
        and (turn.heard_started_ms is None or turn.heard_started_ms < began_ms - _BEFORE_MS)
    ]
    if not into or not into[-1].interrupted:
        return Overlap(stopped=False)
    next_ms = next(
        (
            turn.said_started_ms
            for turn in call.turns[into[-1].index + 1 :]
            if turn.said_started_ms is not None
        ),
        None,
    )
    ends_ms = [
        ended_ms
        for ended_ms in played.line.cleared_ms
        if ended_ms >= began_ms - _BEFORE_MS and (next_ms is None or ended_ms <= next_ms)
    ]
    return Overlap(stopped=True, stopped_ms=max(ends_ms) - began_ms if ends_ms else None)


class _Caller:
    """Plays the script; goes on with it whatever the agent does, until the line is dead."""

    def __init__(self, scenario: Scenario, call: SimulatedCall, how: Manner) -> None:
        self._scenario = scenario
        self._call = call
        self._how = how
        self._loop = asyncio.get_running_loop()
        self._random = random.Random(how.audio.seed)
        self._zero = 0.0
        self._voice = CallerVoice(**how.audio.model_dump())
        self._played = Played(call_sid=call.call_sid, audio=how.audio.model_dump())

    async def play(self) -> Played:
        turns = self._scenario.turns
        await self._call.dial()
        self._zero = self._loop.time()
        try:
            await self._hear_reply_to(0, None, turns[0] if turns else None)
            for number, turn in enumerate(turns, start=1):
                await self._do(number, turn)
                following = turns[number] if number < len(turns) else None
                await self._hear_reply_to(number, turn, following)
        except CarrierError as error:
            if error.code != "call-ended":
                self._played.errors.append(error.message)
        await self._call.hang_up()
        self._played.errors += self._call.errors
        self._played.line.cleared_ms = [
            self._ms(run.ended_at) for run in self._call.line.runs if run.cleared
        ]
        return self._played

    async def _do(self, number: int, turn: Turn) -> None:
        if turn.say is not None:
            await self._say(number, turn.say, turn.spoken, wait_s=self._reaction_s())
        elif turn.during_reply is not None:
            words = turn.during_reply
            await self._say(number, words.say, words.spoken, wait_s=words.after_ms / 1000)
        elif turn.press is not None:
            self._begin(number)
            await self._call.press(turn.press)
        elif turn.silence is not None:
            self._begin(number)
            await asyncio.sleep(turn.silence)

    async def _say(self, number: int, text: str, spoken: str | None, *, wait_s: float) -> None:
        began = self._loop.time()
        audio = await asyncio.to_thread(
            self._voice.speak, text, spoken=spoken, pauses=self._how.pauses
        )
        await asyncio.sleep(max(0.0, began + wait_s - self._loop.time()))
        self._begin(number)
        await self._call.say(audio)

    def _reaction_s(self) -> float:
        return self._random.uniform(*self._how.reaction_s)

    def _begin(self, number: int) -> None:
        if self._call.streaming:
            self._played.line.began_ms[number] = self._ms(self._loop.time())

    def _ms(self, at: float) -> float:
        """Milliseconds since the stream began."""
        return (at - self._zero) * 1000

    async def _hear_reply_to(self, number: int, turn: Turn | None, following: Turn | None) -> None:
        """Hear the reply to its end, or to its beginning where the next turn interrupts it."""
        call = self._call
        if following is not None and following.during_reply is not None:
            await self._hear_beginning(number)
        elif turn is None or turn.say is not None or turn.press is not None:
            await self._hear_beginning(number)
            await call.wait_for_quiet()
        elif turn.during_reply is not None:
            await call.wait_for_quiet()
            runs = call.line.runs
            if runs and runs[-1].cleared:  # the agent stopped for us, and will answer
                await self._hear_beginning(number)
                await call.wait_for_quiet()
            elif (first := call.first_reply_audio_at) and _stopped(runs, first):
                self._note(number, first)
        else:
            await call.wait_for_quiet()  # silence may have no reply

    async def _hear_beginning(self, number: int) -> None:
        try:
            await self._call.wait_for_reply_start(timeout_s=_ANSWER_S)
        except CarrierError as error:
            if error.code != "no-reply":
                raise
            return
        first = self._call.first_reply_audio_at
        if first is not None:
            self._note(number, first)

    def _note(self, number: int, first_audio_at: float) -> None:
        since = self._call.caller_audio_ended_at
        if number and since is not None:
            self._played.reply_ms[number] = round((first_audio_at - since) * 1000, 1)


def _stopped(runs: list[Run], first: float) -> bool:
    """Whether what was playing before `first` was cleared."""
    before = [run for run in runs if run.started_at < first]
    return bool(before) and before[-1].cleared
