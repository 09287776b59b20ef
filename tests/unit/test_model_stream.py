"""Whatever a server sends is put together; thoughts never come out; refusals are remembered."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.completion import Completion, Tokens
from agent.model.parameters import Parameters
from agent.model.thoughts import ThoughtFilter


def _chunk(reason: str | None = None, **delta: Any) -> Any:
    choice = SimpleNamespace(delta=SimpleNamespace(**delta), finish_reason=reason)
    return SimpleNamespace(choices=[choice])


def _call(name: str = "", arguments: Any = "", **more: Any) -> Any:
    return SimpleNamespace(function=SimpleNamespace(name=name, arguments=arguments), **more)


def _collect(*chunks: Any) -> Completion:
    answer = Completion()
    for chunk in chunks:
        answer.content += "".join(answer.absorb(chunk))
    answer.name_calls(first=1)
    return answer


@pytest.mark.parametrize(
    "chunks",
    [
        [
            _chunk(tool_calls=[_call("a", '{"x"', id="i", index=0)]),
            _chunk(tool_calls=[_call("", ": 1}", id=None, index=0)]),
            _chunk(tool_calls=[_call("b", "{}", id="j", index=1)]),
        ],
        [_chunk(tool_calls=[_call("a", '{"x": 1}', id="i"), _call("b", "{}", id="j")])],
        [_chunk(tool_calls=[_call("a", {"x": 1}), _call("b", {})])],
        [
            _chunk(tool_calls=[_call("a", '{"x": 1}', id="i", index=0)]),
            _chunk(tool_calls=[_call("b", "{}", id="j", index=0)]),
        ],
        [
            _chunk(tool_calls=[_call("a", '{"x"', id="same")]),
            _chunk(tool_calls=[_call("a", ": 1}", id="same")]),
            _chunk(tool_calls=[_call("b", "", id="")]),
        ],
    ],
    ids=["in pieces", "whole, without index", "whole, bare", "one index", "the id in each piece"],
)
def test_tool_calls_come_in_many_forms(chunks: list[Any]) -> None:
    answer = _collect(*chunks)
    assert [(call.name, call.arguments or "{}") for call in answer.calls] == [
        ("a", '{"x": 1}'),
        ("b", "{}"),
    ]
    assert len({call.id for call in answer.calls}) == 2
    assert all(call.id for call in answer.calls)


def test_missing_fields_and_usage_in_the_last_chunk_are_fine() -> None:
    usage = SimpleNamespace(prompt_tokens=120, completion_tokens=7)
    answer = _collect(
        SimpleNamespace(),
        SimpleNamespace(choices=None),
        SimpleNamespace(choices=[SimpleNamespace(delta=None)]),
        _chunk(content=[{"type": "text", "text": "네, "}, {"type": "image"}]),
        _chunk(content="그래요."),
        _chunk(reasoning_content="Hmm.", content=None),
        SimpleNamespace(choices=[], usage=usage),
    )
    assert answer.content == "네, 그래요."
    assert answer.tokens == Tokens(read=120, written=7)
    assert answer.written == len("네, 그래요.Hmm.")


@pytest.mark.parametrize(
    ("chunk", "whole"),
    [
        (_chunk(content="이월 10GB는 월 50,"), False),
        (_chunk(content="50,000원이에요."), True),
        (_chunk("length", content="이월 10GB는 월 50,"), True),
        (_chunk(tool_calls=[_call("a", '{"x"')]), False),
        (_chunk(tool_calls=[_call("a", "{}")]), True),
    ],
)
def test_an_answer_without_a_last_word_is_whole_when_it_looks_so(chunk: Any, whole: bool) -> None:
    assert _collect(chunk).whole is whole


def _said(pieces: list[str], *, begun: bool = False) -> str:
    thoughts = ThoughtFilter(begun=begun)
    return "".join(map(thoughts.feed, pieces)) + thoughts.finish()


THINKS = "<think>The user asks. 45,000원?</think>네, <b>그래요</b>. 1 < 2"


@given(st.lists(st.integers(0, len(THINKS)), max_size=8))
def test_thoughts_never_come_out_wherever_the_stream_is_cut(places: list[int]) -> None:
    places = sorted([0, *places, len(THINKS)])
    pieces = [THINKS[a:b] for a, b in pairwise(places)]
    assert _said(pieces) == "네, <b>그래요</b>. 1 < 2"


def test_a_thought_that_the_template_opened_is_learned_by_its_end() -> None:
    thoughts = ThoughtFilter()
    thoughts.feed("Okay, ")
    assert thoughts.feed("hm.</think>네.") == "네."
    assert thoughts.unopened
    assert _said(["Okay, ", "hm.</think>", "네."], begun=True) == "네."
    assert _said(["<think>never ends"]) == ""


SCHEMA: tuple[str, dict[str, Any]] = ("answer", {"type": "object"})


def test_each_refusal_is_learned_and_learning_ends() -> None:
    parameters = Parameters(own_server=False, extra={"reasoning_effort": "minimal"})
    refusals = (
        "Unsupported parameter: 'max_completion_tokens'. Use 'max_tokens'.",
        "Unsupported value: 'temperature' does not support 0, only the default (1).",
        "stream_options: Extra inputs are not permitted",
        "Unrecognized request argument supplied: reasoning_effort",
        "response_format: json_schema is not supported",
        "'max_tokens' is not supported",
        "Unknown field response_format",
    )
    for refusal in refusals:
        assert parameters.learn(refusal, parameters.of(max_tokens=9, schema=SCHEMA)), refusal
    assert parameters.of(max_tokens=9, schema=SCHEMA) == {"stream": True}
    assert not parameters.learn("Unsupported parameter", {"stream": True})


def test_two_requests_may_learn_the_same() -> None:
    parameters = Parameters(own_server=False)
    sent = parameters.of(max_tokens=9)
    for _ in range(2):
        assert parameters.learn("Unsupported: max_completion_tokens", sent)
    assert parameters.of(max_tokens=9)["max_tokens"] == 9


def test_a_value_that_is_too_large_is_no_unknown_parameter() -> None:
    parameters = Parameters(own_server=True)
    sent = parameters.of(max_tokens=9)
    assert "max_tokens" in sent
    assert not parameters.learn("'max_tokens' is too large: 9", sent)
