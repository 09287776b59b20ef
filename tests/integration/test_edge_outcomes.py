"""What becomes of a call: broken parts, hand-off, deploy, overload, length.

The real edge, switchboard, call loop and VAD on the virtual clock; see tests/support/house.py.
"""

import asyncio
from collections.abc import Callable

import pytest

from agent.actions import Expectation, Say
from scripts.carrier.runner import Caller
from scripts.carrier.scenario import DuringReply, Turn
from scripts.carrier.voice import CallerVoice
from storage.records import HandoffReason, HandoffStatus, Outcome
from tests.support.edge import GOODBYE, QUESTION, TO_HUMAN, now, outcomes, play
from tests.support.house import ACCOUNT, HUMAN, House
from voice import phrases
from voice.services import CallLimits
from voice.stt.transcriber import TranscriptionError
from voice.telephony import twiml
from voice.tts.synthesizer import SynthesisError

__all__ = ["play"]

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
