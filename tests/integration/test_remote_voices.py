"""The real SDKs against a server on loopback: the line's audio as it comes, failures as codes."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Literal

import numpy as np
import pytest

from tests.support.remote_voices import ELEVENLABS, MODEL, OPENAI, REMOTES, TEXT, Remote
from tests.support.speech_server import (
    Answer,
    IsSilent,
    Refuses,
    Speaks,
    SpeechServer,
    speech_server,
)
from voice.audio import mulaw
from voice.audio.resample import level_dbfs, to_float
from voice.tts.elevenlabs import ElevenLabsSynthesizer
from voice.tts.espeak import EspeakSynthesizer
from voice.tts.fallback import FallbackSynthesizer
from voice.tts.remote import RemoteSynthesizer
from voice.tts.synthesizer import SynthesisError, Synthesizer


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(params=REMOTES, ids=lambda remote: remote.name)
def remote(request: pytest.FixtureRequest) -> Remote:
    given: Remote = request.param
    return given


@pytest.fixture
async def server(remote: Remote) -> AsyncIterator[SpeechServer]:
    async with speech_server(remote.service) as served:
        yield served


@pytest.fixture
async def voice(remote: Remote, server: SpeechServer) -> AsyncIterator[RemoteSynthesizer]:
    async with remote.voice(server.url) as synthesizer:
        yield synthesizer


async def _said(synthesizer: Synthesizer, text: str = TEXT) -> bytes:
    return b"".join([chunk async for chunk in synthesizer.stream(text)])


async def _fails(synthesizer: Synthesizer) -> SynthesisError:
    with pytest.raises(SynthesisError) as caught:
        async with asyncio.timeout(10):
            await _said(synthesizer)
    return caught.value


# The sound


@pytest.mark.parametrize("amplitude", [600, 3_000, 6_000, 31_000])
async def test_the_sound_keeps_its_pitch_and_gets_the_level_of_the_line(
    remote: Remote, server: SpeechServer, voice: RemoteSynthesizer, amplitude: int
) -> None:
    server.answer = Speaks(chunks=[remote.tone(3.0, amplitude=amplitude)])
    said = await _said(voice)
    assert len(said) == pytest.approx(24_000, abs=2)
    pcm = to_float(mulaw.decode(said))[16_000:]
    spectrum = np.abs(np.fft.rfft(pcm))
    assert np.argmax(spectrum) * 8_000 / len(pcm) == pytest.approx(500, abs=2)
    assert level_dbfs(pcm) == pytest.approx(-20, abs=1)


async def test_the_next_sentence_has_the_level_from_its_beginning(
    remote: Remote, server: SpeechServer, voice: RemoteSynthesizer
) -> None:
    server.answer = Speaks(chunks=[remote.tone(3.0, amplitude=600)])
    await _said(voice)
    begins = to_float(mulaw.decode(await _said(voice)))[:800]
    assert level_dbfs(begins) == pytest.approx(-20, abs=1)


@pytest.mark.parametrize("size", [1, 7, 331, 4_801])
async def test_chunks_of_any_size_are_the_same_sound(
    remote: Remote, server: SpeechServer, size: int
) -> None:
    audio = remote.tone(0.2 if size == 1 else 1.0)
    async with remote.voice(server.url) as one:
        server.answer = Speaks(chunks=[audio])
        at_once = await _said(one)
    async with remote.voice(server.url) as other:
        server.answer = Speaks(chunks=[audio[at : at + size] for at in range(0, len(audio), size)])
        assert await _said(other) == at_once


async def test_audio_is_handed_on_before_the_rest_is_there(
    remote: Remote, server: SpeechServer, voice: RemoteSynthesizer
) -> None:
    go_on = asyncio.Event()
    server.answer = Speaks(chunks=[remote.tone(1.0)] * 2, go_on=go_on)
    async with aclosing(voice.stream(TEXT)) as chunks:
        async with asyncio.timeout(10):
            first = await anext(chunks)
        assert first
        go_on.set()
        rest = b"".join([chunk async for chunk in chunks])
    assert len(first + rest) == pytest.approx(16_000, abs=2)


@pytest.mark.parametrize("text", ["", "  ", "...", "?!"])
async def test_nothing_to_say_asks_nothing(
    server: SpeechServer, voice: RemoteSynthesizer, text: str
) -> None:
    assert await _said(voice, text) == b""
    assert server.asked == []


# The connection


async def test_sentences_share_a_connection(
    remote: Remote, server: SpeechServer, voice: RemoteSynthesizer
) -> None:
    server.answer = Speaks(chunks=[remote.tone(0.2)])
    for _ in range(3):
        await _said(voice)
    assert (len(server.asked), server.connections) == (3, 1)


async def test_closing_the_iterator_hangs_up(
    remote: Remote, server: SpeechServer, voice: RemoteSynthesizer
) -> None:
    server.answer = Speaks(chunks=[remote.tone(1.0)], then="stalls")
    async with aclosing(voice.stream(TEXT)) as chunks:
        await anext(chunks)
    async with asyncio.timeout(10):
        await server.left.wait()


async def test_cancelling_hangs_up(
    remote: Remote, server: SpeechServer, voice: RemoteSynthesizer
) -> None:
    server.answer = Speaks(chunks=[remote.tone(1.0)], then="stalls")
    begun = asyncio.Event()

    async def speak() -> None:
        async for _ in voice.stream(TEXT):
            begun.set()

    task = asyncio.create_task(speak())
    async with asyncio.timeout(10):
        await begun.wait()
        task.cancel()
        await server.left.wait()
    with pytest.raises(asyncio.CancelledError):
        await task


# Failures


async def _check(
    server: SpeechServer, voice: RemoteSynthesizer, answer: Answer, code: str, retryable: bool
) -> None:
    server.answer = answer
    error = await _fails(voice)
    assert (error.code, error.retryable) == (code, retryable)
    assert TEXT not in str(error)
    assert error.__cause__ is None or TEXT not in str(error.__cause__)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "code", "retryable"),
    [
        (Refuses(status=401), "tts-unauthorized", False),
        (Refuses(status=403), "tts-unauthorized", False),
        (Refuses(status=402), "tts-quota-exceeded", False),
        (Refuses(status=404), "tts-voice-unknown", False),
        (Refuses(status=400, body=b"[]"), "tts-refused", False),
        (Refuses(status=307, headers={"location": "/elsewhere"}), "tts-refused", False),
        (Refuses(status=408), "tts-timeout", True),
        (Refuses(status=429, headers={"retry-after": "60"}), "tts-busy", True),
        (Refuses(status=500), "tts-unavailable", True),
        (Refuses(status=503, body=b"<html>"), "tts-unavailable", True),
        (Refuses(status=502, body=b'"\xff"'), "tts-unavailable", True),
        (Speaks(chunks=[]), "tts-cut", True),
        (Speaks(chunks=[b"<html>"], content_type="text/html"), "tts-refused", False),
        (Speaks(chunks=[b"{}"], content_type="application/json"), "tts-refused", False),
    ],
)
async def test_every_failure_has_a_code_and_is_not_tried_again(
    server: SpeechServer, voice: RemoteSynthesizer, answer: Answer, code: str, retryable: bool
) -> None:
    await _check(server, voice, answer, code, retryable)


@pytest.mark.parametrize(
    ("remote", "answer", "code", "retryable"),
    [
        *((remote, remote.no_money, "tts-quota-exceeded", False) for remote in REMOTES),
        *((remote, remote.no_voice, "tts-voice-unknown", False) for remote in REMOTES),
        *((remote, remote.echoes, "tts-refused", False) for remote in REMOTES),
        *(
            (remote, Speaks(chunks=[remote.tone(0.5)], then="is cut"), "tts-cut", True)
            for remote in REMOTES
        ),
        *(
            (remote, Speaks(chunks=[remote.tone(0.5)], then="is garbled"), "tts-cut", True)
            for remote in REMOTES
        ),
        (OPENAI, Speaks(chunks=[b"\x01"]), "tts-cut", True),
        (OPENAI, Speaks(chunks=[b"ID3"], content_type="audio/mpeg"), "tts-refused", False),
        (OPENAI, Speaks(chunks=[b"RIFF"], content_type="audio/wav"), "tts-refused", False),
    ],
)
async def test_so_has_every_failure_in_a_service_s_own_words(
    server: SpeechServer, voice: RemoteSynthesizer, answer: Answer, code: str, retryable: bool
) -> None:
    await _check(server, voice, answer, code, retryable)


@pytest.mark.parametrize(
    ("then", "code"),
    [("is cut", "tts-cut"), ("is garbled", "tts-cut"), ("stalls", "tts-timeout")],
)
async def test_what_came_before_the_failure_is_handed_on(
    remote: Remote,
    server: SpeechServer,
    then: Literal["is cut", "is garbled", "stalls"],
    code: str,
) -> None:
    server.answer = Speaks(chunks=[remote.tone(0.5)], then=then)
    heard = []
    async with remote.voice(server.url, timeout_s=0.2) as voice:

        async def listen() -> None:
            async for chunk in voice.stream(TEXT):
                heard.append(chunk)

        with pytest.raises(SynthesisError) as caught:
            await listen()
    assert (caught.value.code, caught.value.retryable) == (code, True)
    assert len(b"".join(heard)) == pytest.approx(4_000, abs=2)
    assert len(server.asked) == 1


@pytest.mark.parametrize("answer", [IsSilent(), Speaks(chunks=[], then="stalls")])
async def test_a_server_that_says_nothing_is_a_timeout(
    remote: Remote, server: SpeechServer, answer: Answer
) -> None:
    async with remote.voice(server.url, timeout_s=0.05) as voice:
        await _check(server, voice, answer, "tts-timeout", True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "20"}, 20),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Fri, 20 Nov 2026 03:01:30 GMT"}, None),
        (
            {
                "Retry-After": "Fri, 20 Nov 2026 03:01:30 GMT",
                "Date": "Fri, 20 Nov 2026 03:00:00 GMT",
            },
            90,
        ),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_what_the_server_asks_for_is_told(
    server: SpeechServer,
    voice: RemoteSynthesizer,
    headers: dict[str, str],
    seconds: float | None,
    status: int,
) -> None:
    server.answer = Refuses(status=status, headers=headers)
    assert (await _fails(voice)).retry_after_s == seconds


async def test_a_refused_connection_is_retryable(remote: Remote) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    async with remote.voice(f"http://127.0.0.1:{port}") as voice:
        error = await _fails(voice)
    assert (error.code, error.retryable) == ("tts-unavailable", True)


@pytest.mark.parametrize(
    ("key", "url"),
    [
        ("키", None),
        ("key\n", None),
        ("key", "ftp://127.0.0.1:9"),
        ("key", "127.0.0.1"),
    ],
)
async def test_settings_that_cannot_be_sent_are_named(
    remote: Remote, server: SpeechServer, key: str, url: str | None
) -> None:
    async with remote.voice(url or server.url, key=key) as voice:
        error = await _fails(voice)
    assert (error.code, error.retryable) == ("tts-misconfigured", False)


async def test_so_is_an_address_that_is_none(remote: Remote) -> None:
    with pytest.raises(SynthesisError, match="tts-misconfigured"):
        # OpenAI's SDK refuses it when it is made.
        async with remote.voice("http://127.0.0.1:port") as voice:
            await _said(voice)


async def test_the_local_voice_ends_the_sentence_that_was_cut(
    remote: Remote, server: SpeechServer, voice: RemoteSynthesizer
) -> None:
    local = EspeakSynthesizer()
    both = FallbackSynthesizer([("remote", voice), ("espeak", local)])
    # 1.2 s at the first guess of 0.2 s a beat, less one: in the second word.
    server.answer = Speaks(chunks=[remote.tone(1.2)], then="is cut")
    audio = await _said(both)
    tone = to_float(mulaw.decode(audio[:9_598]))
    assert np.argmax(np.abs(np.fft.rfft(tone))) * 8_000 / len(tone) == pytest.approx(500, abs=2)
    rest, whole = [len(await _said(local, text)) for text in ("요금제를 안내해 드릴게요.", TEXT)]
    # espeak-ng says nothing twice the same, but takes the same time for it.
    assert len(audio) - 9_600 == pytest.approx(rest, rel=0.02)
    assert rest < 0.9 * whole
    assert [gauge.failures for gauge in both.gauges()] == [{"tts-cut": 1}, {}]


# What each is asked, and what only one of them knows


async def test_the_request(remote: Remote, server: SpeechServer, voice: RemoteSynthesizer) -> None:
    server.answer = Speaks(chunks=[remote.tone(0.2)])
    await _said(voice)
    (asked,) = server.asked
    assert asked.headers.items() >= remote.asked.headers.items()
    assert (asked.path, asked.query, asked.body) == (
        remote.asked.path,
        remote.asked.query,
        remote.asked.body,
    )


@pytest.mark.parametrize("remote", [ELEVENLABS], ids=["elevenlabs"])
async def test_models_that_refuse_a_language_are_not_told_one(
    remote: Remote, server: SpeechServer
) -> None:
    server.answer = Speaks(chunks=[remote.tone(0.2)])
    voice = ElevenLabsSynthesizer("key", "voice-1", "eleven_multilingual_v2", server.url)
    await _said(voice)
    await voice.close()
    assert server.asked[0].body.get("language_code") is None


@pytest.mark.parametrize("remote", [ELEVENLABS], ids=["elevenlabs"])
async def test_the_stability_is_sent_when_it_is_set(remote: Remote, server: SpeechServer) -> None:
    server.answer = Speaks(chunks=[remote.tone(0.2)])
    voice = ElevenLabsSynthesizer("key", "voice-1", MODEL, server.url, stability=0.7)
    await _said(voice)
    await voice.close()
    assert server.asked[0].body["voice_settings"] == {"stability": 0.7}


@pytest.mark.parametrize("remote", [OPENAI], ids=["openai"])
async def test_half_a_sample_at_the_end_is_left_out(
    remote: Remote, server: SpeechServer, voice: RemoteSynthesizer
) -> None:
    server.answer = Speaks(chunks=[remote.tone(1.0), b"\x01"])
    assert len(await _said(voice)) == pytest.approx(8_000, abs=2)
