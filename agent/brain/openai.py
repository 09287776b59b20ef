"""The OpenAI brain: a chat model with tools; the local brain answers when it cannot."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from openai import APIError, AsyncOpenAI, OpenAIError

from agent.actions import Expectation, Say
from agent.brain.base import TurnRequest
from agent.brain.local import LocalBrain
from agent.brain.sentences import SentenceCutter
from agent.conversation import CallContext
from agent.errors import BrainError
from agent.prompts import ANSWER, template
from agent.tools import Toolbox
from agent.toolspecs import json_schemas

log = logging.getLogger(__name__)

_ROUNDS = 4
"""Tool rounds in a turn; a model that wants more is going in circles."""
_SENTENCES = 4
"""Sentences that are spoken of one answer; nobody listens to more."""
_HISTORY = 12
"""Past turns that the model is told."""
_YES_NO = re.compile(r"(?:까요|있으세요|있으신가요|맞으세요|맞으신가요|괜찮으세요)\?$")
_NUMBER = re.compile(r"(?:번호|생년월일).*(?:눌러|말씀해)")

T = TypeVar("T")


@dataclass
class _Answer:
    """One streamed answer as it comes in."""

    content: str = ""
    calls: dict[int, dict[str, str]] = field(default_factory=dict)

    def message(self) -> dict[str, Any]:
        """The answer as the next request repeats it."""
        calls = [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": call["name"], "arguments": call["arguments"]},
            }
            for call in self.calls.values()
        ]
        return {"role": "assistant", "content": self.content or None, "tool_calls": calls}


class _Deadline:
    """Time left for a whole answer; what the listener takes between sentences does not count."""

    def __init__(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + seconds
        self._paused = 0.0

    async def within(self, waited_for: Awaitable[T]) -> T:
        return await asyncio.wait_for(waited_for, max(0.0, self._end - self._loop.time()))

    def pause(self) -> None:
        self._paused = self._loop.time()

    def resume(self) -> None:
        self._end += self._loop.time() - self._paused


class OpenAIBrain:
    """Answers one call with a chat model over any server that speaks chat completions."""

    def __init__(
        self,
        *,
        client: AsyncOpenAI,
        model: str,
        timeout_s: float,
        fallback: LocalBrain,
        context: CallContext,
    ) -> None:
        self._client = client
        self._model = model
        self._timeout_s = timeout_s
        self._fallback = fallback
        self._context = context

    async def reply(self, request: TurnRequest, tools: Toolbox) -> AsyncGenerator[Say, None]:
        """Propose the model's sentences; the local brain's when nothing of it could be said."""
        spoken = False
        try:
            async with aclosing(self._ask(request, tools)) as proposals:
                async for say in proposals:
                    spoken = True
                    yield say
        except BrainError as error:
            log.warning("the model failed (%s): %s", error.code, error.message)
            if spoken or tools.ending:
                return
            async with aclosing(self._fallback.reply(request, tools)) as proposals:
                async for say in proposals:
                    yield say
            return
        plans = dict.fromkeys(fact.plan_id for fact in tools.facts if fact.plan_id)
        self._fallback.note(tuple(plan_id for plan_id in plans if plan_id))

    def played(self, text: str, *, interrupted: bool) -> None:
        """The history in the next request tells the model; the local brain keeps its own."""
        self._fallback.played(text, interrupted=interrupted)

    def reset(self) -> None:
        """Start again."""
        self._fallback.reset()

    async def _ask(self, request: TurnRequest, tools: Toolbox) -> AsyncGenerator[Say, None]:
        messages = self._messages(request, tools)
        deadline = _Deadline(self._timeout_s)
        said = 0
        for _ in range(_ROUNDS):
            answer = _Answer()
            stream = self._stream(messages, answer, deadline)
            async with aclosing(_sentences(stream)) as sentences:
                async for sentence in sentences:
                    if said < _SENTENCES:
                        said += 1
                        deadline.pause()
                        yield _say(sentence)
                        deadline.resume()
            if not answer.calls:
                if not said:
                    raise BrainError("empty", "the model said nothing")
                return
            messages.append(answer.message())
            for call in answer.calls.values():
                result = await self._use(call, tools, deadline)
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})
                if tools.needs or tools.ending:
                    return
        raise BrainError("rounds", "the model kept calling tools")

    async def _stream(
        self, messages: list[dict[str, Any]], answer: _Answer, deadline: _Deadline
    ) -> AsyncGenerator[str, None]:
        """The pieces of one answer; what it is made of is collected in `answer`."""
        try:
            stream = await deadline.within(
                self._client.chat.completions.create(
                    model=self._model,
                    messages=cast(Any, messages),
                    tools=cast(Any, json_schemas()),
                    temperature=0,
                    max_tokens=400,
                    stream=True,
                )
            )
            finished = False
            async with stream:
                chunks = aiter(stream)
                while (chunk := await deadline.within(anext(chunks, None))) is not None:
                    for choice in chunk.choices:
                        finished = finished or choice.finish_reason is not None
                        for call in choice.delta.tool_calls or ():
                            held = answer.calls.setdefault(
                                call.index, {"id": "", "name": "", "arguments": ""}
                            )
                            held["id"] = call.id or held["id"]
                            if call.function:
                                held["name"] += call.function.name or ""
                                held["arguments"] += call.function.arguments or ""
                        if choice.delta.content:
                            answer.content += choice.delta.content
                            yield choice.delta.content
        except TimeoutError as error:
            raise BrainError("timeout", "the model took too long", retryable=True) from error
        except APIError as error:
            raise BrainError("api", str(error), retryable=True) from error
        except (OpenAIError, ValueError) as error:
            raise BrainError("malformed", str(error)) from error
        if not finished:
            raise BrainError("cut", "the stream ended in the middle", retryable=True)

    async def _use(self, call: dict[str, str], tools: Toolbox, deadline: _Deadline) -> str:
        """Carry out one tool call and give its result as the model reads it."""
        try:
            arguments = json.loads(call["arguments"] or "{}")
        except ValueError:
            arguments = None
        if not isinstance(arguments, dict):
            return json.dumps({"error": "invalid_arguments", "message": "arguments must be JSON"})
        try:
            result = await deadline.within(tools.call(call["name"], arguments))
        except TimeoutError as error:
            raise BrainError("timeout", f"{call['name']} took too long", retryable=True) from error
        return json.dumps(result.for_model(), ensure_ascii=False)

    def _messages(self, request: TurnRequest, tools: Toolbox) -> list[dict[str, Any]]:
        if tools.customer:
            caller = f"확인된 고객입니다: {tools.customer.name} 고객님."
        else:
            caller = "아직 누구인지 확인되지 않은 고객입니다."
        plans = "\n".join(
            f"- {plan.id}: {plan.name} ({plan.family_name})" for plan in tools.catalog.plans
        )
        prompt = template(ANSWER).format(
            organization=self._context.organization_name,
            today=self._context.today.isoformat(),
            caller=caller,
            plans=plans,
        )
        messages: list[dict[str, Any]] = [{"role": "system", "content": prompt}]
        for turn in request.history[-_HISTORY:]:
            if turn.heard:
                messages.append({"role": "user", "content": turn.heard})
            if turn.said:
                messages.append({"role": "assistant", "content": turn.said})
        messages.append({"role": "user", "content": request.text})
        return messages


async def _sentences(pieces: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    """Whole sentences out of a stream; what is unfinished when it breaks off is dropped."""
    cutter = SentenceCutter()
    async with aclosing(pieces):
        async for piece in pieces:
            for sentence in cutter.feed(piece):
                yield sentence
    for sentence in cutter.finish():
        yield sentence


def _say(sentence: str) -> Say:
    expects = Expectation.OPEN
    if _NUMBER.search(sentence):
        expects = Expectation.NUMBER
    elif _YES_NO.search(sentence):
        expects = Expectation.YES_NO
    return Say(text=sentence, expects=expects)
