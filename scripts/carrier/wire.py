"""The carrier's side of the wire: it writes events, and reads commands as strictly as Twilio."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

import msgspec

from scripts.carrier.errors import RefusedError

PROTOCOL_ERROR = 31951
"""Bad JSON, an unknown or a further field, or another stream's identifier."""

BINARY_FRAME = 31950
TOO_MUCH_AUDIO = 31931


@dataclass(frozen=True, slots=True)
class Audio:
    """Play this."""

    payload: bytes
    """µ-law, 8,000 Hz."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Echo this name when all before it has played."""

    name: str


@dataclass(frozen=True, slots=True)
class Clear:
    """Drop what is buffered."""


Command = Audio | Mark | Clear


class _Strict(msgspec.Struct, forbid_unknown_fields=True):
    pass


class _Payload(_Strict):
    payload: bytes


class _Name(_Strict):
    name: str


class _Message(_Strict, tag_field="event", kw_only=True):
    stream_sid: str = msgspec.field(name="streamSid")


class _Media(_Message, tag="media"):
    media: _Payload


class _Mark(_Message, tag="mark"):
    mark: _Name


class _Clear(_Message, tag="clear"):
    pass


_decoder = msgspec.json.Decoder(_Media | _Mark | _Clear)


def decode(frame: str | bytes, stream_sid: str) -> Command:
    """The command in a frame that the server sent to this stream. Raises RefusedError."""
    if isinstance(frame, bytes):
        raise RefusedError(BINARY_FRAME, "a binary frame")
    try:
        message = _decoder.decode(frame)
    except msgspec.DecodeError as error:
        raise RefusedError(PROTOCOL_ERROR, f"{error} in {frame[:80]!r}") from None
    if message.stream_sid != stream_sid:
        raise RefusedError(PROTOCOL_ERROR, f"streamSid {message.stream_sid!r} is not this stream's")
    match message:
        case _Media(media=media) if media.payload:
            return Audio(media.payload)
        case _Mark(mark=mark) if mark.name:
            return Mark(mark.name)
        case _Clear():
            return Clear()
        case _:
            raise RefusedError(PROTOCOL_ERROR, f"empty field in {frame[:80]!r}")


def connected() -> str:
    """The first message on the socket."""
    return _write({"event": "connected", "protocol": "Call", "version": "1.0.0"})


def start(
    stream_sid: str,
    *,
    call_sid: str,
    account_sid: str,
    parameters: dict[str, str],
    sequence: int,
) -> str:
    """The second message, with the TwiML's parameters."""
    body = {
        "accountSid": account_sid,
        "streamSid": stream_sid,
        "callSid": call_sid,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": parameters,
    }
    return _event("start", stream_sid, sequence, body)


def media(stream_sid: str, *, sequence: int, chunk: int, timestamp_ms: int, payload: bytes) -> str:
    """A piece of the caller's audio; `chunk` counts from 1."""
    encoded = b64encode(payload).decode()
    body = {
        "track": "inbound",
        "chunk": str(chunk),
        "timestamp": str(timestamp_ms),
        "payload": encoded,
    }
    return _event("media", stream_sid, sequence, body)


def dtmf(stream_sid: str, *, sequence: int, digit: str) -> str:
    """A key."""
    return _event("dtmf", stream_sid, sequence, {"track": "inbound_track", "digit": digit})


def mark(stream_sid: str, *, sequence: int, name: str) -> str:
    """The echo of a mark."""
    return _event("mark", stream_sid, sequence, {"name": name})


def stop(stream_sid: str, *, sequence: int, call_sid: str, account_sid: str) -> str:
    """The last message."""
    return _event("stop", stream_sid, sequence, {"accountSid": account_sid, "callSid": call_sid})


def _event(name: str, stream_sid: str, sequence: int, body: dict[str, Any]) -> str:
    return _write(
        {"event": name, "sequenceNumber": str(sequence), "streamSid": stream_sid, name: body}
    )


def _write(message: dict[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False)
