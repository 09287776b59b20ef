"""What is sealed opens with its key and in its place only; fingerprints find without telling."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import StorageError
from storage.vault import Vault, key_id_of, new_key

OLD = "old:" + base64.b64encode(bytes(32)).decode()
NEW = "new:" + new_key()


@given(st.binary(max_size=200), st.text(max_size=50))
def test_what_is_sealed_opens_again(clear: bytes, about: str) -> None:
    vault = Vault.parse(NEW)

    assert vault.open(vault.seal(clear, about=about), about=about) == clear


def test_no_two_seals_are_alike() -> None:
    vault = Vault.parse(NEW)

    assert vault.seal(b"x", about="") != vault.seal(b"x", about="")


def test_another_place_does_not_open() -> None:
    vault = Vault.parse(NEW)

    with pytest.raises(StorageError, match="damaged"):
        vault.open(vault.seal(b"x", about="turn 1"), about="turn 2")


@given(st.data())
def test_no_changed_byte_goes_unnoticed(data: st.DataObject) -> None:
    vault = Vault.parse(NEW)
    sealed = bytearray(vault.seal("김철수".encode(), about="x"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))

    with pytest.raises(StorageError, match=r"damaged|unknown_key"):
        vault.open(bytes(sealed), about="x")


@given(st.binary(max_size=40))
def test_what_is_no_seal_is_refused(noise: bytes) -> None:
    with pytest.raises(StorageError, match=r"damaged|unknown_key"):
        Vault.parse(NEW).open(noise, about="")


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    sealed = Vault.parse(OLD).seal(b"x", about="")
    both = Vault.parse(f"{NEW}, {OLD}")

    assert both.open(sealed, about="") == b"x"
    assert (key_id_of(sealed), key_id_of(both.seal(b"", about=""))) == ("old", "new")


def test_a_key_that_is_gone_is_named() -> None:
    sealed = Vault.parse(OLD).seal(b"x", about="")

    with pytest.raises(StorageError, match="unknown_key: the key old"):
        Vault.parse(NEW).open(sealed, about="")


def test_fingerprints_find_under_every_key() -> None:
    before, both = Vault.parse(OLD), Vault.parse(f"{NEW},{OLD}")

    assert before.fingerprint("+821012345678") in both.fingerprints("+821012345678")
    assert both.fingerprint("+821012345678") == both.fingerprints("+821012345678")[0]
    assert both.fingerprint("+821012345678") != both.fingerprint("+821012345679")


@pytest.mark.parametrize(
    "text",
    ["", ",", "no-colon", "k:", "k:###", "k:c2hvcnQ=", OLD.upper(), f"{OLD},{OLD}"],
)
def test_keys_that_are_none_are_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(StorageError, match="bad_keys") as refused:
        Vault.parse(text)

    secret = text.partition(":")[2]
    assert not secret or secret not in str(refused.value)
