"""The prompts in use are kept, each wording once."""

from __future__ import annotations

from datetime import timedelta

from agent.prompts import ANSWER, all_prompts
from storage.database import Database
from storage.prompts import PromptStore
from tests.support.calls import NOW, ORGANIZATION


async def test_each_wording_is_kept_once(database: Database) -> None:
    store = PromptStore(database, ORGANIZATION)
    await store.register({"answer.v1": "하나", "summary.v1": "요약"}, NOW)
    await store.register({"answer.v1": "하나", "answer.v2": "둘"}, NOW + timedelta(days=1))
    await store.register({"answer.v2": "둘, 고침"}, NOW + timedelta(days=2))

    kept = await store.all()
    assert [(one.name, one.version, one.text) for one in kept] == [
        ("answer", "v1", "하나"),
        ("answer", "v2", "둘"),
        ("answer", "v2", "둘, 고침"),
        ("summary", "v1", "요약"),
    ]
    assert kept[0].first_used_at == NOW
    assert len({one.sha256 for one in kept}) == 4


async def test_the_prompts_in_use_have_the_names_that_usage_tells(database: Database) -> None:
    store = PromptStore(database, ORGANIZATION)
    await store.register(all_prompts(), NOW)

    assert ANSWER in {f"{one.name}.{one.version}" for one in await store.all()}
