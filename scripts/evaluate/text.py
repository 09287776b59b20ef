"""Text mode: a scenario against the conversation alone, with the real database behind it.

What the voice path does with time is done by rule: how long a sentence takes to say, which
words stop it, when keys are complete and when silence is asked about.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass

from agent.actions import Action, EndCall, Expectation, HandOff, Heard, Say
from agent.conversation import Conversation
from agent.korean.spoken import to_spoken
from scripts.carrier.scenario import DuringReply, Scenario, Turn
from scripts.evaluate.house import House
from scripts.evaluate.played import Played
from storage.records import CallEnd, HandoffReason, NewCall, Outcome
from voice import phrases
from voice.call import SILENCE_S
from voice.pace import beats
from voice.reply import STEP_TIMEOUT_S
from voice.telephony.numbers import normalise_caller
from voice.telephony.tokens import PendingCall
from voice.turn_draft import TurnDraft
from voice.turns.barge_in import is_answer, is_backchannel, is_stop_word
from voice.turns.keys import KeyCollector

logger = logging.getLogger(__name__)

_BEAT_S = 0.18
"""Of the local voice."""

_PAUSE = re.compile(r"\s*\[pause \d{1,5}\]\s*")


@dataclass
class _Said:
    """One reply as it happened."""

    draft: TurnDraft
    played: str = ""
    seconds: float = 0.0
    """How long what was played took."""
    over: bool = True
    """False where the listener spoke into it."""


async def play(house: House, scenario: Scenario) -> Played:
    """Holds the scenario's call in text."""
    call = _TextCall(house, scenario)
    return await call.play()


