"""µ-law against the standard's algorithm, sample by sample."""

import numpy as np

from voice.audio import mulaw


def _encode_one(sample: int) -> int:
    """G.711's definition: sign, segment, four bits, all inverted."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    segment = magnitude.bit_length() - 8
    return ~(sign | segment << 4 | magnitude >> segment + 3 & 0xF) & 0xFF


def test_every_sample_is_coded_as_the_standard_says() -> None:
    samples = np.arange(-32768, 32768).astype(np.int16)
    assert list(mulaw.encode(samples)) == [_encode_one(int(sample)) for sample in samples]


def test_every_code_survives_a_round_trip() -> None:
    codes = bytes(range(256))
    # 0x7F is a second code for zero.
    assert mulaw.encode(mulaw.decode(codes)) == codes.replace(b"\x7f", b"\xff")


def test_known_values() -> None:
    assert mulaw.decode(b"\xff\x00\x80\x7f").tolist() == [0, -32124, 32124, 0]


def test_each_code_stands_for_the_nearest_samples() -> None:
    samples = np.arange(-32000, 32001, 7).astype(np.int16)
    error = np.abs(mulaw.decode(mulaw.encode(samples)).astype(int) - samples)
    assert (error <= np.maximum(4, np.abs(samples) / 16)).all()


def test_nothing_is_nothing() -> None:
    assert mulaw.encode(mulaw.decode(b"")) == b""
