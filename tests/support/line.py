"""A carrier in memory: feeds a call the caller's audio and plays what it sends, on any loop."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from agent.actions import Action, Heard, Say
from storage.recordings.files import RecordingWriter
from storage.records import Customer, HandoffReason, Turn, Verification
from tests.support.keys import VAULT
from tests.support.recordings import RECORDING
from tests.support.virtual_time import run_virtual
from voice.audio import mulaw
from voice.audio.recording import StereoRecorder
from voice.call import Call
from voice.events import (
    CarrierCommand,
    ClearAudio,
    MarkReached,
    Media,
    PlaceMark,
    PlayAudio,
)
from voice.services import CallLimits, CallResult, CallServices
from voice.stt.transcriber import Effort, Transcript, TranscriptionError
from voice.tts.espeak import EspeakSynthesizer
from voice.tts.synthesizer import Synthesizer
from voice.turns.patience import FixedPatience
from voice.turns.vad import SileroVad

FRAME = 160
SILENT_FRAME = b"\xff" * FRAME


@cache
def spoken(text: str) -> bytes:
    """Real speech for the VAD, µ-law."""

    async def collect() -> bytes:
        return b"".join([chunk async for chunk in EspeakSynthesizer().stream(text)])

    return asyncio.run(collect())


@cache
def vad() -> SileroVad:
    """The model, loaded once for all tests."""
    return SileroVad()


def tone(seconds: float) -> bytes:
    """A reply that is no speech."""
    time = np.arange(int(8_000 * seconds)) / 8_000
    return mulaw.encode((8_000 * np.sin(2 * np.pi * 440 * time)).astype(np.int16))


class Line:
    """The carrier's side of one stream."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._until = 0.0
        self._marks: dict[str, asyncio.TimerHandle] = {}
        self._speech: deque[bytes] = deque()
        self._feeder: asyncio.Task[None] | None = None
        self._spoken_out = asyncio.Event()
        self.call: Call | None = None
        self.echo_marks = True
        self.sent: list[tuple[float, CarrierCommand]] = []

    def send(self, command: CarrierCommand) -> None:
        """What the call's edge does with a command, and the carrier then."""
        now = self._loop.time()
        self.sent.append((now, command))
        match command:
            case PlayAudio():
                self._until = max(self._until, now) + len(command.payload) / 8_000
            case PlaceMark():
                if self.echo_marks:
                    at = max(now, self._until)
                    handle = self._loop.call_at(at, self._echo, command.name)
                    self._marks[command.name] = handle
            case ClearAudio():
                self._until = now
                for name, handle in list(self._marks.items()):
                    handle.cancel()
                    self._echo(name)

    def _echo(self, name: str) -> None:
        self._marks.pop(name, None)
        if self.call is not None:
            self.call.receive(MarkReached(name=name))

    def start(self) -> None:
        """Begins to send the caller's audio, silence while nothing is said."""
        self._feeder = self._loop.create_task(self._feed())

    async def stop(self) -> None:
        """Sends no more."""
        if self._feeder is not None:
            self._feeder.cancel()
            await asyncio.wait({self._feeder})

    async def say(self, audio: bytes) -> float:
        """Speaks; gives the loop time at which the last of it was sent."""
        padded = audio + b"\xff" * (-len(audio) % FRAME)
        self._spoken_out.clear()
        self._speech.extend(padded[i : i + FRAME] for i in range(0, len(padded), FRAME))
        await self._spoken_out.wait()
        return self._loop.time()

    async def _feed(self) -> None:
        begin = self._loop.time()
        count = 0
        while True:
            payload = self._speech.popleft() if self._speech else SILENT_FRAME
            if self.call is not None:
                self.call.receive(Media(payload=payload, timestamp_ms=count * 20, sequence=count))
            if not self._speech:
                self._spoken_out.set()
            count += 1
            await asyncio.sleep(begin + count * 0.02 - self._loop.time())

    def first_audio_after(self, time: float) -> float:
        """When the first audio was sent after `time`."""
        return next(at for at, c in self.sent if at >= time and isinstance(c, PlayAudio))

    def heard(self) -> tuple[float, bytes]:
        """What the caller heard from the first sound to the last, and when that began."""
        audio, began = bytearray(), 0.0
        for at, command in self.sent:
            match command:
                case PlayAudio():
                    began = began if audio else at
                    audio += b"\xff" * (round((at - began) * 8_000) - len(audio))
                    audio += command.payload
                case ClearAudio():
                    del audio[max(0, round((at - began) * 8_000)) :]
        return began, bytes(audio)

    def silences_after(self, time: float) -> list[float]:
        """Seconds from `time` to the first audio after it, and of every hole after that."""
        silences, ends = [], time
        for at, command in self.sent:
            if isinstance(command, PlayAudio) and at >= time:
                if at > ends:
                    silences.append(at - ends)
                ends = max(ends, at) + len(command.payload) / 8_000
        return silences

    def clears(self) -> list[float]:
        """When the buffer was cleared."""
        return [at for at, c in self.sent if isinstance(c, ClearAudio)]


