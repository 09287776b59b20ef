"""Whatever happens to database and process, what was acknowledged is stored, once and in order."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storage.calls import CallStore
from storage.entries import Ended, Entry, HandoffWent, TurnOver
from storage.errors import StorageError
from storage.journal import Journal, dead_entries
from storage.ledger import PATIENCE_S, Ledger
from storage.records import CallEnd, HandoffReason, HandoffStatus, NewCall, Outcome, Turn
from tests.support.calls import NOW, ORGANIZATION, end, new_call, turn
from tests.support.keys import VAULT
from tests.support.virtual_time import run_virtual

_CALLS = ("CA0", "CA1")
_OUTCOMES = list(Outcome)
_STATUSES = list(HandoffStatus)


@dataclass
class Row:
    """A call as the database has it."""

    turns: dict[int, Turn] = field(default_factory=dict)
    handoff: tuple[HandoffReason, datetime] | None = None
    status: HandoffStatus | None = None
    end: CallEnd | None = None
    jobs: int = 0


class Store:
    """A CallStore in memory that answers well, late, never, or not after it has committed."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.mode = "well"
        self.refuse = ""
        """The kind of write that the database refuses for good."""
        self.writes = 0

    async def _commit(self, change: Any) -> Any:
        self.writes += 1
        if self.mode == "away":
            await asyncio.sleep(0.01)
            raise StorageError("unavailable", "away", retryable=True)
        if self.mode == "hangs":
            await asyncio.Event().wait()
        await asyncio.sleep(0.005)
        result = change()
        if self.mode == "answer lost":
            raise StorageError("unavailable", "the answer was lost", retryable=True)
        if self.mode == "answer late":
            await asyncio.sleep(30)
        return result

    def _row(self, call_id: int) -> Row:
        return list(self.rows.values())[call_id]

    async def open(self, call: NewCall) -> int:
        await self._commit(lambda: self.rows.setdefault(call.call_sid, Row()))
        return list(self.rows).index(call.call_sid)

    async def id_of(self, call_sid: str) -> int:
        if self.mode in ("away", "hangs"):
            await self._commit(lambda: None)
        if call_sid not in self.rows:
            raise StorageError("unknown_call", call_sid)
        return list(self.rows).index(call_sid)

    async def save_turn(self, call_id: int, turn: Turn, *, again: bool) -> None:
        if self.refuse == "turn":
            raise StorageError("refused", "the database refused a value")

        def change() -> None:
            if not again or turn.index not in self._row(call_id).turns:
                self._row(call_id).turns[turn.index] = turn

        await self._commit(change)

    async def request_handoff(
        self, call_id: int, reason: HandoffReason, summary_text: str, *, at: datetime
    ) -> None:
        def change() -> None:
            row = self._row(call_id)
            row.handoff = row.handoff or (reason, at)

        await self._commit(change)

    async def handoff_status(self, call_id: int, status: HandoffStatus, *, at: datetime) -> None:
        del at
        await self._commit(lambda: setattr(self._row(call_id), "status", status))

    async def close(self, call_id: int, end: CallEnd) -> None:
        def change() -> None:
            row = self._row(call_id)
            if row.end is None:
                row.end, row.jobs = end, row.jobs + 1

        await self._commit(change)

    async def by_sid(self, call_sid: str) -> None:
        raise StorageError("unavailable", "away", retryable=True)


