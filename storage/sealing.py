"""Seals what is personal in a row beside its masked columns, and opens it again.

The one place that knows what a sealed value is about, which fields it holds, and by what people are
found. A sealed value is a JSON object of the fields that masking changed; nothing where it changed
none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from storage.masking import MaskedTurn
from storage.privacy import mask_name, mask_phone
from storage.records import ToolCall, Turn
from storage.vault import Vault

_PHONE_LENGTH = 32


class Seals:
    """Seals and opens the rows of one organization."""

    def __init__(self, vault: Vault, organization_id: str) -> None:
        self._vault = vault
        self._organization_id = organization_id

    def phone_hash(self, phone: str) -> str | None:
        """By what a telephone number (E.164) is found; None where there is none."""
        return self._vault.fingerprint(phone) if phone else None

    def phone_hashes(self, phones: Iterable[str]) -> list[str]:
        """By what telephone numbers may be found, under every key."""
        return [one for phone in phones if phone for one in self._vault.fingerprints(phone)]

    def identity_hashes(self, phone: str, name: str) -> list[str]:
        """By what a customer may be found, under every key, the active one first."""
        return self._vault.fingerprints(f"{phone}|{name}")

    def caller(self, call_sid: str, caller: str) -> dict[str, Any]:
        """The columns of a call that tell who phoned."""
        masked = mask_phone(caller)[:_PHONE_LENGTH]
        return {
            "caller": masked,
            "caller_hash": self.phone_hash(caller),
            "sealed": self._seal(self._about("calls", call_sid), {"caller": (caller, masked)}),
        }

    def open_caller(self, call_sid: str, caller: str, sealed: bytes | None) -> str:
        """Who phoned, in the clear. Raises StorageError `unknown_key`, `damaged`."""
        clear: str = self._open(self._about("calls", call_sid), sealed).get("caller", caller)
        return clear

    def callback(self, call_sid: str, phone: str) -> dict[str, Any]:
        """The columns of a call-back that tell whom to phone."""
        masked = mask_phone(phone)[:_PHONE_LENGTH]
        return {
            "phone": masked,
            "phone_hash": self.phone_hash(phone),
            "sealed": self._seal(self._about("callbacks", call_sid), {"phone": (phone, masked)}),
        }

    def open_callback(self, call_sid: str, phone: str, sealed: bytes | None) -> str:
        """Whom to phone, in the clear. Raises as `open_caller`."""
        clear: str = self._open(self._about("callbacks", call_sid), sealed).get("phone", phone)
        return clear

    def turn(self, call_sid: str, turn: Turn, masked: MaskedTurn) -> dict[str, Any]:
        """The columns of a turn that may tell something personal."""
        tools = [asdict(tool) for tool in turn.tools]
        return {
            "heard": masked.heard,
            "intended": masked.intended,
            "said": masked.said,
            "tools": masked.tools,
            "private": list(masked.kinds) or None,
            "sealed": self._seal(
                self._about("turns", call_sid, str(turn.index)),
                {
                    "heard": (turn.heard, masked.heard),
                    "intended": (turn.intended, masked.intended),
                    "said": (turn.said, masked.said),
                    "tools": (_plain(tools), _plain(masked.tools)),
                },
            ),
        }

    def open_turn(self, call_sid: str, turn: Turn, sealed: bytes | None) -> Turn:
        """A turn as it was. Raises StorageError `unknown_key`, `damaged`."""
        clear = self._open(self._about("turns", call_sid, str(turn.index)), sealed)
        if "tools" in clear:
            clear["tools"] = to_tools(clear["tools"])
        return replace(turn, **clear)

    def customer(self, *, name: str, phone: str, born: date) -> dict[str, Any]:
        """The columns of a customer that tell who they are."""
        identity_hash = self.identity_hashes(phone, name)[0]
        clear = {"name": name, "phone": phone, "born": born.isoformat()}
        return {
            "name": mask_name(name),
            "phone": mask_phone(phone)[:_PHONE_LENGTH],
            "phone_hash": self.phone_hash(phone),
            "identity_hash": identity_hash,
            "sealed": self._vault.seal(
                _encoded(clear), about=self._about("customers", identity_hash)
            ),
        }

    def open_customer(self, identity_hash: str, sealed: bytes) -> dict[str, Any]:
        """A customer's name, telephone and date of birth. Raises as `open_turn`."""
        clear = self._open(self._about("customers", identity_hash), sealed)
        return {**clear, "born": date.fromisoformat(clear["born"])}

    def handoff(self, call_sid: str, text: str, masked: str) -> dict[str, Any]:
        """The columns of a hand-off with what the human is told."""
        return {
            "summary_text": masked,
            "sealed": self._seal(
                self._about("handoffs", call_sid), {"summary_text": (text, masked)}
            ),
        }

    def open_handoff(self, call_sid: str, text: str, sealed: bytes | None) -> str:
        """What the human is told, in the clear. Raises as `open_turn`."""
        clear: str = self._open(self._about("handoffs", call_sid), sealed).get("summary_text", text)
        return clear

    def correction(
        self, keys: Sequence[str], before: tuple[str, str], after: tuple[str, str]
    ) -> dict[str, Any]:
        """The columns of a correction; `before` and `after` are clear and masked."""
        return {
            "before": before[1],
            "after": after[1],
            "sealed": self._seal(
                self._about("corrections", *keys), {"before": before, "after": after}
            ),
        }

    def opened(self, sealed: bytes | None, table: str, *keys: str) -> dict[str, Any]:
        """The clear fields of a table's row with these natural keys. Raises as `open_turn`."""
        return self._open(self._about(table, *keys), sealed)

    def resealed(self, sealed: bytes, table: str, *keys: str) -> bytes:
        """What a table's row with these natural keys holds, sealed by the ring's first key.

        Raises StorageError `unknown_key`, `damaged`.
        """
        about = self._about(table, *keys)
        return self._vault.seal(self._vault.open(sealed, about=about), about=about)

    def _about(self, table: str, *keys: str) -> str:
        return "/".join((table, self._organization_id, *keys))

    def _seal(self, about: str, fields: Mapping[str, tuple[Any, Any]]) -> bytes | None:
        """The clear ones of pairs of clear and masked values that differ."""
        clear = {name: value for name, (value, masked) in fields.items() if value != masked}
        if not clear:
            return None
        return self._vault.seal(_encoded(clear), about=about)

    def _open(self, about: str, sealed: bytes | None) -> dict[str, Any]:
        if sealed is None:
            return {}
        clear: dict[str, Any] = json.loads(self._vault.open(sealed, about=about))
        return clear


def to_tools(stored: Iterable[Mapping[str, Any]]) -> tuple[ToolCall, ...]:
    """Tool calls from their stored form."""
    return tuple(ToolCall(**{**tool, "fact_ids": tuple(tool["fact_ids"])}) for tool in stored)


def _plain(value: Any) -> Any:
    """As JSON gives it back, so that two values can be compared."""
    return json.loads(json.dumps(value))


def _encoded(clear: Mapping[str, Any]) -> bytes:
    return json.dumps(clear, ensure_ascii=False).encode(errors="surrogatepass")
