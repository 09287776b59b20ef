"""The OpenAI brain: a chat model with tools; the local brain answers when it cannot."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from agent import lines, requests
from agent.actions import EndCall, Expectation, Say
from agent.brain.base import TurnRequest
from agent.brain.keywords import PHRASES
from agent.brain.local import LocalBrain
from agent.brain.messages import (
    Message,
    opening,
    rephrasing,
    speakable,
    tool_message,
)
from agent.brain.sentences import SentenceCutter
from agent.brain.speakable import holds_on
from agent.brain.state import Act, Offer
from agent.conversation import CallContext
from agent.errors import BrainError, ModelError
from agent.grounding.evidence import squeeze
from agent.model.accounts import Meter
from agent.model.completion import Completion, ToolRequest
from agent.model.deadline import Deadline
from agent.model.service import Ask, ModelService
from agent.prompts import ANSWER, REPHRASE
from agent.tools import Toolbox, ToolResult
from agent.toolspecs import json_schemas
from storage.privacy import mask

log = logging.getLogger(__name__)

_ROUNDS = 4
"""Tool rounds in a turn; a model that wants more is going in circles."""
_CALLS = 5
"""Tools that one answer may use; the rest of a flood is not carried out."""
_SENTENCES = 4
"""Sentences that are spoken of one turn; nobody listens to more."""
_RETRY_AFTER_S = 0.3
"""Pause before the one second attempt of a turn."""
_RETRY_WITHIN_S = 1.0
"""What failed later is not tried again: the local brain answers sooner."""
_REPHRASE_S = 2.0
"""For all the sentences of a turn that are said anew."""
_REPHRASE_TOKENS = 120
_YES_NO = re.compile(r"(?:까요|있으세요|있으신가요|맞으세요|맞으신가요|괜찮으세요)\?$")
_HUMAN = re.compile(r"상담원.*(?:연결|바꿔)")
_MORE = re.compile(r"(?:더|다른).*(?:필요|궁금|도와)")
_NUMBER = re.compile(r"(?:번호|생년월일).*(?:눌러|말씀해)")


@dataclass(kw_only=True)
class _Turn:
    """What became of one turn so far."""

    messages: list[Message]
    deadline: Deadline
    said: list[str] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    """Why sentences were not proposed."""
    done: set[str] = field(default_factory=set)
    """Tool calls carried out, each with its arguments."""
    rephrase_s: float = _REPHRASE_S
    """Seconds left for sentences said anew."""
    retried: bool = False
    local: bool = False
    """Whether the local brain took over."""

    @property
    def answered(self) -> bool:
        """Whether the caller was told more than that something is being looked up."""
        return any(not holds_on(sentence) for sentence in self.said)


class OpenAIBrain:
    """Answers one call with a chat model over any server that speaks chat completions."""

    def __init__(self, *, model: ModelService, fallback: LocalBrain, context: CallContext) -> None:
        self._model = model
        self._fallback = fallback
        self._context = context
        self._meter = Meter(call_sid=context.call_sid)
        self._turn: _Turn | None = None

    async def reply(self, request: TurnRequest, tools: Toolbox) -> AsyncGenerator[Say, None]:
        """Propose the model's sentences; the local brain's when they do not answer the caller."""
        turn = _Turn(
            messages=opening(request, tools, self._context), deadline=self._model.deadline()
        )
        self._turn = turn
        try:
            async with aclosing(self._ask(request, turn, tools)) as proposals:
                async for say in proposals:
                    turn.said.append(say.text)
                    yield say
            if isinstance(tools.ending, EndCall) and not turn.said:
                yield Say(text=lines.GOODBYE)  # nobody is hung up on without a word
        except BrainError as error:
            log.info("the model did not answer a turn (%s): %s", error.code, mask(error.message))
            if not (turn.answered or tools.ending or tools.needs):
                turn.local = True
        if turn.local:
            async with aclosing(self._fallback.reply(request, tools)) as proposals:
                async for say in proposals:
                    yield say
        else:
            last = turn.said[-1] if turn.said else ""
            self._fallback.note(_spoken_of(turn.said, tools), offer=_offered(last))

    async def rephrase(
        self, request: TurnRequest, tools: Toolbox, *, rejected: str, problems: Sequence[str]
    ) -> Say | None:
        """Another sentence in place of one that was not borne out; None when there is none."""
        turn = self._turn
        if turn is None or turn.local or turn.rephrase_s < _REPHRASE_S / 4:
            return None
        loop = asyncio.get_running_loop()
        began = loop.time()
        ask = Ask(
            messages=rephrasing(turn.messages, tools, rejected=rejected, problems=problems),
            meter=self._meter,
            purpose="rephrase",
            prompt=REPHRASE,
            max_tokens=_REPHRASE_TOKENS,
        )
        try:
            text = await self._model.complete(ask, Deadline(turn.rephrase_s))
        except ModelError as error:
            log.info("no other sentence came (%s)", error.code)
            return None
        finally:
            turn.rephrase_s -= loop.time() - began
        cutter = SentenceCutter()
        sentences = [*cutter.feed(text), *cutter.finish()]
        if not sentences or speakable().problem(sentences[0]):
            return None
        return _say(sentences[0])

    def played(self, text: str, *, interrupted: bool) -> None:
        """The history in the next request tells the model; the local brain keeps its own."""
        self._fallback.played(text, interrupted=interrupted)

    def reset(self) -> None:
        """Start again."""
        self._fallback.reset()

    async def _ask(
        self, request: TurnRequest, turn: _Turn, tools: Toolbox
    ) -> AsyncGenerator[Say, None]:
        for _ in range(_ROUNDS):
            answer = Completion()
            async with aclosing(self._round(turn, answer)) as proposals:
                async for say in proposals:
                    yield say
            if not answer.calls:
                if not turn.answered:
                    why = ", ".join(dict.fromkeys(turn.withheld)) or "nothing"
                    raise BrainError("unanswered", f"the model did not answer: {why}")
                return
            answer.name_calls(first=len(turn.messages))
            fresh = [
                call for call in answer.calls if f"{call.name} {call.arguments}" not in turn.done
            ]
            if not fresh:
                break
            turn.messages.append(answer.message())
            for number, call in enumerate(answer.calls):
                if number < _CALLS:
                    result = await self._use(call, request, turn, tools)
                else:
                    result = ToolResult(code="too_many", message="so many tools are not used")
                turn.messages.append(tool_message(call.id, result))
                if tools.needs or tools.ending:
                    return
        raise BrainError("rounds", "the model kept calling tools")

    async def _round(self, turn: _Turn, answer: Completion) -> AsyncGenerator[Say, None]:
        """One answer of the model, sentence by sentence; tried twice where nothing was said."""
        loop = asyncio.get_running_loop()
        began, said = loop.time(), len(turn.said)
        while True:
            try:
                async with aclosing(self._sentences(turn, answer)) as proposals:
                    async for say in proposals:
                        yield say
            except ModelError as error:
                pause_s = max(error.retry_after_s or 0.0, _RETRY_AFTER_S)
                late = loop.time() + pause_s - began > _RETRY_WITHIN_S
                if not error.retryable or turn.retried or late or len(turn.said) > said:
                    raise
                log.info("the model failed (%s) and is asked again", error.code)
                turn.retried = True
                await asyncio.sleep(pause_s)
                answer.begin_again()
            else:
                return

    async def _sentences(self, turn: _Turn, answer: Completion) -> AsyncGenerator[Say, None]:
        """What may be said of one answer; a sentence that was broken off never is."""
        cutter = SentenceCutter()
        ask = Ask(
            messages=turn.messages,
            meter=self._meter,
            purpose="answer",
            prompt=ANSWER,
            tools=_schemas(),
        )
        async with aclosing(self._model.stream(ask, answer, turn.deadline)) as pieces:
            async for piece in pieces:
                for sentence in cutter.feed(piece):
                    for say in self._speakable(sentence, turn):
                        turn.deadline.pause()
                        yield say
                        turn.deadline.resume()
                if len(turn.said) >= _SENTENCES or cutter.endless:
                    return  # the rest is neither waited nor paid for
        rest = cutter.finish()
        if answer.finish_reason != "length":
            for sentence in rest:
                for say in self._speakable(sentence, turn):
                    yield say

    def _speakable(self, sentence: str, turn: _Turn) -> list[Say]:
        """The sentence as a proposal, none when it may not be said."""
        if len(turn.said) >= _SENTENCES:
            return []
        if problem := speakable().problem(sentence):
            turn.withheld.append(problem)
            return []
        return [_say(sentence)]

    async def _use(
        self, call: ToolRequest, request: TurnRequest, turn: _Turn, tools: Toolbox
    ) -> ToolResult:
        """Carry out one tool call."""
        turn.done.add(f"{call.name} {call.arguments}")
        try:
            arguments = json.loads(call.arguments or "{}")
        except ValueError:
            arguments = None
        if not isinstance(arguments, dict):
            return ToolResult(code="invalid_arguments", message="arguments must be a JSON object")
        if call.name == "end_call" and not _may_end(request):
            return ToolResult(code="not_now", message="the caller did not say goodbye")
        try:
            return await turn.deadline.within(tools.call(call.name, arguments))
        except TimeoutError as error:
            raise BrainError("timeout", f"{call.name} took too long", retryable=True) from error


@cache
def _schemas() -> list[dict[str, Any]]:
    """The tools as each request tells of them; making them takes longer than a turn has."""
    return json_schemas()


def _may_end(request: TurnRequest) -> bool:
    """Whether the caller's words allow to hang up: a model may not end a call by itself."""
    plain = requests.plain(request.text)
    goodbye = PHRASES["goodbye"].search(plain) or PHRASES["thanks"].search(plain)
    return bool(goodbye) or requests.says_no(request.text)


def _spoken_of(said: Sequence[str], tools: Toolbox) -> tuple[str, ...]:
    """The plans that the model spoke of, in order, so that the local brain can go on from there."""
    held = dict.fromkeys(fact.plan_id for fact in tools.facts if fact.plan_id)
    text = squeeze(" ".join(said))
    places = {}
    for plan_id in held:
        plan = tools.catalog.plan(plan_id) if plan_id else None
        if plan and (place := text.find(squeeze(plan.name))) >= 0:
            places[plan.id] = place
    return tuple(sorted(places, key=places.__getitem__)) or tuple(filter(None, held))


def _offered(sentence: str) -> Offer | None:
    """What the model offered last, for the case that the caller's yes finds it gone."""
    if not sentence.endswith("?"):
        return None
    if _HUMAN.search(sentence):
        return Offer(act=Act.HUMAN, text=sentence)
    return Offer(act=Act.NOTHING_MORE, text=sentence) if _MORE.search(sentence) else None


def _say(sentence: str) -> Say:
    expects = Expectation.OPEN
    if _NUMBER.search(sentence):
        expects = Expectation.NUMBER
    elif _YES_NO.search(sentence):
        expects = Expectation.YES_NO
    return Say(text=sentence, expects=expects)
