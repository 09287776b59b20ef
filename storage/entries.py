"""What a call writes, as values that can wait on disk; each may be stored again without effect."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from storage.errors import StorageError
from storage.records import CallEnd, HandoffReason, HandoffStatus, NewCall, Turn


@dataclass(frozen=True, kw_only=True)
class Began:
    """A call began."""

    call: NewCall
    kind: Literal["began"] = "began"

    @property
    def call_sid(self) -> str:
        """The carrier's id of the call."""
        return self.call.call_sid


@dataclass(frozen=True, kw_only=True)
class TurnOver:
    """A turn is over."""

    call_sid: str
    turn: Turn
    kind: Literal["turn"] = "turn"


@dataclass(frozen=True, kw_only=True)
class HandoffAsked:
    """A call is to go to a human."""

    call_sid: str
    at: datetime
    """UTC."""
    reason: HandoffReason
    summary_text: str
    kind: Literal["handoff_asked"] = "handoff_asked"


@dataclass(frozen=True, kw_only=True)
class HandoffWent:
    """How far a call came on its way to the human."""

    call_sid: str
    at: datetime
    """UTC."""
    status: HandoffStatus
    kind: Literal["handoff_went"] = "handoff_went"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A call ended."""

    call_sid: str
    end: CallEnd
    kind: Literal["ended"] = "ended"


Entry = Began | TurnOver | HandoffAsked | HandoffWent | Ended


@dataclass(frozen=True, kw_only=True)
class Noted:
    """An entry, and when it was written down (UTC)."""

    at: datetime
    entry: Annotated[Entry, Field(discriminator="kind")]


_noted = TypeAdapter(Noted)


def pack(noted: Noted) -> bytes:
    """The entry as JSON in ASCII: recognisers may write what no UTF-8 can hold."""
    return json.dumps(_noted.dump_python(noted, mode="json"), separators=(",", ":")).encode()


def unpack(packed: bytes) -> Noted:
    """What `pack` made. Raises StorageError `damaged`."""
    try:
        values: Mapping[str, object] = json.loads(packed)
        return _noted.validate_python(values)
    except (ValueError, ValidationError) as error:
        raise StorageError("damaged", "an entry of the journal cannot be read") from error
