"""What is personal lies nowhere open, and comes back whole to those who may have it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from storage.audit import Action, AuditLog
from storage.calls import CallStore
from storage.clear import RevealedCalls, ServiceCalls
from storage.customers import CustomerStore
from storage.database import Database
from storage.errors import StorageError
from storage.models import Base, MentionRow, TurnRow
from storage.records import HandoffReason, ToolCall, Verification
from storage.vault import Vault, new_key
from tests.support.calls import NOW, ORGANIZATION, end, new_call, summary, turn
from tests.support.keys import RING, VAULT

NAME, PHONE, BORN = "김철수", "+821012345678", "790314"
TELLING = f"{NAME}이고 010-1234-5678이에요"
OPEN = (NAME, "1234-5678", "12345678", BORN, "1979-03-14")


async def _phone(database: Database, store: CallStore) -> int:
    """A call in which everything personal is said, keyed, used and written down."""
    [customer] = await CustomerStore(database, ORGANIZATION).by_phone(PHONE)
    call_id = await store.open(new_call())
    await store.save_turn(call_id, turn(0, heard=TELLING, said=f"{NAME} 고객님, 안녕하세요."))
    tool = ToolCall(name="verify_caller", arguments={"phone": "010-1234-5678"}, code="ok")
    await store.save_turn(call_id, turn(1, heard=BORN, input_kind="keys", tools=(tool,)))
    await store.request_handoff(call_id, HandoffReason.POLICY, f"{NAME} 고객님, 010-1234-5678")
    await store.close(call_id, end(customer_id=customer.id))
    await store.save_summary(call_id, summary(text=TELLING, customer_name=NAME))
    return call_id


async def test_no_readable_column_tells_who_phoned(database: Database, store: CallStore) -> None:
    await _phone(database, store)

    async with database.everywhere() as connection:
        for table in Base.metadata.sorted_tables:
            columns = [column for column in table.columns if column.name != "sealed"]
            for row in await connection.execute(select(*columns)):
                for column, value in zip(columns, row, strict=True):
                    assert not [one for one in OPEN if one in str(value)], column


async def test_whoever_may_gets_it_as_it_was(database: Database, store: CallStore) -> None:
    call_id = await _phone(database, store)

    call = await ServiceCalls(database, ORGANIZATION).get(call_id)
    assert call is not None
    assert [said.heard for said in call.turns] == [TELLING, BORN]
    assert call.turns[0].said == f"{NAME} 고객님, 안녕하세요."
    assert call.turns[1].tools[0].arguments == {"phone": "010-1234-5678"}
    assert call.caller == PHONE
    assert call.customer is not None
    assert (call.customer.name, call.customer.phone) == (NAME, PHONE)
    calls = RevealedCalls(database, ORGANIZATION, clock=lambda: NOW)
    revealed = await calls.get(call_id, actor="console:arim")
    assert revealed is not None
    assert revealed.call == call
    assert revealed.handoff is not None
    assert revealed.handoff.summary_text == f"{NAME} 고객님, 010-1234-5678"
    [noted] = await AuditLog(database, ORGANIZATION, lambda: NOW).newest(5)
    assert (noted.at, noted.actor, noted.action) == (NOW, "console:arim", Action.REVEALED)
    assert noted.subject == "call:CA1"


async def test_masked_reads_say_what_was_found(database: Database, store: CallStore) -> None:
    call_id = await _phone(database, store)

    call = await store.get(call_id)
    assert call is not None
    assert [said.heard for said in call.turns] == ["김*수이고 010-****-5678이에요", "******"]
    handoff = await store.handoff(call_id)
    assert handoff is not None
    assert handoff.summary_text == "김*수 고객님, 010-****-5678"
    assert call.summary is not None
    assert call.summary.text == "김*수이고 010-****-5678이에요"
    async with database.read(ORGANIZATION) as session:
        kinds = (await session.scalars(select(TurnRow.private).order_by(TurnRow.index))).all()
        [mention] = await session.scalars(select(MentionRow))
    assert kinds == [["phone"], ["birth_date"]]
    assert (mention.turn_index, mention.phone_hash) == (0, VAULT.fingerprint(PHONE))


async def test_turns_without_anything_personal_are_not_sealed(
    database: Database, store: CallStore
) -> None:
    call_id = await store.open(new_call(caller=""))
    await store.save_turn(call_id, turn())

    async with database.read(ORGANIZATION) as session:
        assert (await session.scalars(select(TurnRow.sealed))).all() == [None]


async def test_names_are_masked_though_known_only_at_the_end(
    database: Database, store: CallStore
) -> None:
    [customer] = await CustomerStore(database, ORGANIZATION).by_phone(PHONE)
    call_id = await store.open(new_call(caller="+82212345678"))
    await store.save_turn(call_id, turn(0, heard=f"{NAME}인데요"))
    await store.request_handoff(call_id, HandoffReason.POLICY, f"{NAME} 고객님")

    await store.close(
        call_id, end(customer_id=customer.id, verification=Verification.SPOKEN_NUMBER)
    )

    call, clear = await store.get(call_id), await ServiceCalls(database, ORGANIZATION).get(call_id)
    assert call is not None
    assert clear is not None
    assert call.turns[0].heard == "김*수인데요"
    assert clear.turns[0].heard == f"{NAME}인데요"
    handoff = await store.handoff(call_id)
    assert handoff is not None
    assert handoff.summary_text == "김*수 고객님"


async def test_names_of_numbers_spoken_of_are_masked_by_another_process_too(
    database: Database, store: CallStore
) -> None:
    call_id = await store.open(new_call(caller="+82212345678"))
    await store.save_turn(call_id, turn(0, heard="010-1234-5678이요"))

    await CallStore(database, ORGANIZATION).save_turn(call_id, turn(1, said=f"{NAME} 고객님,"))

    call = await store.get(call_id)
    assert call is not None
    assert call.turns[1].said == "김*수 고객님,"


async def test_what_is_sealed_opens_in_its_own_row_only(
    database: Database, store: CallStore
) -> None:
    call_id = await _phone(database, store)
    async with database.everywhere() as connection:
        await connection.execute(text("UPDATE turns SET turn_index = turn_index + 5"))

    with pytest.raises(StorageError) as caught:
        await ServiceCalls(database, ORGANIZATION).get(call_id)
    assert caught.value.code == "damaged"
    assert await store.get(call_id) is not None, "masked, it is still read"


async def test_nothing_is_stored_without_keys(url: str, database: Database) -> None:
    without = Database(url)
    try:
        with pytest.raises(StorageError) as caught:
            await CallStore(without, ORGANIZATION).open(new_call())
        assert caught.value.code == "no_keys"
        assert await CallStore(without, ORGANIZATION).list(5) == []
    finally:
        await without.close()


async def test_customers_are_found_while_keys_are_exchanged(url: str, database: Database) -> None:
    newer = Database(url, Vault.parse(f"newer:{new_key()},{RING}"))
    try:
        customers = CustomerStore(newer, ORGANIZATION)
        await customers.load_sample()
        [customer] = await customers.by_phone(PHONE)
        assert customer.name == NAME
        call_id = await CallStore(newer, ORGANIZATION, clock=lambda: NOW).open(new_call())
        await CallStore(newer, ORGANIZATION).save_turn(call_id, turn(0, said=f"{NAME} 고객님,"))
        call = await CallStore(database, ORGANIZATION).get(call_id)
        assert call is not None
        assert call.turns[0].said == "김*수 고객님,"
    finally:
        await newer.close()
