"""Ranges that browsers ask for, and the header before the samples."""

import io
import wave

import pytest

from console.recordings import HEADER_BYTES, byte_range, wav_header


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-", (0, 100)),
        ("bytes=0-0", (0, 1)),
        ("bytes=10-19", (10, 20)),
        ("bytes=10-500", (10, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-500", (0, 100)),
        ("bytes=100-", (100, 100)),
        ("bytes=200-300", (100, 100)),
        ("bytes=-0", (100, 100)),
        ("", None),
        ("bytes=-", None),
        ("bytes=20-10", None),
        ("bytes=0-1,5-6", None),
        ("bytes=a-b", None),
        ("frames=0-1", None),
    ],
)
def test_what_is_asked_for(asked: str, part: tuple[int, int] | None) -> None:
    assert byte_range(asked, 100) == part


def test_the_header_is_read_by_others() -> None:
    data = wav_header(3) + bytes(12)
    assert len(wav_header(3)) == HEADER_BYTES
    with wave.open(io.BytesIO(data)) as file:
        assert file.getparams()[:4] == (2, 2, 8_000, 3)
