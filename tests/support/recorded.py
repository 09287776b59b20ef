"""Recorded calls: what a carrier sent over a stream, frame by frame, with its times.

A recording is gzipped JSON lines: first `{"caller": …, "call_sid": …}`, then `[seconds, frame]` for
each frame since the socket opened, echoed marks included. To make one:

    python -m tests.support.recorded SCENARIO.yaml RECORDING.jsonl.gz
"""

import asyncio
import gzip
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from fastapi import FastAPI

from scripts.carrier.asgi import AsgiSocket, asgi_connector
from scripts.carrier.runner import Caller, caller_voice
from scripts.carrier.scenario import load
from scripts.carrier.transport import Transport
from storage.records import StoredCall
from tests.support.serving import ORIGIN, client, phone, serving, stored
from tests.support.virtual_time import count_database_threads, run_virtual


async def replay(app: FastAPI, path: Path) -> StoredCall:
    """Sends a recording to an application in development mode; gives the call's record."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        head = json.loads(next(file))
        frames: list[tuple[float, str]] = [tuple(json.loads(line)) for line in file]
    call_sid: str = head["call_sid"]
    async with client(app) as http:
        form = {"CallSid": call_sid, "From": head["caller"], "To": "+8215880000"}
        assert (await http.post("/voice/incoming", data=form)).status_code == 200
    loop = asyncio.get_running_loop()
    socket = AsgiSocket(app, ORIGIN.replace("http", "ws") + "/voice/stream", {})
    assert await socket.opened()
    began = loop.time()
    for at, frame in frames:
        await asyncio.sleep(max(0.0, began + at - loop.time()))
        await socket.send(frame)
    await socket.close()
    return await stored(app, call_sid)


def record(scenario_file: Path, path: Path) -> None:
    """Holds a scenario's call on the virtual clock, and writes down what the carrier sent."""
    (scenario,) = load([scenario_file])
    frames: list[tuple[float, str]] = []
    head = {"caller": scenario.caller}

    async def main(folder: Path) -> None:
        loop = asyncio.get_running_loop()
        async with serving(folder) as app:
            began = 0.0

            async def connect(url: str, headers: Mapping[str, str]) -> Transport:
                nonlocal began
                began = loop.time()
                socket = await asgi_connector(app)(url, headers)
                send = socket.send

                async def noted(frame: str | bytes) -> None:
                    frames.append((round(loop.time() - began, 4), str(frame)))
                    await send(frame)

                socket.send = noted  # type: ignore[method-assign]
                return socket

            async with phone(app, caller=scenario.caller, connect=connect) as call:
                head["call_sid"] = call.call_sid
                await Caller(call, caller_voice(scenario), tell=lambda _: None).play(scenario.turns)
                await call.wait_until_over()

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        count_database_threads(patch)
        run_virtual(main(Path(folder)))
    with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as file:
        file.write("\n".join(map(json.dumps, [head, *frames])).encode())


if __name__ == "__main__":
    record(Path(sys.argv[1]), Path(sys.argv[2]))
