"""A whole call over the real application at debug level: no log tells who called or what."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, WebSocket
from sqlalchemy import text
from websockets.asyncio.client import connect

from scripts.carrier.runner import Caller, caller_voice
from scripts.carrier.scenario import load
from scripts.serving import serving as served
from storage.privacy.logs import install
from tests.support.serving import client, phone, serving, stored
from tests.support.virtual_time import count_database_threads, run_virtual

DEMO = Path(__file__).parents[2] / "scripts" / "demo_call.yaml"
PERSONAL = (
    "01012345678", "1012345678", "010-1234-5678", "010 1234 5678", "12345678", "1234-5678",
    "790314", "1979-03-14", "1979년", "3월 14일", "공일공", "일이삼사", "칠구공삼일사",
)  # fmt: skip


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that loggers say from here on, at debug level."""
    before = logging.getLogRecordFactory()
    install()
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield out
    root.removeHandler(handler)
    root.setLevel(level)
    logging.setLogRecordFactory(before)


def test_a_whole_call_leaves_nothing_personal_in_the_log(
    tmp_path: Path, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    count_database_threads(monkeypatch)
    (scenario,) = load([DEMO])
    heard: list[str] = []

    async def main() -> None:
        async with asyncio.timeout(600), serving(tmp_path) as app:
            async with client(app) as http:
                await http.get("/readyz?From=%2B821012345678")
            async with phone(app, caller="+821012345678") as call:
                caller = Caller(call, caller_voice(scenario), tell=lambda _: None)
                await caller.play(scenario.turns)
                await call.wait_until_over()
                record = await stored(app, call.call_sid)
                heard.extend(turn.heard for turn in record.turns)
            async with phone(app, caller="") as call:
                await call.wait_for_reply()
                await call.press("01012345678")
                await call.wait_for_reply()
                await call.press("790314")
                await call.wait_for_reply()
                await call.press("0")
                await call.wait_until_over()
            with pytest.raises(Exception, match="no such table"):
                async with app.state.yeoboseyo.database.engine.connect() as connection:
                    await connection.execute(
                        text("SELECT * FROM missing_table WHERE phone = :phone"),
                        {"phone": "+821012345678"},
                    )
            logging.getLogger("app").exception("asked by %s", "+821012345678")

    run_virtual(main())
    told = log.getvalue()
    assert "call " in told
    assert "ended: handed_off" in told
    for personal in (*PERSONAL, *(words for words in heard if len(words) > 2)):
        assert personal not in told, personal


async def test_the_server_itself_tells_no_number(
    log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    app = FastAPI()

    @app.websocket("/ws")
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        await socket.receive_text()
        raise RuntimeError("no customer +821012345678")

    @app.get("/fails")
    async def fails() -> None:
        raise RuntimeError("no customer +821012345678")

    async with served(app) as address:
        logging.getLogger("uvicorn.error").setLevel(logging.DEBUG)
        async with httpx.AsyncClient() as http:
            assert (await http.get(f"{address}/fails?From=%2B821012345678")).status_code == 500
        url = address.replace("http", "ws") + "/ws?From=+821012345678"
        async with connect(url) as socket:
            await socket.send('{"from": "+821012345678", "heard": "공일공에 일이삼사에 오육칠팔"}')
            with pytest.raises(Exception, match="close"):
                await socket.recv()
    captured = capsys.readouterr()
    told = log.getvalue() + captured.out + captured.err
    assert "RuntimeError" in told
    for personal in PERSONAL:
        assert personal not in told, personal
