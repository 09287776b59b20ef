"""Whole calls while the voices fail: real SDKs, a real network, the clock alone is virtual.

The caller hears every word, is never left in silence for 1.5 s, and the record says what was heard.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from agent.actions import Say
from tests.support.line import Fixture, place_call, spoken
from tests.support.remote_voices import ELEVENLABS, OPENAI, REMOTES, Remote
from tests.support.speech_server import (
    Answer,
    Asked,
    IsSilent,
    Refuses,
    Speaks,
    SpeechServer,
    speech_server,
)
from tests.support.virtual_time import run_virtual
from tests.support.word_tones import BEAT_S, WordVoice, heard_words, pcm, words_missed
from voice.events import Stopped
from voice.tts.fallback import FallbackSynthesizer
from voice.tts.synthesizer import Synthesizer

TEXT = "고객님은 지금 오지 슬림 요금제를 쓰고 계세요."
LOCAL_START_S = 0.25
"""More than espeak-ng takes on a busy machine."""
SILENCE_S = 1.5
SOCKETS_S = 0.001

Fault = Callable[[list[bytes]], Answer]
"""What becomes of a sentence's audio, given in chunks of 100 ms."""

FAULTS: dict[str, Fault] = {
    "unauthorized": lambda _: Refuses(status=401),
    "busy": lambda _: Refuses(status=429, headers={"Retry-After": "30"}),
    "broken": lambda _: Refuses(status=500),
    "away": lambda _: Refuses(status=503, body=b"<html>"),
    "silent": lambda _: IsSilent(),
    "late": lambda chunks: Speaks(chunks=chunks, first_after_s=3.0),
    "no audio": lambda _: Speaks(chunks=[]),
    "a page": lambda _: Speaks(chunks=[b"<html>"], content_type="text/html"),
    "stalls before": lambda _: Speaks(chunks=[], then="stalls"),
    "stalls at once": lambda chunks: Speaks(chunks=chunks[:1], then="stalls"),
    "stalls": lambda chunks: Speaks(chunks=chunks[:13], every_s=0.1, then="stalls"),
    "is cut": lambda chunks: Speaks(chunks=chunks[:17], every_s=0.1, then="is cut"),
    "is cut early": lambda chunks: Speaks(chunks=chunks[:2], then="is cut"),
    "is garbled": lambda chunks: Speaks(chunks=chunks[:21], every_s=0.05, then="is garbled"),
    "ends early": lambda chunks: Speaks(chunks=chunks[:8]),
    "trickles": lambda chunks: Speaks(chunks=chunks, every_s=0.5),
}


def _fine(chunks: list[bytes]) -> Answer:
    return Speaks(chunks=chunks, first_after_s=0.3, every_s=0.1)


def _answers(remote: Remote, fault: Fault) -> Callable[[Asked], Answer]:
    def answer(asked: Asked) -> Answer:
        audio = remote.wire(pcm(asked.body[remote.text_field], TEXT, remote.hz))
        return fault(remote.pieces(audio, 0.1))

    return answer


@asynccontextmanager
async def _voices(
    faults: Sequence[tuple[Remote, Fault]],
) -> AsyncIterator[tuple[FallbackSynthesizer, WordVoice, list[SpeechServer]]]:
    """The row of those voices that are given what they do, a local one behind them."""
    local = WordVoice(TEXT, start_s=LOCAL_START_S)
    voices: list[tuple[str, Synthesizer]] = []
    servers = []
    async with AsyncExitStack() as stack:
        for remote, fault in faults:
            server = await stack.enter_async_context(speech_server(remote.service))
            server.answer = _answers(remote, fault)
            servers.append(server)
            voice = await stack.enter_async_context(remote.voice(server.url))
            voices.append((remote.name, voice))
        yield FallbackSynthesizer([*voices, ("local", local)]), local, servers


class _OneSentence:
    """What the agent says when somebody phones: the sentence."""

    async def greet(self) -> AsyncIterator[Say]:
        yield Say(text=TEXT)


async def _greeted(folder: Path, voices: FallbackSynthesizer) -> Fixture:
    """A call in which the sentence was said to its end, and then the caller hung up."""
    call = place_call(folder, synthesizer=voices)
    call.dialogue.greet = _OneSentence().greet  # type: ignore[assignment]
    running = asyncio.create_task(call.call.run())
    call.line.start()
    async with asyncio.timeout(30):
        while not call.journal.turns:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        call.call.receive(Stopped(reason="hung-up"))
        await running
    await call.line.stop()
    return call


def _check(call: Fixture) -> None:
    began, audio = call.line.heard()
    assert began < SILENCE_S
    silences = [seconds for word, seconds in heard_words(audio, TEXT) if word is None]
    assert max(silences, default=0.0) < SILENCE_S
    assert words_missed(audio, TEXT) == []
    places = [word for word, seconds in heard_words(audio, TEXT) if word is not None]
    assert places[-1] == len(TEXT.split()) - 1
    (turn,) = call.journal.turns
    assert (turn.intended, turn.said, turn.interrupted) == (TEXT, TEXT, False)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("dead", ["elevenlabs", "openai", "both", "the first of two"])
