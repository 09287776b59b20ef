"""The wire of Twilio Media Streams: JSON text frames to carrier events, commands to frames.

Pure and quick: one decoder for all messages, a few microseconds a frame. Lenient with what comes
in, because several clients speak a shortened form of the protocol (no sequence numbers, no
media format, numbers as numbers); exact in what goes out, because Twilio ends the stream (error
31951) at the first field that it does not know.
"""

from __future__ import annotations

import binascii
from typing import Literal, TypeAlias

import msgspec

from voice.events import (
    CarrierEvent,
    Connected,
    KeyPressed,
    MarkReached,
    Media,
    Started,
    Stopped,
)
from voice.telephony.errors import WireError

MAX_FRAME_BYTES = 64 * 1024
"""Larger frames are refused before they are parsed; Twilio's own are under 500 bytes."""

_MAX_NAME = 128
"""Characters in an identifier; Twilio's have 34."""

_KEYS = frozenset("0123456789*#")

_Number: TypeAlias = str | int | None


class _Format(msgspec.Struct):
    encoding: str = "audio/x-mulaw"
    sample_rate: int | str = msgspec.field(default=8000, name="sampleRate")
    channels: int | str = 1


class _Start(msgspec.Struct, rename="camel"):
    call_sid: str | None = None
    stream_sid: str | None = None
    account_sid: str | None = None
    media_format: _Format | None = None
    custom_parameters: dict[str, str] | None = None


class _Media(msgspec.Struct):
    payload: str | None = None
    timestamp: _Number = None
    track: str | None = None


class _Key(msgspec.Struct):
    digit: str | None = None


class _Mark(msgspec.Struct):
    name: str | None = None


class _Message(msgspec.Struct, rename="camel"):
    event: str | None = None
    stream_sid: str | None = None
    sequence_number: _Number = None
    media: _Media | None = None
    start: _Start | None = None
    dtmf: _Key | None = None
    mark: _Mark | None = None


_decoder = msgspec.json.Decoder(_Message)


def decode(frame: str | bytes) -> CarrierEvent | None:
    """The event that a WebSocket frame carries; `bytes` stand for a binary frame.

    None for a well-formed frame that concerns nobody: audio of the outbound track, or none at
    all. Raises WireError; its `fatal` tells a peer to be cut off from a frame to be dropped.
    """
    if isinstance(frame, bytes):
        raise WireError("binary-frame", "a binary frame; the protocol has text frames alone")
    if len(frame) > MAX_FRAME_BYTES or (
        not frame.isascii() and len(frame.encode(errors="replace")) > MAX_FRAME_BYTES
    ):
        raise WireError("too-large", f"a frame of more than {MAX_FRAME_BYTES} bytes")
    try:
        message = _decoder.decode(frame)
    except msgspec.ValidationError as error:
        raise WireError("bad-field", str(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise WireError("bad-json", str(error)) from None

    match message.event:
        case "media":
            return _media(message)
        case "mark":
            return MarkReached(name=_name(message.mark.name if message.mark else None, "mark.name"))
        case "dtmf":
            return _key(message)
        case "connected":
            return Connected()
        case "start":
            return _start(message)
        case "stop":
            return Stopped(reason="stop")
        case None:
            raise WireError("missing-field", "event is missing")
        case other:
            raise WireError("unknown-event", f"event {other[:40]!r} is unknown")


def _media(message: _Message) -> Media | None:
    media = message.media
    if media is None or media.payload is None:
        raise WireError("missing-field", "media.payload is missing")
    if not media.payload or media.track not in {None, "inbound", "inbound_track"}:
        return None
    try:
        payload = binascii.a2b_base64(media.payload, strict_mode=True)
    except ValueError as error:
        raise WireError("bad-base64", f"media.payload: {error}") from None
    return Media(
        payload=payload,
        timestamp_ms=_count(media.timestamp, "media.timestamp"),
        sequence=_count(message.sequence_number, "sequenceNumber"),
    )


def _key(message: _Message) -> KeyPressed:
    digit = _name(message.dtmf.digit if message.dtmf else None, "dtmf.digit")
    if digit not in _KEYS:
        raise WireError("bad-field", "dtmf.digit is none of 0-9, * and #")
    return KeyPressed(digit=digit)


def _start(message: _Message) -> Started:
    start = message.start
    if start is None:
        raise WireError("missing-field", "start is missing")
    form = start.media_format
    if form is not None and (form.encoding, _integer(form.sample_rate)) != (
        "audio/x-mulaw",
        8000,
    ):
        raise WireError("unsupported-format", "the stream is not 8,000 Hz µ-law")
    return Started(
        stream_sid=_name(message.stream_sid or start.stream_sid, "streamSid"),
        call_sid=_name(start.call_sid, "start.callSid"),
        account_sid=(start.account_sid or "")[:_MAX_NAME],
        parameters=start.custom_parameters or {},
    )


def _name(value: str | None, field: str) -> str:
    """An identifier that must be there."""
    if not value:
        raise WireError("missing-field", f"{field} is missing")
    if len(value) > _MAX_NAME:
        raise WireError("bad-field", f"{field} is too long")
    return value


def _integer(value: str | int) -> int | None:
    """A count that is written as a number or as a string of digits."""
    if isinstance(value, int):
        return value
    return int(value) if len(value) < 19 and value.isascii() and value.isdigit() else None


def _count(value: _Number, field: str) -> int:
    """A count from zero; -1 when the client sent none."""
    if value is None:
        return -1
    number = _integer(value)
    if number is None or number < 0:
        raise WireError("bad-field", f"{field} is no count")
    return number


class _Name(msgspec.Struct):
    name: str


class _Payload(msgspec.Struct):
    payload: bytes


class _Play(msgspec.Struct, rename="camel"):
    stream_sid: str
    media: _Payload
    event: Literal["media"] = "media"


class _PlaceMark(msgspec.Struct, rename="camel"):
    stream_sid: str
    mark: _Name
    event: Literal["mark"] = "mark"


class _Clear(msgspec.Struct, rename="camel"):
    stream_sid: str
    event: Literal["clear"] = "clear"


_encode = msgspec.json.Encoder().encode


def play(stream_sid: str, payload: bytes) -> str:
    """The frame that plays µ-law `payload`, of any length and without a file header."""
    return _encode(_Play(stream_sid, _Payload(payload))).decode()


def mark(stream_sid: str, name: str) -> str:
    """The frame that asks for an echo of `name` when what was sent before has played."""
    return _encode(_PlaceMark(stream_sid, _Name(name))).decode()


def clear(stream_sid: str) -> str:
    """The frame that drops what the carrier has buffered."""
    return _encode(_Clear(stream_sid)).decode()
