"""One call, start to stop: the only place where the parts meet.

A call is an actor. The edge puts carrier events into its inbox; one task takes them out in order.
Each turn's reply runs as a task of its own, after the turn before was committed, and is stopped
when the caller interrupts or hangs up. Time is the event loop's.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from agent.actions import EndCall, Expectation, HandOff, Heard
from storage.records import HandoffReason, Outcome
from voice import phrases
from voice.audio.recording import SAMPLE_RATE, StereoRecorder
from voice.ear import Ear, EarEvent, PartialHeard, PauseUnderstood, Utterance
from voice.events import (
    CarrierCommand,
    CarrierEvent,
    KeyPressed,
    MarkReached,
    Media,
    Stopped,
)
from voice.filler import Wording
from voice.overlap import Overlap
from voice.reply import Actions, Reply, notice
from voice.services import CallLimits, CallResult, CallServices, Dialogue
from voice.speaker import Speaker
from voice.turn_draft import TurnDraft
from voice.turns.barge_in import MEANT_VOICED_MS
from voice.turns.endpointing import SpeechStarted
from voice.turns.keys import ENTRY_TIMEOUT_S, KeyCollector, KeyEntry
from voice.turns.vad import VadStream

logger = logging.getLogger(__name__)

SILENCE_S = 8.0
"""Seconds of a silent caller after a reply until the agent asks again."""

LONG_CALL_WARNING_S = 60.0
"""Seconds before the longest permitted call's end at which the caller is warned."""

_AGAIN_S = 0.5
"""Seconds until something that waits for the end of a reply is tried again."""


