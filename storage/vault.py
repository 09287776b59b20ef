"""Seals personal data with AES-256-GCM under a ring of keys, and tells people apart by keyed hash.

The first key of the ring seals; all of them open. What is sealed says by which key, so a key can be
followed by another without a moment at which something cannot be read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.errors import StorageError

KEY_BYTES = 32
NONCE_BYTES = 12
HEAD_BYTES = 2 + 16
"""So much of a sealed value tells which key has sealed it."""
_FORMAT = 1
_KEY_ID = re.compile(r"[a-z0-9-]{1,16}")


def new_key() -> str:
    """Random bytes for a key, as they stand in the setting after the key's id."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


class Vault:
    """A ring of keys. Shared by all calls; knows no rows and no files."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """`keys` by id, the one that seals first. Raises StorageError `bad_keys`."""
        if not keys:
            raise StorageError("bad_keys", "there is no key")
        for key_id, key in keys.items():
            if not _KEY_ID.fullmatch(key_id):
                raise StorageError("bad_keys", "a key's id is 1 to 16 of a-z, 0-9 and -")
            if len(key) != KEY_BYTES:
                raise StorageError("bad_keys", f"the key {key_id} has not {KEY_BYTES} bytes")
        # No key serves two purposes: what seals and what hashes are derived apart.
        self._ciphers = {
            key_id: AESGCM(_derive(key, b"yeoboseyo seal")) for key_id, key in keys.items()
        }
        self._hash_keys = {
            key_id: _derive(key, b"yeoboseyo fingerprint") for key_id, key in keys.items()
        }
        self.active = next(iter(keys))
        """The id of the key that seals."""

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of all keys, the one that seals first."""
        return tuple(self._ciphers)

    @classmethod
    def parse(cls, text: str) -> Vault:
        """A ring as it is set: `ID:BASE64,ID:BASE64`, the sealing key first.

        Raises StorageError `bad_keys`, which never repeats a key.
        """
        keys: dict[str, bytes] = {}
        for entry in filter(None, map(str.strip, text.split(","))):
            key_id, colon, encoded = entry.partition(":")
            try:
                key = base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):
                key = b""
            if not colon or not key:
                raise StorageError("bad_keys", "keys are written ID:BASE64, with commas between")
            if key_id in keys:
                raise StorageError("bad_keys", f"the key {key_id} is there twice")
            keys[key_id] = key
        return cls(keys)

    def seal(self, clear: bytes, *, about: str) -> bytes:
        """Seal bytes; they open only with the same `about`, which says whose and what they are.

        So a sealed value that is moved to another row does not open there.
        """
        nonce = os.urandom(NONCE_BYTES)
        return self.head + nonce + self._ciphers[self.active].encrypt(nonce, clear, about.encode())

    def open(self, sealed: bytes, *, about: str) -> bytes:
        """Open what `seal` made. Raises StorageError `unknown_key`, `damaged`."""
        key_id, start = _head(sealed)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise StorageError("unknown_key", f"the key {key_id} is not among those set")
        nonce, body = sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, body, about.encode())
        except (InvalidTag, ValueError) as error:
            raise StorageError("damaged", "a sealed value was changed, or moved") from error

    @property
    def head(self) -> bytes:
        """What everything begins with that the ring's first key seals."""
        return _head_of(self.active)

    def fingerprint(self, value: str) -> str:
        """64 hexadecimal digits by which a value is found again, and from which it is not told."""
        return _keyed_hash(self._hash_keys[self.active], value)

    def fingerprints(self, value: str) -> list[str]:
        """The value's fingerprints under every key, for looking up while keys are exchanged."""
        return [_keyed_hash(key, value) for key in self._hash_keys.values()]


def key_id_of(sealed: bytes) -> str:
    """The id of the key that sealed this, of which the head is enough.

    Raises StorageError `damaged`.
    """
    return _head(sealed)[0]


def _head_of(key_id: str) -> bytes:
    return bytes([_FORMAT, len(key_id)]) + key_id.encode()


def _head(sealed: bytes) -> tuple[str, int]:
    """The key's id, and where the nonce begins."""
    if len(sealed) < 2 or sealed[0] != _FORMAT:
        raise StorageError("damaged", "this is no sealed value")
    start = 2 + sealed[1]
    return sealed[2:start].decode("ascii", "replace"), start


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose).derive(key)


def _keyed_hash(key: bytes, value: str) -> str:
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()
