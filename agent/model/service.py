"""The chat model on its server: one client for all calls, left alone for a while when it fails."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Any, cast

from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncOpenAI,
    OpenAIError,
)

from agent.breaker import Breaker, State, retry_after_s
from agent.errors import ModelError
from agent.model.accounts import Accounts, Meter
from agent.model.completion import Completion, Tokens
from agent.model.config import ModelConfig
from agent.model.deadline import Deadline
from agent.model.parameters import Parameters
from agent.model.thoughts import ThoughtFilter
from storage.privacy import mask

log = logging.getLogger(__name__)

JSON_TOKENS = 1_500
"""Longest answer in JSON: the summary of a long call."""
JSON_TIMEOUT_S = 45.0
"""For a whole answer in JSON, for which nobody waits on the line."""

_BYTES_A_TOKEN = 4
_BYTES_A_SIGN = 3
"""For what no server counted: Korean takes three bytes a syllable, and about 0.75 tokens."""
_ACCOUNT = frozenset({401, 402, 403, 404})


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One request for an answer."""

    messages: Sequence[Mapping[str, Any]]
    meter: Meter
    purpose: str
    """What it is for, in the accounts."""
    prompt: str
    """The prompt's name with its version."""
    tools: list[dict[str, Any]] | None = None
    schema: tuple[str, dict[str, Any]] | None = None
    """Name and JSON schema that the answer is to have."""
    max_tokens: int | None = None
    """None is the configured length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelGauge:
    """The state of the model, for whoever watches the server."""

    model: str
    state: State
    answers: int
    failures: Mapping[str, int]
    """By the code of the reason."""
    tokens_today: int
    cost_today: float
    unwritten: int
    """Answers that are counted, but not yet in the database."""


class ModelService:
    """A chat model on a server that speaks chat completions; one a process."""

    def __init__(self, config: ModelConfig, client: AsyncOpenAI, accounts: Accounts) -> None:
        self.config = config
        self.accounts = accounts
        self._client = client
        self._breaker = Breaker()
        self._parameters = Parameters(own_server=config.base_url is not None, extra=config.extra)
        self._thinks_first = False
        self._answers = 0
        self._failures: Counter[str] = Counter()

    @property
    def name(self) -> str:
        """The model's name."""
        return self.config.model

    def gauge(self) -> ModelGauge:
        """Its state; to be called on the loop."""
        today = self.accounts.today
        return ModelGauge(
            model=self.config.model,
            state=self._breaker.state(asyncio.get_running_loop().time()),
            answers=self._answers,
            failures=dict(self._failures),
            tokens_today=today.tokens,
            cost_today=today.cost_micros / 1_000_000,
            unwritten=self.accounts.unwritten,
        )

    def deadline(self) -> Deadline:
        """The time that the model has in a turn which begins now."""
        return Deadline(self.config.total_s, silence_s=self.config.first_token_s)

    async def stream(
        self, ask: Ask, answer: Completion, deadline: Deadline
    ) -> AsyncGenerator[str, None]:
        """The text of one answer in pieces, without thoughts; `answer` collects all of it.

        Raises ModelError, after which a second attempt may be made where it is retryable.
        """
        loop = asyncio.get_running_loop()
        if limit := self.accounts.refusal(ask.meter):
            raise ModelError("limit", f"{limit} is reached")
        attempt = self._breaker.ask(loop.time())
        if attempt is None:
            raise ModelError("resting", "the model has failed too often to be asked now")
        try:
            async with aclosing(self._pieces(ask, answer, deadline)) as pieces:
                async for piece in pieces:
                    yield piece
            self._breaker.succeeded(attempt)
            self._answers += 1
        except ModelError as error:
            self._failures[error.code] += 1
            self._breaker.failed(
                attempt,
                loop.time(),
                for_good=error.code == "account",
                retry_after_s=error.retry_after_s,
            )
            state = self._breaker.state(loop.time())
            log.warning(
                "the model failed (%s): %s; breaker %s", error.code, mask(str(error)), state
            )
            raise
        finally:
            self._breaker.abandoned(attempt)

    async def complete(self, ask: Ask, deadline: Deadline) -> str:
        """One answer as a whole. Raises ModelError."""
        answer = Completion()
        async with aclosing(self.stream(ask, answer, deadline)) as pieces:
            return "".join([piece async for piece in pieces]).strip()

    async def complete_json(
        self,
        prompt: str,
        *,
        data: str,
        schema: dict[str, Any],
        call_sid: str,
        purpose: str = "summary",
        prompt_name: str,
        timeout_s: float = JSON_TIMEOUT_S,
    ) -> dict[str, Any]:
        """An object by a JSON schema; `data` is what the prompt speaks of, never instructions.

        `prompt_name` is its name with its version, for the accounts. A call's own limit does not
        count here, where it has ended; the day's does.

        The server may not have held to the schema: whoever asks checks the object. Raises
        ModelError.
        """
        ask = Ask(
            messages=[
                # Not every server holds to a schema, or knows how: the model is told as well.
                {"role": "system", "content": f"{prompt}\n\nJSON: {json.dumps(schema)}"},
                {"role": "user", "content": data},
            ],
            meter=Meter(call_sid=call_sid),
            purpose=purpose,
            prompt=prompt_name,
            schema=(purpose, schema),
            max_tokens=JSON_TOKENS,
        )
        text = await self.complete(ask, Deadline(timeout_s))
        start, end = text.find("{"), text.rfind("}")
        try:
            found = json.loads(text[start : end + 1])
        except ValueError as error:
            raise ModelError("malformed", "the answer is no JSON object") from error
        if not isinstance(found, dict):
            raise ModelError("malformed", "the answer is no JSON object")
        return found

    async def aclose(self) -> None:
        """Close the connections, and write what is left in the accounts."""
        await self._client.close()
        await self.accounts.close()

    async def _pieces(
        self, ask: Ask, answer: Completion, deadline: Deadline
    ) -> AsyncGenerator[str, None]:
        thoughts = ThoughtFilter(begun=self._thinks_first)
        with _translated():
            stream = await self._open(ask, deadline)
        try:
            async with stream:
                chunks = aiter(stream)
                while True:
                    with _translated():
                        chunk = await deadline.sign(anext(chunks, None))
                        texts = () if chunk is None else answer.absorb(chunk)
                    if chunk is None:
                        break
                    for text in texts:
                        if piece := thoughts.feed(text):
                            answer.content += piece
                            yield piece
        finally:
            self._note(ask, answer)
        if rest := thoughts.finish():
            answer.content += rest
            yield rest
        # A model whose template opens the thought shows only its end.
        self._thinks_first = thoughts.unopened or (self._thinks_first and not thoughts.inside)
        if not answer.whole:
            raise ModelError("cut", "the stream ended in the middle", retryable=True)

    def _note(self, ask: Ask, answer: Completion) -> None:
        """Count what an answer took, also one that nobody waited for."""
        tokens = answer.tokens
        if tokens is None:
            read = json.dumps([*ask.messages, *(ask.tools or ())], ensure_ascii=False)
            tokens = Tokens(
                read=len(read.encode()) // _BYTES_A_TOKEN,
                written=-(-answer.written * _BYTES_A_SIGN // _BYTES_A_TOKEN),
                estimated=True,
            )
        self.accounts.note(
            ask.meter, tokens, purpose=ask.purpose, model=self.config.model, prompt=ask.prompt
        )

    async def _open(self, ask: Ask, deadline: Deadline) -> Any:
        """Send the request; once more for each parameter that the server turns out to refuse."""
        while True:
            parameters = self._parameters.of(
                max_tokens=ask.max_tokens or self.config.max_tokens,
                tools=ask.tools,
                schema=ask.schema,
            )
            try:
                return await deadline.sign(
                    self._client.chat.completions.create(
                        model=self.config.model,
                        messages=cast(Any, list(ask.messages)),
                        **parameters,
                    )
                )
            except APIStatusError as error:
                refusal = f"{error.message} {error.body}"
                if error.status_code not in (400, 422):
                    raise
                if not self._parameters.learn(refusal, parameters):
                    raise


@contextmanager
def _translated() -> Iterator[None]:
    """The SDK's errors, and what strange answers raise, as ours."""
    try:
        yield
    except (TimeoutError, APITimeoutError) as error:
        raise ModelError("timeout", "the model took too long") from error
    except APIConnectionError as error:
        raise ModelError("cut", "the connection broke off", retryable=True) from error
    except APIStatusError as error:
        raise _refused(error) from error
    except APIError as error:
        raise ModelError("unavailable", "the server reports an error", retryable=True) from error
    except (OpenAIError, ValueError, TypeError, AttributeError) as error:
        raise ModelError("malformed", "the answer cannot be read", retryable=True) from error


def _refused(error: APIStatusError) -> ModelError:
    """What an answer that is not 2xx means."""
    status = error.status_code
    wait_s = retry_after_s(error.response.headers)
    if status in _ACCOUNT or error.code == "insufficient_quota":
        return ModelError("account", f"the server answered {status}")
    if status == 429:
        return ModelError("busy", "the server is too busy", retryable=True, retry_after_s=wait_s)
    if status >= 500 or status == 408:
        return ModelError(
            "unavailable", f"the server answered {status}", retryable=True, retry_after_s=wait_s
        )
    return ModelError("refused", f"the server answered {status}")
