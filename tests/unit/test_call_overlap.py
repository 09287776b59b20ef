"""The caller speaks while a reply plays: it pauses, goes on or stops; real audio and VAD."""

import asyncio
from pathlib import Path

import pytest

from agent.actions import Action, Expectation, Say
from storage.records import Outcome
from tests.support.line import Fixture, live, place_call, spoken
from voice.events import Stopped
from voice.stt.transcriber import TranscriptionError

QUESTION = spoken("이월 십 기가 요금이 얼마예요")
SHORT = spoken("네")


def test_speech_during_a_reply_clears_it_and_is_answered(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        call.voice.seconds = 6.0
        await asyncio.sleep(8)
        await call.line.say(QUESTION)
        await asyncio.sleep(2.5)
        began = asyncio.get_running_loop().time()
        await call.line.say(QUESTION)
        (cleared,) = call.line.clears()
        assert cleared - began < 0.5
        await asyncio.sleep(9)
        call.call.receive(Stopped(reason="stop"))

    answers: dict[str, list[Action]] = {
        "하나": [Say(text="이 문장은 아주 길어서 중간에 끊깁니다.")]
    }
    call, result = live(lambda: place_call(tmp_path, hears=["하나", "둘"], answers=answers), script)
    assert result.outcome is Outcome.ABANDONED
    cut = call.journal.turns[1]
    assert cut.interrupted
    assert cut.said.endswith("…")
    assert cut.intended.startswith(cut.said[:-1])
    assert [turn.heard for turn in call.journal.turns] == ["", "하나", "둘"]
    assert call.dialogue.remembered[1] == (cut.said, True)


def interject(
    tmp_path: Path, audio: bytes, text: str | Exception, *answers: Action
) -> tuple[Fixture, float]:
    """A call whose reply of six seconds is spoken into, and when that began."""
    began = 0.0

    async def script(call: Fixture) -> None:
        nonlocal began
        call.voice.seconds = 6.0
        await asyncio.sleep(8)
        await call.line.say(QUESTION)
        await asyncio.sleep(2.5)
        began = asyncio.get_running_loop().time()
        await call.line.say(audio)
        await asyncio.sleep(9)
        call.call.receive(Stopped(reason="stop"))

    def make() -> Fixture:
        table: dict[str, list[Action]] = {"하나": list(answers or [Say(text="긴 대답이에요.")])}
        return place_call(tmp_path, hears=["하나", text, "둘"], answers=table)

    call, _ = live(make, script)
    return call, began


def test_a_very_short_sound_does_not_even_pause_the_reply(tmp_path: Path) -> None:
    call, _ = interject(tmp_path, SHORT[:960], "네")
    assert call.line.clears() == []
    assert len(call.journal.turns) == 2


def test_a_backchannel_pauses_the_reply_which_goes_on_where_it_was(tmp_path: Path) -> None:
    call, began = interject(tmp_path, spoken("네 네"), "네 네")
    (paused,) = call.line.clears()
    assert 0.05 < paused - began < 0.4
    assert [turn.said for turn in call.journal.turns] == ["안녕하세요.", "긴 대답이에요."]
    reply = call.journal.turns[1]
    assert not reply.interrupted
    resumed = call.line.first_audio_after(paused)
    assert resumed - paused < 1.0
    assert reply.said_started_ms is not None
    assert reply.said_ended_ms is not None
    spoken_ms = reply.said_ended_ms - reply.said_started_ms
    assert spoken_ms == pytest.approx(6_000 + (resumed - paused) * 1_000, abs=650)


@pytest.mark.parametrize("text", ["잠깐만요", "그건 얼마예요"])
def test_words_stop_the_reply_and_are_a_turn(tmp_path: Path, text: str) -> None:
    call, began = interject(tmp_path, spoken(text), text)
    (stopped,) = call.line.clears()
    assert stopped - began < 0.4
    assert [turn.heard for turn in call.journal.turns] == ["", "하나", text]
    assert call.journal.turns[1].interrupted


def test_yes_to_the_question_that_is_being_asked_is_an_answer(tmp_path: Path) -> None:
    question = Say(text="상담원에게 연결해 드릴까요?", expects=Expectation.YES_NO)
    call, _ = interject(tmp_path, spoken("네"), "네", question)
    assert [turn.heard for turn in call.journal.turns] == ["", "하나", "네"]


def test_a_voice_that_cannot_be_recognised_holds_nothing_up(tmp_path: Path) -> None:
    overloaded = TranscriptionError("stt-overloaded", "no room", retryable=True)
    call, _ = interject(tmp_path, spoken("네 네"), overloaded)
    assert [turn.heard for turn in call.journal.turns][:2] == ["", "하나"]
    assert "긴 대답이에요." in call.journal.turns[1].intended
    assert len(call.line.clears()) == 1
