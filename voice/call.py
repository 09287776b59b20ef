"""One call, start to stop: the only place where the parts meet.

A call is an actor. The edge puts carrier events into its inbox; one task takes them out in order.
Each turn's reply runs as a task of its own, begun after the turn before was committed, and is
cancelled when the caller interrupts or hangs up. Time is the event loop's.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Protocol

from agent.actions import Action, EndCall, Expectation, HandOff, Heard, Say
from agent.korean.spoken import to_spoken
from storage.records import Customer, HandoffReason, Outcome, Turn, Verification
from voice import phrases
from voice.audio.recording import SAMPLE_RATE, StereoRecorder
from voice.events import (
    CarrierCommand,
    CarrierEvent,
    KeyPressed,
    MarkReached,
    Media,
    PlayAudio,
    Stopped,
)
from voice.playout import Playout
from voice.stt.transcriber import Transcriber
from voice.tts.synthesizer import Synthesizer
from voice.turn_draft import TurnDraft
from voice.turns.endpointing import Endpointer, SpeechEstablished, SpeechStarted, TurnEnded
from voice.turns.keys import ENTRY_TIMEOUT_S, KeyCollector
from voice.turns.timeline import Lookback, Timeline
from voice.turns.vad import VadStream

logger = logging.getLogger(__name__)

NO_MEDIA_S = 5.0
"""Seconds after the start without any caller audio until the call goes to a human."""

SILENCE_S = 8.0
"""Seconds of a silent caller after a reply until the agent asks again."""

ANSWER_TIMEOUT_S = 10.0
"""Seconds that recogniser, agent or voice may take for their next step."""

LONG_CALL_WARNING_S = 60.0
"""Seconds before the longest permitted call's end at which the caller is warned."""

_PRE_ROLL_MS = 300
_POST_ROLL_MS = 200
_COUGH_MS = 400
"""Sound shorter than this in which no word was recognised is no turn."""


class Dialogue(Protocol):
    """The agent's side of the call; `agent.conversation.Conversation` is the real one."""

    @property
    def customer(self) -> Customer | None:
        """Who is calling, as far as known."""
        ...

    @property
    def verification(self) -> Verification:
        """How sure that is."""
        ...

    def greet(self) -> AsyncGenerator[Action, None]:
        """The first words."""
        ...

    def hear(self, heard: Heard) -> AsyncGenerator[Action, None]:
        """The answer to what the caller said or keyed."""
        ...

    def played(self, text: str, *, interrupted: bool) -> None:
        """Tells what of the last reply the caller heard."""
        ...

    def brief(self) -> str:
        """What the human is told before taking the call, Korean, personal data masked."""
        ...


class Journal(Protocol):
    """Where a call's turns go as they happen; `storage.calls.CallStore` is the real one."""

    async def save_turn(self, call_id: int, turn: Turn) -> None:
        """Commits one turn."""
        ...

    async def request_handoff(self, call_id: int, reason: HandoffReason, summary_text: str) -> bool:
        """Commits the wish for a human, with what that human is told."""
        ...


@dataclass(frozen=True, kw_only=True)
class CallServices:
    """What calls share."""

    transcriber: Transcriber
    synthesizer: Synthesizer
    journal: Journal
    apology: bytes
    """`phrases.APOLOGY` as µ-law, made before the first call."""


@dataclass(frozen=True, kw_only=True)
class CallLimits:
    """How long things may take."""

    end_silence_ms: int = 600
    max_turn_s: float = 20.0
    max_call_s: float = 1_200.0


@dataclass(frozen=True, kw_only=True)
class CallResult:
    """How the call ended."""

    outcome: Outcome
    handoff_reason: HandoffReason | None
    superseded: bool = False


@dataclass(frozen=True, slots=True)
class _ReplyDone:
    """The reply of this turn has been played, or was cut."""

    draft: TurnDraft


@dataclass(frozen=True, slots=True)
class _Timer:
    """A timer of the call went off."""

    name: str