class ScriptedEars:
    """A Transcriber that hears a list of texts in turn, each after `delay_s`."""

    def __init__(self, texts: Sequence[str | Exception], *, delay_s: float = 0.05) -> None:
        self._texts = deque(texts)
        self.delay_s = delay_s
        self.utterances: list[bytes] = []

    async def transcribe(self, audio: bytes, effort: Effort = Effort.FINAL) -> Transcript:
        """The next text, or the error that stands in its place; partials hear it beforehand."""
        if effort is Effort.PARTIAL:
            text = self._texts[0] if self._texts else ""
            if isinstance(text, Exception):
                raise TranscriptionError("stt-overloaded", "no room", retryable=True)
        else:
            self.utterances.append(audio)
            text = self._texts.popleft()
        await asyncio.sleep(self.delay_s)
        if isinstance(text, Exception):
            raise text
        return Transcript(
            text=text,
            avg_logprob=0.0,
            no_speech_prob=0.0,
            audio_s=len(audio) / 8_000,
            elapsed_s=self.delay_s,
        )


class ToneVoice:
    """A Synthesizer that takes `seconds` a sentence, and can be made to fail or to stall."""

    def __init__(self, *, seconds: float = 2.0) -> None:
        self.seconds = seconds
        self.error: Exception | None = None
        self.stall_s = 0.0

    async def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """A tone in 100 ms chunks."""
        del text
        if self.error is not None:
            raise self.error
        await asyncio.sleep(self.stall_s)
        audio = tone(self.seconds)
        for start in range(0, len(audio), 800):
            yield audio[start : start + 800]


@dataclass
class ScriptedDialogue:
    """A Dialogue that answers by a table; unknown words get one sentence."""

    answers: dict[str, list[Action]] = field(default_factory=dict)
    think_s: float = 0.0
    customer: Customer | None = None
    verification: Verification = Verification.NONE
    answered: bool = False
    heard: list[Heard] = field(default_factory=list)
    remembered: list[tuple[str, bool]] = field(default_factory=list)

    async def greet(self) -> AsyncGenerator[Action, None]:
        """One sentence."""
        yield Say(text="안녕하세요.")

    async def hear(self, heard: Heard) -> AsyncGenerator[Action, None]:
        """What the table says."""
        self.heard.append(heard)
        await asyncio.sleep(self.think_s)
        key = heard.text or heard.kind
        for action in self.answers.get(key, [Say(text="네, 알겠습니다.")]):
            yield action

    def played(self, text: str, *, interrupted: bool) -> None:
        """Remembers."""
        self.remembered.append((text, interrupted))

    def brief(self, reason: HandoffReason) -> str:
        """A constant."""
        del reason
        return "요약입니다."


class MemoryJournal:
    """A Journal in memory."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.handoffs: list[HandoffReason] = []

    async def save_turn(self, call_sid: str, turn: Turn) -> None:
        """Keeps the turn after a moment, as a database would."""
        del call_sid
        await asyncio.sleep(0.002)
        self.turns.append(turn)

    async def request_handoff(
        self, call_sid: str, reason: HandoffReason, summary_text: str
    ) -> None:
        """Keeps the wish."""
        del call_sid, summary_text
        self.handoffs.append(reason)


@dataclass
class Fixture:
    """A call with everything around it."""

    line: Line
    call: Call
    ears: ScriptedEars
    voice: ToneVoice
    dialogue: ScriptedDialogue
    journal: MemoryJournal


def place_call(
    folder: Path,
    *,
    hears: Sequence[str | Exception] = (),
    answers: dict[str, list[Action]] | None = None,
    limits: CallLimits | None = None,
    next_turn: int = 0,
    synthesizer: Synthesizer | None = None,
) -> Fixture:
    """A call that is ready to run; use it within a running loop."""
    line = Line()
    ears = ScriptedEars(hears)
    voice = ToneVoice()
    dialogue = ScriptedDialogue(answers=answers or {})
    journal = MemoryJournal()
    call = Call(
        call_sid="CA1",
        dialogue=dialogue,
        services=CallServices(
            transcriber=ears,
            synthesizer=synthesizer or voice,
            journal=journal,
            patience=FixedPatience(600),
            at_hand=lambda _: tone(2.0),
        ),
        limits=limits or CallLimits(),
        vad=vad().stream(),
        recorder=StereoRecorder(RecordingWriter(folder / "call.yrec", VAULT, RECORDING)),
        send=line.send,
        next_turn=next_turn,
    )
    line.call = call
    return Fixture(line, call, ears, voice, dialogue, journal)


def live(
    make: Callable[[], Fixture], script: Callable[[Fixture], Awaitable[None]]
) -> tuple[Fixture, CallResult]:
    """Runs a call against a script of what the caller does."""

    async def main() -> tuple[Fixture, CallResult]:
        call = make()
        running = asyncio.create_task(call.call.run())
        call.line.start()
        acting = asyncio.ensure_future(script(call))
        async with asyncio.timeout(400):
            result = await running
        await acting
        await call.line.stop()
        return call, result

    return run_virtual(main())
