"""The embedded voice: audible, at the right level, without clicks, cancellable."""

import asyncio
import threading
import time

import numpy as np
import pytest

from voice.audio import mulaw
from voice.audio.resample import level_dbfs, to_float
from voice.tts.espeak import SAMPLE_RATE, Espeak, EspeakSynthesizer
from voice.tts.synthesizer import SynthesisError, Synthesizer


async def _said(synthesizer: Synthesizer, text: str) -> bytes:
    return b"".join([chunk async for chunk in synthesizer.stream(text)])


def test_variants_are_listed_and_usable() -> None:
    assert {"f2", "m3", "Alex"} <= set(Espeak.variants())
    pcm = Espeak().synthesize("안녕하세요", voice="ko+f2")
    assert pcm.dtype == np.int16
    assert 0.5 * SAMPLE_RATE < len(pcm) < 3 * SAMPLE_RATE


def test_speaking_faster_takes_less_time() -> None:
    slow, fast = (Espeak().synthesize("요금이 얼마예요", rate_wpm=rate) for rate in (110, 220))
    assert len(fast) < 0.8 * len(slow)


def test_an_unknown_voice_is_an_error_with_a_code() -> None:
    with pytest.raises(SynthesisError) as caught:
        Espeak().synthesize("네", voice="xx+nobody")
    assert caught.value.code == "tts-voice-unknown"
    assert not caught.value.retryable


def test_threads_do_not_mix_their_voices() -> None:
    # espeak varies by a few samples from call to call; these two differ by a thousand.
    alone = {v: len(Espeak().synthesize("여보세요", voice=v)) for v in ("ko+f2", "ko+m3")}
    same: list[bool] = []

    def speak(voice: str) -> None:
        for _ in range(20):
            length = len(Espeak().synthesize("여보세요", voice=voice))
            same.append(abs(length - alone[voice]) < 100)

    threads = [threading.Thread(target=speak, args=(voice,)) for voice in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(same) == 40
    assert all(same)


async def test_the_stream_is_level_trimmed_and_free_of_clicks() -> None:
    audio = await _said(EspeakSynthesizer(), "안녕하세요. 무엇을 도와 드릴까요?")
    pcm = to_float(mulaw.decode(audio))
    assert 1.5 < len(audio) / 8000 < 5
    assert -25 < level_dbfs(pcm) < -17
    assert np.abs(pcm[[0, -1]]).max() < 0.01
    assert np.flatnonzero(np.abs(pcm) > 0.01)[0] < 0.1 * 8000
    assert np.abs(np.diff(pcm)).max() < 1.0


@pytest.mark.parametrize("text", ["", "   ", "...", "?!"])
async def test_nothing_to_say_yields_nothing(text: str) -> None:
    assert await _said(EspeakSynthesizer(), text) == b""


async def test_cancelling_stops_promptly() -> None:
    async def speak_long() -> None:
        async for _ in EspeakSynthesizer().stream("요금제를 안내해 드릴게요. " * 200):
            await asyncio.sleep(0)

    task = asyncio.create_task(speak_long())
    await asyncio.sleep(0.05)
    task.cancel()
    before = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - before < 0.5


async def test_the_loop_stays_free_while_the_voice_works() -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0.001)

    pulse = asyncio.create_task(beat())
    await _said(EspeakSynthesizer(), "데이터는 십사 기가이고 월 오만 오천 원입니다. " * 20)
    pulse.cancel()
    assert beats > 5