class Call:
    """See the module. Create it when the stream has started, `run` it, feed it by `receive`."""

    def __init__(
        self,
        *,
        call_id: int,
        dialogue: Dialogue,
        services: CallServices,
        limits: CallLimits,
        vad: VadStream,
        recorder: StereoRecorder,
        send: Callable[[CarrierCommand], None],
        next_turn: int = 0,
    ) -> None:
        self.call_id = call_id
        self.dialogue = dialogue
        self.next_turn = next_turn
        self._services = services
        self._limits = limits
        self._vad = vad
        self._recorder = recorder
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._inbox: asyncio.Queue[CarrierEvent | _ReplyDone | _Timer] = asyncio.Queue()
        self._timeline = Timeline()
        self._lookback = Lookback()
        self._endpointer = Endpointer(
            end_silence_ms=limits.end_silence_ms, max_turn_ms=round(limits.max_turn_s * 1000)
        )
        self._keys = KeyCollector()
        self._playout = Playout()
        self._idle = asyncio.Event()
        self._expects = Expectation.OPEN
        self._reply: asyncio.Task[None] | None = None
        self._draft: TurnDraft | None = None
        self._resume_from_ms: int | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._stream_zero = self._loop.time()
        self._media_seen = False
        self._closing = False
        self._warned = False
        self._result: CallResult | None = None

    def receive(self, event: CarrierEvent) -> None:
        """Takes an event from the edge; returns at once."""
        self._inbox.put_nowait(event)

    async def run(self) -> CallResult:
        """Lives the call to its end; every way out leaves a complete record."""
        if self.next_turn == 0:
            self._begin("none", self.dialogue.greet())
        else:
            self._begin("none", _notice(phrases.RESUMED))
        self._set_timer("no-media", NO_MEDIA_S)
        self._set_timer("long", max(0.0, self._limits.max_call_s - LONG_CALL_WARNING_S))
        try:
            while self._result is None:
                self._handle(await self._inbox.get())
            return self._result
        finally:
            await self._tear_down()

    # Events, in order of arrival

    def _handle(self, event: CarrierEvent | _ReplyDone | _Timer) -> None:
        match event:
            case Media():
                self._on_media(event)
            case MarkReached():
                self._playout.mark_reached(event.name)
                self._pump()
            case _ReplyDone():
                self._on_reply_done(event.draft)
            case _Timer():
                self._on_timer(event.name)
            case KeyPressed():
                self._on_key(event.digit)
            case Stopped():
                self._on_stopped(event.reason)
            case _:
                logger.debug("event %s means nothing within a call", type(event).__name__)

    def _on_media(self, media: Media) -> None:
        if not self._media_seen:
            self._media_seen = True
            self._stream_zero = self._loop.time()
            self._cancel_timer("no-media")
        audio = self._timeline.add(media.payload, media.timestamp_ms)
        if not audio:
            return
        if self._recorder.caller(audio):
            self._record_played()
            self._recorder.flush()
        self._lookback.append(audio)
        for probability in self._vad.push(audio):
            for event in self._endpointer.push(probability):
                self._on_turn_event(event)
        if not self._endpointer.speaking and self._resume_from_ms is None:
            self._lookback.forget(self._timeline.now_ms)

    def _on_turn_event(self, event: SpeechStarted | SpeechEstablished | TurnEnded) -> None:
        if self._closing:
            return
        match event:
            case SpeechStarted():
                self._cancel_timer("silence")
            case SpeechEstablished():
                self._on_established()
            case TurnEnded():
                self._on_turn_ended(event)

    def _on_established(self) -> None:
        """The caller means to speak: a reply that is under way stops."""
        draft = self._draft
        if draft is None or not draft.replying:
            return
        if draft.first_audio_at is None and draft.input_kind == "speech":
            # The turn was not over after all: its audio and what follows are one turn.
            draft.discarded = True
            self._resume_from_ms = draft.heard_started_ms
        self._interrupt()

    def _on_turn_ended(self, turn: TurnEnded) -> None:
        if self._draft is not None and self._draft.replying:
            return  # Too short to interrupt the reply: a backchannel or a noise.
        started_ms = turn.started_ms
        if self._resume_from_ms is not None:
            started_ms, self._resume_from_ms = self._resume_from_ms, None
        audio = self._lookback.cut(started_ms - _PRE_ROLL_MS, turn.ended_ms + _POST_ROLL_MS)
        behind_s = (self._timeline.now_ms - turn.ended_ms) / 1000
        draft = TurnDraft(
            input_kind="speech",
            audio=audio,
            voiced_ms=turn.voiced_ms,
            speech_ended_at=self._loop.time() - behind_s,
            heard_started_ms=started_ms,
            heard_ended_ms=turn.ended_ms,
        )
        self._start(draft, None)

    def _on_key(self, digit: str) -> None:
        if self._closing:
            return
        self._cancel_timer("silence")
        self._interrupt()
        entry = self._keys.press(digit, self._expects)
        if entry is not None:
            self._on_keys(entry)
        else:
            self._set_timer("keys", ENTRY_TIMEOUT_S)

    def _on_keys(self, entry: str) -> None:
        self._cancel_timer("keys")
        self._begin("keys", self.dialogue.hear(Heard(text=entry, kind="keys")), heard=entry)

    def _on_timer(self, name: str) -> None:
        if self._closing:
            return
        match name:
            case "silence":
                if not self._endpointer.speaking and not self._keys.waiting:
                    self._begin("silence", self.dialogue.hear(Heard(text="", kind="silence")))
            case "keys":
                entry = self._keys.timed_out()
                if entry is not None:
                    self._on_keys(entry)
            case "no-media":
                ending = HandOff(reason=HandoffReason.FAILURE)
                self._begin("none", _notice(phrases.NO_AUDIO, ending))
            case "long":
                self._on_long_call()
            case _:
                raise AssertionError(name)

    def _on_long_call(self) -> None:
        if self._warned:
            self._interrupt()
            ending = EndCall(outcome=Outcome.COMPLETED)
            self._begin("none", _notice(phrases.LONG_CALL_GOODBYE, ending))
            return
        self._warned = True
        self._begin("none", _notice(phrases.LONG_CALL_WARNING))
        self._set_timer("long", LONG_CALL_WARNING_S)

    def _on_stopped(self, reason: str) -> None:
        ending = self._draft.ending if self._draft is not None else None
        if isinstance(ending, HandOff):
            # The caller still gets the human whom we have promised.
            self._result = CallResult(outcome=Outcome.HANDED_OFF, handoff_reason=ending.reason)
        elif isinstance(ending, EndCall):
            self._result = CallResult(outcome=ending.outcome, handoff_reason=None)
        else:
            failed = reason in {"stream-error", "shutdown"}
            self._result = CallResult(
                outcome=Outcome.FAILED if failed else Outcome.ABANDONED,
                handoff_reason=None,
                superseded=reason == "superseded",
            )

    def _on_reply_done(self, draft: TurnDraft) -> None:
        if draft is not self._draft:
            return
        self._draft = None
        if isinstance(draft.ending, HandOff):
            self._result = CallResult(
                outcome=Outcome.HANDED_OFF, handoff_reason=draft.ending.reason
            )
        elif isinstance(draft.ending, EndCall) and not draft.interrupted:
            self._result = CallResult(outcome=draft.ending.outcome, handoff_reason=None)
        elif not self._endpointer.speaking:
            self._set_timer("silence", SILENCE_S)

    # Replies

    def _begin(
        self, input_kind: str, actions: AsyncGenerator[Action, None], *, heard: str = ""
    ) -> None:
        """Begins a turn that is not speech."""
        self._start(TurnDraft(input_kind=input_kind, heard=heard), actions)

    def _start(self, draft: TurnDraft, actions: AsyncGenerator[Action, None] | None) -> None:
        self._cancel_timer("silence")
        self._draft = draft
        self._reply = self._loop.create_task(self._run_reply(self._reply, draft, actions))

    def _interrupt(self) -> None:
        """Stops the reply that is under way, in the caller's ear too."""
        draft = self._draft
        if draft is None or self._reply is None or not draft.replying:
            return
        draft.interrupted = True
        for command in self._playout.clear(self._loop.time()):
            self._send(command)
        self._reply.cancel()

    async def _run_reply(
        self,
        previous: asyncio.Task[None] | None,
        draft: TurnDraft,
        actions: AsyncGenerator[Action, None] | None,
    ) -> None:
        """One turn: hear, answer, wait until it has played, commit."""
        try:
            if previous is not None:
                await asyncio.wait({previous})
            await self._answer(draft, actions)
            await self._played_out()
        except asyncio.CancelledError:
            draft.interrupted = True
        except Exception:
            # Whatever went wrong, the caller is not left on a dead line.
            logger.exception("a reply failed; the caller goes to a human")
            await self._apologise(draft)
        draft.over = True
        if previous is not None and not previous.done():
            await asyncio.wait({previous})
        await self._commit(draft)
        self._inbox.put_nowait(_ReplyDone(draft))

    async def _answer(self, draft: TurnDraft, actions: AsyncGenerator[Action, None] | None) -> None:
        if actions is None:
            actions = await self._listen(draft)
        if actions is None:
            return
        began = self._loop.time()
        async with aclosing(actions):  # Closing the generator stops the agent's work at once.
            while True:
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    action = await anext(actions, None)
                if action is None:
                    return
                draft.add(action)
                if isinstance(action, HandOff):
                    self._closing = True
                if isinstance(action, Say):
                    if draft.agent_ms is None:
                        draft.agent_ms = round((self._loop.time() - began) * 1000)
                    self._expects = action.expects
                    await self._speak(action.text)

    async def _listen(self, draft: TurnDraft) -> AsyncGenerator[Action, None] | None:
        """Recognises the utterance; None when there was nothing to recognise."""
        began = self._loop.time()
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            transcript = await self._services.transcriber.transcribe(draft.audio)
        draft.stt_ms = round((self._loop.time() - began) * 1000)
        draft.heard = transcript.text
        draft.audio = b""
        if not transcript.text and draft.voiced_ms < _COUGH_MS:
            draft.discarded = True
            return None
        return self.dialogue.hear(Heard(text=transcript.text, kind="speech"))

    async def _speak(self, text: str) -> None:
        """Hands one sentence to the voice, and its audio to the playout as it comes."""
        self._idle.clear()
        self._playout.open(text)
        chunks = self._services.synthesizer.stream(to_spoken(text))
        try:
            async with aclosing(chunks):
                while True:
                    async with asyncio.timeout(ANSWER_TIMEOUT_S):
                        chunk = await anext(chunks, None)
                    if chunk is None:
                        break
                    self._playout.append(chunk)
                    self._pump()
        finally:
            if self._playout.busy:
                self._playout.complete()
        self._pump()

    async def _apologise(self, draft: TurnDraft) -> None:
        """Says the stored apology, and leads to the human."""
        self._closing = True
        draft.add(Say(text=phrases.APOLOGY))
        draft.ending = HandOff(reason=HandoffReason.FAILURE)
        self._idle.clear()
        self._playout.open(phrases.APOLOGY)
        self._playout.append(self._services.apology)
        self._playout.complete()
        self._pump()
        with suppress(asyncio.CancelledError):
            await self._played_out()

    async def _commit(self, draft: TurnDraft) -> None:
        said = self._playout.take_heard()
        self.dialogue.played(said, interrupted=draft.interrupted)
        if draft.discarded:
            return
        turn = draft.record(
            index=self.next_turn, said=said, stream_zero=self._stream_zero, now=self._loop.time()
        )
        self.next_turn += 1
        try:
            await self._services.journal.save_turn(self.call_id, turn)
            if isinstance(draft.ending, HandOff):
                await self._services.journal.request_handoff(
                    self.call_id, draft.ending.reason, self.dialogue.brief()
                )
        except Exception:
            logger.exception("turn %d of call %d could not be stored", turn.index, self.call_id)

    # Playing

    def _pump(self) -> None:
        """Sends what is due, and comes back when more will be."""
        now = self._loop.time()
        for command in self._playout.advance(now):
            if isinstance(command, PlayAudio):
                draft = self._draft
                if draft is not None and draft.first_audio_at is None:
                    draft.first_audio_at = now
            self._send(command)
        self._cancel_timer("pump")
        due = self._playout.next_due(now)
        if due is not None:
            self._timers["pump"] = self._loop.call_at(due, self._pump)
        if not self._playout.busy:
            self._idle.set()

    async def _played_out(self) -> None:
        """Waits until the caller has heard all; bounded, since lost marks are given up."""
        if self._playout.busy:
            self._idle.clear()
            await self._idle.wait()

    def _record_played(self) -> None:
        for played in self._playout.take_played(self._loop.time()):
            at_sample = max(0, round((played.at - self._stream_zero) * SAMPLE_RATE))
            self._recorder.agent(at_sample, played.audio)

    # Timers and the end

    def _set_timer(self, name: str, seconds: float) -> None:
        self._cancel_timer(name)
        self._timers[name] = self._loop.call_later(
            seconds, lambda: self._inbox.put_nowait(_Timer(name))
        )

    def _cancel_timer(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    async def _tear_down(self) -> None:
        self._closing = True
        self._interrupt()
        if self._reply is not None:
            await asyncio.wait({self._reply})
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._record_played()
        try:
            await self._recorder.finish()
        except OSError:
            logger.exception("the recording of call %d is incomplete", self.call_id)


async def _notice(
    text: str, ending: HandOff | EndCall | None = None
) -> AsyncGenerator[Action, None]:
    """A reply that the call itself gives."""
    yield Say(text=text)
    if ending is not None:
        yield ending
