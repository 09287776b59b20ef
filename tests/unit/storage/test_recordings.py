"""The recordings' format: what was written is read, and nothing that was altered is."""

from __future__ import annotations

import base64
import io
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import StorageError
from storage.recordings.files import (
    Recording,
    RecordingWriter,
    read_head,
    recording_name,
    reseal,
    rewrite,
    whole_bytes,
)
from storage.recordings.format import (
    FRAME_BYTES,
    MAX_SEGMENT_FRAMES,
    interleave,
    new_head,
    parse_head,
)
from storage.vault import Vault
from tests.support.keys import RING, VAULT
from tests.support.recordings import RECORDING, channels, write

VAULT_KEY = base64.b64decode(RING.partition(":")[2])
OTHER = recording_name("sample", "CA2")


def recorded(pieces: list[bytes], *, ended: bool = True, name: str = RECORDING) -> bytes:
    """A file with these segments."""
    head, records = new_head(VAULT, name)
    data = head.encode() + b"".join(records.segment(i, piece) for i, piece in enumerate(pieces))
    frames = sum(map(len, pieces)) // FRAME_BYTES
    return data + (records.end(len(pieces), frames) if ended else b"")


def read(data: bytes, name: str = RECORDING) -> tuple[list[bytes], bool]:
    """The segments of a file, and whether it was ended."""
    recording = Recording(io.BytesIO(data), VAULT, name)
    return list(recording.read()), recording.complete


def places(pieces: list[bytes]) -> list[int]:
    """Where each record of a file ends, the head first."""
    return [len(recorded(pieces[:count], ended=False)) for count in range(len(pieces) + 1)]


frames = st.integers(1, 30).flatmap(lambda n: st.binary(min_size=2 * n, max_size=2 * n))
segments = st.lists(frames, max_size=6)


@given(segments, st.booleans())
def test_what_was_written_is_read(pieces: list[bytes], ended: bool) -> None:
    assert read(recorded(pieces, ended=ended)) == (pieces, ended)


