"""Objects by a schema from a chat model, over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from agent.errors import ModelError
from agent.model import ModelConfig, open_model
from agent.model.accounts import Accounts
from scripts.scripted_model.server import Play
from tests.support.calls import NOW
from tests.support.chat_server import chat_server

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"reason": {"type": "string"}}}


@pytest.mark.parametrize(
    ("plays", "found"),
    [
        ([Play(text=['{"reason": ', '"요금 문의"}'])], {"reason": "요금 문의"}),
        ([Play(text=['<think>hm</think>```json\n{"reason": "요금 문의"}\n```'])], None),
        (
            [
                Play(status=400, message="response_format is not supported"),
                Play(status=422, message="response_format.type: unknown value"),
                Play(text=['{"reason": "요금 문의"}']),
            ],
            None,
        ),
        ([Play(text=["요금을 물으셨어요."])], "malformed"),
        ([Play(text=["[1]"])], "malformed"),
        ([Play(status=503)], "unavailable"),
    ],
    ids=["plain", "in a fence", "without schemas", "prose", "a list", "away"],
)
async def test_an_object_by_a_schema(plays: list[Play], found: object) -> None:
    accounts = Accounts(clock=lambda: NOW)
    async with chat_server(*plays) as server:
        model = open_model(ModelConfig(model="test", base_url=server.base_url), accounts)
        asked = model.complete_json(
            "요약하세요.", data="고객: 얼마예요?", schema=SCHEMA, call_sid="CA1", prompt_name="s.v1"
        )
        if isinstance(found, str):
            with pytest.raises(ModelError) as caught:
                await asked
            assert caught.value.code == found
        else:
            assert await asked == {"reason": "요금 문의"}
            assert accounts.today.tokens > 0
        await model.aclose()
    assert server.requests[0]["response_format"]["json_schema"]["schema"] == SCHEMA
