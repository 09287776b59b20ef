"""Similar cases on a real Chroma and a real database: found, kept apart, and gone when erased."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import delete

from knowledge.cases import CaseIndex, SimilarCases
from knowledge.embedding import HashedEmbedder
from knowledge.service import Knowledge, open_knowledge
from storage.calls import CallStore
from storage.cases import CaseStore
from storage.customers import CustomerStore
from storage.database import Database
from storage.models import SummaryRow
from storage.organizations import ensure_organization
from storage.outbox import Outbox
from storage.records import AnsweredQuestion, Outcome, SummaryCode
from tests.support.calls import NOW, ORGANIZATION, end, new_call, summary
from tests.support.keys import VAULT

OTHER = "other"


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Knowledge]:
    opened = open_knowledge(
        data_dir=tmp_path_factory.mktemp("knowledge"), organization=ORGANIZATION
    )
    yield opened
    opened.close()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'test.db'}", VAULT)
    await database.migrate()
    await CustomerStore(database, ORGANIZATION).load_sample()
    await ensure_organization(database, OTHER, "다른 통신사")
    yield database
    await database.close()


@pytest.fixture
def cases(database: Database, knowledge: Knowledge, tmp_path: Path) -> Iterator[SimilarCases]:
    opened = _open(database, knowledge, tmp_path, ORGANIZATION)
    yield opened
    opened.close()


def _open(
    database: Database, knowledge: Knowledge, folder: Path, organization: str
) -> SimilarCases:
    index = CaseIndex(
        data_dir=folder,
        organization=organization,
        chroma_url=None,
        embedder=knowledge.embedder,
    )
    return SimilarCases(index, CaseStore(database, organization))


async def _summarised(
    database: Database,
    sid: str,
    *questions: str,
    organization: str = ORGANIZATION,
    outcome: Outcome = Outcome.COMPLETED,
) -> int:
    """A finished call in which these were asked."""
    store = CallStore(database, organization, clock=_now)
    call_id = await store.open(replace(new_call(sid), organization_id=organization))
    await store.close(call_id, end())
    asked = tuple(
        AnsweredQuestion(question=text, answer="안내했습니다.", fact_ids=("faq:x",), turn=at)
        for at, text in enumerate(questions, 1)
    )
    await store.save_summary(
        call_id, summary(questions=asked, outcome=outcome, code=SummaryCode.OK)
    )
    return call_id


def _now() -> datetime:
    return NOW


async def test_what_was_asked_alike_is_found_with_the_question(
    database: Database, cases: SimilarCases
) -> None:
    roaming = await _summarised(database, "CA1", "요금제 뭐 있어요?", "일본 가는데 로밍 얼마예요?")
    lost = await _summarised(database, "CA2", "핸드폰을 잃어버렸어요. 분실 신고 되나요?")
    for call_id in (roaming, lost):
        await cases.add(call_id)

    [found] = await cases.search("일본에서 로밍하면 얼마나 나와요?")

    assert found.case.call_id == roaming
    assert found.question is not None
    assert found.question.question == "일본 가는데 로밍 얼마예요?"
    assert await cases.search("일본에서 로밍하면 얼마나 나와요?", but=roaming) == []
    assert await cases.search("") == []


async def test_solved_cases_are_found_behind_unsolved_ones(
    database: Database, cases: SimilarCases
) -> None:
    for at in range(8):
        lost = await _summarised(database, f"CA{at}", "로밍 얼마예요?", outcome=Outcome.HANDED_OFF)
        await cases.add(lost)
    solved = await _summarised(database, "CAx", "로밍은 얼마나 나와요?")
    await cases.add(solved)

    [found] = await cases.search("로밍 얼마예요?", limit=1, outcome=Outcome.COMPLETED)

    assert found.case.call_id == solved


async def test_a_summary_asks_to_be_indexed_with_its_own_commit(database: Database) -> None:
    call_id = await _summarised(database, "CA1", "로밍 얼마예요?")

    jobs = await Outbox(database, ORGANIZATION).claim(NOW.replace(year=2027), 10)

    assert ("index_case", {"call_id": call_id}) in [(job.kind, job.payload) for job in jobs]


async def test_a_case_added_twice_is_there_once(database: Database, cases: SimilarCases) -> None:
    call_id = await _summarised(database, "CA1", "로밍 얼마예요?")
    await cases.add(call_id)
    await _summarised(database, "CA1", "분실 신고는 어떻게 해요?")
    await cases.add(call_id)

    assert await cases.search("로밍 얼마예요?") == []
    assert [near.case.call_id for near in await cases.search("분실 신고 어떻게 하나요?")] == [
        call_id
    ]


async def test_another_organizations_cases_are_never_found(
    database: Database, knowledge: Knowledge, tmp_path: Path, cases: SimilarCases
) -> None:
    theirs = await _summarised(database, "CA9", "로밍 얼마예요?", organization=OTHER)
    others = _open(database, knowledge, tmp_path, OTHER)
    await others.add(theirs)
    await cases.add(theirs)

    assert await cases.search("로밍 얼마예요?") == []
    assert [near.case.call_id for near in await others.search("로밍 얼마예요?")] == [theirs]
    others.close()


async def test_a_call_that_is_gone_is_not_found_even_before_the_index_knows(
    database: Database, cases: SimilarCases
) -> None:
    call_id = await _summarised(database, "CA1", "로밍 얼마예요?")
    await cases.add(call_id)
    async with database.write(ORGANIZATION) as session:
        await session.execute(delete(SummaryRow))

    assert await cases.search("로밍 얼마예요?") == []


async def test_a_lost_index_is_made_anew_and_erased_calls_leave_it(
    database: Database, cases: SimilarCases
) -> None:
    kept = await _summarised(database, "CA1", "로밍 얼마예요?")
    gone = await _summarised(database, "CA2", "분실 신고는 어떻게 해요?")
    await _summarised(database, "CA3")

    assert await cases.reconcile() == (3, 0)
    async with database.write(ORGANIZATION) as session:
        await session.execute(delete(SummaryRow).where(SummaryRow.call_id == gone))

    assert await cases.reconcile() == (0, 1)
    assert await cases.reconcile() == (0, 0)
    assert [near.case.call_id for near in await cases.search("로밍 얼마예요?")] == [kept]


async def test_calls_in_which_nothing_was_asked_are_no_cases(
    database: Database, cases: SimilarCases
) -> None:
    call_id = await _summarised(database, "CA1", "로밍 얼마예요?")
    silent = summary(questions=(), code=SummaryCode.CALLER_SILENT)
    await CallStore(database, ORGANIZATION, clock=_now).save_summary(call_id, silent)

    await cases.add(call_id)

    assert await cases.reconcile() == (0, 0)


async def test_a_call_that_is_no_case_any_more_leaves_the_index_when_it_is_looked_at(
    database: Database, cases: SimilarCases
) -> None:
    call_id = await _summarised(database, "CA1", "로밍 얼마예요?")
    await cases.add(call_id)
    async with database.write(ORGANIZATION) as session:
        await session.execute(delete(SummaryRow))

    await cases.add(call_id)

    assert await cases.ids() == set()


async def test_the_faq_in_other_words_is_found_as_a_case(
    database: Database, cases: SimilarCases, knowledge: Knowledge
) -> None:
    """Callers asked each entry in all its other wordings but the first, which finds one of them."""
    entries = [entry for entry in knowledge.catalog.faqs if len(entry.also) > 3]
    asked = {
        await _summarised(database, f"CA{entry.id}", *entry.also[1:]): entry.id for entry in entries
    }
    await cases.reconcile()

    right = wrong = 0
    for entry in entries:
        found = await cases.search(entry.also[0], limit=1)
        right += bool(found) and asked[found[0].case.call_id] == entry.id
        wrong += bool(found) and asked[found[0].case.call_id] != entry.id

    assert right / (right + wrong) >= 0.7
    assert right / len(entries) >= 0.55


async def test_another_catalogues_embedder_goes_on_with_the_same_cases(
    database: Database, cases: SimilarCases, knowledge: Knowledge
) -> None:
    call_id = await _summarised(database, "CA1", "로밍 얼마예요?")
    await cases.add(call_id)

    cases.follow(HashedEmbedder(knowledge.analyzer, ["로밍은 하루 15,000원입니다."]))

    assert [near.case.call_id for near in await cases.search("로밍 얼마예요?")] == [call_id]
