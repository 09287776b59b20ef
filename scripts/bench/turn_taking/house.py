"""What the calls of the benchmark share: real recogniser, agent and voice, timed as they are.

Work in threads takes no virtual time, and neither does work on the loop. So each part's real time
is measured, and the virtual clock made to pass by as much.
"""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import perf_counter
from uuid import uuid4

from agent.actions import Action, Expectation, Heard, Say
from agent.conversation import CallContext, Conversation
from agent.factory import AgentFactory
from agent.hearing import Hearing
from agent.korean.spoken import to_spoken
from knowledge.cases import SimilarCase
from knowledge.service import open_knowledge
from scripts.bench.turn_taking.script import replies, utterances
from storage.errors import StorageError
from storage.recordings.files import SUFFIX, RecordingWriter
from storage.records import (
    ChangeRequest,
    Customer,
    EarlierCall,
    HandoffReason,
    Outcome,
    Turn,
    Verification,
)
from storage.sample import SAMPLE_CUSTOMERS
from storage.vault import Vault, new_key
from voice import phrases
from voice.audio.recording import StereoRecorder
from voice.services import CallServices
from voice.stt.models import resolve
from voice.stt.transcriber import Effort, Transcriber, Transcript
from voice.stt.whisper import WhisperTranscriber
from voice.tts.espeak import EspeakSynthesizer
from voice.tts.synthesizer import Synthesizer
from voice.turns.patience import KoreanPatience, Patience
from voice.turns.vad import SileroVad

_TODAY = date(2026, 11, 20)
_COMMIT_S = 0.002
"""What writing a turn to SQLite takes."""


class _Stopwatch:
    """Real time that passes while something is awaited, made up for on the virtual clock."""

    def __init__(self) -> None:
        self._began = perf_counter()

    async def make_up(self) -> None:
        await asyncio.sleep(perf_counter() - self._began)


class TimedEars:
    """A Transcriber that takes virtual time too."""

    def __init__(self, inner: Transcriber) -> None:
        self._inner = inner

    async def transcribe(self, audio: bytes, effort: Effort = Effort.FINAL) -> Transcript:
        """As the inner one."""
        watch = _Stopwatch()
        transcript = await self._inner.transcribe(audio, effort)
        await watch.make_up()
        return transcript


class TimedVoice:
    """A Synthesizer that takes virtual time too, but for what was prepared."""

    def __init__(self, inner: Synthesizer) -> None:
        self._inner = inner
        self._prepared: dict[str, list[bytes]] = {}

    async def prepare(self, text: str) -> None:
        """Makes the audio of `text` before it is needed: what comes before a measured moment."""
        spoken = to_spoken(text)
        self._prepared[spoken] = [chunk async for chunk in self._inner.stream(spoken)]

    def seconds(self, text: str) -> float:
        """How long a prepared text takes to say."""
        return sum(map(len, self._prepared[to_spoken(text)])) / 8_000

    def at_hand(self, text: str) -> bytes:
        """The audio of what was prepared, asked for by its spoken form."""
        return b"".join(self._prepared[text])

    async def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """As the inner one."""
        if text in self._prepared:
            for prepared in self._prepared[text]:
                yield prepared
            return
        async with aclosing(self._inner.stream(text)) as chunks:
            while True:
                watch = _Stopwatch()
                chunk = await anext(chunks, None)
                await watch.make_up()
                if chunk is None:
                    return
                yield chunk


class Asking:
    """A Dialogue whose first words are given; then the real conversation, timed and noted."""

    def __init__(self, inner: Conversation, says: list[Say]) -> None:
        self._inner = inner
        self._says = says
        self._loop = asyncio.get_running_loop()
        self.heard: list[tuple[float, str]] = []
        """Loop time and text of each turn of speech."""
        self.changed = asyncio.Event()
        """Set when something was heard."""
        self.asked = asyncio.Event()
        """Set when the first words have been played, or were cut short."""

    @property
    def answered(self) -> bool:
        """Whether nothing hangs on what the caller says next."""
        return self._inner.answered

    @property
    def customer(self) -> Customer | None:
        """As the conversation knows."""
        return self._inner.customer

    @property
    def verification(self) -> Verification:
        """As the conversation knows."""
        return self._inner.verification

    async def greet(self) -> AsyncGenerator[Action, None]:
        """The given words."""
        if self._says[-1].expects is Expectation.NUMBER:
            # The conversation asks for a number, and awaits one; it is said in other words.
            async for _ in self._inner.greet():
                pass
        for say in self._says:
            yield say

    async def hear(self, heard: Heard) -> AsyncGenerator[Action, None]:
        """What the conversation answers."""
        if heard.kind == "speech":
            self.heard.append((self._loop.time(), heard.text))
            self.changed.set()
        async with aclosing(self._inner.hear(heard)) as actions:
            while True:
                watch = _Stopwatch()
                action = await anext(actions, None)
                await watch.make_up()
                if action is None:
                    return
                yield action

    def played(self, text: str, *, interrupted: bool) -> None:
        """Tells the conversation."""
        self.asked.set()
        self._inner.played(text, interrupted=interrupted)

    def brief(self, reason: HandoffReason) -> str:
        """As the conversation says."""
        return self._inner.brief(reason)


