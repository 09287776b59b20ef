"""What was ingested stays known: runs, versions, and documents that came and went."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from storage.database import Database
from storage.ingestions import IngestedDocument, IngestionStore, RunStatus
from tests.support.calls import NOW, ORGANIZATION

SLIM = IngestedDocument(key="plan:slim", title="슬림", kind="plan", sha256="a" * 64, size=10)
FAQ = IngestedDocument(key="faq:x", title="로밍은요?", kind="faq", sha256="b" * 64, size=20)


async def test_a_run_tells_what_it_published(database: Database) -> None:
    store = IngestionStore(database, ORGANIZATION)
    run_id = await store.begin("catalog/", NOW)
    await store.done(
        run_id, [SLIM, FAQ], entries=5, version="v1", embedding="local", now=NOW + timedelta(1)
    )

    [run] = await store.last(10)
    assert (run.status, run.version, run.documents, run.entries) == (RunStatus.DONE, "v1", 2, 5)
    assert (run.started_at, run.ended_at) == (NOW, NOW + timedelta(1))
    assert await store.documents() == [FAQ, SLIM]


async def test_documents_change_go_and_come_back(database: Database) -> None:
    store = IngestionStore(database, ORGANIZATION)
    changed = replace(SLIM, sha256="c" * 64)
    for at, (documents, version) in enumerate(
        (([SLIM, FAQ], "v1"), ([changed], "v2"), ([SLIM, FAQ], "v1"))
    ):
        now = NOW + timedelta(days=at)
        run_id = await store.begin("catalog/", now)
        await store.done(run_id, documents, entries=1, version=version, embedding="local", now=now)
        assert await store.documents() == sorted(documents, key=lambda document: document.key)

    assert [run.version for run in await store.last(2)] == [None, "v2"]


async def test_a_failure_and_a_run_that_was_cut_off_stay_visible(database: Database) -> None:
    store = IngestionStore(database, ORGANIZATION)
    failed = await store.begin("wrong/", NOW)
    await store.failed(failed, "05-5g-slim.md: fee_krw is missing", NOW)
    await store.begin("catalog/", NOW + timedelta(1))

    cut_off, wrong = await store.last(10)
    assert (cut_off.status, cut_off.ended_at) == (RunStatus.RUNNING, None)
    assert (wrong.status, wrong.error) == (RunStatus.FAILED, "05-5g-slim.md: fee_krw is missing")
