"""Drives the real call through one take at a time, and notes what happened when."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agent.actions import Say
from scripts.bench.turn_taking.house import Asking, House, TurnLog, new_recorder
from scripts.bench.turn_taking.line import Echo, Line
from scripts.bench.turn_taking.script import Reply
from scripts.bench.turn_taking.takes import EchoTake, OverlapTake, TurnTake
from voice.call import Call
from voice.events import ClearAudio, PlayAudio, Stopped
from voice.services import CallLimits
from voice.turns.patience import Patience

MISSED_S = 5.0
"""A turn that is not taken this long after its end is missed."""

_LONGEST_REPLY_S = 40.0


@dataclass(frozen=True)
class TurnRun:
    """How one turn went; times in seconds from the true end of its speech."""

    take: TurnTake
    heard: tuple[tuple[float, str], ...]
    """Each time that the agent was given a turn, and its text; negative is too early."""
    first_audio_s: float | None
    """When the reply to the turn's end was first heard from."""
    spoken_over: bool
    """Whether the caller heard the agent before the turn's end."""

    @property
    def cut_off(self) -> bool:
        """Whether the agent took the turn before its end."""
        return any(at < 0 for at, _ in self.heard)

    @property
    def end_of_turn_s(self) -> float | None:
        """When the agent took the turn after its end; None where it did not."""
        return next((at for at, _ in self.heard if at >= 0), None)


@dataclass(frozen=True)
class OverlapRun:
    """How one overlap went."""

    take: OverlapTake
    stopped_s: float | None
    """From the start of the speech to the clear that ended the reply; None where it went on."""
    pauses: int
    """Clears after which the reply went on."""
    heard: tuple[str, ...]
    """What the agent was given to answer."""


@dataclass(frozen=True)
class EchoRun:
    """How one echo went."""

    take: EchoTake
    stopped: bool
    """Whether the reply was cut short."""
    pauses: int
    """Clears after which the reply went on."""
    answered: bool
    """Whether the agent took the echo for a turn."""


@dataclass(frozen=True)
class _Conversation:
    """A call that is going on."""

    line: Line
    dialogue: Asking
    log: TurnLog
    ended: "asyncio.Task[object]"

    async def until(self, event: Awaitable[object], seconds: float) -> None:
        """Waits until something happens, the call ends or the time is over."""
        waiting = asyncio.ensure_future(event)
        await asyncio.wait(
            {waiting, self.ended}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        waiting.cancel()

    def first_reply(self) -> tuple[float | None, int]:
        """Loop time of the clear that ended the agent's first words, and the clears before."""
        if self.log.first is None:
            return None, sum(isinstance(command, ClearAudio) for _, command in self.line.sent)
        over_at, turn = self.log.first
        clears = [
            at
            for at, command in self.line.sent
            if isinstance(command, ClearAudio) and at <= over_at
        ]
        if turn.interrupted and clears:
            return clears[-1], len(clears) - 1
        return None, len(clears)


@asynccontextmanager
async def _call(
    house: House, patience: Patience, line: Line, says: list[Say]
) -> AsyncIterator[_Conversation]:
    """A call that begins now and is hung up by the caller at the end."""
    dialogue, log = house.dialogue(says), TurnLog()
    recorder = new_recorder(house.folder)
    call = Call(
        call_sid="CA1",
        dialogue=dialogue,
        services=house.services(log, patience),
        limits=CallLimits(),
        vad=house.vad.stream(),
        recorder=recorder,
        send=line.send,
    )
    line.call = call
    ended = asyncio.create_task(call.run())
    line.start()
    try:
        yield _Conversation(line, dialogue, log, ended)
    finally:
        call.receive(Stopped(reason="stop"))
        await asyncio.wait({ended})
        await line.stop()
        recorder.path.unlink(missing_ok=True)
    ended.result()


async def run_turn(house: House, take: TurnTake, patience: Patience) -> TurnRun:
    """One question, and the caller's answer to it."""
    loop = asyncio.get_running_loop()
    line = Line(take.recording.idle)
    question = Say(text=take.utterance.question, expects=take.utterance.expects)
    async with _call(house, patience, line, [question]) as talk:
        await talk.until(talk.dialogue.asked.wait(), _LONGEST_REPLY_S)
        await asyncio.sleep(take.reaction_s)
        said_at = line.say(take.recording)
        end = said_at + take.recording.speech_s[1]
        await asyncio.sleep(end - loop.time())
        spoken_over = any(
            at >= said_at and isinstance(command, PlayAudio) for at, command in line.sent
        )
        taken = await _taken(talk, end)
        first_audio = None if taken is None else await _audio_after(talk, taken)
        heard = tuple((at - end, text) for at, text in talk.dialogue.heard)
    first_audio_s = None if first_audio is None else first_audio - end
    return TurnRun(take, heard, first_audio_s, spoken_over)


async def _taken(talk: _Conversation, end: float) -> float | None:
    """Loop time at which the agent first took the turn after `end`."""
    loop = asyncio.get_running_loop()
    while True:
        after = [at for at, _ in talk.dialogue.heard if at >= end]
        if after:
            return after[0]
        left = end + MISSED_S - loop.time()
        if left <= 0 or talk.ended.done():
            return None
        talk.dialogue.changed.clear()
        await talk.until(talk.dialogue.changed.wait(), left)


async def _audio_after(talk: _Conversation, time: float) -> float | None:
    """Loop time of the first audio that was sent after `time`."""
    loop = asyncio.get_running_loop()
    give_up = time + MISSED_S
    while loop.time() < give_up:
        for at, command in talk.line.sent:
            if at >= time and isinstance(command, PlayAudio):
                return at
        if talk.ended.done():
            return None
        await asyncio.sleep(0.02)
    return None


def _says(reply: Reply) -> list[Say]:
    return [Say(text=sentence, expects=reply.expects) for sentence in reply.sentences]


async def run_overlap(house: House, take: OverlapTake, patience: Patience) -> OverlapRun:
    """A long reply of the agent, and something that the caller says meanwhile."""
    loop = asyncio.get_running_loop()
    line = Line(take.recording.idle)
    reply_s = sum(house.voice.seconds(sentence) for sentence in take.reply.sentences)
    async with _call(house, patience, line, _says(take.reply)) as talk:
        await asyncio.sleep(reply_s * take.moment)
        said_at = line.say(take.recording)
        begin, end = (said_at + at for at in take.recording.speech_s)
        await talk.until(talk.log.over.wait(), _LONGEST_REPLY_S)
        # A turn that the overlap began may still be going on.
        await _taken(talk, end)
        stopped_at, pauses = talk.first_reply()
        heard = tuple(text for _, text in talk.dialogue.heard)
        await asyncio.sleep(max(0.0, end - loop.time()))
    return OverlapRun(take, None if stopped_at is None else stopped_at - begin, pauses, heard)


async def run_echo(house: House, take: EchoTake, patience: Patience) -> EchoRun:
    """A long reply of the agent that comes back, to a caller who listens."""
    line = Line(take.idle, Echo(take.attenuation_db, take.delay_s))
    async with _call(house, patience, line, _says(take.reply)) as talk:
        await talk.until(talk.log.over.wait(), _LONGEST_REPLY_S)
        await asyncio.sleep(2.0)
        stopped_at, pauses = talk.first_reply()
        answered = bool(talk.dialogue.heard)
    return EchoRun(take, stopped_at is not None, pauses, answered)