class _TextCall:
    def __init__(self, house: House, scenario: Scenario) -> None:
        self._house = house
        self._scenario = scenario
        self._store = house.yeoboseyo.store
        self._played = Played(call_sid="CA" + secrets.token_hex(16))
        self._call_id = 0
        self._turn = 0
        self._recorded = 0
        self._ending: HandOff | EndCall | None = None
        self._expects = Expectation.OPEN
        self._party = PendingCall(
            call_sid=self._played.call_sid,
            caller=normalise_caller(scenario.caller),
            called=scenario.called,
            minted_at=0.0,
        )
        self._conversation: Conversation = house.yeoboseyo.converse(self._party)

    async def play(self) -> Played:
        scenario, clock = self._scenario, self._house.yeoboseyo.clock
        self._call_id = await self._store.open(
            NewCall(
                organization_id=self._house.yeoboseyo.settings.organization,
                call_sid=self._party.call_sid,
                stream_sid="MZ" + self._party.call_sid[2:],
                caller=self._party.caller,
                called=scenario.called,
                started_at=clock(),
            )
        )
        following = scenario.turns[0] if scenario.turns else None
        await self._hear(None, self._conversation.greet(), following)
        for self._turn, turn in enumerate(scenario.turns, start=1):
            following = next(iter(scenario.turns[self._turn :]), None)
            await self._do(turn, following)
        customer = self._conversation.customer
        await self._store.close(
            self._call_id,
            CallEnd(
                ended_at=clock(),
                outcome=self._outcome(),
                handoff_reason=getattr(self._ending, "reason", None),
                verification=self._conversation.verification,
                customer_id=customer.id if customer else None,
            ),
        )
        return self._played

    def _outcome(self) -> Outcome:
        match self._ending:
            case HandOff():
                return Outcome.HANDED_OFF
            case EndCall(outcome=outcome):
                return outcome
            case None:  # the caller hangs up
                return Outcome.COMPLETED if self._conversation.answered else Outcome.ABANDONED

    async def _do(self, turn: Turn, following: Turn | None) -> None:
        """One turn of the caller, and all replies to it."""
        if turn.silence is not None:
            await self._wait(turn.silence)
            return
        heard = list(self._heard(turn))
        for position, words in enumerate(heard):
            if self._ending is not None:
                return
            last = position + 1 == len(heard)
            await self._hear(words, self._conversation.hear(words), following if last else None)

    def _heard(self, turn: Turn) -> Iterator[Heard]:
        """What the conversation is told of a turn."""
        if turn.press is not None:
            yield from self._keys(turn.press)
        elif turn.during_reply is not None:
            if not _goes_on(turn, self._expects):
                yield Heard(text=_plain(turn.during_reply.say), kind="speech")
        else:
            words = _plain(turn.say or "") if turn.asr is None else turn.asr
            yield Heard(text=words, kind="speech")

    def _keys(self, keys: str) -> Iterator[Heard]:
        collector = KeyCollector()
        for key in keys:
            entry = collector.press(key, self._expects, 0)
            if entry is not None:
                yield Heard(text=entry.keys, kind="keys")
        rest = collector.timed_out()
        if rest is not None:
            yield Heard(text=rest.keys, kind="keys")

    async def _wait(self, seconds: float) -> None:
        """Silence, about which the agent asks whenever it has lasted long enough."""
        left = seconds
        while left >= SILENCE_S and self._ending is None:
            heard = Heard(text="", kind="silence")
            said = await self._hear(heard, self._conversation.hear(heard), None)
            left -= SILENCE_S + said.seconds

    async def _hear(
        self, heard: Heard | None, actions: AsyncGenerator[Action, None], following: Turn | None
    ) -> _Said:
        """Takes one reply, to its end or until the following turn speaks into it."""
        kind = heard.kind if heard else "none"
        said = _Said(TurnDraft(input_kind=kind, heard=heard.text if heard else ""))
        into = following.during_reply if following else None
        try:
            await self._listen(said, actions, into, following)
        except Exception as error:
            # As in a real call the caller gets the human; the trial fails for it all the same.
            logger.exception("a reply failed in scenario %s", self._scenario.id)
            self._played.errors.append(f"{type(error).__name__}: {error}")
            said.draft.sentences.append(phrases.APOLOGY)
            said.draft.ending = HandOff(reason=HandoffReason.FAILURE)
        draft = said.draft
        draft.interrupted = not said.over
        self._conversation.played(said.played, interrupted=draft.interrupted)
        self._ending = draft.ending
        self._played.turn_of[self._recorded] = self._turn
        cut = f"{said.played}…" if draft.interrupted and said.played else said.played
        turn = draft.record(
            index=self._recorded, said=cut, stream_zero=0.0, stream_began_ms=0, now=0.0
        )
        self._recorded += 1
        await self._store.save_turn(self._call_id, turn)
        if isinstance(draft.ending, HandOff):
            reason = draft.ending.reason
            brief = self._conversation.brief(reason)
            await self._store.request_handoff(self._call_id, reason, brief)
        return said

    async def _listen(
        self,
        said: _Said,
        actions: AsyncGenerator[Action, None],
        into: DuringReply | None,
        following: Turn | None,
    ) -> None:
        try:
            while True:
                async with asyncio.timeout(STEP_TIMEOUT_S):
                    action = await anext(actions, None)
                if action is None:
                    return
                said.draft.add(action)
                if not isinstance(action, Say):
                    continue
                self._expects = action.expects
                takes_s = beats(to_spoken(action.text)) * _BEAT_S
                ends_s = said.seconds + takes_s
                cut = into is not None and ends_s * 1000 > into.after_ms
                if cut and into and following and not _goes_on(following, action.expects):
                    share = max(0.0, into.after_ms / 1000 - said.seconds) / takes_s
                    said.played = f"{said.played} {_part(action.text, share)}".strip()
                    said.over = False
                    return
                said.seconds = ends_s
                said.played = f"{said.played} {action.text}".strip()
        finally:
            await actions.aclose()


def _goes_on(turn: Turn, expects: Expectation) -> bool:
    """Whether a reply goes on through words that are said into it."""
    if turn.expect.reply is not None:
        # There is no audio to hold this against; the call goes on as is expected.
        return turn.expect.reply == "continues"
    words = turn.during_reply.say if turn.during_reply else ""
    answered = expects is Expectation.YES_NO and is_answer(words)
    return is_backchannel(words) and not is_stop_word(words) and not answered


def _plain(text: str) -> str:
    """Without the marks of pauses."""
    return _PAUSE.sub(" ", text).strip()


def _part(text: str, share: float) -> str:
    """The first words of a sentence, so much of it."""
    words = text.split()
    return " ".join(words[: int(share * len(words))])