@given(segments.filter(len), st.data())
def test_any_part_is_read(pieces: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(pieces)
    recording = Recording(io.BytesIO(recorded(pieces)), VAULT, RECORDING)
    start = data.draw(st.integers(0, recording.frames))
    end = data.draw(st.integers(start, recording.frames + 5))
    assert b"".join(recording.read(start, end)) == whole[start * 2 : end * 2]


@given(segments.filter(len), st.booleans(), st.data())
def test_a_file_that_was_cut_gives_all_whole_segments(
    pieces: list[bytes], ended: bool, data: st.DataObject
) -> None:
    file, ends = recorded(pieces, ended=ended), places(pieces)
    cut = data.draw(st.integers(ends[0], len(file) - 1))
    whole = [piece for piece, end in zip(pieces, ends[1:], strict=True) if end <= cut]
    assert read(file[:cut]) == (whole, False)


@given(segments.filter(len), st.booleans(), st.data())
def test_a_changed_byte_is_noticed_or_taken_for_torn(
    pieces: list[bytes], ended: bool, data: st.DataObject
) -> None:
    file = bytearray(recorded(pieces, ended=ended))
    at = data.draw(st.integers(0, len(file) - 1))
    file[at] ^= data.draw(st.integers(1, 255))
    with suppress(StorageError):
        found, complete = read(bytes(file))
        assert not complete
        assert found == pieces[: len(found)]


@given(segments, st.booleans(), st.data())
def test_what_is_whole_of_a_file_is_known_without_a_key(
    pieces: list[bytes], ended: bool, data: st.DataObject
) -> None:
    file, ends = recorded(pieces, ended=ended), places(pieces)
    cut = data.draw(st.integers(ends[0], len(file)))
    whole = len(file) if cut == len(file) else max(end for end in ends if end <= cut)
    assert whole_bytes(io.BytesIO(file[:cut])) == (whole, ended and cut == len(file))


def test_a_change_in_the_middle_of_an_unfinished_recording_is_not_taken_for_torn() -> None:
    pieces = [bytes([number]) * MAX_SEGMENT_FRAMES * 2 for number in range(4)]
    for at in (places(pieces)[1] + 1, places(pieces)[1] + 100):
        file = bytearray(recorded(pieces, ended=False))
        file[at] ^= 1
        with pytest.raises(StorageError, match="damaged"):
            read(bytes(file))


def test_segments_cannot_be_left_out_or_exchanged_or_come_from_elsewhere() -> None:
    pieces = [bytes([number]) * MAX_SEGMENT_FRAMES * 2 for number in range(4)]
    file, other, ends = recorded(pieces), recorded(pieces), places(pieces)
    first, second, third = (slice(ends[n], ends[n + 1]) for n in range(3))
    altered = {
        "left out": file[: ends[1]] + file[ends[2] :],
        "exchanged": file[: ends[1]] + file[third] + file[second] + file[ends[3] :],
        "twice": file[: ends[1]] + file[first] + file[ends[1] :],
        "from elsewhere": file[: ends[1]] + other[second] + file[ends[2] :],
        "another's head": other[: ends[0]] + file[ends[0] :],
        "more behind the end": file + file[first],
    }
    for data in altered.values():
        with pytest.raises(StorageError, match="damaged"):
            read(data)


def test_a_finished_recording_without_its_last_segment_is_not_complete() -> None:
    pieces = [b"ab" * 100, b"cd" * 100]
    assert read(recorded(pieces)[: places(pieces)[1]]) == (pieces[:1], False)


def test_a_recording_opens_as_its_own_calls_only() -> None:
    with pytest.raises(StorageError, match="another call's"):
        read(recorded([b"ab"]), OTHER)
    head, _ = parse_head(recorded([b"ab"]))
    renamed = type(head)(name=OTHER, sealed_key=head.sealed_key).encode()
    with pytest.raises(StorageError, match="damaged"):
        read(renamed, OTHER)


@given(st.binary(max_size=200))
def test_anything_else_is_no_recording(data: bytes) -> None:
    with pytest.raises(StorageError, match="damaged"):
        read(data)


def test_files_are_private_and_nothing_personal_stands_in_them(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "one.yrec"
    loud = b"\x10\x90" * 5_000
    write(path, loud, loud)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"\x10\x90\x10" not in path.read_bytes()
    assert channels(path) == (loud, loud)
    with path.open("rb") as file:
        assert read_head(file).name == RECORDING


def test_what_was_appended_is_there_before_the_end(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path / "one.yrec", VAULT, RECORDING)
    writer.finish()
    assert not list(tmp_path.iterdir()), "nothing was said"
    writer.append(b"ab" * 6_000)
    with Recording.open(writer.path, VAULT, RECORDING) as recording:
        assert (recording.frames, recording.duration_ms, recording.complete) == (6_000, 750, False)
    writer.finish()
    with Recording.open(writer.path, VAULT, RECORDING) as recording:
        assert recording.complete


def test_a_rewritten_recording_is_changed_whole_and_ended(tmp_path: Path) -> None:
    path = tmp_path / "one.yrec"
    writer = RecordingWriter(path, VAULT, RECORDING)
    writer.append(interleave(b"a" * 6_000, b"b" * 6_000))
    writer.abandon()
    with path.open("ab") as file:
        file.write(b"S torn")
    (tmp_path / "one.yrec.0badcafe.new").write_bytes(b"left by a killed process")
    seen: list[int] = []

    def change(first_frame: int, stereo: bytearray) -> None:
        seen.append(first_frame)
        stereo[0::2] = b"x" * (len(stereo) // 2)

    with rewrite(path, VAULT, RECORDING, change) as recording:
        assert (recording.complete, recording.frames) == (True, 6_000)
    assert seen == [0, 4_000]
    assert channels(path) == (b"x" * 6_000, b"b" * 6_000)
    assert [file.name for file in tmp_path.iterdir()] == ["one.yrec"]


def test_a_failed_rewriting_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "one.yrec"
    write(path, b"ab", b"cd")

    def fail(_first_frame: int, _stereo: bytearray) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        rewrite(path, VAULT, RECORDING, fail)
    assert channels(path) == (b"ab", b"cd")
    assert [file.name for file in tmp_path.iterdir()] == ["one.yrec"]


def test_a_key_that_is_not_set_is_named() -> None:
    stranger = Vault({"other": bytes(32)})
    with pytest.raises(StorageError, match="the key test is not among those set"):
        Recording(io.BytesIO(recorded([b"ab"])), stranger, RECORDING)


def test_those_who_rewrite_one_recording_lose_nothing_of_each_other(tmp_path: Path) -> None:
    path = tmp_path / "one.yrec"
    write(path, b"a" * 8_000, b"b" * 8_000)
    os.utime(path, (1_000, 1_000))
    ring = Vault({"next": bytes(32), "test": VAULT_KEY})

    def silence(number: int) -> None:
        def change(first_frame: int, stereo: bytearray) -> None:
            at = (number * 1_000 - first_frame) * 2
            if 0 <= at < len(stereo):
                stereo[at : at + 2] = b"xx"

        rewrite(path, ring, RECORDING, change).close()

    with ThreadPoolExecutor(4) as pool:
        silenced = pool.map(silence, range(8))
        resealed = pool.map(lambda _: reseal(path, ring), range(8))
        assert list(silenced) == [None] * 8
        assert sum(resealed) <= 1
    with Recording.open(path, ring, RECORDING) as recording:
        stereo = b"".join(recording.read())
    assert [stereo[number * 2_000 : number * 2_000 + 2] for number in range(8)] == [b"xx"] * 8
    assert stereo.count(b"x") == 16
    assert path.stat().st_mtime == 1_000
    assert [file.name for file in tmp_path.iterdir()] == ["one.yrec"]


def test_a_key_is_exchanged_without_touching_the_sound(tmp_path: Path) -> None:
    path = tmp_path / "one.yrec"
    write(path, b"a" * 8_000, b"b" * 8_000)
    before = path.read_bytes()
    ring = Vault({"next": bytes(32), "test": VAULT_KEY})
    assert reseal(path, ring)
    assert not reseal(path, ring)
    after = path.read_bytes()
    assert after[-16_000:] == before[-16_000:]
    with Recording.open(path, Vault({"next": bytes(32)}), RECORDING) as recording:
        assert recording.complete
        assert len(b"".join(recording.read())) == 16_000
