"""The call loop on the virtual clock, with real audio and the real VAD; the rest is scripted."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from agent.actions import Action, EndCall, HandOff, Say
from storage.records import HandoffReason, Outcome
from tests.support.line import Fixture, live, place_call, spoken, tone
from tests.support.recordings import channels
from tests.support.virtual_time import run_virtual
from voice import phrases
from voice.audio import mulaw
from voice.events import KeyPressed, PlayAudio, Stopped
from voice.reply import STEP_TIMEOUT_S
from voice.services import CallLimits, CallResult
from voice.stt.transcriber import TranscriptionError
from voice.tts.synthesizer import SynthesisError

HUMAN: list[Action] = [
    Say(text="상담원에게 연결해 드리겠습니다."),
    HandOff(reason=HandoffReason.CALLER_REQUEST),
]
BYE: list[Action] = [Say(text="감사합니다."), EndCall(outcome=Outcome.COMPLETED)]
QUESTION = spoken("이월 십 기가 요금이 얼마예요")
SHORT = spoken("네")


def test_a_greeting_a_question_an_answer_a_goodbye(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        await asyncio.sleep(3)
        ended = await call.line.say(QUESTION)
        await asyncio.sleep(4)
        delay = call.line.first_audio_after(ended) - ended
        assert 0.55 < delay < 0.85
        await call.line.say(QUESTION)

    call, result = live(
        lambda: place_call(tmp_path, hears=["얼마예요", "끊을게요"], answers={"끊을게요": BYE}),
        script,
    )
    assert result == CallResult(outcome=Outcome.COMPLETED, handoff_reason=None)
    assert [turn.index for turn in call.journal.turns] == [0, 1, 2]
    assert [turn.heard for turn in call.journal.turns] == ["", "얼마예요", "끊을게요"]
    assert [turn.said for turn in call.journal.turns] == [
        "안녕하세요.",
        "네, 알겠습니다.",
        "감사합니다.",
    ]
    question = call.journal.turns[1]
    assert question.heard_started_ms is not None
    assert 2_900 < question.heard_started_ms < 3_300
    assert question.first_audio_ms is not None
    assert 550 < question.first_audio_ms < 850
    assert question.stt_ms == 50
    assert call.dialogue.remembered[1] == ("네, 알겠습니다.", False)


def test_the_recording_holds_both_sides_in_time(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        await asyncio.sleep(3)
        await call.line.say(QUESTION)
        await asyncio.sleep(4)
        call.call.receive(Stopped(reason="stop"))

    live(lambda: place_call(tmp_path, hears=["얼마예요"]), script)
    sides = channels(tmp_path / "call.yrec")
    seconds = len(sides[0]) / 8_000
    assert seconds == pytest.approx(3 + len(QUESTION) / 8_000 + 4, abs=0.1)

    def loud(channel: int, start: float, end: float) -> bool:
        part = sides[channel][int(start * 8_000) : int(end * 8_000)]
        return int(mulaw.decode(part).max()) > 1_000

    assert loud(1, 0.1, 1.9)
    assert not loud(1, 2.2, 3.0)
    assert not loud(0, 0.0, 2.9)
    assert loud(0, 3.1, 4.0)
    assert loud(1, 3 + len(QUESTION) / 8_000 + 1, 3 + len(QUESTION) / 8_000 + 2)


def test_recognition_begins_in_the_silence_before_the_turn_is_over(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        await asyncio.sleep(3)
        ended = await call.line.say(QUESTION)
        await asyncio.sleep(0.3)
        assert len(call.ears.utterances) == 1
        assert call.dialogue.heard == []
        await asyncio.sleep(2)
        assert call.line.first_audio_after(ended) - ended < 0.75, "0.6 s of it was the wait"
        call.call.receive(Stopped(reason="stop"))

    def make() -> Fixture:
        call = place_call(tmp_path, hears=["얼마예요"])
        call.ears.delay_s = 0.35
        return call

    call, _ = live(make, script)
    assert len(call.ears.utterances) == 1


def test_an_overloaded_recogniser_is_asked_again_at_the_turns_end(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        await asyncio.sleep(3)
        await call.line.say(QUESTION)
        await asyncio.sleep(4)
        call.call.receive(Stopped(reason="stop"))

    overloaded = TranscriptionError("stt-overloaded", "no room", retryable=True)
    call, _ = live(lambda: place_call(tmp_path, hears=[overloaded, "얼마예요"]), script)
    assert [turn.heard for turn in call.journal.turns] == ["", "얼마예요"]


def test_a_caller_who_goes_on_before_the_reply_is_heard_whole(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        await asyncio.sleep(3)
        await call.line.say(QUESTION)
        await asyncio.sleep(0.7)  # longer than the wait: recognition has begun
        await call.line.say(QUESTION)
        await asyncio.sleep(5)
        call.call.receive(Stopped(reason="stop"))

    def make() -> Fixture:
        call = place_call(tmp_path, hears=["반쪽", "전부"])
        call.ears.delay_s = 1.2
        return call

    call, _ = live(make, script)
    assert [turn.heard for turn in call.journal.turns] == ["", "전부"]
    assert len(call.ears.utterances[1]) > 2 * len(QUESTION)


def test_a_request_for_the_human_is_kept_even_if_the_caller_talks_on(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        await asyncio.sleep(3)
        await call.line.say(QUESTION)
        await asyncio.sleep(1.2)
        await call.line.say(QUESTION)

    call, result = live(
        lambda: place_call(tmp_path, hears=["상담원", "여보세요"], answers={"상담원": HUMAN}),
        script,
    )
    assert result == CallResult(
        outcome=Outcome.HANDED_OFF, handoff_reason=HandoffReason.CALLER_REQUEST
    )
    assert call.journal.handoffs == [HandoffReason.CALLER_REQUEST]
    assert call.journal.turns[1].said == "상담원에게 연결해 드리겠습니다."
    assert [turn.heard for turn in call.journal.turns] == ["", "상담원", "여보세요"]


def test_key_zero_reaches_the_agent_at_once_and_stops_speech(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        await asyncio.sleep(0.5)
        call.call.receive(KeyPressed(digit="0"))

    call, result = live(lambda: place_call(tmp_path, answers={"0": HUMAN}), script)
    assert result.outcome is Outcome.HANDED_OFF
    assert call.line.clears() == [pytest.approx(0.5)]
    assert [(heard.text, heard.kind) for heard in call.dialogue.heard] == [("0", "keys")]
    assert call.journal.turns[0].interrupted


@pytest.mark.parametrize(
    ("keys", "hash_after_s"), [("1" * 20, 0.5), ("790314", 5.0), ("790314", 0.3)]
)
def test_a_late_hash_neither_is_a_turn_nor_stops_the_reply(
    tmp_path: Path, keys: str, hash_after_s: float
) -> None:
    async def script(call: Fixture) -> None:
        await asyncio.sleep(4)
        for digit in keys:
            call.call.receive(KeyPressed(digit=digit))
        await asyncio.sleep(hash_after_s)
        call.call.receive(KeyPressed(digit="#"))
        await asyncio.sleep(6)
        call.call.receive(Stopped(reason="stop"))

    call, _ = live(lambda: place_call(tmp_path), script)
    assert [heard.text for heard in call.dialogue.heard] == [keys]
    assert [turn.interrupted for turn in call.journal.turns] == [False, False]


def test_digits_are_collected_until_the_time_out(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        await asyncio.sleep(3)
        for digit in "790314":
            call.call.receive(KeyPressed(digit=digit))
            await asyncio.sleep(0.3)
        await asyncio.sleep(8)
        call.call.receive(Stopped(reason="stop"))

    call, _ = live(lambda: place_call(tmp_path), script)
    assert call.dialogue.heard[0].text == "790314"


def test_silence_is_told_to_the_agent_again_and_again(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        await asyncio.sleep(35)
        call.call.receive(Stopped(reason="stop"))

    call, _ = live(lambda: place_call(tmp_path), script)
    assert [heard.kind for heard in call.dialogue.heard] == ["silence"] * 3


def test_without_any_audio_the_caller_is_greeted_then_handed_off(tmp_path: Path) -> None:
    async def main() -> tuple[Fixture, CallResult]:
        call = place_call(tmp_path)
        return call, await call.call.run()

    call, result = run_virtual(main())
    assert result == CallResult(outcome=Outcome.HANDED_OFF, handoff_reason=HandoffReason.FAILURE)
    assert [turn.said for turn in call.journal.turns] == ["안녕하세요.", phrases.NO_AUDIO]


@pytest.mark.parametrize(
    "broken", ["ears", "voice", "stalled-voice", "stalled-mind", "stalled-ears"]
)
def test_when_a_part_fails_the_caller_hears_an_apology_and_gets_a_human(
    tmp_path: Path, broken: str
) -> None:
    def make() -> Fixture:
        call = place_call(tmp_path, hears=[RuntimeError("broken") if broken == "ears" else "네"])
        if broken == "stalled-mind":
            call.dialogue.think_s = 1_000
        if broken == "stalled-ears":
            call.ears.delay_s = 1_000
        return call

    async def script(call: Fixture) -> None:
        await asyncio.sleep(3)
        if broken == "voice":
            call.voice.error = RuntimeError("broken")
        if broken == "stalled-voice":
            call.voice.stall_s = 1_000
        ended = await call.line.say(QUESTION)
        await asyncio.sleep(STEP_TIMEOUT_S + 1)
        assert call.line.first_audio_after(ended) - ended < STEP_TIMEOUT_S + 1

    call, result = live(make, script)
    assert result == CallResult(outcome=Outcome.HANDED_OFF, handoff_reason=HandoffReason.FAILURE)
    assert call.journal.turns[-1].said.endswith(phrases.APOLOGY)
    assert call.journal.handoffs == [HandoffReason.FAILURE]


class BreakingVoice:
    """A Synthesizer that breaks off after 1.7 s."""

    async def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """See Synthesizer."""
        del text
        yield tone(1.7)
        raise SynthesisError("tts-broken", "no voice is left")


def test_a_sentence_that_no_voice_ends_was_heard_to_where_the_last_one_failed(
    tmp_path: Path,
) -> None:
    text = "고객님은 지금 오지 슬림 요금제를 쓰고 계세요."

    async def greet() -> AsyncGenerator[Action, None]:
        yield Say(text=text)

    def make() -> Fixture:
        call = place_call(tmp_path, synthesizer=BreakingVoice())
        call.dialogue.greet = greet  # type: ignore[method-assign]
        return call

    async def script(call: Fixture) -> None:
        del call

    call, result = live(make, script)
    assert result == CallResult(outcome=Outcome.HANDED_OFF, handoff_reason=HandoffReason.FAILURE)
    (greeting,) = call.journal.turns
    assert greeting.said == f"고객님은 지금 오지… {phrases.APOLOGY}"
    assert greeting.intended == f"{text} {phrases.APOLOGY}"


def test_marks_that_never_echo_do_not_hold_the_call(tmp_path: Path) -> None:
    def make() -> Fixture:
        call = place_call(tmp_path, hears=["끊을게요"], answers={"끊을게요": BYE})
        call.line.echo_marks = False
        return call

    async def script(call: Fixture) -> None:
        await asyncio.sleep(5)
        await call.line.say(QUESTION)

    _, result = live(make, script)
    assert result.outcome is Outcome.COMPLETED


def test_a_call_too_long_is_warned_and_then_ended(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        del call

    call, result = live(lambda: place_call(tmp_path, limits=CallLimits(max_call_s=120)), script)
    said = [turn.said for turn in call.journal.turns]
    assert phrases.LONG_CALL_WARNING in said
    assert said[-1] == phrases.LONG_CALL_GOODBYE
    assert result.outcome is Outcome.COMPLETED


def test_sentences_are_a_breath_apart(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        await asyncio.sleep(3)
        await call.line.say(QUESTION)
        await asyncio.sleep(7)
        call.call.receive(Stopped(reason="stop"))

    two: list[Action] = [Say(text="하나입니다."), Say(text="둘입니다.")]
    call, _ = live(lambda: place_call(tmp_path, hears=["얼마"], answers={"얼마": two}), script)
    chunks = [c for at, c in call.line.sent if at > 3 and isinstance(c, PlayAudio)]
    assert sum(len(chunk.payload) for chunk in chunks) == 2 * 16_000 + 2_000 + 80
    turn = call.journal.turns[1]
    assert turn.said == "하나입니다. 둘입니다."
    assert turn.said_started_ms is not None
    assert turn.said_ended_ms == pytest.approx(turn.said_started_ms + 4_260, abs=30)


def test_a_cough_is_no_turn(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        await asyncio.sleep(3)
        await call.line.say(SHORT[:2_400])
        await asyncio.sleep(3)
        call.call.receive(Stopped(reason="stop"))

    call, _ = live(lambda: place_call(tmp_path, hears=[""]), script)
    assert call.dialogue.heard == []
    assert [turn.index for turn in call.journal.turns] == [0]


def test_a_resumed_call_is_not_greeted_again(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        await asyncio.sleep(4)
        call.call.receive(Stopped(reason="superseded"))

    call, result = live(lambda: place_call(tmp_path, next_turn=3), script)
    assert result.superseded
    assert [(turn.index, turn.said) for turn in call.journal.turns] == [(3, phrases.RESUMED)]
    # The next stream goes on with the recording; here there is none.
    run_virtual(call.call.recorder.finish())