class Call:
    """See the module. Create it when the stream has started, feed it by `receive`, `run` it."""

    def __init__(
        self,
        *,
        call_sid: str,
        dialogue: Dialogue,
        services: CallServices,
        limits: CallLimits,
        vad: VadStream,
        recorder: StereoRecorder,
        send: Callable[[CarrierCommand], None],
        next_turn: int = 0,
    ) -> None:
        """`call_sid` is the carrier's id.

        `next_turn` above 0 resumes a conversation that began on another stream, whose `recorder`
        is gone on with.
        """
        self._call_sid = call_sid
        self.dialogue = dialogue
        self.next_turn = next_turn
        self._services = services
        self._limits = limits
        self.recorder = recorder
        self._recorded_before = recorder.samples
        """Samples of the call on an earlier stream."""
        self._loop = asyncio.get_running_loop()
        self._inbox: asyncio.Queue[CarrierEvent | Callable[[], None]] = asyncio.Queue()
        self._ear = Ear(
            vad=vad,
            transcriber=services.transcriber,
            patience=services.patience,
            max_turn_s=limits.max_turn_s,
            expects=lambda: self._expects,
            on_event=self._on_ear_event,
            post=self._inbox.put_nowait,
        )
        self._keys = KeyCollector()
        self._speaker = Speaker(send, services.playout)
        self._wording = Wording()
        self._overlap = Overlap(self._ear, self._speaker, stop=self._interrupt)
        self._reply: Reply | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._stream_zero: float | None = None
        self._result: CallResult | None = None

    @property
    def superseded(self) -> bool:
        """Whether the call ended because another stream goes on with it."""
        return self._result is not None and self._result.superseded

    def receive(self, event: CarrierEvent) -> None:
        """Takes an event from the edge; returns at once."""
        self._inbox.put_nowait(event)

    async def run(self) -> CallResult:
        """Lives the call to its end; every way out leaves a complete record."""
        self._begin("none", self.dialogue.greet() if self.next_turn == 0 else _resume())
        self._set_timer("no-media", self._limits.no_media_s, self._on_no_media)
        warn_after_s = max(0.0, self._limits.max_call_s - LONG_CALL_WARNING_S)
        self._set_timer("long", warn_after_s, self._on_long_call)
        try:
            while self._result is None:
                event = await self._inbox.get()
                if callable(event):
                    event()
                else:
                    self._on_carrier_event(event)
            return self._result
        finally:
            await self._tear_down()

    # What the carrier tells

    def _on_carrier_event(self, event: CarrierEvent) -> None:
        match event:
            case Media():
                self._on_media(event)
            case MarkReached():
                self._speaker.mark_reached(event.name)
            case KeyPressed():
                self._on_key(event.digit)
            case Stopped():
                self._on_stopped(event.reason)
            case _:
                logger.debug("event %s means nothing within a call", type(event).__name__)

    def _on_media(self, media: Media) -> None:
        if self._stream_zero is None:
            self._stream_zero = self._loop.time()
            self._cancel_timer("no-media")
        audio = self._ear.place(media.payload, media.timestamp_ms)
        if not audio:
            return
        if self.recorder.caller(audio):
            self._record_played(self._stream_zero)
            self.recorder.flush()
        self._ear.listen(audio)
        if self._ear.speaking:
            self._on_voice()
        elif not (self._busy and not self._speaker.audible):
            # Once a reply is audible, the turn before it is over for good.
            self._ear.forget()

    # What the caller says

    def _on_ear_event(self, event: EarEvent) -> None:
        reply = self._reply
        if reply is not None and reply.must_be_heard:
            return
        match event:
            case SpeechStarted():
                self._cancel_timer("silence")
                self._overlap.begin()
            case PartialHeard():
                self._overlap.partial(event.text)
            case PauseUnderstood():
                self._overlap.understood(event, self._asked_now)
            case Utterance():
                if self._overlap.is_turn(event) and not self._busy:
                    self._start(self._spoken_draft(event), None)

    def _on_voice(self) -> None:
        """The caller is speaking: what that means for a reply that is under way."""
        reply = self._reply
        if reply is None or reply.must_be_heard:
            return
        if self._speaker.audible or not reply.going_on:
            self._overlap.voice(audible=reply.going_on)
        elif self._ear.voiced_ms >= MEANT_VOICED_MS:
            draft = reply.draft
            if draft.input_kind == "speech" and draft.heard_started_ms is not None:
                # The turn was not over after all: what was said and what follows are one turn.
                draft.discarded = True
                self._ear.reopen(draft.heard_started_ms, draft.voiced_ms)
            self._interrupt()

    @property
    def _expects(self) -> Expectation:
        """What kind of answer was asked for last."""
        return Expectation.OPEN if self._reply is None else self._reply.expects

    @property
    def _asked_now(self) -> Expectation:
        """What the sentence asks for that the caller hears just now, or heard last."""
        saying = self._speaker.saying()
        if self._reply is None or saying is None:
            return self._expects
        return self._reply.asks(saying)

    def _spoken_draft(self, utterance: Utterance) -> TurnDraft:
        """What is known of a turn that has just been spoken."""
        behind_s = (self._ear.now_ms - utterance.ended_ms) / 1000
        return TurnDraft(
            input_kind="speech",
            audio=utterance.audio,
            voiced_ms=utterance.voiced_ms,
            recognition=utterance.recognition,
            speech_ended_at=self._loop.time() - behind_s,
            heard_started_ms=utterance.started_ms,
            heard_ended_ms=utterance.ended_ms,
        )

    def _on_key(self, digit: str) -> None:
        reply = self._reply
        if (reply is not None and reply.must_be_heard) or self._keys.closes_late(digit):
            return
        self._cancel_timer("silence")
        expects = self._expects
        self._interrupt()
        self._on_entry(self._keys.press(digit, expects, self._ear.now_ms))

    def _on_keys_timed_out(self) -> None:
        entry = self._keys.timed_out()
        if entry is not None:
            self._on_entry(entry)

    def _on_entry(self, entry: KeyEntry | None) -> None:
        """Hands on a finished entry; None while it is being keyed."""
        self._set_timer("keys", ENTRY_TIMEOUT_S, self._on_keys_timed_out)
        if entry is not None:
            draft = TurnDraft(
                input_kind="keys",
                heard=entry.keys,
                heard_started_ms=entry.first_ms,
                heard_ended_ms=entry.last_ms,
            )
            self._start(draft, self.dialogue.hear(Heard(text=entry.keys, kind="keys")))

    def _on_stopped(self, reason: str) -> None:
        reply = self._reply
        if reply is not None and isinstance(reply.draft.ending, HandOff):
            # The caller still gets the human whom we have promised.
            self._result = CallResult(
                outcome=Outcome.HANDED_OFF, handoff_reason=reply.draft.ending.reason
            )
        elif reply is not None and isinstance(reply.draft.ending, EndCall):
            self._result = CallResult(outcome=reply.draft.ending.outcome)
        else:
            self._result = CallResult(
                outcome=self._cut_off_as(reason),
                superseded=reason == "superseded",
            )

    def _cut_off_as(self, reason: str) -> Outcome:
        """How a call that the agent did not end came out: who hangs up answered was served."""
        if reason in {"stream-error", "shutdown"}:
            return Outcome.FAILED
        waits = self._busy or self._ear.speaking or self._keys.waiting
        served = reason != "superseded" and self.dialogue.answered and not waits
        return Outcome.COMPLETED if served else Outcome.ABANDONED

    # What time tells

    def _on_silence(self) -> None:
        if not self._busy and not self._ear.speaking and not self._keys.waiting:
            self._begin("silence", self.dialogue.hear(Heard(text="", kind="silence")))

    def _on_no_media(self) -> None:
        if self._busy:
            self._set_timer("no-media", _AGAIN_S, self._on_no_media)
            return
        ending = HandOff(reason=HandoffReason.FAILURE)
        self._begin("none", notice(phrases.NO_AUDIO, ending))

    def _on_long_call(self) -> None:
        if self._busy:
            self._set_timer("long", _AGAIN_S, self._on_long_call)
            return
        self._begin("none", notice(phrases.LONG_CALL_WARNING))
        self._set_timer("long", LONG_CALL_WARNING_S, self._on_too_long_call)

    def _on_too_long_call(self) -> None:
        if self._reply is not None and self._reply.must_be_heard:
            return
        self._interrupt()
        ending = EndCall(outcome=Outcome.COMPLETED)
        self._begin("none", notice(phrases.LONG_CALL_GOODBYE, ending))

    # Replies

    @property
    def _busy(self) -> bool:
        """Whether a reply is being thought of or spoken."""
        return self._reply is not None and self._reply.going_on

    def _begin(self, input_kind: str, actions: Actions) -> None:
        """Begins a turn in which the caller said and keyed nothing."""
        self._start(TurnDraft(input_kind=input_kind), actions)

    def _start(self, draft: TurnDraft, actions: Actions | None) -> Reply:
        self._cancel_timer("silence")
        reply = Reply(
            draft,
            actions,
            previous=self._reply,
            services=self._services,
            dialogue=self.dialogue,
            speaker=self._speaker,
            wording=self._wording,
            caller_speaks=lambda: self._ear.speaking,
            commit=self._commit,
            done=lambda reply: self._inbox.put_nowait(partial(self._on_reply_done, reply)),
        )
        self._reply = reply
        return reply

    def _interrupt(self) -> None:
        if self._reply is not None and self._reply.going_on:
            self._speaker.clear()
            self._reply.stop()

    def _on_reply_done(self, reply: Reply) -> None:
        if reply is not self._reply:
            return
        ending = reply.draft.ending
        if isinstance(ending, HandOff):
            self._result = CallResult(outcome=Outcome.HANDED_OFF, handoff_reason=ending.reason)
        elif isinstance(ending, EndCall) and not reply.draft.interrupted:
            self._result = CallResult(outcome=ending.outcome)
        elif not self._ear.speaking and not self._keys.waiting:
            self._set_timer("silence", SILENCE_S, self._on_silence)

    async def _commit(self, draft: TurnDraft, said: str) -> None:
        """Writes the turn down, and the wish for a human with it."""
        zero = self._loop.time() if self._stream_zero is None else self._stream_zero
        turn = draft.record(
            index=self.next_turn,
            said=said,
            stream_zero=zero,
            stream_began_ms=self._recorded_before * 1000 // SAMPLE_RATE,
            now=self._loop.time(),
        )
        self.next_turn += 1
        journal = self._services.journal
        try:
            await journal.save_turn(self._call_sid, turn)
            if isinstance(draft.ending, HandOff):
                reason = draft.ending.reason
                await journal.request_handoff(self._call_sid, reason, self.dialogue.brief(reason))
        except Exception:
            # The caller is served even when the record is not; who watches the log sees it.
            logger.exception("turn %d of call %s is not stored", turn.index, self._call_sid)

    # Timers and the end

    def _record_played(self, stream_zero: float) -> None:
        for played in self._speaker.take_played():
            at_sample = max(0, round((played.at - stream_zero) * SAMPLE_RATE))
            self.recorder.agent(self._recorded_before + at_sample, played.audio)

    def _set_timer(self, name: str, seconds: float, then: Callable[[], None]) -> None:
        self._cancel_timer(name)
        self._timers[name] = self._loop.call_later(seconds, self._inbox.put_nowait, then)

    def _cancel_timer(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    async def _tear_down(self) -> None:
        self._interrupt()
        if self._reply is not None:
            await self._reply.wait()
        last = self._ear.flush()
        if last is not None:
            # The caller was speaking when the line was cut.
            reply = self._start(self._spoken_draft(last), None)
            reply.stop()
            await reply.wait()
        for timer in self._timers.values():
            timer.cancel()
        self._overlap.close()
        self._ear.close()
        self._speaker.close()
        if self._stream_zero is not None:
            self._record_played(self._stream_zero)
        if self.superseded:
            self.recorder.pause()
        else:
            await self.recorder.finish()


def _resume() -> Actions:
    return notice(phrases.RESUMED)
