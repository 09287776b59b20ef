"""Callers who hang up, in words, in an answer or after it: what is on record then."""

import asyncio
from pathlib import Path

import pytest

from storage.records import Outcome
from tests.support.line import Fixture, live, place_call, spoken
from voice.events import Stopped

QUESTION = spoken("이월 십 기가 요금이 얼마예요")


def test_hanging_up_while_speech_plays_leaves_a_complete_record(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        await asyncio.sleep(1)
        call.call.receive(Stopped(reason="closed"))

    call, result = live(lambda: place_call(tmp_path), script)
    assert result.outcome is Outcome.ABANDONED
    (greeting,) = call.journal.turns
    assert greeting.interrupted
    assert greeting.said_ended_ms == pytest.approx(1_000, abs=30)


def test_words_said_just_before_hanging_up_are_kept(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        await asyncio.sleep(3)
        await call.line.say(QUESTION)
        await asyncio.sleep(0.62)
        call.call.receive(Stopped(reason="closed"))

    def make() -> Fixture:
        call = place_call(tmp_path, hears=["됐어요"])
        call.ears.delay_s = 0.5
        return call

    call, _ = live(make, script)
    assert call.journal.turns[-1].heard == "됐어요"
    assert call.journal.turns[-1].said == ""


@pytest.mark.parametrize(
    ("answered", "after_s", "outcome"),
    [
        (True, 12, Outcome.COMPLETED),
        (False, 12, Outcome.ABANDONED),
        (True, 5.5, Outcome.ABANDONED),
    ],
    ids=["answered", "something is open", "into the answer"],
)
def test_who_hangs_up_answered_was_served(
    tmp_path: Path, answered: bool, after_s: float, outcome: Outcome
) -> None:
    async def script(call: Fixture) -> None:
        call.dialogue.answered = answered
        await asyncio.sleep(3)
        await call.line.say(QUESTION)
        await asyncio.sleep(after_s - 3)
        call.call.receive(Stopped(reason="stop"))

    _, result = live(lambda: place_call(tmp_path, hears=["얼마예요"]), script)
    assert result.outcome is outcome


def test_words_in_progress_when_the_line_is_cut_are_kept(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        await asyncio.sleep(3)
        await call.line.say(QUESTION)
        call.call.receive(Stopped(reason="closed"))

    call, result = live(lambda: place_call(tmp_path, hears=["됐어요"]), script)
    assert result.outcome is Outcome.ABANDONED
    assert [turn.heard for turn in call.journal.turns] == ["", "됐어요"]


def test_last_words_that_cannot_be_recognised_do_not_lose_the_turn(tmp_path: Path) -> None:
    async def script(call: Fixture) -> None:
        await asyncio.sleep(3)
        await call.line.say(QUESTION)
        call.call.receive(Stopped(reason="closed"))

    call, _ = live(lambda: place_call(tmp_path, hears=[RuntimeError("broken")]), script)
    assert [turn.input_kind for turn in call.journal.turns] == ["none", "speech"]
