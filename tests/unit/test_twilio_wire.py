"""The wire codec: recorded frames, round trips, and that nothing else than its error comes out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.carrier import wire
from scripts.carrier.errors import RefusedError
from voice.events import Connected, KeyPressed, MarkReached, Media, Started, Stopped
from voice.telephony import twilio
from voice.telephony.errors import WireError

FRAMES = sorted((Path(__file__).parent / "data" / "frames").glob("*.json"))
CODES = (
    "bad-base64",
    "bad-field",
    "bad-json",
    "missing-field",
    "unknown-event",
    "unsupported-format",
)
EVENTS: dict[str, type] = {
    "connected": Connected,
    "dtmf": KeyPressed,
    "mark": MarkReached,
    "media": Media,
    "start": Started,
    "stop": Stopped,
}
TEXT = st.text(min_size=1, max_size=40)
SID = st.from_regex(r"[A-Z]{2}[0-9a-f]{32}", fullmatch=True)
COUNT = st.integers(0, 10**9)


@pytest.mark.parametrize("path", FRAMES, ids=lambda path: path.stem)
def test_recorded_frames(path: Path) -> None:
    """A frame's name begins with what becomes of it: ok-EVENT, none, or the error's code."""
    frame = path.read_text()
    if path.stem.startswith("ok-"):
        assert type(twilio.decode(frame)) is EVENTS[path.stem.split("-")[1]]
    elif path.stem.startswith("none-"):
        assert twilio.decode(frame) is None
    else:
        with pytest.raises(WireError) as caught:
            twilio.decode(frame)
        assert path.stem.startswith(caught.value.code + "-")
        assert not caught.value.fatal


def test_every_code_is_recorded() -> None:
    recorded = {code for code in CODES for path in FRAMES if path.stem.startswith(code)}
    assert recorded == set(CODES)


def test_what_a_short_start_means() -> None:
    frame = '{"event":"start","streamSid":"S","start":{"streamSid":"S","callSid":"C"}}'
    assert twilio.decode(frame) == Started(
        stream_sid="S", call_sid="C", account_sid="", parameters={}
    )


def test_what_a_short_media_means() -> None:
    event = twilio.decode('{"event":"media","media":{"payload":"/v7+"}}')
    assert event == Media(payload=b"\xfe\xfe\xfe", timestamp_ms=-1, sequence=-1)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b'{"event":"connected"}', "binary-frame"),
        ('{"event":"connected","x":"' + "a" * twilio.MAX_FRAME_BYTES + '"}', "too-large"),
        ('{"event":"connected","x":"' + "가" * (twilio.MAX_FRAME_BYTES // 3) + '"}', "too-large"),
    ],
    ids=["binary", "long", "long in UTF-8"],
)
def test_fatal_frames(frame: str | bytes, code: str) -> None:
    with pytest.raises(WireError) as caught:
        twilio.decode(frame)
    assert caught.value.code == code
    assert caught.value.fatal


def test_the_largest_frame_is_parsed() -> None:
    head, tail = '{"event":"connected","x":"', '"}'
    padding = "a" * (twilio.MAX_FRAME_BYTES - len(head) - len(tail))
    assert twilio.decode(head + padding + tail) == Connected()


def test_deep_nesting_is_an_error() -> None:
    with pytest.raises(WireError):
        twilio.decode('{"event":"connected","x":' + "[" * 60_000)


@given(st.text(max_size=300))
def test_any_text_is_an_event_or_an_error(text: str) -> None:
    with pytest.raises(WireError):
        twilio.decode(text)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {"event": st.sampled_from(sorted(EVENTS))},
        optional={
            name: _JSON
            | st.fixed_dictionaries(
                {},
                optional=dict.fromkeys(
                    ("payload", "timestamp", "digit", "name", "callSid", "track"), _JSON
                ),
            )
            for name in ("media", "start", "mark", "dtmf", "streamSid", "sequenceNumber")
        },
    )
)
def test_any_message_is_an_event_or_an_error(message: dict[str, object]) -> None:
    event, code = None, None
    try:
        event = twilio.decode(json.dumps(message))
    except WireError as error:
        code = error.code
    assert code is None or code in CODES
    assert event is None or type(event) in EVENTS.values()


@given(sid=SID, sequence=COUNT, timestamp=COUNT, payload=st.binary(min_size=1, max_size=1000))
def test_media_goes_round(sid: str, sequence: int, timestamp: int, payload: bytes) -> None:
    frame = wire.media(sid, sequence=sequence, chunk=1, timestamp_ms=timestamp, payload=payload)
    expected = Media(payload=payload, timestamp_ms=timestamp, sequence=sequence)
    assert twilio.decode(frame) == expected


@given(call=SID, stream=SID, account=SID, parameters=st.dictionaries(TEXT, st.text(max_size=40)))
def test_start_goes_round(call: str, stream: str, account: str, parameters: dict[str, str]) -> None:
    frame = wire.start(
        stream, call_sid=call, account_sid=account, parameters=parameters, sequence=1
    )
    assert twilio.decode(frame) == Started(
        stream_sid=stream, call_sid=call, account_sid=account, parameters=parameters
    )


@given(stream=SID, name=TEXT, sequence=COUNT)
def test_mark_goes_round(stream: str, name: str, sequence: int) -> None:
    assert twilio.decode(wire.mark(stream, sequence=sequence, name=name)) == MarkReached(name=name)


@pytest.mark.parametrize("digit", "0123456789*#")
def test_keys_go_round(digit: str) -> None:
    assert twilio.decode(wire.dtmf("MZ1", sequence=2, digit=digit)) == KeyPressed(digit=digit)


def test_connected_and_stop_go_round() -> None:
    assert twilio.decode(wire.connected()) == Connected()
    stop = wire.stop("MZ1", sequence=9, call_sid="CA1", account_sid="AC1")
    assert twilio.decode(stop) == Stopped(reason="stop")


@given(stream=TEXT, payload=st.binary(min_size=1, max_size=1000), name=TEXT)
def test_commands_go_round(stream: str, payload: bytes, name: str) -> None:
    assert wire.decode(twilio.play(stream, payload), stream) == wire.Audio(payload)
    assert wire.decode(twilio.mark(stream, name), stream) == wire.Mark(name)
    assert wire.decode(twilio.clear(stream), stream) == wire.Clear()


def test_commands_have_no_further_field() -> None:
    assert json.loads(twilio.play("MZ1", b"\xff" * 3)) == {
        "event": "media",
        "streamSid": "MZ1",
        "media": {"payload": "////"},
    }
    assert json.loads(twilio.mark("MZ1", "a")) == {
        "event": "mark",
        "streamSid": "MZ1",
        "mark": {"name": "a"},
    }
    assert json.loads(twilio.clear("MZ1")) == {"event": "clear", "streamSid": "MZ1"}


@pytest.mark.parametrize(
    "frame",
    [
        "{",
        "[]",
        '{"event":"media","streamSid":"MZ1"}',
        '{"event":"media","streamSid":"MZ1","media":{"payload":"////","track":"inbound"}}',
        '{"event":"media","streamSid":"MZ1","sequenceNumber":"1","media":{"payload":"////"}}',
        '{"event":"media","streamSid":"MZ1","media":{"payload":"!"}}',
        '{"event":"media","streamSid":"MZ1","media":{"payload":""}}',
        '{"event":"media","streamSid":"MZ2","media":{"payload":"////"}}',
        '{"event":"clear"}',
        '{"event":"clear","streamSid":"MZ1","mark":{"name":"a"}}',
        '{"event":"mark","streamSid":"MZ1","mark":{"name":""}}',
        '{"event":"stop","streamSid":"MZ1"}',
    ],
)
def test_the_carrier_is_strict(frame: str) -> None:
    with pytest.raises(RefusedError) as caught:
        wire.decode(frame, "MZ1")
    assert caught.value.number == 31951


def test_the_carrier_refuses_binary_frames() -> None:
    with pytest.raises(RefusedError) as caught:
        wire.decode(b"\xff" * 160, "MZ1")
    assert caught.value.number == 31950
