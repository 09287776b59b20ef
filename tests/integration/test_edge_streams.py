"""How streams begin and end, whatever a carrier or a caller makes of them.

The real edge, switchboard, call loop and VAD on the virtual clock; see tests/support/house.py.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.carrier import wire
from scripts.carrier.asgi import AsgiSocket
from storage.records import HandoffReason, Outcome
from tests.support.edge import QUESTION, now, outcomes, play
from tests.support.house import ACCOUNT, House
from tests.support.recordings import channels
from voice import phrases
from voice.audio import mulaw

__all__ = ["play"]

# Beginning


def test_no_start_in_time(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        stream = await opened.stream()
        began = now()
        await stream.socket.send(wire.connected())
        assert await stream.closed() == 1008
        assert stream.closed_at - began == pytest.approx(5, abs=0.1)
        assert stream.commands == []
        assert (opened.dialogues, opened.store.opened) == ([], [])
        fields = {"CallSid": stream.call_sid, "AccountSid": ACCOUNT}
        verbs = await opened.exchange.ask("/voice/after-stream", fields)
        assert [type(verb).__name__ for verb in verbs] == ["Say", "Dial"]

    play(script)


@pytest.mark.parametrize(
    "changes",
    [
        {"token": "wrong"},
        {"token": ""},
        {"call_sid": "CA2"},
        {"account_sid": "AC2"},
        {"account_sid": ""},
    ],
)
def test_a_stream_that_was_not_invited(play: Callable[..., None], changes: dict[str, str]) -> None:
    async def script(opened: House) -> None:
        stream = await opened.stream()
        await stream.begin(**changes)
        assert await stream.closed() == 1008
        assert (opened.dialogues, opened.store.opened) == ([], [])
        assert opened.counters.refused == 1

    play(script)


def test_a_token_opens_one_stream(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        first = await opened.stream()
        await first.begin()
        await first.silence(0.5)
        second = await opened.stream("CA2")
        await second.begin(call_sid="CA1", token=first.parameters["token"])
        assert await second.closed() == 1008
        assert len(opened.store.opened) == 1
        assert first.close_code is None
        await first.socket.close()

    play(script)


@pytest.mark.parametrize("signature", ["wrong", ""])
def test_an_upgrade_without_the_carriers_signature(
    play: Callable[..., None], signature: str
) -> None:
    async def script(opened: House) -> None:
        headers = {"x-twilio-signature": signature} if signature else {}
        socket = AsgiSocket(opened.app, "wss://voice.example.com/voice/stream", headers)
        assert not await socket.opened()
        assert opened.counters.refused == 1

    play(script)


def test_media_before_start(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        stream = await opened.stream()
        await stream.socket.send(wire.connected())
        await stream.silence(2)
        await stream.socket.send(stream.start_frame())
        await stream.silence(3, since_ms=2000)
        assert stream.audio_s() == 2
        assert (opened.counters.early_frames, opened.counters.bad_frames) == (100, 0)
        await stream.socket.close()
        assert outcomes(opened) == [Outcome.ABANDONED]

    play(script)


def test_a_start_and_no_media(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        stream = await opened.stream()
        began = now()
        await stream.begin()
        assert await stream.closed() == 1000
        assert stream.closed_at - began < 15
        assert outcomes(opened) == [Outcome.HANDED_OFF]
        assert opened.store.handoffs == [HandoffReason.FAILURE]
        intended = [turn.intended for turn in opened.store.turns]
        assert intended == ["안녕하세요.", phrases.NO_AUDIO]

    play(script)


def test_the_same_start_again(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        stream = await opened.stream()
        await stream.begin()
        await stream.silence(0.5)
        await stream.socket.send(stream.start_frame())
        await stream.silence(3, since_ms=500)
        assert stream.close_code is None
        assert stream.audio_s() == 2
        assert len(opened.store.opened) == 1
        await stream.socket.close()

    play(script)


@pytest.mark.parametrize("changes", [{"stream_sid": "MZ2"}, {"call_sid": "CA2"}])
def test_another_start_on_the_same_socket(
    play: Callable[..., None], changes: dict[str, str]
) -> None:
    async def script(opened: House) -> None:
        stream = await opened.stream()
        await stream.begin()
        await stream.silence(0.5)
        await stream.socket.send(stream.start_frame(**changes))
        assert await stream.closed() == 1008
        assert len(opened.store.ends) == 1

    play(script)


def test_a_new_stream_of_the_same_call(play: Callable[..., None], tmp_path: Path) -> None:
    async def script(opened: House) -> None:
        first = opened.caller(call_sid="CA1")
        await first.dial()
        await first.wait_for_reply()
        await first.say(QUESTION)
        await first.wait_for_reply()
        second = opened.caller(call_sid="CA1")
        await second.dial()
        await second.wait_for_reply()
        assert first.close_code == 1000
        assert len(opened.dialogues) == 1
        await second.say(QUESTION)
        await second.wait_for_reply()
        await second.hang_up()
        await first.hang_up()
        (dialogue,) = opened.dialogues
        assert len(dialogue.heard) == 2
        assert [turn.intended for turn in opened.store.turns] == [
            "안녕하세요.",
            "네, 알겠습니다.",
            phrases.RESUMED,
            "네, 알겠습니다.",
        ]
        assert [turn.index for turn in opened.store.turns] == [0, 1, 2, 3]
        assert outcomes(opened) == [Outcome.ABANDONED]
        # Both streams are one recording, and the turns of both stand where they are in it.
        (path,) = {call.recording_path for call in opened.store.opened}
        caller, agent = channels(tmp_path / str(path))
        ((_, end),) = opened.store.ends
        assert end.recording_ms == len(caller) // 8
        before = 0
        for turn in opened.store.turns:
            if turn.heard:
                assert turn.heard_started_ms is not None
                assert turn.heard_ended_ms is not None
                assert before <= turn.heard_started_ms
                spoken = caller[turn.heard_started_ms * 8 : turn.heard_ended_ms * 8]
                assert mulaw.loudness(spoken) > 500
            assert turn.said_started_ms is not None
            assert turn.said_ended_ms is not None
            said = agent[turn.said_started_ms * 8 + 800 : turn.said_ended_ms * 8 - 800]
            assert mulaw.loudness(said) > 500
            before = turn.said_ended_ms

    play(script)


# End


@pytest.mark.parametrize("ending", ["stop", "close", "break", "stream-error", "all"])
def test_one_teardown(play: Callable[..., None], ending: str) -> None:
    async def script(opened: House) -> None:
        stream = await opened.stream()
        await stream.begin()
        await stream.silence(1)
        if ending in {"stop", "all"}:
            await stream.socket.send(
                wire.stop("MZCA1", sequence=9, call_sid="CA1", account_sid=ACCOUNT)
            )
        if ending in {"stream-error", "all"}:
            error = {"CallSid": "CA1", "AccountSid": ACCOUNT, "StreamEvent": "stream-error"}
            await opened.exchange.post("/voice/stream-status", error)
            await opened.exchange.post("/voice/stream-status", error)
        if ending == "close":
            await stream.socket.close()
        if ending == "break":
            stream.socket.drop()
        await stream.closed()
        assert len(opened.store.ends) == 1
        expected = Outcome.FAILED if ending == "stream-error" else Outcome.ABANDONED
        assert outcomes(opened) == [expected]
        assert [turn.interrupted for turn in opened.store.turns] == [True]

    play(script)


def test_a_hang_up_while_speech_plays(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        call = opened.caller()
        await call.dial()
        await call.wait_for_reply()
        opened.voice.seconds = 30
        await call.say(QUESTION)
        await call.wait_for_reply_start()
        await asyncio.sleep(2)
        hung_up_at = now()
        await call.hang_up()
        assert now() - hung_up_at < 0.5
        _, question = opened.store.turns
        assert question.heard == "얼마예요"
        assert question.interrupted
        assert question.intended == "네, 알겠습니다."
        assert question.said != question.intended
        (_, end) = opened.store.ends[0]
        assert end.outcome is Outcome.ABANDONED
        assert end.recording_ms is not None
        assert end.recording_ms > 2_000

    play(script)
