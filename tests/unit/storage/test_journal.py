"""The journal's files: cut off anywhere they hold what was acknowledged, and nothing else."""

from __future__ import annotations

import asyncio
import errno
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.backlog import Backlog, frame, frames
from storage.entries import (
    Began,
    Ended,
    Entry,
    HandoffAsked,
    HandoffWent,
    Noted,
    TurnOver,
    pack,
    unpack,
)
from storage.errors import StorageError
from storage.journal import Journal, dead_entries
from storage.records import HandoffReason, HandoffStatus
from tests.support.calls import NOW, ORGANIZATION, end, new_call, turn
from tests.support.keys import VAULT

ENTRIES: list[Entry] = [
    Began(call=new_call()),
    TurnOver(call_sid="CA1", turn=turn(0, heard="깨진 \ud800 글자와 \x00")),
    HandoffAsked(call_sid="CA1", at=NOW, reason=HandoffReason.POLICY, summary_text="요약"),
    HandoffWent(call_sid="CA1", at=NOW, status=HandoffStatus.ANSWERED),
    Ended(call_sid="CA1", end=end()),
]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.kind)
def test_entries_come_back_as_they_were(entry: Entry) -> None:
    assert unpack(pack(Noted(at=NOW, entry=entry))) == Noted(at=NOW, entry=entry)


def test_what_is_no_entry_is_refused() -> None:
    for text in (b"", b"{}", b'{"at": "2026-11-20T00:00:00Z", "entry": {"kind": "other"}}'):
        with pytest.raises(StorageError, match="damaged"):
            unpack(text)


@given(st.lists(st.binary(max_size=50), max_size=5), st.data())
def test_a_file_cut_off_anywhere_keeps_its_whole_frames(
    payloads: list[bytes], data: st.DataObject
) -> None:
    whole = b"".join(map(frame, payloads))
    cut = data.draw(st.integers(0, len(whole)))
    found = frames(whole[:cut])

    kept = [payload for _, payload in found.payloads]
    assert kept == payloads[: len(kept)]
    assert len(b"".join(map(frame, payloads[: len(kept) + 1]))) > cut or kept == payloads
    assert found.torn == (cut > found.end)
    assert not found.damaged


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=2, max_size=5), st.data())
def test_a_changed_byte_is_noticed(payloads: list[bytes], data: st.DataObject) -> None:
    whole = bytearray(b"".join(map(frame, payloads)))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    found = frames(bytes(whole))

    kept = [payload for _, payload in found.payloads]
    assert kept == payloads[: len(kept)]
    assert len(kept) < len(payloads)
    assert found.torn or found.damaged


@given(st.lists(st.sampled_from(["begin", "write", "fail", "settle", "tidy"]), max_size=60))
def test_nothing_overtakes_and_no_file_goes_too_early(steps: list[str]) -> None:
    backlog = Backlog()
    flying: list[tuple[str, int]] = []
    written: list[tuple[str, int]] = []
    position = 0
    for step in steps:
        if step == "begin":
            position += 1
            flying.append((backlog.begin(), position))
        elif step == "write" and flying:
            written.append(flying.pop(0))
            backlog.written(*written[-1])
        elif step == "fail" and flying:
            backlog.failed(flying.pop(0)[0])
        elif step == "settle" and written:
            assert backlog.head == written.pop(0)
            backlog.settled()
        elif step == "tidy":
            used = {name for name, _ in written + flying}
            for name in backlog.spent():
                assert name not in used
                backlog.gone(name)
        assert len(backlog) == len(written)
        assert not (backlog.empty and (written or flying))
        names = [name for name, _ in written]
        assert names == sorted(names), "the next start reads the files in this order"


def _journal(folder: Path) -> Journal:
    return Journal(folder, VAULT, ORGANIZATION, clock=lambda: NOW + timedelta(seconds=5))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def _write(journal: Journal, *entries: Entry) -> None:
    for entry in entries:
        await journal.append(Noted(at=NOW, entry=entry))


async def _read(journal: Journal) -> list[Entry]:
    found = []
    while not journal.empty:
        found.append((await journal.head()).entry)
        await journal.settle()
    return found


async def test_the_next_start_finds_what_was_written(tmp_path: Path) -> None:
    first = _journal(tmp_path)
    assert await first.load() == 0
    await _write(first, *ENTRIES)
    gauge = await first.gauge()
    assert (gauge.waiting, gauge.oldest_s, gauge.dead) == (5, 5.0, 0)

    second = _journal(tmp_path)
    assert await second.load() == 5
    assert await _read(second) == ENTRIES
    assert _files(tmp_path) == []