class House:
    """A process with a ledger, which can be killed and started again."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder = folder
        self.store = store
        self.asked: dict[str, list[Entry]] = {sid: [] for sid in _CALLS}
        """What each call wrote, in order."""
        self.told: list[Entry] = []
        """What was acknowledged."""
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self.journal = Journal(self.folder, VAULT, ORGANIZATION, clock=lambda: NOW)
        self.ledger = Ledger(
            cast(CallStore, self.store), self.journal, clock=lambda: NOW + self._since()
        )
        await self.ledger.recover()
        self._tasks = [asyncio.create_task(self.ledger.run())]
        for sid in _CALLS:
            if not any(row == sid for row in self.store.rows):
                self._do(partial(self.ledger.open, new_call(sid)), None)

    def _since(self) -> timedelta:
        return timedelta(seconds=asyncio.get_running_loop().time())

    async def kill(self, torn: int) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.journal.close()
        if torn:
            self._tear(torn)

    def _tear(self, torn: int) -> None:
        for path in sorted(self.folder.glob("*.journal"))[-1:]:
            with path.open("ab") as file:
                file.write(b"\x00\x00\x03\xe8half of an entry"[:torn])

    def write(self, entry: Entry) -> None:
        ledger = self.ledger
        self.asked[entry.call_sid].append(entry)
        match entry:
            case TurnOver():
                self._do(partial(ledger.save_turn, entry.call_sid, entry.turn), entry)
            case HandoffWent():
                self._do(partial(ledger.handoff_status, entry.call_sid, entry.status), entry)
            case Ended():
                self._do(partial(ledger.close, entry.call_sid, entry.end), entry)
            case _:
                raise AssertionError(entry)

    def _do(self, write: Callable[[], Coroutine[Any, Any, None]], entry: Entry | None) -> None:
        async def do() -> None:
            with contextlib.suppress(StorageError):
                await write()
                if entry is not None:
                    self.told.append(entry)

        self._tasks.append(asyncio.create_task(do()))

    async def settle(self) -> None:
        """The database is back for good; everything comes to rest."""
        self.store.mode = "well"
        await asyncio.sleep(60)
        await self.kill(0)
        await self.start()
        await asyncio.sleep(60)
        await self.kill(0)

    def check(self, *, killed: bool) -> None:
        for sid in _CALLS:
            asked, row = self.asked[sid], self.store.rows.get(sid, Row())
            told = [entry for entry in asked if entry in self.told]
            if not killed:
                assert told == asked, "without a kill, everything is acknowledged in the end"
            turns = [entry.turn for entry in asked if isinstance(entry, TurnOver)]
            for entry in told:
                if isinstance(entry, TurnOver):
                    assert row.turns.get(entry.turn.index) == entry.turn, "an acknowledged turn"
            assert all(stored in turns for stored in row.turns.values())
            ends = [entry for entry in asked if isinstance(entry, Ended)]
            if any(entry in told for entry in ends):
                assert row.end is not None
            if row.end is not None:
                assert row.end in [entry.end for entry in ends]
                assert row.jobs == 1, "one job for one end"
                first = next((entry for entry in ends if entry in told), ends[-1])
                assert ends.index(first) >= [entry.end for entry in ends].index(row.end)
            went = [entry for entry in asked if isinstance(entry, HandoffWent)]
            sure = [place for place, entry in enumerate(went) if entry in told]
            later = went[sure[-1] :] if sure else went
            assert row.status in {entry.status for entry in later} | (set() if sure else {None})
        assert dead_entries(self.folder) == []
        assert list(self.folder.glob("*.journal")) == []


_step = st.one_of(
    st.tuples(st.just("turn"), st.integers(0, 1)),
    st.tuples(st.just("turn"), st.integers(0, 1)),
    st.tuples(st.just("went"), st.integers(0, 1)),
    st.tuples(st.just("end"), st.integers(0, 1)),
    st.tuples(
        st.just("mode"),
        st.sampled_from(["well", "away", "hangs", "answer lost", "answer late"]),
    ),
    st.tuples(st.just("wait"), st.sampled_from([0.0, 0.003, 0.02, 0.4, 2.0, 30.0])),
)
_kill = st.tuples(st.just("kill"), st.integers(0, 12))


async def _play(steps: list[tuple[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), Store())
        await house.start()
        for number, (what, choice) in enumerate(steps):
            match what:
                case "turn":
                    index = sum(isinstance(e, TurnOver) for e in house.asked[_CALLS[choice]])
                    heard = turn(index, heard=f"{number}번째 말")
                    house.write(TurnOver(call_sid=_CALLS[choice], turn=heard))
                case "went":
                    status = _STATUSES[number % len(_STATUSES)]
                    at = NOW + timedelta(seconds=number)
                    house.write(HandoffWent(call_sid=_CALLS[choice], at=at, status=status))
                case "end":
                    at = NOW + timedelta(seconds=number)
                    house.write(Ended(call_sid=_CALLS[choice], end=end(ended_at=at)))
                case "mode":
                    house.store.mode = choice
                case "wait":
                    await asyncio.sleep(choice)
                case "kill":
                    await house.kill(choice)
                    await house.start()
        await house.settle()
        house.check(killed=any(what == "kill" for what, _ in steps))


@settings(max_examples=30, deadline=None)
@given(st.lists(_step, max_size=25))
def test_a_database_that_comes_and_goes_changes_nothing(steps: list[tuple[str, Any]]) -> None:
    run_virtual(_play(steps))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(_step, _kill), max_size=25))
@example([("wait", 0.02), ("kill", 0), *[("turn", 0)] * 2, ("end", 0), ("turn", 0), ("end", 0)])
@example([("wait", 0.02), ("kill", 0), *[("turn", 0)] * 2, ("went", 0), ("turn", 0), ("went", 0)])
def test_nothing_acknowledged_is_lost_to_a_kill(steps: list[tuple[str, Any]]) -> None:
    run_virtual(_play(steps))


async def _house(folder: Path) -> House:
    house = House(folder, Store())
    await house.start()
    await asyncio.sleep(1)
    return house


@pytest.mark.parametrize("mode", ["away", "hangs", "answer late"])
def test_a_caller_waits_a_second_once(tmp_path: Path, mode: str) -> None:
    async def main() -> None:
        house = await _house(tmp_path)
        loop = asyncio.get_running_loop()
        house.store.mode = mode
        began = loop.time()
        await house.ledger.save_turn("CA0", turn(0))
        assert loop.time() - began <= PATIENCE_S
        began = loop.time()
        await house.ledger.save_turn("CA0", turn(1))
        await house.ledger.save_turn("CA1", turn(0))
        assert loop.time() == began, "as long as something waits, nobody asks the database"
        assert (await house.ledger.gauge()).waiting == 3
        house.store.mode = "well"
        await asyncio.sleep(60)
        assert house.journal.empty
        await house.kill(0)
        assert list(house.store.rows["CA0"].turns) == [0, 1]

    run_virtual(main())


def test_the_carrier_learns_of_an_end_that_only_the_journal_knows(tmp_path: Path) -> None:
    async def main() -> None:
        house = await _house(tmp_path)
        house.store.mode = "away"
        await house.ledger.request_handoff("CA0", HandoffReason.POLICY, "요금 문의입니다.")
        await house.ledger.close("CA0", end(outcome=Outcome.HANDED_OFF))

        assert await house.ledger.outcome("CA0") is Outcome.HANDED_OFF
        assert await house.ledger.brief("CA0") == "요금 문의입니다."
        await house.kill(0)

    run_virtual(main())


@pytest.mark.parametrize("left", [b"", b"\x00\x00\x03\xe8half of an entry"])
def test_a_file_without_a_whole_entry_holds_up_no_start(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "00000001.journal").write_bytes(left)

    async def main() -> None:
        async with asyncio.timeout(60):
            house = await _house(tmp_path)
        assert house.journal.empty
        await house.kill(0)

    run_virtual(main())
    assert list(tmp_path.iterdir()) == []


def test_what_the_database_refuses_of_a_live_call_is_put_aside_in_sight(tmp_path: Path) -> None:
    async def main() -> None:
        house = await _house(tmp_path)
        await house.ledger.open(new_call("CA0"))
        house.store.refuse = "turn"
        await house.ledger.save_turn("CA0", turn(0))
        await asyncio.sleep(60)

        [dead] = dead_entries(tmp_path)
        assert (dead.what, house.store.rows["CA0"].turns) == ("turn of CA0", {})
        house.store.refuse = ""
        await house.ledger.save_turn("CA0", turn(1))
        assert await house.ledger.retry_dead() == (1, 0)
        assert house.store.rows["CA0"].turns == {0: turn(0), 1: turn(1)}
        await house.kill(0)

    run_virtual(main())


def test_what_the_database_never_takes_holds_up_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        house = await _house(tmp_path)
        house.store.mode = "away"
        await house.ledger.save_turn("CA0", turn(0))
        await house.ledger.close("CA0", end())
        house.store.refuse, house.store.mode = "turn", "well"
        await asyncio.sleep(60)

        assert house.store.rows["CA0"].end == end()
        [dead] = dead_entries(tmp_path)
        assert dead.what == "turn of CA0"
        assert (await house.ledger.gauge()).dead == 1
        with pytest.raises(StorageError, match="refused"):
            await house.ledger.save_turn("CA0", turn(1))
        assert await house.ledger.retry_dead() == (0, 1)
        house.store.refuse = ""
        assert await house.ledger.retry_dead() == (1, 0)
        assert house.store.rows["CA0"].turns == {0: turn(0)}
        assert dead_entries(tmp_path) == []
        await house.kill(0)

    run_virtual(main())
