"""The format of a `.yrec` file: what is in it, sealed and opened piece by piece; no files here.

A head, then records until the end; all numbers are little-endian:

    head     "YREC", version (1 byte, 1), samples a second (4), length of the name (2), the name
             (UTF-8: `recordings/ORGANIZATION/CALL_SID`), length of the key (2), the file's key
    record   kind (1 byte), length of what follows the index (4), index (4), sealed bytes

The file's key is 32 random bytes, sealed by the house's ring about the name and the rate, so a
recording opens as that call's and no other's, and to exchange the house's key rewrites the head
alone. Records are sealed with AES-256-GCM by the file's key: the nonce is kind and index, which
no file has twice, and what stands before the sealed bytes is authenticated with them. Kind `S` is
a segment of at most half a second: caller and agent in turn, a byte of µ-law each. Kind `E` ends a
recording that was finished and says how many segments (4) and frames (8) there are.

So no segment can be changed, moved, left out or brought from elsewhere unnoticed, and neither can
a finished recording be cut. One that was never finished may be cut at its end, as a process that
was killed leaves it: what of its last record is missing or does not open is taken for torn.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.errors import StorageError
from storage.vault import KEY_BYTES, Vault

RATE = 8_000
"""Frames a second."""
FRAME_BYTES = 2
"""A frame is one sample of the caller and one of the agent, µ-law."""
MAX_SEGMENT_FRAMES = RATE // 2

SEGMENT = b"S"
END = b"E"
RECORD_HEAD_BYTES = 9
_TAG_BYTES = 16
MAX_RECORD_BYTES = RECORD_HEAD_BYTES + MAX_SEGMENT_FRAMES * FRAME_BYTES + _TAG_BYTES

_MAGIC = b"YREC"
_VERSION = 1
_FIXED = struct.Struct("<4sBIH")
_LENGTH = struct.Struct("<H")
_RECORD = struct.Struct("<cII")
_END = struct.Struct("<IQ")
MAX_HEAD_BYTES = _FIXED.size + 1_000 + _LENGTH.size + 1_000
"""Enough of a file to find its head in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How a file begins."""

    name: str
    """Whose recording it is."""
    sealed_key: bytes
    rate: int = RATE

    @property
    def _about(self) -> str:
        return f"{self.name}@{self.rate}"

    def encode(self) -> bytes:
        """The head as it stands in the file."""
        name = self.name.encode()
        return (
            _FIXED.pack(_MAGIC, _VERSION, self.rate, len(name))
            + name
            + _LENGTH.pack(len(self.sealed_key))
            + self.sealed_key
        )

    def open(self, vault: Vault) -> Records:
        """What opens the records. Raises StorageError `unknown_key`, `damaged`."""
        return Records(vault.open(self.sealed_key, about=self._about))

    def resealed(self, vault: Vault) -> Head:
        """The same with the key sealed by the ring's first. Raises as `open`."""
        key = vault.open(self.sealed_key, about=self._about)
        sealed = vault.seal(key, about=self._about)
        return Head(name=self.name, sealed_key=sealed, rate=self.rate)


def new_head(vault: Vault, name: str) -> tuple[Head, Records]:
    """A new recording's head, and what seals its records."""
    key = os.urandom(KEY_BYTES)
    sealed = vault.seal(key, about=f"{name}@{RATE}")
    return Head(name=name, sealed_key=sealed), Records(key)


def parse_head(data: bytes) -> tuple[Head, int]:
    """The head that `data` begins with, and its length in bytes. Raises StorageError `damaged`."""
    try:
        magic, version, rate, name_length = _FIXED.unpack_from(data)
        at = _FIXED.size + name_length
        name = data[_FIXED.size : at].decode()
        (key_length,) = _LENGTH.unpack_from(data, at)
    except (struct.error, ValueError) as error:
        raise StorageError("damaged", "this is no recording") from error
    end = at + _LENGTH.size + key_length
    if magic != _MAGIC or version != _VERSION or rate != RATE or end > len(data):
        raise StorageError("damaged", "this is no recording, or of a kind not known here")
    sealed_key = data[at + _LENGTH.size : end]
    return Head(name=name, sealed_key=sealed_key, rate=rate), end


@dataclass(frozen=True, slots=True)
class RecordHead:
    """What stands before a record's sealed bytes."""

    kind: bytes
    index: int
    length: int
    """Of the sealed bytes."""

    @property
    def frames(self) -> int:
        """Of a segment: how many frames it holds."""
        return (self.length - _TAG_BYTES) // FRAME_BYTES


def parse_record_head(data: bytes, index: int) -> RecordHead | None:
    """The head of the record with this index; None where it cannot be one."""
    if len(data) < RECORD_HEAD_BYTES:
        return None
    kind, length, found = _RECORD.unpack_from(data)
    head = RecordHead(kind, found, length)
    plausible = {
        SEGMENT: 0 < head.frames <= MAX_SEGMENT_FRAMES and not (length - _TAG_BYTES) % FRAME_BYTES,
        END: length == _TAG_BYTES + _END.size,
    }
    return head if found == index and plausible.get(kind, False) else None


class Records:
    """Seals and opens one file's records."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def segment(self, index: int, stereo: bytes) -> bytes:
        """A record of at most MAX_SEGMENT_FRAMES frames."""
        return self._seal(SEGMENT, index, stereo)

    def end(self, segments: int, frames: int) -> bytes:
        """The record after the last segment."""
        return self._seal(END, segments, _END.pack(segments, frames))

    def open(self, head: RecordHead, sealed: bytes) -> bytes:
        """A record's bytes. Raises StorageError `damaged`."""
        fixed = _RECORD.pack(head.kind, head.length, head.index)
        try:
            return self._cipher.decrypt(_nonce(head.kind, head.index), sealed, fixed)
        except InvalidTag as error:
            raise StorageError("damaged", "a segment of a recording was changed") from error

    def ends_after(self, head: RecordHead, sealed: bytes) -> tuple[int, int]:
        """The segments and frames that the end tells of. Raises StorageError `damaged`."""
        segments, frames = _END.unpack(self.open(head, sealed))
        return segments, frames

    def _seal(self, kind: bytes, index: int, clear: bytes) -> bytes:
        fixed = _RECORD.pack(kind, len(clear) + _TAG_BYTES, index)
        return fixed + self._cipher.encrypt(_nonce(kind, index), clear, fixed)


def _nonce(kind: bytes, index: int) -> bytes:
    return kind + bytes(7) + index.to_bytes(4, "little")


def interleave(caller: bytes, agent: bytes) -> bytes:
    """The frames of two channels of the same length."""
    stereo = bytearray(2 * len(caller))
    stereo[0::2] = caller
    stereo[1::2] = agent
    return bytes(stereo)
