"""G.711 µ-law, the coding of telephone lines: one byte a sample, by table."""

import numpy as np
from numpy.typing import NDArray

SILENCE = 0xFF
"""The byte for a sample of zero."""

_BIAS = 132
_CLIP = 32635


def _decoding_table() -> NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.uint8)
    segment = (code >> 4 & 7).astype(np.int32)
    magnitude = (((code & 15).astype(np.int32) << 3) + _BIAS << segment) - _BIAS
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _encoding_table() -> NDArray[np.uint8]:
    """The code of every 16-bit sample, indexed by its two's complement as unsigned."""
    sample = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    biased = np.minimum(np.abs(sample), _CLIP) + _BIAS
    segment = np.floor(np.log2(biased)).astype(np.int32) - 7
    mantissa = biased >> (segment + 3) & 15
    sign = np.where(sample < 0, 0x80, 0)
    return np.asarray(~(sign | segment << 4 | mantissa) & 0xFF, dtype=np.uint8)


_DECODE = _decoding_table()
_ENCODE = _encoding_table()


def decode(data: bytes) -> NDArray[np.int16]:
    """The samples of µ-law `data`: shape (len(data),), full scale ±32124."""
    return _DECODE[np.frombuffer(data, dtype=np.uint8)]


def encode(pcm: NDArray[np.int16]) -> bytes:
    """The µ-law bytes of 16-bit samples `pcm` of shape (n,), one byte a sample."""
    return _ENCODE[np.ascontiguousarray(pcm, dtype=np.int16).view(np.uint16)].tobytes()


def pcm(data: bytes) -> bytes:
    """The samples of µ-law `data` as 16-bit little-endian PCM, two bytes a sample."""
    return decode(data).astype("<i2").tobytes()


def from_pcm(data: bytes) -> bytes:
    """The µ-law bytes of 16-bit little-endian PCM, one byte a sample."""
    return encode(np.frombuffer(data, dtype="<i2").astype(np.int16))


def loudness(data: bytes | bytearray) -> float:
    """The mean magnitude of the samples of µ-law `data`, 0 for none."""
    return float(np.abs(decode(bytes(data)).astype(np.int32)).mean()) if data else 0.0
