"""One turn's reply: recognise, let the agent answer, speak, wait until it has played, commit."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress

from agent.actions import Action, EndCall, Expectation, HandOff, Heard, Say
from agent.korean.spoken import to_spoken
from storage.records import HandoffReason
from voice import phrases
from voice.audio.mulaw import SILENCE
from voice.filler import Filler, Wording
from voice.services import CallServices, Dialogue
from voice.speaker import Speaker
from voice.tts.synthesizer import Continuation
from voice.turn_draft import TurnDraft

logger = logging.getLogger(__name__)

STEP_TIMEOUT_S = 10.0
"""Seconds that agent or voice may take for their next step."""

RECOGNITION_TIMEOUT_S = 6.0
"""Seconds that the recogniser may take after a turn has ended; it began in the pause before."""

_COUGH_MS = 400
"""Sound shorter than this in which no word was recognised is no turn."""

_BREATH = bytes([SILENCE]) * 2_000
"""A quarter of a second between two sentences."""

Actions = AsyncGenerator[Action, None]


class Reply:
    """Runs as a task, after the reply before it; `stop` cuts it short, the record stays whole."""

    def __init__(
        self,
        draft: TurnDraft,
        actions: Actions | None,
        *,
        previous: "Reply | None",
        services: CallServices,
        dialogue: Dialogue,
        speaker: Speaker,
        wording: Wording,
        caller_speaks: Callable[[], bool],
        commit: Callable[[TurnDraft, str], Awaitable[None]],
        done: Callable[["Reply"], None],
    ) -> None:
        """`actions` None means that the agent answers what is recognised in the draft's audio."""
        self.draft = draft
        self.expects = Expectation.OPEN
        self._asked: dict[str, Expectation] = {}
        self._actions = actions
        self._services = services
        self._dialogue = dialogue
        self._speaker = speaker
        self._commit = commit
        self._done = done
        self._filler = Filler(
            speaker,
            services.at_hand,
            wording,
            may_speak=lambda: self.going_on and self._is_turn and not caller_speaks(),
            on_said=self._note_aside,
        )
        self._opened = 0
        self._begun = False
        self._task = asyncio.create_task(self._run(previous))

    @property
    def going_on(self) -> bool:
        """Whether it is being thought of or spoken."""
        return not self.draft.interrupted and not self.draft.over

    @property
    def must_be_heard(self) -> bool:
        """Whether it ends with a human: such a reply is not interrupted."""
        return isinstance(self.draft.ending, HandOff)

    @property
    def _is_turn(self) -> bool:
        """Whether the caller waits for an answer, for sure: a short sound may be a cough."""
        draft = self.draft
        return draft.input_kind != "speech" or draft.voiced_ms >= _COUGH_MS or bool(draft.heard)

    def asks(self, sentence: str) -> Expectation:
        """What kind of answer one of its sentences asks for."""
        return self._asked.get(sentence, Expectation.OPEN)

    def stop(self) -> None:
        """Cuts it short; it still commits what was heard and said."""
        if self.going_on:
            self.draft.interrupted = True
            if self._begun:
                self._task.cancel()

    async def wait(self) -> None:
        """Waits until it has been committed."""
        await asyncio.wait({self._task})

    async def _run(self, previous: "Reply | None") -> None:
        draft = self.draft
        try:
            if previous is not None:
                await previous.wait()
            self._begun = True
            if not draft.interrupted:
                await self._answer()
                await self._speaker.finished()
        except asyncio.CancelledError:
            draft.interrupted = True
        except Exception:
            # Whatever went wrong, the caller is not left on a dead line.
            logger.exception("a reply failed; the caller goes to a human")
            await self._apologise()
        draft.over = True
        draft.first_audio_at = self._speaker.take_first_audio_at()
        if draft.interrupted:
            await self._keep_last_words()
        heard = self._speaker.take_heard()
        # Whoever answers before the last mark is back has interrupted nothing.
        draft.interrupted = draft.interrupted and heard.said != draft.intended
        self._dialogue.played(heard.answer, interrupted=draft.interrupted)
        if not draft.discarded:
            await self._commit(draft, heard.said)
        self._done(self)

    async def _answer(self) -> None:
        draft = self.draft
        loop = asyncio.get_running_loop()
        if draft.speech_ended_at is not None:
            self._filler.begin(draft.speech_ended_at)
        elif draft.input_kind == "keys":
            self._filler.begin(loop.time())
        try:
            actions = self._actions or await self._listen()
            if actions is None:
                return
            began = loop.time()
            async with aclosing(actions):  # Closing the generator stops the agent's work at once.
                while True:
                    async with asyncio.timeout(STEP_TIMEOUT_S):
                        action = await anext(actions, None)
                    if action is None:
                        return
                    draft.add(action)
                    if isinstance(action, Say):
                        if draft.agent_ms is None:
                            draft.agent_ms = round((loop.time() - began) * 1000)
                        self.expects = self._asked[action.text] = action.expects
                        await self._speak(action.text)
        finally:
            self._filler.hold()

    async def _listen(self) -> Actions | None:
        """Recognises the utterance; None when there was nothing to recognise."""
        draft = self.draft
        if draft.recognition is None:
            draft.recognition = asyncio.create_task(
                self._services.transcriber.transcribe(draft.audio)
            )
        async with asyncio.timeout(RECOGNITION_TIMEOUT_S):
            # Shielded: what was said is recognised for the record even when no answer follows.
            transcript = await asyncio.shield(draft.recognition)
        draft.stt_ms = round(transcript.elapsed_s * 1000)
        draft.heard = transcript.text
        draft.audio = b""
        if not transcript.text and draft.voiced_ms < _COUGH_MS:
            draft.discarded = True
            return None
        return self._dialogue.hear(Heard(text=transcript.text, kind="speech"))

    async def _speak(self, text: str) -> None:
        """Hands one sentence to the voice, and its audio on as it comes."""
        chunks = self._services.synthesizer.stream(to_spoken(text))
        opened = whole = False
        try:
            async with aclosing(chunks):
                while True:
                    async with asyncio.timeout(STEP_TIMEOUT_S):
                        chunk = await anext(chunks, None)
                    if chunk is None:
                        whole = True
                        return
                    if not opened:
                        # Only now: until the voice has something, a filler may come first.
                        opened = True
                        self._open(text)
                    if isinstance(chunk, Continuation):
                        self._speaker.go_on(chunk.rest)
                    self._speaker.append(chunk)
        finally:
            if opened:
                self._speaker.complete(whole=whole)
                self._filler.go_on()

    def _open(self, text: str) -> None:
        self._filler.hold()
        self._speaker.open(text)
        if self._opened:
            self._speaker.append(_BREATH)
        self._opened += 1

    def _note_aside(self, text: str) -> None:
        """A filler is said, before a sentence that the agent may have given already."""
        self.draft.sentences.insert(self._opened, text)
        self._opened += 1

    async def _apologise(self) -> None:
        """Says the stored apology, and leads to the human."""
        draft = self.draft
        draft.sentences.append(phrases.APOLOGY)
        draft.ending = HandOff(reason=HandoffReason.FAILURE)
        self._speaker.say(phrases.APOLOGY, self._services.at_hand(to_spoken(phrases.APOLOGY)))
        with suppress(asyncio.CancelledError):
            await self._speaker.finished()

    async def _keep_last_words(self) -> None:
        """What was said just before an interruption is recognised all the same."""
        if not self.draft.audio or self.draft.discarded:
            return
        try:
            unheard = await self._listen()
        except Exception:
            # The rest of the turn is kept all the same.
            logger.exception("the last words before an interruption were not recognised")
            return
        if unheard is not None:
            await unheard.aclose()


async def notice(text: str, ending: HandOff | EndCall | None = None) -> Actions:
    """A reply that the call itself gives."""
    yield Say(text=text)
    if ending is not None:
        yield ending
