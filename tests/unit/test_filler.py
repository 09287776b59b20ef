"""The wait for a late answer: bridged once, not at every turn, and never into anything."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest

from agent.actions import Action, Heard, Say
from tests.support.line import Fixture, live, place_call, spoken
from voice import phrases
from voice.events import KeyPressed, Stopped
from voice.filler import ANSWER_WITHIN_S, COMFORT_S

QUESTION = spoken("이월 십 기가 요금이 얼마예요")
COUGH = spoken("네")[:2_400]
ANSWER = "네, 알겠습니다."
BRIDGED = f"{phrases.FILLER} {ANSWER}"
TIRED = f"{phrases.FILLER} {phrases.COMFORT} {ANSWER}"


def ask(
    tmp_path: Path,
    *thinks_s: float,
    voice_s: float = 0.0,
    audio: bytes = QUESTION,
    hears: Sequence[str] = ("얼마예요", "그건요", "그럼요"),
    then: float = 12.0,
) -> tuple[Fixture, list[float]]:
    """A call with a question a thinking time, and how long each waited for the first audio."""
    waits: list[float] = []

    async def script(call: Fixture) -> None:
        await asyncio.sleep(4)
        for think_s in thinks_s:
            call.dialogue.think_s = think_s
            call.voice.stall_s = voice_s
            ended = await call.line.say(audio)
            await asyncio.sleep(then)
            waits.append(call.line.first_audio_after(ended) - ended)
        call.call.receive(Stopped(reason="stop"))

    call, _ = live(lambda: place_call(tmp_path, hears=list(hears)), script)
    return call, waits


def said(call: Fixture) -> list[str]:
    """What each turn but the greeting said, by the transcript; silences left out."""
    return [turn.said for turn in call.journal.turns if turn.input_kind == "speech"]


def test_an_answer_in_time_needs_no_filler(tmp_path: Path) -> None:
    call, (wait,) = ask(tmp_path, 0.2)
    assert said(call) == [ANSWER]
    assert wait < ANSWER_WITHIN_S


def test_a_late_answer_is_bridged_and_follows_behind_a_breath(tmp_path: Path) -> None:
    call, (wait,) = ask(tmp_path, 2.0)
    assert said(call) == [BRIDGED]
    assert ANSWER_WITHIN_S <= wait < 1.5
    turn = call.journal.turns[1]
    assert turn.intended == BRIDGED
    assert not turn.interrupted
    assert turn.agent_ms == 2_000
    assert turn.said_started_ms is not None
    assert turn.said_ended_ms == pytest.approx(turn.said_started_ms + 4_260, abs=30)


def test_the_conversation_does_not_know_the_filler(tmp_path: Path) -> None:
    call, _ = ask(tmp_path, 8.0)
    assert said(call) == [TIRED]
    assert (ANSWER, False) in call.dialogue.remembered
    assert not any("확인해" in text or "기다려" in text for text, _ in call.dialogue.remembered)


def test_a_late_voice_is_bridged_too(tmp_path: Path) -> None:
    call, (wait,) = ask(tmp_path, 0.0, voice_s=2.0)
    assert said(call) == [BRIDGED]
    assert call.journal.turns[1].intended == BRIDGED
    assert wait < 1.5


def test_no_filler_in_two_turns_that_follow_each_other(tmp_path: Path) -> None:
    call, _ = ask(tmp_path, 2.0, 2.0, 2.0, then=6.0)
    assert said(call) == [BRIDGED, ANSWER, BRIDGED]


def test_a_cough_between_two_turns_does_not_part_them(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        await asyncio.sleep(4)
        for audio in (QUESTION, COUGH, QUESTION):
            call.dialogue.think_s = 2.0
            await call.line.say(audio)
            await asyncio.sleep(6)
        call.call.receive(Stopped(reason="stop"))

    call, _ = live(lambda: place_call(tmp_path, hears=["얼마예요", "", "그건요"]), script)
    assert said(call) == [BRIDGED, ANSWER]


@pytest.mark.parametrize("think_s", [4.0, 9.0])
def test_comfort_comes_once_and_only_when_it_drags_on(tmp_path: Path, think_s: float) -> None:
    call, _ = ask(tmp_path, think_s, then=14)
    assert said(call) == [TIRED if think_s > COMFORT_S + ANSWER_WITHIN_S else BRIDGED]


def test_comfort_also_comes_where_a_filler_may_not(tmp_path: Path) -> None:
    call, _ = ask(tmp_path, 2.0, 8.0, then=12)
    assert said(call) == [BRIDGED, f"{phrases.COMFORT} {ANSWER}"]


class Slow:
    """Wraps a dialogue so that its second sentence is long in coming."""

    async def hear(self, heard: Heard) -> AsyncGenerator[Action, None]:
        """Two sentences with a tool's work between them."""
        del heard
        yield Say(text="하나입니다.")
        await asyncio.sleep(9)
        yield Say(text="둘입니다.")


def test_a_long_wait_after_the_first_sentence_is_comforted(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        call.dialogue.hear = Slow().hear  # type: ignore[method-assign]
        await asyncio.sleep(4)
        await call.line.say(QUESTION)
        await asyncio.sleep(15)
        call.call.receive(Stopped(reason="stop"))

    call, _ = live(lambda: place_call(tmp_path, hears=["얼마예요"]), script)
    assert said(call) == [f"하나입니다. {phrases.COMFORT} 둘입니다."]
    assert call.dialogue.remembered[1] == ("하나입니다. 둘입니다.", False)
    first, comfort = [
        at
        for (before, _), (at, _) in zip(call.line.sent, call.line.sent[1:], strict=False)
        if at - before > 2 and at > 4
    ][:2]
    assert comfort - first == pytest.approx(2.0 + COMFORT_S, abs=0.3)


def test_keys_and_silence_get_no_filler(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        call.dialogue.think_s = 3.0
        await asyncio.sleep(4)
        call.call.receive(KeyPressed(digit="1"))
        call.call.receive(KeyPressed(digit="#"))
        await asyncio.sleep(20)
        call.call.receive(Stopped(reason="stop"))

    call, _ = live(lambda: place_call(tmp_path), script)
    kinds = {turn.input_kind for turn in call.journal.turns}
    assert {"keys", "silence"} <= kinds
    assert not any("확인해" in turn.said for turn in call.journal.turns)


def interject(tmp_path: Path, text: str) -> Fixture:
    """A call whose filler is spoken into: with a question that takes four seconds."""

    audio = spoken(text)

    async def script(call: Fixture) -> None:
        await asyncio.sleep(4)
        call.dialogue.think_s = 4.0
        await call.line.say(QUESTION)
        await asyncio.sleep(1.6)
        call.dialogue.think_s = 0.0
        await call.line.say(audio)
        await asyncio.sleep(12)
        call.call.receive(Stopped(reason="stop"))

    return live(lambda: place_call(tmp_path, hears=["얼마예요", text]), script)[0]


def test_a_backchannel_pauses_the_filler_and_the_answer_follows(tmp_path: Path) -> None:
    call = interject(tmp_path, "네 네")
    assert len(call.line.clears()) == 1
    assert said(call) == [BRIDGED]


def test_words_stop_the_filler_and_the_thinking(tmp_path: Path) -> None:
    call = interject(tmp_path, "그건 얼마예요")
    cut, answered = said(call)
    assert cut.endswith("…")
    assert phrases.FILLER.startswith(cut[:-1])
    assert call.journal.turns[1].interrupted
    assert answered == ANSWER
    assert call.dialogue.remembered[1] == ("", True)
