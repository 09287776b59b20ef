"""Audio on disk: whole or not there, bounded, and shared by processes that know of no other."""

import multiprocessing
import os
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.tts.store import AudioStore

KEYS = [f"key{number}" for number in range(12)]
FILE_BYTES = 8_032


def audio_of(key: str) -> bytes:
    """8,000 bytes that only this key has."""
    return random.Random(key).randbytes(8_000)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_was_written_is_read_by_another(tmp_path: Path) -> None:
    AudioStore(tmp_path / "voice", 10**6).write("key", b"audio")
    other = AudioStore(tmp_path / "voice", 10**6)
    assert other.read("key") == b"audio"
    assert other.read("else") is None
    assert (other.damaged, other.failures) == (0, 0)


@given(st.integers(0, FILE_BYTES - 1), st.integers(1, 255), st.booleans())
def test_a_damaged_file_is_dropped_counted_and_made_again(at: int, flip: int, cut: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = AudioStore(Path(folder), 10**6)
        store.write("key", audio_of("key"))
        path = Path(folder) / "key"
        stored = bytearray(path.read_bytes())
        assert len(stored) == FILE_BYTES
        stored[at] ^= flip
        path.write_bytes(stored[:at] if cut else stored)
        assert store.read("key") is None
        assert store.damaged == 1
        assert not path.exists()
        store.write("key", audio_of("key"))
        assert store.read("key") == audio_of("key")


def test_a_file_under_a_wrong_name_is_damaged(tmp_path: Path) -> None:
    store = AudioStore(tmp_path, 10**6)
    store.write("one", b"audio")
    (tmp_path / "one").rename(tmp_path / "two")
    assert store.read("two") is None
    assert store.damaged == 1


def test_what_was_not_used_for_longest_goes(tmp_path: Path) -> None:
    store = AudioStore(tmp_path, 3 * FILE_BYTES)
    for age, key in enumerate(("old", "older", "oldest"), start=1):
        store.write(key, audio_of(key))
        os.utime(tmp_path / key, (1_000_000 - age, 1_000_000 - age))
    assert store.read("oldest") == audio_of("oldest")
    store.write("new", audio_of("new"))
    assert names(tmp_path) == {"old", "oldest", "new"}


def test_what_a_dead_process_left_half_written_goes(tmp_path: Path) -> None:
    for name, age_s in (("a.part", 4_000), ("b.part", 0)):
        (tmp_path / name).write_bytes(b"half")
        stat = (tmp_path / name).stat()
        os.utime(tmp_path / name, (stat.st_atime - age_s, stat.st_mtime - age_s))
    AudioStore(tmp_path, 10**6).write("key", b"audio")
    assert names(tmp_path) == {"b.part", "key"}


def test_a_disk_that_fails_is_counted_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"no folder")
    store = AudioStore(tmp_path / "file", 10**6)
    store.write("key", b"audio")
    assert store.read("key") is None
    assert store.failures == 2


def work(folder: str, seed: int, found: "multiprocessing.Queue[tuple[int, int, int]]") -> None:
    """Writes and reads at random in a store that is too small, and tells what went wrong."""
    rng = random.Random(seed)
    store = AudioStore(Path(folder), 5 * FILE_BYTES)
    wrong = 0
    for _ in range(300):
        key = rng.choice(KEYS)
        audio = store.read(key)
        if audio is None:
            store.write(key, audio_of(key))
        else:
            wrong += audio != audio_of(key)
    found.put((wrong, store.damaged, store.failures))


def test_processes_that_write_read_and_evict_at_once_do_not_disturb_each_other(
    tmp_path: Path,
) -> None:
    context = multiprocessing.get_context("spawn")
    found: multiprocessing.Queue[tuple[int, int, int]] = context.Queue()
    processes = [
        context.Process(target=work, args=(str(tmp_path), seed, found)) for seed in range(4)
    ]
    for process in processes:
        process.start()
    results = [found.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert results == [(0, 0, 0)] * 4
    left = names(tmp_path)
    assert left <= set(KEYS)
    assert 1 <= len(left) <= 5


@pytest.mark.parametrize("size", [0, 1])
def test_a_file_larger_than_the_bound_does_not_stay(tmp_path: Path, size: int) -> None:
    store = AudioStore(tmp_path, size)
    store.write("key", b"audio")
    assert names(tmp_path) == set()