def test_the_caller_hears_the_sentence(
    tmp_path: Path, fault: str, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    does = FAULTS[fault]
    faults = [(remote, does) for remote in REMOTES if dead in {remote.name, "both"}]
    if dead == "the first of two":
        faults = [(ELEVENLABS, does), (OPENAI, _fine)]

    async def main() -> None:
        async with _voices(faults) as (voices, local, servers):
            _check(await _greeted(tmp_path, voices))
            assert [len(server.asked) for server in servers] == [1] * len(servers)
            gauges = voices.gauges()
            assert sum(gauges[0].failures.values()) == 1
            saviour = "openai" if dead == "the first of two" else "local"
            assert [gauge.name for gauge in gauges if gauge.sentences] == [saviour]
            assert bool(local.asked) == (saviour == "local")

    run_virtual(main(), sockets_s=SOCKETS_S)


@pytest.mark.parametrize("remote", REMOTES, ids=lambda remote: remote.name)
def test_a_voice_that_is_well_speaks_alone_and_never_runs_dry(
    tmp_path: Path, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    async def main() -> None:
        async with _voices([(remote, _fine)]) as (voices, local, _):
            call = await _greeted(tmp_path, voices)
            _check(call)
            assert local.asked == []
            assert voices.gauges()[0].sentences == 1
            _, audio = call.line.heard()
            assert [word for word, _ in heard_words(audio, TEXT)] == list(range(len(TEXT.split())))

    run_virtual(main(), sockets_s=SOCKETS_S)


SAID_BY_FIRST = "고객님은 지금 "
SWITCHED_BYTES = round(1.7 * 8_000)
"""So much is said by a voice that "is cut"; the next goes on from the word before."""
BACKCHANNEL, INTERRUPTION = "네 네", "그건 얼마예요"
_SPEECH = {text: spoken(text) for text in (BACKCHANNEL, INTERRUPTION)}


async def _spoken_into(
    folder: Path, voices: FallbackSynthesizer, *spoken_at: tuple[float, str]
) -> Fixture:
    """A call whose first sentence the caller spoke into, at seconds after its beginning."""
    hears = [text for _, text in spoken_at]
    call = place_call(folder, hears=hears, answers={text: [] for text in hears}, synthesizer=voices)
    call.dialogue.greet = _OneSentence().greet  # type: ignore[assignment]
    running = asyncio.create_task(call.call.run())
    call.line.start()
    loop = asyncio.get_running_loop()
    while not call.line.sent:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    began, _ = call.line.heard()
    for at, text in spoken_at:
        await asyncio.sleep(began + at - loop.time())
        await call.line.say(_SPEECH[text])
    await asyncio.sleep(5)
    call.call.receive(Stopped(reason="hung-up"))
    await running
    await call.line.stop()
    return call


def _whole_words(audio: bytes) -> list[str]:
    """The words that the second voice said to their end, in one piece or several."""
    seconds: dict[int | None, float] = defaultdict(float)
    for place, length in heard_words(audio[SWITCHED_BYTES:], TEXT):
        seconds[place] += length
    return [
        word
        for place, word in enumerate(TEXT.split())
        if seconds[place] >= BEAT_S * len(word) - 0.03
    ]


@pytest.mark.parametrize(
    "spoken_at",
    [
        [(2.35, INTERRUPTION)],
        [(2.9, INTERRUPTION)],
        [(3.7, INTERRUPTION)],
        [(2.2, BACKCHANNEL)],
        [(2.9, BACKCHANNEL)],
        [(3.7, BACKCHANNEL)],
        [(2.2, BACKCHANNEL), (4.2, INTERRUPTION)],
    ],
)
def test_words_are_neither_lost_nor_counted_twice_where_the_second_voice_is_spoken_into(
    tmp_path: Path, spoken_at: list[tuple[float, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    async def main() -> None:
        async with _voices([(ELEVENLABS, FAULTS["is cut"])]) as (voices, local, _):
            call = await _spoken_into(tmp_path, voices, *spoken_at)
            assert local.asked == [TEXT.removeprefix(SAID_BY_FIRST)]
            assert len(call.line.clears()) == len(spoken_at)
        _, audio = call.line.heard()
        said = SAID_BY_FIRST + " ".join(_whole_words(audio))
        sentence = call.journal.turns[0]
        stopped = spoken_at[-1][1] == INTERRUPTION
        assert (sentence.said, sentence.interrupted) == (f"{said}…" if stopped else TEXT, stopped)
        assert TEXT.startswith(said)
        assert (said == TEXT) == (not stopped)
        assert [turn.heard for turn in call.journal.turns[1:]] == [INTERRUPTION] * stopped

    run_virtual(main(), sockets_s=SOCKETS_S)
