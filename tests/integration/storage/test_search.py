"""Searching finds exactly the calls that mention something, however many there are."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from storage import search as module
from storage.calls import CallStore
from storage.customers import CustomerStore
from storage.database import Database
from storage.search import terms
from tests.support.calls import end, new_call, summary, turn


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few calls pass the ends of many blocks and portions."""
    monkeypatch.setattr(module, "BLOCK", 4)
    monkeypatch.setattr(module, "_FIRST_BLOCKS", 1)
    monkeypatch.setattr(module, "_FIRST_READ", 2)
    monkeypatch.setattr(module, "_MOST_READ", 5)


async def _call(store: CallStore, sid: str, heard: str, *, ended: bool = True) -> int:
    call_id = await store.open(new_call(sid, organization_id=store._organization_id))
    await store.save_turn(call_id, turn(0, heard=heard, said="네."))
    if ended:
        await store.close(call_id, end())
        await store.save_summary(call_id, summary(reason="문의.", text="문의."))
    return call_id


def test_pairs_pass_spaces_over_and_know_no_case() -> None:
    assert terms("로밍 요금") == terms("로밍요금") == terms("로밍") | terms("밍요") | terms("요금")
    assert terms("5G Slim") == terms("5g slim")
    assert terms("") == terms("요") == terms(" 요 ") == terms("\x00요") == set()


async def test_pages_of_a_word_that_many_calls_mention(store: CallStore) -> None:
    ids = [
        await _call(
            store, f"CA{number}", "로밍요" if number % 3 else "이월요", ended=number % 5 > 0
        )
        for number in range(30)
    ]
    wanted = [ids[number] for number in reversed(range(30)) if number % 3]

    for size in (1, 3, 7, 40):
        found: list[int] = []
        while page := await store.list(size, before_id=found[-1] if found else None, search="로밍"):
            found += [call.id for call in page]
        assert found == wanted, size


async def test_what_has_all_pairs_but_not_the_words_is_not_found(store: CallStore) -> None:
    await _call(store, "CA1", "로밍은요? 밍요? 요금제는요?")
    there = await _call(store, "CA2", "로밍 요금제")

    assert [call.id for call in await store.list(9, search="로밍 요금")] == [there]
    assert await store.list(9, search="로밍요금") == []
    assert [call.id for call in await store.list(9, search="제")] == [there, there - 1]


async def test_a_call_in_which_hardly_anything_was_said_has_no_pairs(store: CallStore) -> None:
    call_id = await store.open(new_call())
    await store.save_turn(call_id, turn(heard="", said=""))
    await store.close(call_id, end())

    await store.save_summary(call_id, summary(reason="", text=""))

    assert await store.list(9, search="로밍") == []


async def test_another_summary_is_found_too(store: CallStore) -> None:
    call_id = await _call(store, "CA1", "여보세요")
    await store.save_summary(call_id, summary(reason="해지를 문의하셨습니다."))

    assert [call.id for call in await store.list(9, search="해지")] == [call_id]


async def test_another_organizations_calls_are_not_found(
    database: Database, store: CallStore
) -> None:
    await CustomerStore(database, "other").load_sample(organization_name="다른 회사")
    other = CallStore(database, "other")
    mine = await _call(store, "CA1", "로밍이요")
    theirs = await _call(other, "CA2", "로밍이요")

    assert [call.id for call in await store.list(9, search="로밍")] == [mine]
    assert [call.id for call in await other.list(9, search="로밍")] == [theirs]


SIDS = itertools.count()
TEXTS = st.text("가나다 aA%_", max_size=8)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)
@given(texts=st.lists(st.tuples(TEXTS, st.booleans()), max_size=5), search=TEXTS)
@example(texts=[("가나", True), ("나가", False)], search="가나")
async def test_the_index_finds_what_reading_all_would_find(
    store: CallStore, texts: list[tuple[str, bool]], search: str
) -> None:
    ids = {
        await _call(store, f"CA{next(SIDS)}", text, ended=ended): text.lower()
        for text, ended in texts
    }

    found = {call.id for call in await store.list(1_000, search=search)}

    assert found & set(ids) == {call_id for call_id, text in ids.items() if search.lower() in text}
