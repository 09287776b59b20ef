"""The serve command says what is missing before it starts, and the server lets live calls end."""

import asyncio
import signal

import pytest
import uvicorn
from fastapi import FastAPI
from typer.testing import CliRunner

from scripts.cli import main
from scripts.serve import app
from scripts.serving import Server


def serve(monkeypatch: pytest.MonkeyPatch, **environment: str) -> tuple[int, str]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(app, [])
    return result.exit_code, result.output


def test_without_a_token_nothing_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = serve(monkeypatch)
    assert code == 2
    assert "TWILIO_AUTH_TOKEN is missing" in output
    assert "YEOBOSEYO_HUMAN_NUMBER is missing" in output
    assert "YEOBOSEYO_KEYS is missing" in output


def test_a_wrong_key_stops_the_start_and_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = serve(monkeypatch, YEOBOSEYO_KEYS="main:bm90IGEga2V5")
    assert code == 2
    assert "the key main has not 32 bytes" in output
    assert "bm90IGEga2V5" not in output


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = serve(monkeypatch, YEOBOSEYO_PORT="many")
    assert code == 2
    assert "setting port" in output


def test_development_does_not_listen_to_the_world(monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = serve(monkeypatch, YEOBOSEYO_DEVELOPMENT="true", YEOBOSEYO_HOST="0.0.0.0")  # noqa: S104
    assert code == 2
    assert "127.0.0.1 alone" in output


def test_a_model_that_cannot_be_had_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    code, output = serve(
        monkeypatch, YEOBOSEYO_DEVELOPMENT="true", STT_MODEL=f"{tmp_path}/no-model"
    )
    assert code == 1
    assert "STT_MODEL" in output


def test_an_unknown_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["fly"])
    assert "'fly'" in capsys.readouterr().err


async def test_the_first_sigterm_waits_for_live_calls_and_the_second_does_not() -> None:
    draining, drained = asyncio.Event(), asyncio.Event()

    async def drain() -> None:
        draining.set()
        await drained.wait()

    config = uvicorn.Config(FastAPI(), port=0, lifespan="off", log_config=None)
    server = Server(config, drain)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0)
    server.handle_exit(signal.SIGTERM, None)
    await draining.wait()
    assert not server.should_exit
    drained.set()
    await serving
    assert server.should_exit
