"""How soon a caller hears the greeting: the real application, phoned over loopback."""

import asyncio
import secrets
from collections.abc import Mapping
from pathlib import Path

from app import create_app
from scripts.carrier.call import SimulatedCall
from scripts.carrier.line import SAMPLE_RATE, Run
from scripts.carrier.transport import Transport, open_websocket
from scripts.serving import serving
from settings import Settings
from storage.vault import new_key
from voice.audio import mulaw
from voice.audio.resample import level_dbfs, to_float

AUDIBLE_DBFS = -50.0
_FRAME = SAMPLE_RATE // 50
_LOOK_S = 0.01
_CALLERS = ("+821012345678", "+821000000000", "")
"""A customer, somebody unknown, a withheld number."""


async def greetings_ms(settings: Settings, data_dir: Path, calls: int) -> list[float]:
    """From the webhook's answer to the first 20 ms that are heard, call after call, the first too.

    The upgrade of the socket and the stream's start are in it. The application keeps all it has
    in `data_dir`, and asks nobody but itself.
    """
    token = secrets.token_hex(16)
    alone = settings.model_copy(
        update={
            "data_dir": data_dir,
            "database_url": None,
            "keys": type(settings.keys)(f"bench:{new_key()}"),
            "chroma_url": None,
            "stt_model": "demo",
            "brain": "local",
            "voices": "espeak",
            "public_url": "http://127.0.0.1",
            "twilio_auth_token": type(settings.twilio_auth_token)(token),
            "twilio_account_sid": "",
            "development": False,
        }
    )
    async with serving(create_app(alone)) as url:
        return [
            await _greeted_ms(url, alone.public_url, token, _CALLERS[number % len(_CALLERS)])
            for number in range(calls)
        ]


async def _greeted_ms(url: str, public_url: str, token: str, caller: str) -> float:
    loop = asyncio.get_running_loop()
    answered_at = 0.0

    async def connect(address: str, headers: Mapping[str, str]) -> Transport:
        nonlocal answered_at
        answered_at = loop.time()
        return await open_websocket(address, headers)

    call = SimulatedCall(
        url, public_url=public_url, caller=caller, auth_token=token, connect=connect
    )
    await call.dial()
    while (heard_at := first_heard_at(call.line.runs)) is None:  # noqa: ASYNC110
        await asyncio.sleep(_LOOK_S)
    await call.hang_up()
    return (heard_at - answered_at) * 1000


def first_heard_at(runs: list[Run]) -> float | None:
    """Loop time at which the first 20 ms play that are not silence; None before."""
    for run in runs:
        pcm = to_float(mulaw.decode(bytes(run.audio)))
        for start in range(0, len(pcm) - _FRAME + 1, _FRAME):
            if level_dbfs(pcm[start : start + _FRAME]) > AUDIBLE_DBFS:
                return run.started_at + start / SAMPLE_RATE
    return None
