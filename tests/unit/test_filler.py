"""The wait for a late answer: never dead air, never the same words again, never into anything."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest

from agent.actions import Action, Heard, Say, Used
from storage.records import ToolCall
from tests.support.line import Fixture, live, place_call, spoken
from voice import phrases
from voice.ear import PENDING_MS
from voice.events import KeyPressed, Stopped
from voice.filler import ANSWER_WITHIN_S, COMFORT_S

QUESTION = spoken("이월 십 기가 요금이 얼마예요")
COUGH = spoken("네")[:2_400]
ANSWER = "네, 알겠습니다."
FILLER, NEXT_FILLER, THIRD_FILLER = phrases.FILLERS
COMFORT, NEXT_COMFORT = phrases.COMFORTS
BRIDGED = f"{FILLER} {ANSWER}"
TIRED = f"{FILLER} {COMFORT} {ANSWER}"
WITHIN_S = 1.5
"""Longest silence after the caller's last word, or after it is decided that it was the last."""


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
    assert ANSWER_WITHIN_S <= wait < WITHIN_S
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
    assert not any(FILLER in text or COMFORT in text for text, _ in call.dialogue.remembered)


def test_a_late_voice_is_bridged_too(tmp_path: Path) -> None:
    call, (wait,) = ask(tmp_path, 0.0, voice_s=2.0)
    assert said(call) == [BRIDGED]
    assert call.journal.turns[1].intended == BRIDGED
    assert wait < WITHIN_S


def test_slow_turns_in_a_row_are_all_bridged_and_never_in_the_same_words(tmp_path: Path) -> None:
    call, waits = ask(
        tmp_path, 2.0, 2.0, 2.0, 2.0, then=6.0, hears=["가요", "나요", "다요", "라요"]
    )
    fillers = [FILLER, NEXT_FILLER, THIRD_FILLER, FILLER]
    assert said(call) == [f"{filler} {ANSWER}" for filler in fillers]
    assert len(set(phrases.FILLERS)) == len(phrases.FILLERS)
    assert max(waits) < WITHIN_S


def test_a_slow_recogniser_is_bridged_too(tmp_path: Path) -> None:
    def slow() -> Fixture:
        call = place_call(tmp_path, hears=["얼마예요"])
        call.ears.delay_s = 4.0
        return call

    waits: list[float] = []

    async def script(call: Fixture) -> None:
        await asyncio.sleep(4)
        ended = await call.line.say(QUESTION)
        await asyncio.sleep(10)
        waits.append(call.line.first_audio_after(ended) - ended)
        call.call.receive(Stopped(reason="stop"))

    call, _ = live(slow, script)
    assert said(call) == [BRIDGED]
    assert waits[0] < PENDING_MS / 1_000 + WITHIN_S


def test_a_cough_is_not_bridged_however_long_it_takes_to_tell(tmp_path: Path) -> None:
    def slow() -> Fixture:
        call = place_call(tmp_path, hears=["", "얼마예요"])
        call.ears.delay_s = 3.0
        return call

    async def script(call: Fixture) -> None:
        await asyncio.sleep(4)
        before = len(call.line.sent)
        await call.line.say(COUGH)
        await asyncio.sleep(6)
        assert len(call.line.sent) == before
        call.ears.delay_s = 0.05
        await call.line.say(QUESTION)
        await asyncio.sleep(6)
        call.call.receive(Stopped(reason="stop"))

    call, _ = live(slow, script)
    assert said(call) == [ANSWER]


@pytest.mark.parametrize("think_s", [4.0, 9.0])
def test_comfort_comes_once_and_only_when_it_drags_on(tmp_path: Path, think_s: float) -> None:
    call, _ = ask(tmp_path, think_s, then=14)
    assert said(call) == [TIRED if think_s > COMFORT_S + ANSWER_WITHIN_S else BRIDGED]


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
    assert said(call) == [f"하나입니다. {COMFORT} 둘입니다."]
    assert call.dialogue.remembered[1] == ("하나입니다. 둘입니다.", False)
    first, comfort = [
        at
        for (before, _), (at, _) in zip(call.line.sent, call.line.sent[1:], strict=False)
        if at - before > 2 and at > 4
    ][:2]
    assert comfort - first == pytest.approx(2.0 + COMFORT_S, abs=0.3)


class Toils:
    """A dialogue's work: tools that take so long each, then an answer."""

    def __init__(self, *seconds: float) -> None:
        self._seconds = seconds

    async def hear(self, heard: Heard) -> AsyncGenerator[Action, None]:
        """No word until all tools have been used."""
        del heard
        for seconds in self._seconds:
            await asyncio.sleep(seconds)
            yield Used(call=ToolCall(name="search_plans", arguments={}, code="ok"))
        yield Say(text=ANSWER)


@pytest.mark.parametrize(
    ("tools_s", "says"),
    [
        ((7.0, 7.0, 6.0), [FILLER, COMFORT, NEXT_COMFORT, COMFORT, ANSWER]),
        # No tool may take so long: the caller is bridged until that is certain.
        ((20.0,), [FILLER, COMFORT, phrases.APOLOGY]),
    ],
)
def test_twenty_seconds_of_tools_are_no_dead_air(
    tmp_path: Path, tools_s: tuple[float, ...], says: list[str]
) -> None:
    silences: list[float] = []

    async def script(call: Fixture) -> None:
        call.dialogue.hear = Toils(*tools_s).hear  # type: ignore[method-assign]
        await asyncio.sleep(4)
        ended = await call.line.say(QUESTION)
        await asyncio.sleep(25)
        silences.extend(call.line.silences_after(ended))
        call.call.receive(Stopped(reason="stop"))

    call, _ = live(lambda: place_call(tmp_path, hears=["얼마예요"]), script)
    assert said(call) == [" ".join(says)]
    first, *others = silences
    assert first < WITHIN_S
    assert max(others) < COMFORT_S + 0.1


def test_keys_are_bridged_and_silence_is_not(tmp_path: Path) -> None:
    silences: list[float] = []

    async def script(call: Fixture) -> None:
        call.dialogue.think_s = 3.0
        await asyncio.sleep(4)
        call.call.receive(KeyPressed(digit="1"))
        call.call.receive(KeyPressed(digit="#"))
        keyed = asyncio.get_running_loop().time()
        await asyncio.sleep(20)
        silences.extend(call.line.silences_after(keyed))
        call.call.receive(Stopped(reason="stop"))

    call, _ = live(lambda: place_call(tmp_path), script)
    keyed, silent = call.journal.turns[1:3]
    assert (keyed.input_kind, keyed.said) == ("keys", BRIDGED)
    assert (silent.input_kind, silent.said) == ("silence", ANSWER)
    assert silences[0] < WITHIN_S


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
    assert FILLER.startswith(cut[:-1])
    assert call.journal.turns[1].interrupted
    assert answered == ANSWER
    assert call.dialogue.remembered[1] == ("", True)
