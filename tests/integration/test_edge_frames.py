"""What comes over a stream: frames, keys, silence and endless sound.

The real edge, switchboard, call loop and VAD on the virtual clock; see tests/support/house.py.
"""

import asyncio
import json
import logging
from collections.abc import Callable

import pytest

from scripts.carrier import wire
from tests.support.edge import QUESTION, now, play
from tests.support.house import House
from voice.services import CallLimits
from voice.telephony.session import MAX_BAD_FRAMES

__all__ = ["play"]

# Frames


GARBAGE = [
    "{",
    "",
    '{"event":"media","media":{"payload":"!!!"}}',
    '{"event":"media","media":null}',
    '{"event":"media","media":{"payload":null}}',
    '{"event":"refund"}',
    '{"event":null}',
]


def test_malformed_frames_are_dropped(
    play: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)

    async def script(opened: House) -> None:
        call = opened.caller()
        await call.dial()
        await call.wait_for_reply()
        for frame in GARBAGE * 4:
            await call.send_raw(frame)
        await call.say(QUESTION)
        await call.wait_for_reply()
        assert opened.counters.bad_frames == len(GARBAGE) * 4
        assert len(caplog.records) <= 5
        await call.hang_up()

    play(script)


def test_many_malformed_frames_end_the_stream(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        stream = await opened.stream()
        await stream.begin()
        for _ in range(MAX_BAD_FRAMES):
            await stream.socket.send("{")
        await stream.silence(0.1)
        assert stream.close_code is None
        await stream.socket.send("{")
        assert await stream.closed() == 1008
        assert len(opened.store.ends) == 1

    play(script)


@pytest.mark.parametrize(
    "frame",
    [
        b"\xff" * 160,
        json.dumps({"event": "media", "media": {"payload": "/" * 65_536}}),
    ],
    ids=["binary", "too large"],
)
@pytest.mark.parametrize("started", [True, False])
def test_a_frame_of_no_carrier(
    play: Callable[..., None], frame: str | bytes, started: bool
) -> None:
    async def script(opened: House) -> None:
        stream = await opened.stream()
        if started:
            await stream.begin()
            await stream.silence(0.1)
        await stream.socket.send(frame)
        assert await stream.closed() == (1003 if isinstance(frame, bytes) else 1009)
        assert now() < 2
        assert len(opened.store.ends) == (1 if started else 0)

    play(script)


def disordered(audio: bytes) -> list[tuple[int, bytes]]:
    """Frames of `audio` with their times: every tenth lost, every seventh twice, some swapped."""
    frames = [(start // 8, audio[start : start + 160]) for start in range(0, len(audio), 160)]
    kept = [frame for number, frame in enumerate(frames) if number % 10 != 9]
    twice = [
        copy for number, frame in enumerate(kept) for copy in [frame] * (1 + (number % 7 == 6))
    ]
    for number in range(0, len(twice) - 1, 11):
        twice[number], twice[number + 1] = twice[number + 1], twice[number]
    return twice


def test_lost_doubled_and_reordered_frames(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        stream = await opened.stream()
        await stream.begin()
        await stream.silence(3)
        for at_ms, payload in disordered(QUESTION):
            await stream.media(payload, 3000 + at_ms)
            await asyncio.sleep(0.02)
        await stream.silence(3, since_ms=3000 + len(QUESTION) // 8)
        (utterance,) = opened.ears.utterances
        assert len(utterance) == pytest.approx(len(QUESTION) + 500 * 8, abs=400 * 8)
        assert stream.audio_s() == 4
        await stream.socket.close()

    play(script)


def test_a_stall_and_a_burst_are_no_end_of_turn(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        stream = await opened.stream()
        await stream.begin()
        await stream.silence(3)
        half = len(QUESTION) // 320 * 160
        for start in range(0, len(QUESTION), 160):
            if start == half:
                await asyncio.sleep(2)  # the network stands still, then all comes at once
            if start < half:
                await asyncio.sleep(0.02)
            await stream.media(QUESTION[start : start + 160], 3000 + start // 8)
        await stream.silence(3, since_ms=3000 + len(QUESTION) // 8)
        assert len(opened.ears.utterances) == 1
        await stream.socket.close()

    play(script)


def test_marks_that_are_never_echoed(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        stream = await opened.stream()
        await stream.begin()
        await stream.silence(2 + 1.5 + 8 + 0.5)
        marks = [at for at, command in stream.commands if isinstance(command, wire.Mark)]
        assert marks
        assert [heard.kind for heard in opened.dialogues[0].heard] == ["silence"]
        assert opened.store.turns[0].said == "안녕하세요."
        await stream.socket.close()

    play(script)


# Keys


def test_a_key_stops_the_speech(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        call = opened.caller()
        await call.dial()
        await call.wait_for_reply_start()
        await asyncio.sleep(0.5)
        await call.press("#")
        await call.wait_for_reply()
        assert call.line.runs[0].cleared
        assert call.line.runs[0].ended_at - call.line.runs[0].started_at < 0.7
        assert opened.store.turns[0].interrupted
        await call.hang_up()

    play(script)


@pytest.mark.parametrize(
    ("keys", "entry", "within_s"),
    [("0", "0", 0.5), ("*", "*", 0.5), ("#", "#", 0.5), ("12#", "12", 1), ("12", "12", 4)],
)
def test_keys_are_collected(
    play: Callable[..., None], keys: str, entry: str, within_s: float
) -> None:
    async def script(opened: House) -> None:
        call = opened.caller()
        await call.dial()
        await call.wait_for_reply()
        await call.press(keys)
        reply = await call.wait_for_reply()
        assert reply.after_ms < within_s * 1000
        (heard,) = opened.dialogues[0].heard
        assert (heard.text, heard.kind) == (entry, "keys")
        await call.hang_up()

    play(script)


def test_keyed_digits_are_not_logged(
    play: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def script(opened: House) -> None:
        call = opened.caller()
        await call.dial()
        await call.wait_for_reply()
        await call.press("790314#")
        await call.wait_for_reply()
        await call.hang_up()

    play(script)
    assert "790314" not in caplog.text
    assert "01012345678" not in caplog.text


# Silence and endless sound


def test_a_silent_caller(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        call = opened.caller()
        await call.dial()
        await call.wait_for_reply()
        for _ in range(3):
            reply = await call.wait_for_reply()
            assert reply.after_ms == pytest.approx(8000 - 700, abs=300)
        await call.hang_up()
        assert [heard.kind for heard in opened.dialogues[0].heard] == ["silence"] * 3

    play(script)


def test_endless_sound_is_cut_into_turns(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        call = opened.caller()
        await call.dial()
        await call.wait_for_reply()
        await call.say(QUESTION * (40 * 8000 // len(QUESTION)))
        assert opened.ears.utterances
        assert max(map(len, opened.ears.utterances)) < 12 * 8000
        await call.hang_up()

    play(script, limits=CallLimits(max_turn_s=10.0))
