"""Feedback, corrections and scores on every database: kept, masked, carried out, written down."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from storage.audit import Action, AuditLog
from storage.calls import CallStore
from storage.clear import ServiceCalls
from storage.database import Database
from storage.errors import StorageError
from storage.models import CorrectionRow
from storage.outbox import Outbox
from storage.records import Role, User
from storage.reviews import Correction, Feedback, Field, Rating, ReviewStore, Scorecard
from storage.rotation import Rotation
from storage.sealed import count_by_key
from storage.vault import Vault, new_key
from tests.support.calls import NOW, ORGANIZATION, end, new_call, summary, turn
from tests.support.keys import RING

ARIM = User(id=1, name="arim", created_at=NOW, role=Role.SUPERVISOR)
MINJI = User(id=2, name="minji", created_at=NOW, role=Role.ADMIN)


@pytest.fixture
def reviews(database: Database) -> ReviewStore:
    """The sample organization's reviews."""
    return ReviewStore(database, ORGANIZATION, clock=lambda: NOW)


@pytest.fixture
async def call_id(store: CallStore) -> int:
    """김철수's call, with its summary."""
    call_id = await store.open(new_call())
    await store.save_turn(call_id, turn(1, heard="시니어 요금이 얼마예요?"))
    await store.close(call_id, end())
    await store.save_summary(call_id, summary())
    return call_id


async def test_opinions_are_kept_masked(reviews: ReviewStore, call_id: int) -> None:
    await reviews.feedback(call_id, Rating.GOOD, "김철수 고객님이 만족", by=ARIM)
    await reviews.feedback(call_id, Rating.BAD, "010-1234-5678로 재문의", by=MINJI, turn_index=1)

    assert (await reviews.of_call(call_id)).feedback == (
        Feedback(
            turn_index=None, rating=Rating.GOOD, comment="김*수 고객님이 만족", by="arim", at=NOW
        ),
        Feedback(
            turn_index=1, rating=Rating.BAD, comment="010-****-5678로 재문의", by="minji", at=NOW
        ),
    )


async def test_a_user_scores_a_call_once(reviews: ReviewStore, call_id: int) -> None:
    await reviews.score(call_id, {"greeting": 3, "answer": 1}, "", by=ARIM)
    await reviews.score(call_id, {"greeting": 5, "answer": 4}, "다시 들음", by=ARIM)
    await reviews.score(call_id, {"greeting": 2}, "", by=MINJI)

    first, second = (await reviews.of_call(call_id)).scorecards
    assert first == Scorecard(
        items={"greeting": 5, "answer": 4},
        total=9,
        comment="다시 들음",
        by="arim",
        at=NOW,
    )
    assert (second.by, second.total) == ("minji", 2)


async def test_a_turn_is_corrected_and_what_it_said_stays(
    database: Database, store: CallStore, reviews: ReviewStore, call_id: int
) -> None:
    said = "김철수고요, 010-1234-5678이에요"
    await reviews.correct(call_id, Field.HEARD, said, by=ARIM, turn_index=1)

    masked, clear = (
        await store.get(call_id),
        await ServiceCalls(database, ORGANIZATION).get(call_id),
    )
    assert masked is not None
    assert clear is not None
    assert (masked.turns[0].heard, clear.turns[0].heard) == ("김*수고요, 010-****-5678이에요", said)
    assert (await reviews.of_call(call_id)).corrections == (
        Correction(
            turn_index=1,
            field=Field.HEARD,
            before="시니어 요금이 얼마예요?",
            after="김*수고요, 010-****-5678이에요",
            by="arim",
            at=NOW,
        ),
    )
    assert [call.id for call in await store.list(5, search="010-****-5678")] == [call_id]
    [noted] = await AuditLog(database, ORGANIZATION, lambda: NOW).newest(5)
    assert (noted.actor, noted.action, noted.subject) == (
        "console:arim",
        Action.CORRECTED,
        "call:CA1",
    )
    assert noted.details == {"turn": 1, "field": "heard"}


async def test_a_summary_is_corrected(store: CallStore, reviews: ReviewStore, call_id: int) -> None:
    await reviews.correct(call_id, Field.TEXT, "시니어 요금을 문의하셨습니다.", by=ARIM)

    call = await store.get(call_id)
    assert call is not None
    assert call.summary is not None
    assert call.summary.text == "시니어 요금을 문의하셨습니다."
    [correction] = (await reviews.of_call(call_id)).corrections
    assert (correction.turn_index, correction.before) == (None, summary().text)


async def test_a_corrected_summary_is_indexed_anew_as_a_case(
    database: Database, reviews: ReviewStore, call_id: int
) -> None:
    outbox = Outbox(database, ORGANIZATION)
    for job in await outbox.claim(NOW + timedelta(1), 10):
        await outbox.done(job.id)

    await reviews.correct(call_id, Field.HEARD, "로밍 되나요?", by=ARIM, turn_index=1)
    assert await outbox.claim(NOW + timedelta(1), 10) == []
    await reviews.correct(call_id, Field.REASON, "로밍을 문의하셨습니다.", by=ARIM)

    [job] = await outbox.claim(NOW + timedelta(1), 10)
    assert (job.kind, job.payload) == ("index_case", {"call_id": call_id})


@pytest.mark.parametrize(
    ("field", "turn_index", "code"),
    [
        (Field.HEARD, None, "refused"),
        (Field.TEXT, 1, "refused"),
        (Field.HEARD, 9, "unknown_call"),
    ],
)
async def test_what_is_not_there_is_not_corrected(
    reviews: ReviewStore, call_id: int, field: Field, turn_index: int | None, code: str
) -> None:
    with pytest.raises(StorageError) as caught:
        await reviews.correct(call_id, field, "x", by=ARIM, turn_index=turn_index)
    assert caught.value.code == code
    assert (await reviews.of_call(call_id)).corrections == ()


async def test_unknown_calls(reviews: ReviewStore) -> None:
    for attempt in (
        reviews.feedback(7, Rating.GOOD, "", by=ARIM),
        reviews.score(7, {}, "", by=ARIM),
        reviews.correct(7, Field.TEXT, "x", by=ARIM),
    ):
        with pytest.raises(StorageError) as caught:
            await attempt
        assert caught.value.code == "unknown_call"


async def test_corrections_are_sealed_anew_when_keys_are_exchanged(
    url: str, database: Database, reviews: ReviewStore, call_id: int, tmp_path: Path
) -> None:
    await reviews.correct(call_id, Field.HEARD, "김철수고요", by=ARIM, turn_index=1)
    newer = Database(url, Vault.parse(f"newer:{new_key()},{RING}"))
    try:
        rotation = Rotation(newer, tmp_path)
        await rotation.run(NOW, actor="test")
        assert rotation.failed == {}
        assert (await count_by_key(newer, tmp_path))["corrections"] == {"newer": 1}
    finally:
        await newer.close()
    async with database.read(ORGANIZATION) as session:
        assert (await session.scalars(select(CorrectionRow.after))).all() == ["김*수고요"]
