"""What is known beforehand is at hand, in an outage too; what is personal is never kept."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from agent import lines
from agent.actions import Expectation
from agent.brain.base import TurnRequest
from agent.brain.local import LocalBrain
from agent.korean.spoken import to_spoken
from settings import Settings
from tests.support.agents import catalog, lexicon, toolbox
from tests.support.virtual_time import run_virtual
from voice import phrases
from voice.tts.cache import CachedSynthesizer, PromptVoice
from voice.tts.espeak import EspeakSynthesizer
from voice.tts.fallback import FallbackSynthesizer
from voice.tts.prompts import frequent, prompts
from voice.tts.synthesizer import SynthesisError, Synthesizer
from voices import open_voice

KNOWN = "안녕하세요."
ELSE = "무엇을 도와드릴까요?"
PERSONAL = "김하늘 고객님, 무엇을 도와드릴까요?"


class Counting:
    """A voice whose audio tells its name and the text; it can be away."""

    def __init__(self, name: str = "voice") -> None:
        self.name = name
        self.asked: list[str] = []
        self.away = False

    async def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """See Synthesizer."""
        self.asked.append(text)
        yield f"{self.name}:".encode()
        if self.away:
            raise SynthesisError("tts-unavailable", "away", retryable=True)
        await asyncio.sleep(0.01)
        yield text.encode()

    def says(self, text: str) -> bytes:
        """The audio of a text."""
        return f"{self.name}:{text}".encode()


def cached(inner: Synthesizer, folder: Path, *, identity: str = "a") -> CachedSynthesizer:
    return CachedSynthesizer(inner, folder, identity, 10**6, [KNOWN, ELSE])


async def said(voice: Synthesizer, text: str) -> bytes:
    return b"".join([chunk async for chunk in voice.stream(text)])


async def test_a_known_sentence_is_made_once(tmp_path: Path) -> None:
    inner = Counting()
    voice = cached(inner, tmp_path)
    assert [await said(voice, KNOWN) for _ in range(3)] == [inner.says(KNOWN)] * 3
    assert inner.asked == [KNOWN]
    assert (voice.figures.hits, voice.figures.misses) == (2, 1)


def folder_after(folder: Path, *texts: str) -> list[Path]:
    """The files once a process that said `texts` has ended its work."""

    async def main() -> None:
        voice = cached(Counting(), folder)
        for text in texts:
            await said(voice, text)
        # The disk's thread works in order: behind this everything is written.
        await cached(Counting(), folder, identity="z").warm([KNOWN])

    run_virtual(main())
    return list(folder.iterdir())


def test_what_is_not_known_never_reaches_the_disk(tmp_path: Path) -> None:
    assert len(folder_after(tmp_path, KNOWN)) == 2
    assert len(folder_after(tmp_path, PERSONAL, PERSONAL)) == 2
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert KNOWN.encode() in stored
    assert "김하늘".encode() not in stored


async def test_what_is_not_known_is_not_kept_in_memory_either(tmp_path: Path) -> None:
    inner = Counting()
    voice = cached(inner, tmp_path)
    await said(voice, PERSONAL)
    await said(voice, PERSONAL)
    assert inner.asked == [PERSONAL, PERSONAL]
    assert (voice.figures.hits, voice.figures.misses) == (0, 0)
    with pytest.raises(ValueError, match="known"):
        await voice.warm([PERSONAL])


async def test_what_broke_off_is_not_kept(tmp_path: Path) -> None:
    inner = Counting()
    inner.away = True
    voice = cached(inner, tmp_path)
    with pytest.raises(SynthesisError):
        await said(voice, KNOWN)
    with pytest.raises(SynthesisError):
        await voice.warm([KNOWN])
    inner.away = False
    chunks = voice.stream(KNOWN)
    await anext(chunks)
    await chunks.aclose()
    assert voice.at_hand(KNOWN) is None
    assert await said(voice, KNOWN) == inner.says(KNOWN)


async def test_a_warm_voice_is_warm_after_a_restart_too(tmp_path: Path) -> None:
    assert await cached(Counting(), tmp_path).warm([KNOWN, ELSE]) == 2
    inner = Counting()
    voice = cached(inner, tmp_path)
    assert await voice.warm([KNOWN, ELSE]) == 0
    assert voice.at_hand(ELSE) == inner.says(ELSE)
    assert inner.asked == []


async def test_another_voice_or_setting_has_its_own(tmp_path: Path) -> None:
    await cached(Counting("old"), tmp_path, identity="old").warm([KNOWN])
    voice = cached(Counting("new"), tmp_path, identity="new")
    assert await voice.warm([KNOWN]) == 1
    assert voice.at_hand(KNOWN) == b"new:" + KNOWN.encode()


def damage(folder: Path) -> None:
    """Cuts the last byte off the only file."""
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes()[:-1])


async def test_a_damaged_file_is_made_again(tmp_path: Path) -> None:
    await cached(Counting(), tmp_path).warm([KNOWN])
    damage(tmp_path)
    voice = cached(Counting(), tmp_path)
    assert await voice.warm([KNOWN]) == 1
    assert voice.figures.damaged == 1
    assert await cached(Counting(), tmp_path).warm([KNOWN]) == 0


async def test_memory_is_bounded_and_keeps_what_came_first(tmp_path: Path) -> None:
    inner = Counting()
    room = len(inner.says(KNOWN))
    voice = CachedSynthesizer(inner, tmp_path, "a", room, [KNOWN, ELSE])
    await voice.warm([KNOWN, ELSE])
    assert voice.at_hand(KNOWN) == inner.says(KNOWN)
    assert voice.at_hand(ELSE) is None
    assert await said(voice, ELSE) == inner.says(ELSE)


async def test_a_prompt_comes_from_who_has_it_and_never_waits(tmp_path: Path) -> None:
    far, near = Counting("far"), Counting("near")
    better, local = cached(far, tmp_path, identity="far"), cached(near, tmp_path, identity="near")
    await local.warm([KNOWN])
    voice = PromptVoice([better, local], live=FallbackSynthesizer([("better", better)]))
    assert await said(voice, KNOWN) == voice.at_hand(KNOWN) == near.says(KNOWN)
    assert await said(voice, PERSONAL) == far.says(PERSONAL)
    await better.warm([KNOWN])
    assert await said(voice, KNOWN) == voice.at_hand(KNOWN) == far.says(KNOWN)
    far.away = True
    assert await said(voice, KNOWN) == far.says(KNOWN)
    assert voice.at_hand(PERSONAL) == b""


async def test_in_a_total_outage_every_prompt_is_there_at_once(tmp_path: Path) -> None:
    known = prompts("여보세요 모바일")
    far = Counting()
    far.away = True
    better = CachedSynthesizer(far, tmp_path, "far", 10**7, known)
    local = CachedSynthesizer(EspeakSynthesizer(), tmp_path, "near", 10**7, known)
    await local.warm(known)
    voice = PromptVoice([better, local], live=FallbackSynthesizer([("better", better)]))
    for text in known:
        assert len(await said(voice, text)) > 1_000, text
    assert far.asked == []


async def test_a_better_voice_that_is_away_takes_no_prompt_from_the_local_one(
    tmp_path: Path,
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    settings = Settings(
        data_dir=tmp_path,
        elevenlabs_api_key="key",
        elevenlabs_voice="voice",
        elevenlabs_base_url=url,
    )
    sample = catalog()
    async with AsyncExitStack() as stack:
        voice = open_voice(settings, sample, stack)
        better, local = voice.stored
        await local.warm(prompts(settings.organization_name))
        with pytest.raises(SynthesisError, match="cannot be reached"):
            await better.warm(prompts(settings.organization_name))
        assert await said(voice, to_spoken(phrases.FILLERS[0])) == voice.at_hand(
            to_spoken(phrases.FILLERS[0])
        )
        answer = frequent(sample)[0]
        assert len(await said(voice, answer)) > 1_000
        assert (better.figures.misses, local.figures.hits) == (1, 1)
        with pytest.raises(ValueError, match="known"):
            await local.warm([answer])


def test_every_line_is_a_prompt_unless_it_holds_a_name() -> None:
    known = prompts("여보세요 모바일")
    assert to_spoken(lines.GREETING.format(organization="여보세요 모바일")) in known
    for line in (
        *lines.SILENCE,
        *lines.EMPTY,
        lines.HANDOFF,
        phrases.APOLOGY,
        *phrases.FILLERS,
        *phrases.COMFORTS,
    ):
        assert to_spoken(line) in known
    assert not any("고객님, 무엇을" in line or "{" in line for line in known)
    assert len(known) == len(set(known)) >= 35


def test_the_answers_to_frequent_questions_are_known_by_the_sentence() -> None:
    known = frequent(catalog())
    assert "해지는 상담원이 도와드리고 있습니다." in known
    assert all(line.count(".") <= 1 for line in known)
    assert len(known) > len(catalog().faqs)


async def test_what_the_brain_says_of_a_plan_is_known() -> None:
    """As it reaches the voice: the sentence that begins the answer in a call."""
    known = frequent(catalog())
    brain = LocalBrain(catalog=catalog(), lexicon=lexicon())
    tools = toolbox()
    for question in ("이월 10기가 얼마예요?", "시니어 A형 데이터가 얼마나 돼요?", "고마워요"):
        request = TurnRequest(text=question, history=(), expects=Expectation.OPEN)
        said = [to_spoken(say.text) async for say in brain.reply(request, tools)]
        assert said[0] in known, question
