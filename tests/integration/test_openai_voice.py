"""The real SDK against a server on loopback: PCM brought to the line, a code for every failure."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing

import numpy as np
import pytest

from tests.support.speech_server import (
    OPENAI,
    Answer,
    IsSilent,
    Refuses,
    Speaks,
    SpeechServer,
    speech_server,
)
from voice.audio import mulaw
from voice.audio.resample import level_dbfs, to_float
from voice.tts.openai import SAMPLE_RATE, OpenAISynthesizer
from voice.tts.synthesizer import SynthesisError, Synthesizer

TEXT = "네, 요금제를 안내해 드릴게요."
MODEL = "speech-1"


def _tone(seconds: float, hz: float = 500) -> bytes:
    time = np.arange(int(SAMPLE_RATE * seconds)) / SAMPLE_RATE
    return (6_000 * np.sin(2 * np.pi * hz * time)).astype("<i2").tobytes()


AUDIO = _tone(1.0)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
async def server() -> AsyncIterator[SpeechServer]:
    async with speech_server(OPENAI) as served:
        yield served


@pytest.fixture
async def voice(server: SpeechServer) -> AsyncIterator[OpenAISynthesizer]:
    synthesizer = OpenAISynthesizer("key", "alloy", MODEL, f"{server.url}/v1")
    yield synthesizer
    await synthesizer.close()


async def _said(synthesizer: Synthesizer, text: str = TEXT) -> bytes:
    return b"".join([chunk async for chunk in synthesizer.stream(text)])


async def test_it_asks_for_pcm(server: SpeechServer, voice: OpenAISynthesizer) -> None:
    server.answer = Speaks(chunks=[AUDIO])
    await _said(voice)
    (asked,) = server.asked
    assert asked.path == "/v1/audio/speech"
    assert asked.headers["authorization"] == "Bearer key"
    assert asked.body == {
        "input": TEXT,
        "model": MODEL,
        "voice": "alloy",
        "response_format": "pcm",
    }


@pytest.mark.parametrize("size", [1, 7, 4_801, len(AUDIO)])
async def test_chunks_of_any_size_are_the_same_sound(server: SpeechServer, size: int) -> None:
    audio = AUDIO[:9_600] if size == 1 else AUDIO
    server.answer = Speaks(chunks=[audio[at : at + size] for at in range(0, len(audio), size)])
    synthesizer = OpenAISynthesizer("key", "alloy", MODEL, f"{server.url}/v1")
    said = await _said(synthesizer)
    server.answer = Speaks(chunks=[audio])
    await synthesizer.close()
    synthesizer = OpenAISynthesizer("key", "alloy", MODEL, f"{server.url}/v1")
    assert said == await _said(synthesizer)
    await synthesizer.close()
    assert len(said) == pytest.approx(len(audio) / 6, abs=2)


async def test_the_sound_keeps_its_pitch_and_gets_the_level_of_the_line(
    server: SpeechServer, voice: OpenAISynthesizer
) -> None:
    server.answer = Speaks(chunks=[_tone(2.0)])
    pcm = to_float(mulaw.decode(await _said(voice)))[8_000:]
    spectrum = np.abs(np.fft.rfft(pcm))
    assert np.argmax(spectrum) * 8_000 / len(pcm) == pytest.approx(500, abs=2)
    assert level_dbfs(pcm) == pytest.approx(-20, abs=1)


async def test_half_a_sample_at_the_end_is_left_out(
    server: SpeechServer, voice: OpenAISynthesizer
) -> None:
    server.answer = Speaks(chunks=[AUDIO, b"\x01"])
    assert len(await _said(voice)) == pytest.approx(8_000, abs=2)


async def test_audio_is_handed_on_before_the_rest_is_there(
    server: SpeechServer, voice: OpenAISynthesizer
) -> None:
    go_on = asyncio.Event()
    server.answer = Speaks(chunks=[AUDIO, AUDIO], go_on=go_on)
    async with aclosing(voice.stream(TEXT)) as chunks:
        async with asyncio.timeout(10):
            first = await anext(chunks)
        assert first
        go_on.set()
        rest = b"".join([chunk async for chunk in chunks])
    assert len(first + rest) == pytest.approx(16_000, abs=2)


async def test_sentences_share_a_connection(server: SpeechServer, voice: OpenAISynthesizer) -> None:
    server.answer = Speaks(chunks=[AUDIO])
    for _ in range(3):
        await _said(voice)
    assert (len(server.asked), server.connections) == (3, 1)


async def test_closing_the_iterator_hangs_up(
    server: SpeechServer, voice: OpenAISynthesizer
) -> None:
    server.answer = Speaks(chunks=[AUDIO], then="stalls")
    async with aclosing(voice.stream(TEXT)) as chunks:
        await anext(chunks)
    async with asyncio.timeout(10):
        await server.left.wait()


async def test_cancelling_hangs_up(server: SpeechServer, voice: OpenAISynthesizer) -> None:
    server.answer = Speaks(chunks=[AUDIO], then="stalls")
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


@pytest.mark.parametrize("text", ["", "  ", "...", "?!"])
async def test_nothing_to_say_asks_nothing(
    server: SpeechServer, voice: OpenAISynthesizer, text: str
) -> None:
    assert await _said(voice, text) == b""
    assert server.asked == []


def _error(code: str | None, *, param: str | None = None, message: str = "No.") -> bytes:
    error = {"message": message, "type": "test", "param": param, "code": code}
    return json.dumps({"error": error}).encode()


@pytest.mark.parametrize(
    ("answer", "code", "retryable"),
    [
        (Refuses(status=401), "tts-unauthorized", False),
        (Refuses(status=403), "tts-unauthorized", False),
        (Refuses(status=402), "tts-quota-exceeded", False),
        (Refuses(status=429, body=_error("insufficient_quota")), "tts-quota-exceeded", False),
        (Refuses(status=404), "tts-voice-unknown", False),
        (Refuses(status=400, body=_error(None, param="voice")), "tts-voice-unknown", False),
        (Refuses(status=400, body=b"[]"), "tts-refused", False),
        (Refuses(status=422, body=_error(None, message=TEXT)), "tts-refused", False),
        (Refuses(status=307, headers={"location": "/elsewhere"}), "tts-refused", False),
        (Refuses(status=408), "tts-timeout", True),
        (Refuses(status=429, headers={"retry-after": "60"}), "tts-busy", True),
        (Refuses(status=500), "tts-unavailable", True),
        (Refuses(status=503, body=b"<html>"), "tts-unavailable", True),
        (Refuses(status=502, body=b'"\xff"'), "tts-unavailable", True),
        (Speaks(chunks=[]), "tts-cut", True),
        (Speaks(chunks=[b"\x01"]), "tts-cut", True),
        (Speaks(chunks=[AUDIO], then="is cut"), "tts-cut", True),
        (Speaks(chunks=[AUDIO], then="is garbled"), "tts-cut", True),
        (Speaks(chunks=[b"<html>"], content_type="text/html"), "tts-refused", False),
        (Speaks(chunks=[b"{}"], content_type="application/json"), "tts-refused", False),
        (Speaks(chunks=[b"ID3"], content_type="audio/mpeg"), "tts-refused", False),
        (Speaks(chunks=[b"RIFF"], content_type="audio/wav"), "tts-refused", False),
    ],
)
async def test_every_failure_has_a_code_and_is_not_tried_again(
    server: SpeechServer, voice: OpenAISynthesizer, answer: Answer, code: str, retryable: bool
) -> None:
    server.answer = answer
    with pytest.raises(SynthesisError) as caught:
        await _said(voice)
    assert (caught.value.code, caught.value.retryable) == (code, retryable)
    assert TEXT not in str(caught.value)
    assert caught.value.__cause__ is None or TEXT not in str(caught.value.__cause__)
    assert len(server.asked) == 1


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
async def test_what_the_server_asks_for_is_told(
    server: SpeechServer,
    voice: OpenAISynthesizer,
    headers: dict[str, str],
    seconds: float | None,
) -> None:
    server.answer = Refuses(status=429, headers=headers)
    with pytest.raises(SynthesisError) as caught:
        await _said(voice)
    assert caught.value.retry_after_s == seconds


async def test_what_came_before_the_cut_is_handed_on(
    server: SpeechServer, voice: OpenAISynthesizer
) -> None:
    server.answer = Speaks(chunks=[AUDIO], then="is cut")
    heard = []

    async def listen() -> None:
        async for chunk in voice.stream(TEXT):
            heard.append(chunk)

    with pytest.raises(SynthesisError):
        await listen()
    assert len(b"".join(heard)) == pytest.approx(8_000, abs=2)


@pytest.mark.parametrize("answer", [IsSilent(), Speaks(chunks=[], then="stalls")])
async def test_a_server_that_says_nothing_is_a_timeout(
    server: SpeechServer, answer: Answer
) -> None:
    server.answer = answer
    synthesizer = OpenAISynthesizer("key", "alloy", MODEL, f"{server.url}/v1", timeout_s=0.05)
    with pytest.raises(SynthesisError) as caught:
        async with asyncio.timeout(10):
            await _said(synthesizer)
    await synthesizer.close()
    assert (caught.value.code, caught.value.retryable) == ("tts-timeout", True)


async def test_a_refused_connection_is_retryable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    synthesizer = OpenAISynthesizer("key", "alloy", MODEL, f"http://127.0.0.1:{port}/v1")
    with pytest.raises(SynthesisError) as caught:
        await _said(synthesizer)
    await synthesizer.close()
    assert (caught.value.code, caught.value.retryable) == ("tts-unavailable", True)


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
    server: SpeechServer, key: str, url: str | None
) -> None:
    synthesizer = OpenAISynthesizer(key, "alloy", MODEL, url or server.url)
    with pytest.raises(SynthesisError) as caught:
        await _said(synthesizer)
    await synthesizer.close()
    assert (caught.value.code, caught.value.retryable) == ("tts-misconfigured", False)


def test_an_address_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(SynthesisError, match="tts-misconfigured"):
        OpenAISynthesizer("key", "alloy", MODEL, "http://127.0.0.1:port")
