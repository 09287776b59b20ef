"""What a telephone edge must bear: every case that Twilio or a caller can make of a stream.

The real edge, switchboard, call loop and VAD on the virtual clock; see tests/support/house.py.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from agent.actions import Action, EndCall, Expectation, HandOff, Say
from scripts.carrier import wire
from scripts.carrier.runner import Caller
from scripts.carrier.scenario import DuringReply, Turn
from scripts.carrier.voice import CallerVoice
from storage.records import HandoffReason, HandoffStatus, Outcome
from tests.support.asgi_socket import AsgiSocket
from tests.support.house import ACCOUNT, HUMAN, House, house
from tests.support.line import spoken
from tests.support.virtual_time import run_virtual
from voice import phrases
from voice.services import CallLimits
from voice.stt.transcriber import TranscriptionError
from voice.telephony import twiml
from voice.telephony.session import MAX_BAD_FRAMES
from voice.tts.synthesizer import SynthesisError

QUESTION = spoken("이월 십 기가 요금이 얼마예요")
TO_HUMAN: list[Action] = [
    Say(text="상담원에게 연결해 드리겠습니다."),
    HandOff(reason=HandoffReason.CALLER_REQUEST),
]
GOODBYE: list[Action] = [Say(text="감사합니다."), EndCall(outcome=Outcome.COMPLETED)]

Script = Callable[[House], Awaitable[None]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., None]:
    """Runs a script in an open house, on the virtual clock."""

    def run(script: Script, **settings: Any) -> None:
        async def main() -> None:
            async with asyncio.timeout(3600), house(tmp_path, **settings) as opened:
                await script(opened)

        run_virtual(main())

    return run


def now() -> float:
    return asyncio.get_running_loop().time()


def outcomes(opened: House) -> list[Outcome]:
    return [end.outcome for _, end in opened.store.ends]


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


def test_a_new_stream_of_the_same_call(play: Callable[..., None]) -> None:
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
        assert end.recording_path is not None

    play(script)


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


# What breaks


def broken_ears(opened: House) -> None:
    """The script's first word is an error already."""


def broken_voice(opened: House) -> None:
    opened.voice.error = SynthesisError("tts-failed", "the voice is away")


def stalled_voice(opened: House) -> None:
    opened.voice.stall_s = 60


def broken_agent(opened: House) -> None:
    opened.dialogues[0].think_s = 60


@pytest.mark.parametrize(
    ("fault", "hears"),
    [
        (broken_ears, [TranscriptionError("stt-failed", "the recogniser is away")]),
        (broken_voice, ["얼마예요"]),
        (stalled_voice, ["얼마예요"]),
        (broken_agent, ["얼마예요"]),
    ],
)
def test_a_broken_part_ends_at_the_human(
    play: Callable[..., None], fault: Callable[[House], None], hears: list[str | Exception]
) -> None:
    async def script(opened: House) -> None:
        call = opened.caller()
        await call.dial()
        await call.wait_for_reply()
        fault(opened)
        await call.say(QUESTION)
        reply = await call.wait_for_reply()
        assert reply.duration_ms == pytest.approx(2000, abs=50)
        assert reply.after_ms < 12_000
        await call.wait_until_over()
        assert call.after_stream is not None
        assert (call.after_stream.kind, call.after_stream.number) == ("human", HUMAN)
        assert outcomes(opened) == [Outcome.HANDED_OFF]
        assert opened.store.handoffs == [HandoffReason.FAILURE]
        assert opened.store.turns[-1].intended.endswith(phrases.APOLOGY)

    play(script, hears=hears)


# Hand-off


