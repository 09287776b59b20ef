"""Similar cases as a supervisor sees them, beside a call and below a search."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from knowledge.cases import SimilarCase
from knowledge.errors import KnowledgeError
from storage.calls import CallStore
from storage.cases import Case
from storage.records import AnsweredQuestion, Outcome
from tests.integration.console.conftest import Similar
from tests.support.calls import NOW, end, new_call, summary


@pytest.fixture
async def call_id(store: CallStore) -> int:
    """A call with its summary."""
    call_id = await store.open(new_call())
    await store.close(call_id, end())
    await store.save_summary(call_id, summary())
    return call_id


def _near(call_id: int, question: str = "로밍 얼마예요?") -> SimilarCase:
    asked = AnsweredQuestion(question=question, answer="하루 15,000원입니다.", fact_ids=(), turn=1)
    case = Case(
        call_id=call_id, started_at=NOW - timedelta(days=1), reason="로밍 문의", questions=(asked,),
        outcome=Outcome.COMPLETED, handoff_reason=None, follow_ups=(),
    )  # fmt: skip
    return SimilarCase(case=case, question=asked, similarity=0.8)


async def test_similar_cases_stand_on_the_page_and_below_a_search(
    browser: httpx.AsyncClient, call_id: int, similar: Similar
) -> None:
    similar.cases = [_near(call_id), _near(call_id + 1)]

    page = (await browser.get(f"/console/calls/{call_id}")).text
    searched = (await browser.get("/console/calls", params={"q": "로밍"})).text

    card = page[page.index("비슷한 상담") :]
    assert "로밍 얼마예요?" in card
    assert "하루 15,000원입니다." in card
    assert "어제 14:30" in card
    assert f"/calls/{call_id + 1}" in card
    assert f'/calls/{call_id}"' not in card
    assert "비슷한 상담" in searched


async def test_of_cases_in_the_same_words_the_newest_stands_for_all(
    browser: httpx.AsyncClient, call_id: int, similar: Similar
) -> None:
    similar.cases = [_near(21), _near(23), _near(22), _near(20, "로밍 비싼가요?")]

    page = (await browser.get(f"/console/calls/{call_id}")).text

    card = page[page.index("비슷한 상담") :]
    assert [f'/calls/{other}"' in card for other in (20, 21, 22, 23)] == [True, False, False, True]


async def test_a_page_shows_without_similar_cases_where_they_cannot_be_found(
    browser: httpx.AsyncClient, call_id: int, similar: Similar
) -> None:
    similar.error = KnowledgeError("index-unreadable", "away", retryable=True)

    answer = await browser.get(f"/console/calls/{call_id}")

    assert answer.status_code == 200
    assert "비슷한 상담" not in answer.text
