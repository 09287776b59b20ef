"""`bench tts` measures the voices that are set up, and says why it does not measure the others."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from scripts.cli import main
from tests.support.remote_voices import ELEVENLABS, OPENAI, REMOTES
from tests.support.speech_server import Answer, Refuses, Speaks, SpeechServer, speech_server

KEYS = {
    "intelligibility_cer",
    "first_audio_ms_p50",
    "first_audio_ms_p95",
    "cached_first_audio_ms_p95",
    "real_time_factor",
    "greeting_ms_p50",
    "greeting_ms_p95",
}


@contextmanager
def _serving(answers: dict[str, Answer]) -> Iterator[dict[str, SpeechServer]]:
    """The services that are to answer, on a loop of their own: the command runs one itself."""
    servers: dict[str, SpeechServer] = {}
    ready, over = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with AsyncExitStack() as stack:
            for remote in REMOTES:
                if remote.name in answers:
                    server = await stack.enter_async_context(speech_server(remote.service))
                    server.answer = answers[remote.name]
                    servers[remote.name] = server
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=[serve()])
    thread.start()
    try:
        assert ready.wait(10)
        yield servers
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def _measured(folder: Path) -> dict[str, Any]:
    report = folder / "tts.json"
    with pytest.raises(SystemExit) as done:
        main(["bench", "tts", "--limit", "3", "--json", str(report)])
    assert done.value.code == 0
    figures: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return figures


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("ELEVENLABS_API_KEY", "OPENAI_API_KEY", "YEOBOSEYO_OPENAI_VOICE_MODEL"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return monkeypatch


def test_every_voice_that_is_set_up_is_measured(
    tmp_path: Path, surroundings: pytest.MonkeyPatch
) -> None:
    answers: dict[str, Answer] = {
        remote.name: Speaks(chunks=[remote.tone(0.5)] * 2) for remote in REMOTES
    }
    with _serving(answers) as servers:
        for name, value in {
            "ELEVENLABS_API_KEY": "key",
            "YEOBOSEYO_ELEVENLABS_VOICE": "voice-1",
            "YEOBOSEYO_ELEVENLABS_BASE_URL": servers["elevenlabs"].url,
            "YEOBOSEYO_OPENAI_VOICE_MODEL": "speech-1",
            "YEOBOSEYO_OPENAI_VOICE_BASE_URL": servers["openai"].url + OPENAI.path,
        }.items():
            surroundings.setenv(name, value)
        figures = _measured(tmp_path)
        for remote in REMOTES:
            measured = figures["voices"][remote.name]
            assert measured["sentences"] == 3
            assert 0 < measured["first_audio_ms_p50"] <= measured["first_audio_ms_p95"]
            assert measured["real_time_factor"] > 0
            # The greeting, and what is kept, asked them nothing.
            assert len({asked.body[remote.text_field] for asked in servers[remote.name].asked}) >= 3
        assert len(servers["elevenlabs"].asked) == 4
        assert figures["voices"]["elevenlabs"]["audio_s"] == pytest.approx(3.0)
    assert figures.keys() >= KEYS


def test_why_a_voice_is_not_measured_is_said(
    tmp_path: Path, surroundings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with _serving({"elevenlabs": Refuses(status=401)}) as servers:
        surroundings.setenv("ELEVENLABS_API_KEY", "key")
        surroundings.setenv("YEOBOSEYO_ELEVENLABS_VOICE", "voice-1")
        surroundings.setenv("YEOBOSEYO_ELEVENLABS_BASE_URL", servers[ELEVENLABS.name].url)
        figures = _measured(tmp_path)
    assert figures["voices"] == {
        "elevenlabs": {"not_measured": "tts-unauthorized: ElevenLabs answered 401"},
        "openai": {"not_measured": "YEOBOSEYO_OPENAI_VOICE_MODEL is not set"},
    }
    printed = capsys.readouterr().out
    assert "elevenlabs is not measured: tts-unauthorized" in printed
    assert "openai is not measured: YEOBOSEYO_OPENAI_VOICE_MODEL is not set" in printed
    assert figures.keys() >= KEYS
    assert figures["sentences"] == 3
    assert 0 <= figures["intelligibility_cer"] < 1
    assert figures["real_time_factor"] > 0
    assert figures["cache_misses"] == 0
    assert 0 < figures["greeting_ms_p50"] <= figures["greeting_ms_p95"]