def test_the_hand_off(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        call = opened.caller()
        await call.dial()
        await call.wait_for_reply()
        await call.press("0")
        await call.wait_for_reply()
        await call.wait_until_over()
        after = call.after_stream
        assert after is not None
        assert (after.kind, after.number, after.connected) == ("human", HUMAN, True)
        assert after.whisper == f"요약입니다. {twiml.PRESS_ONE}"
        assert outcomes(opened) == [Outcome.HANDED_OFF]
        assert opened.store.statuses[-1] is HandoffStatus.ANSWERED
        assert opened.store.turns[-1].said == "상담원에게 연결해 드리겠습니다."

    play(script, answers={"0": TO_HUMAN})


def test_two_wishes_for_a_human_are_one(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        call = opened.caller()
        await call.dial()
        await call.wait_for_reply()
        await call.press("00")
        await asyncio.sleep(0.5)
        await call.press("0")
        await call.wait_until_over()
        assert opened.store.handoffs == [HandoffReason.CALLER_REQUEST]
        assert outcomes(opened) == [Outcome.HANDED_OFF]

    play(script, answers={"0": TO_HUMAN})


def test_nobody_takes_the_hand_off(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        call = opened.caller(human_answers=False)
        await call.dial()
        await call.wait_for_reply()
        await call.press("0")
        await call.wait_until_over()
        assert call.after_stream is not None
        assert call.after_stream.said[-1] == twiml.NOBODY_ANSWERED
        assert opened.store.statuses == [HandoffStatus.CALLBACK_REQUESTED]

    play(script, answers={"0": TO_HUMAN})


def test_nobody_is_there_after_a_stream_that_broke(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        call = opened.caller(human_answers=False)
        await call.dial()
        await call.wait_for_reply()
        error = {"CallSid": call.call_sid, "AccountSid": ACCOUNT, "StreamEvent": "stream-error"}
        await opened.exchange.post("/voice/stream-status", error)
        await call.wait_until_over()
        assert outcomes(opened) == [Outcome.FAILED]
        assert call.after_stream is not None
        assert call.after_stream.kind == "human"
        assert opened.store.handoffs == [HandoffReason.FAILURE]
        assert opened.store.statuses == [HandoffStatus.CALLBACK_REQUESTED]

    play(script)


def test_a_goodbye_ends_the_call(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        call = opened.caller()
        await call.dial()
        await call.wait_for_reply()
        await call.say(QUESTION)
        await call.wait_for_reply()
        await call.wait_until_over()
        assert call.after_stream is not None
        assert call.after_stream.kind == "hangup"
        assert outcomes(opened) == [Outcome.COMPLETED]

    play(script, hears=["끊을게요"], answers={"끊을게요": GOODBYE})


# Deploy, overload, length


def test_a_server_that_stops(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        first = opened.caller()
        await first.dial()
        await first.wait_for_reply()
        opened.switchboard.draining = True
        second = opened.caller()
        await second.dial()
        await second.wait_until_over()
        assert second.after_stream is not None
        assert second.after_stream.number == HUMAN
        await first.say(QUESTION)
        await first.wait_for_reply()
        assert first.streaming
        await first.hang_up()

    play(script)


def test_a_full_house(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        first = opened.caller()
        await first.dial()
        await first.wait_for_reply()
        second = opened.caller()
        await second.dial()
        await second.wait_until_over()
        assert second.after_stream is not None
        assert second.after_stream.said == (twiml.BUSY,)
        assert len(opened.store.opened) == 1
        await first.hang_up()
        third = opened.caller()
        await third.dial()
        assert third.streaming
        await third.hang_up()

    play(script, max_calls=1)


def test_a_call_too_long(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        call = opened.caller()
        await call.dial()
        began = now()
        await call.wait_until_over()
        assert now() - began == pytest.approx(120, abs=10)
        said = [turn.intended for turn in opened.store.turns]
        assert phrases.LONG_CALL_WARNING in said
        assert said[-1] == phrases.LONG_CALL_GOODBYE
        assert outcomes(opened) == [Outcome.COMPLETED]
        assert call.after_stream is not None
        assert call.after_stream.kind == "hangup"

    play(script, limits=CallLimits(max_call_s=120.0))


def test_a_question_about_a_number_keeps_the_zero(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        call = opened.caller()
        await call.dial()
        await call.wait_for_reply()
        await call.say(QUESTION)
        await call.wait_for_reply()
        await call.press("01012345678")
        await call.wait_for_reply()
        assert opened.dialogues[0].heard[-1].text == "01012345678"
        await call.hang_up()

    asks = Say(text="번호를 눌러 주십시오.", expects=Expectation.NUMBER)
    play(script, answers={"얼마예요": [asks]})


# A scripted caller


def test_a_scripted_caller(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        opened.voice.seconds = 4
        told: list[str] = []
        call = opened.caller()
        await call.dial()
        turns = (
            Turn(say="이월 10기가 요금이 얼마예요?"),
            Turn(during_reply=DuringReply(after_ms=1500, say="잠깐만요 로밍 요금은 얼마예요?")),
            Turn(silence=10.0),
            Turn(press="12#"),
        )
        await Caller(call, CallerVoice(), tell=told.append).play(turns)
        await call.hang_up()
        (dialogue,) = opened.dialogues
        assert [heard.kind for heard in dialogue.heard] == ["speech", "speech", "silence", "keys"]
        assert [turn.interrupted for turn in opened.store.turns] == [False, True] + [False] * 3
        assert call.report().clears == 1
        assert [line for line in told if line.startswith("caller")] == [
            "caller: 이월 10기가 요금이 얼마예요?",
            "caller: 잠깐만요 로밍 요금은 얼마예요?",
            "caller is silent for 10 s",
            "caller presses 12#",
        ]

    play(script)


def test_a_caller_who_hangs_up_after_the_greeting(play: Callable[..., None]) -> None:
    async def script(opened: House) -> None:
        call = opened.caller()
        await call.dial()
        await Caller(call, CallerVoice(), tell=print).play(())
        await call.hang_up()
        assert outcomes(opened) == [Outcome.ABANDONED]

    play(script)