async def test_nothing_personal_lies_open(tmp_path: Path) -> None:
    journal = _journal(tmp_path)
    await journal.load()
    await _write(journal, *ENTRIES)
    await journal.head()
    await journal.bury("began of CA1", StorageError("refused", "no"))

    files = _files(tmp_path)
    assert len(files) == 2
    for path in files:
        assert b"1012345678" not in path.read_bytes()
        assert path.suffix == ".json" or path.stat().st_mode & 0o077 == 0


async def test_an_entry_that_was_cut_off_is_nobodys(tmp_path: Path) -> None:
    first = _journal(tmp_path)
    await first.load()
    await _write(first, *ENTRIES)
    [path] = _files(tmp_path)
    os.truncate(path, path.stat().st_size - 3)

    second = _journal(tmp_path)
    assert await second.load() == 4
    await _write(second, ENTRIES[-1])
    assert await _read(second) == ENTRIES
    assert (await second.gauge()).dead == 0


async def test_damage_is_put_aside_and_holds_up_nothing(tmp_path: Path) -> None:
    first = _journal(tmp_path)
    await first.load()
    await _write(first, *ENTRIES)
    [path] = _files(tmp_path)
    content = bytearray(path.read_bytes())
    second_at = frames(bytes(content)).payloads[1][0]
    content[second_at + 20] ^= 1
    path.write_bytes(content)

    second = _journal(tmp_path)
    assert await second.load() == 1
    assert await _read(second) == ENTRIES[:1]
    [dead] = dead_entries(tmp_path)
    assert "damaged" in dead.reason


async def test_an_entry_of_another_file_does_not_open(tmp_path: Path) -> None:
    first = _journal(tmp_path)
    await first.load()
    await _write(first, ENTRIES[0])
    (tmp_path / "00000001.journal").rename(tmp_path / "00000002.journal")

    second = _journal(tmp_path)
    await second.load()
    with pytest.raises(StorageError, match="damaged"):
        await second.head()


async def test_a_full_disk_is_told_and_leaves_whole_entries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = _journal(tmp_path)
    await journal.load()
    await _write(journal, ENTRIES[0])
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        if len(data) < 200:
            raise OSError(errno.ENOSPC, "no space left")
        return write(descriptor, data[: len(data) // 2])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(StorageError, match="unavailable"):
            await _write(journal, ENTRIES[1])
    await _write(journal, ENTRIES[2])

    second = _journal(tmp_path)
    await second.load()
    assert await _read(second) == [ENTRIES[0], ENTRIES[2]]


async def test_a_file_that_is_drained_goes_while_another_begins(tmp_path: Path) -> None:
    journal = _journal(tmp_path)
    await journal.load()
    await _write(journal, ENTRIES[0])
    await journal.head()
    settling = asyncio.create_task(journal.settle())
    await asyncio.sleep(0)
    await _write(journal, ENTRIES[1])
    await settling

    assert not journal.empty
    assert (await journal.head()).entry == ENTRIES[1]
    assert [path.name for path in _files(tmp_path)] == ["00000002.journal"]


async def test_dead_entries_are_told_with_their_reason(tmp_path: Path) -> None:
    journal = _journal(tmp_path)
    await journal.load()
    await _write(journal, *ENTRIES[:2])
    for what in ("began of CA1", "turn of CA1"):
        await journal.head()
        await journal.bury(what, StorageError("refused", "the database refused a value"))

    assert journal.empty
    assert (await journal.gauge()).dead == 2
    dead = dead_entries(tmp_path)
    assert [entry.what for entry in dead] == ["began of CA1", "turn of CA1"]
    assert dead[0].reason == "refused: the database refused a value"
    assert set(json.loads(dead[0].path.read_text())) == {"at", "what", "reason", "about", "sealed"}


async def test_a_later_process_puts_nothing_in_place_of_what_was_put_aside(tmp_path: Path) -> None:
    for what in ("began of CA1", "turn of CA1"):
        journal = _journal(tmp_path)
        await journal.load()
        await _write(journal, ENTRIES[0])
        await journal.head()
        await journal.bury(what, StorageError("refused", "the database refused a value"))
        await journal.close()

    assert [entry.what for entry in dead_entries(tmp_path)] == ["began of CA1", "turn of CA1"]
