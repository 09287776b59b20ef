"""The real SDK against a server on loopback: audio as it comes, and a code for every failure."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from tests.support.speech_server import (
    ELEVENLABS,
    Answer,
    Refuses,
    Speaks,
    SpeechServer,
    speech_server,
)
from voice.tts.elevenlabs import ElevenLabsSynthesizer
from voice.tts.espeak import EspeakSynthesizer
from voice.tts.fallback import FallbackSynthesizer
from voice.tts.synthesizer import SynthesisError, Synthesizer

TEXT = "네, 요금제를 안내해 드릴게요."
MODEL = "eleven_flash_v2_5"
AUDIO = bytes(range(256)) * 5  # 160 ms


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
async def server() -> AsyncIterator[SpeechServer]:
    async with speech_server(ELEVENLABS) as served:
        yield served


@pytest.fixture
async def voice(server: SpeechServer) -> AsyncIterator[ElevenLabsSynthesizer]:
    synthesizer = ElevenLabsSynthesizer("key", "voice-1", MODEL, server.url)
    yield synthesizer
    await synthesizer.close()


async def _said(synthesizer: Synthesizer, text: str = TEXT) -> bytes:
    return b"".join([chunk async for chunk in synthesizer.stream(text)])


async def test_it_asks_for_telephone_audio_in_korean(
    server: SpeechServer, voice: ElevenLabsSynthesizer
) -> None:
    server.answer = Speaks(chunks=[AUDIO[:1], AUDIO[1:700], AUDIO[700:]])
    assert await _said(voice) == AUDIO
    (asked,) = server.asked
    assert asked.path == "/v1/text-to-speech/voice-1/stream"
    assert asked.query == {"output_format": ["ulaw_8000"]}
    assert asked.headers["xi-api-key"] == "key"
    assert asked.body == {
        "text": TEXT,
        "model_id": MODEL,
        "language_code": "ko",
        "apply_text_normalization": "off",
    }


async def test_models_that_refuse_a_language_are_not_told_one(server: SpeechServer) -> None:
    server.answer = Speaks(chunks=[AUDIO])
    synthesizer = ElevenLabsSynthesizer("key", "voice-1", "eleven_multilingual_v2", server.url)
    await _said(synthesizer)
    await synthesizer.close()
    assert server.asked[0].body.get("language_code") is None


async def test_audio_is_handed_on_before_the_rest_is_there(
    server: SpeechServer, voice: ElevenLabsSynthesizer
) -> None:
    go_on = asyncio.Event()
    server.answer = Speaks(chunks=[AUDIO[:160], AUDIO[160:]], go_on=go_on)
    async with aclosing(voice.stream(TEXT)) as chunks:
        async with asyncio.timeout(10):
            assert await anext(chunks) == AUDIO[:160]
        go_on.set()
        assert b"".join([chunk async for chunk in chunks]) == AUDIO[160:]


async def test_sentences_share_a_connection(
    server: SpeechServer, voice: ElevenLabsSynthesizer
) -> None:
    server.answer = Speaks(chunks=[AUDIO])
    for _ in range(3):
        await _said(voice)
    assert (len(server.asked), server.connections) == (3, 1)


async def test_closing_the_iterator_hangs_up(
    server: SpeechServer, voice: ElevenLabsSynthesizer
) -> None:
    server.answer = Speaks(chunks=[AUDIO], then="stalls")
    async with aclosing(voice.stream(TEXT)) as chunks:
        await anext(chunks)
    async with asyncio.timeout(10):
        await server.left.wait()


async def test_cancelling_hangs_up(server: SpeechServer, voice: ElevenLabsSynthesizer) -> None:
    server.answer = Speaks(chunks=[AUDIO[:160]], then="stalls")
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
    server: SpeechServer, voice: ElevenLabsSynthesizer, text: str
) -> None:
    assert await _said(voice, text) == b""
    assert server.asked == []


QUOTA = b'{"detail": {"status": "quota_exceeded", "message": "0 credits"}}'
NO_VOICE = b'{"detail": {"status": "voice_not_found", "message": "none"}}'
ECHO = f'{{"detail": [{{"msg": "bad", "input": "{TEXT}"}}]}}'.encode()


@pytest.mark.parametrize(
    ("answer", "code", "retryable"),
    [
        (Refuses(status=401), "tts-unauthorized", False),
        (Refuses(status=403), "tts-unauthorized", False),
        (Refuses(status=401, body=QUOTA), "tts-quota-exceeded", False),
        (Refuses(status=402), "tts-quota-exceeded", False),
        (Refuses(status=404), "tts-voice-unknown", False),
        (Refuses(status=400, body=NO_VOICE), "tts-voice-unknown", False),
        (Refuses(status=400, body=b"[]"), "tts-refused", False),
        (Refuses(status=422, body=ECHO), "tts-refused", False),
        (Refuses(status=307, headers={"location": "/elsewhere"}), "tts-refused", False),
        (Refuses(status=408), "tts-timeout", True),
        (Refuses(status=429, headers={"retry-after": "60"}), "tts-busy", True),
        (Refuses(status=500), "tts-unavailable", True),
        (Refuses(status=503, body=b"<html>"), "tts-unavailable", True),
        (Refuses(status=502, body=b'"\xff"'), "tts-unavailable", True),
        (Speaks(chunks=[]), "tts-cut", True),
        (Speaks(chunks=[AUDIO], then="is cut"), "tts-cut", True),
        (Speaks(chunks=[AUDIO], then="is garbled"), "tts-cut", True),
        (Speaks(chunks=[b"<html>"], content_type="text/html"), "tts-refused", False),
        (Speaks(chunks=[b"{}"], content_type="application/json"), "tts-refused", False),
    ],
)
async def test_every_failure_has_a_code_and_is_not_tried_again(
    server: SpeechServer,
    voice: ElevenLabsSynthesizer,
    answer: Answer,
    code: str,
    retryable: bool,
) -> None:
    server.answer = answer
    with pytest.raises(SynthesisError) as caught:
        await _said(voice)
    assert (caught.value.code, caught.value.retryable) == (code, retryable)
    assert TEXT not in str(caught.value)
    assert caught.value.__cause__ is None or TEXT not in str(caught.value.__cause__)
    assert len(server.asked) == 1


async def test_what_came_before_the_cut_is_handed_on(
    server: SpeechServer, voice: ElevenLabsSynthesizer
) -> None:
    server.answer = Speaks(chunks=[AUDIO[:320]], then="is cut")
    heard = []

    async def listen() -> None:
        async for chunk in voice.stream(TEXT):
            heard.append(chunk)

    with pytest.raises(SynthesisError):
        await listen()
    assert b"".join(heard) == AUDIO[:320]


async def test_a_server_that_says_nothing_is_a_timeout(server: SpeechServer) -> None:
    server.answer = Speaks(chunks=[], then="stalls")
    synthesizer = ElevenLabsSynthesizer("key", "voice-1", MODEL, server.url, timeout_s=0.05)
    with pytest.raises(SynthesisError) as caught:
        async with asyncio.timeout(10):
            await _said(synthesizer)
    await synthesizer.close()
    assert (caught.value.code, caught.value.retryable) == ("tts-timeout", True)


async def test_a_refused_connection_is_retryable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    synthesizer = ElevenLabsSynthesizer("key", "voice-1", MODEL, f"http://127.0.0.1:{port}")
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
        ("key", "http://127.0.0.1:port"),
    ],
)
async def test_settings_that_cannot_be_sent_are_named(
    server: SpeechServer, key: str, url: str | None
) -> None:
    synthesizer = ElevenLabsSynthesizer(key, "voice-1", MODEL, url or server.url)
    with pytest.raises(SynthesisError) as caught:
        await _said(synthesizer)
    await synthesizer.close()
    assert (caught.value.code, caught.value.retryable) == ("tts-misconfigured", False)


async def test_what_the_server_asks_for_is_told(
    server: SpeechServer, voice: ElevenLabsSynthesizer
) -> None:
    server.answer = Refuses(status=429, headers={"Retry-After": "60"})
    with pytest.raises(SynthesisError) as caught:
        await _said(voice)
    assert caught.value.retry_after_s == 60


async def test_the_stability_is_sent_when_it_is_set(server: SpeechServer) -> None:
    server.answer = Speaks(chunks=[AUDIO])
    synthesizer = ElevenLabsSynthesizer("key", "voice-1", MODEL, server.url, stability=0.7)
    await _said(synthesizer)
    await synthesizer.close()
    assert server.asked[0].body["voice_settings"] == {"stability": 0.7}


async def test_the_local_voice_ends_the_sentence_that_was_cut(
    server: SpeechServer, voice: ElevenLabsSynthesizer
) -> None:
    local = EspeakSynthesizer()
    both = FallbackSynthesizer([("elevenlabs", voice), ("espeak", local)])
    # 1.2 s at the first guess of 0.2 s a beat, less one: in the second word.
    server.answer = Speaks(chunks=[AUDIO[:160]] * 60, then="is cut")
    audio = await _said(both)
    assert audio[:9_600] == AUDIO[:160] * 60
    rest, whole = [len(await _said(local, text)) for text in ("요금제를 안내해 드릴게요.", TEXT)]
    # espeak-ng says nothing twice the same, but takes the same time for it.
    assert len(audio) - 9_600 == pytest.approx(rest, rel=0.02)
    assert rest < 0.9 * whole
    assert [gauge.failures for gauge in both.gauges()] == [{"tts-cut": 1}, {}]