class TurnLog:
    """A Journal in memory that notes when a turn is stored."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.first: tuple[float, Turn] | None = None
        """Loop time at which the agent's first words were over, and what became of them."""
        self.over = asyncio.Event()
        """Set when they are."""

    async def save_turn(self, call_sid: str, turn: Turn) -> None:
        """Keeps the first turn."""
        del call_sid
        if self.first is None:
            self.first = (self._loop.time(), turn)
            self.over.set()
        await asyncio.sleep(_COMMIT_S)

    async def request_handoff(
        self, call_sid: str, reason: HandoffReason, summary_text: str
    ) -> None:
        """Needs no keeping."""
        del call_sid, reason, summary_text


class SampleCustomers:
    """The sample customers, found by number, who never called before."""

    def __init__(self) -> None:
        self._customers = [
            Customer(
                id=number, organization_id="sample", name=name, phone=phone, born=born,
                plan_id=plan, since=since,
            )
            for number, (name, phone, born, plan, since) in enumerate(SAMPLE_CUSTOMERS, 1)
        ]  # fmt: skip

    async def by_phone(self, phone: str) -> list[Customer]:
        """Those with this number, E.164."""
        return [customer for customer in self._customers if customer.phone == phone]

    async def earlier(self, customer_id: int, *, limit: int) -> list[EarlierCall]:
        """No calls."""
        return []

    async def search(
        self, text: str, *, limit: int = 5, outcome: Outcome | None = None
    ) -> list[SimilarCase]:
        """No cases."""
        return []

    async def request(
        self, *, call_sid: str, customer_id: int, from_plan_id: str, to_plan_id: str
    ) -> ChangeRequest:
        """Nobody takes requests here."""
        raise StorageError("unavailable", "requests are not kept")


def new_recorder(folder: Path) -> StereoRecorder:
    """Records as calls do, for nobody to hear."""
    vault = Vault.parse(f"bench:{new_key()}")
    return StereoRecorder(RecordingWriter(folder / f"{uuid4().hex}{SUFFIX}", vault, "bench"))


@dataclass(frozen=True, kw_only=True)
class House:
    """The parts, warm; `services` and `dialogue` give what one call needs."""

    ears: TimedEars
    voice: TimedVoice
    agents: AgentFactory
    vad: SileroVad
    patience: Patience
    """The product's own."""
    folder: Path
    """For recordings, which are not kept."""

    def services(self, log: TurnLog, patience: Patience) -> CallServices:
        """What a call is given."""
        return CallServices(
            transcriber=self.ears,
            synthesizer=self.voice,
            journal=log,
            patience=patience,
            at_hand=self.voice.at_hand,
        )

    def dialogue(self, says: list[Say]) -> Asking:
        """The agent of one call, who begins with `says`."""
        context = CallContext(
            organization_id="sample",
            organization_name="여보세요 모바일",
            call_sid="CA1",
            caller="",
            today=_TODAY,
        )
        return Asking(self.agents.conversation(context), says)


@asynccontextmanager
async def open_house(*, model: str = "demo", threads: int = 2) -> AsyncIterator[House]:
    """Loads and warms every part. Raises TranscriptionError without the speech model."""
    with tempfile.TemporaryDirectory(prefix="yeoboseyo-bench-") as folder:
        knowledge = await asyncio.to_thread(
            open_knowledge, data_dir=Path(folder), organization="sample"
        )
        ears = WhisperTranscriber(
            resolve(model),
            cpu_threads=threads,
            written=Hearing(knowledge.catalog).written,
            hotwords=[family.name for family in knowledge.catalog.families],
        )
        try:
            await knowledge.retriever.warm()
            await ears.warm()
            voice = TimedVoice(EspeakSynthesizer(voice="ko"))
            for text in dict.fromkeys([u.question for u in utterances()]):
                await voice.prepare(text)
            for phrase in (phrases.APOLOGY, *phrases.FILLERS, *phrases.COMFORTS):
                await voice.prepare(phrase)
            for reply in replies():
                for sentence in reply.sentences:
                    await voice.prepare(sentence)
            customers = SampleCustomers()
            agents = AgentFactory(
                catalog=knowledge.catalog,
                lexicon=knowledge.lexicon,
                retriever=knowledge.retriever,
                customers=customers,
                history=customers,
                cases=customers,
                ledger=customers,
            )
            yield House(
                ears=TimedEars(ears),
                voice=voice,
                agents=agents,
                vad=SileroVad(),
                patience=KoreanPatience(knowledge.analyzer.morphemes),
                folder=Path(folder),
            )
        finally:
            await ears.close()
            knowledge.close()
