"""`yeoboseyo bench load`: many calls at once against a server with stand-ins, and what they cost.

The server runs in another process, so what is measured is the server alone. Its recogniser, agent
and voice are stand-ins that cost nothing: what remains is the edge, turn-taking and playout.
"""

import asyncio
import json as json_format
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import numpy as np
import typer
import uvloop
from rich.console import Console
from rich.table import Table

from scripts.bench.load_caller import FRAME_S, LoadCaller, SpeechLoop, Turns, speech_loop
from scripts.bench.process import cost, cpu_percent
from scripts.carrier.errors import CarrierError
from scripts.carrier.voice import CallerVoice

SPEECH_S = 5.0
SILENCE_S = 3.0

_RAMP_S = 4.0
_SETTLE_S = SPEECH_S + SILENCE_S
"""Before the steady window: the greetings have played and every caller has spoken."""

_START_TIMEOUT_S = 60.0
_OPEN_TIMEOUT_S = 10.0
_LOOK_S = 0.1
_OWN_LAG_LIMIT_MS = 20.0
_SENTENCES = (
    "안녕하세요 요금제를 바꾸고 싶어서 전화드렸는데요",
    "지금 쓰고 있는 요금제가 데이터를 다 쓰면 속도가 어떻게 되는지도 알고 싶고요",
    "가족 결합으로 묶으면 얼마나 할인되는지도 같이 알려 주시면 좋겠습니다",
)
_VOICES = ("ko", "ko+f2", "ko+m3")


@dataclass(frozen=True, kw_only=True)
class LoadResult:
    """What is written as JSON."""

    calls: int
    cpu_percent_per_call: float
    """Percent of one core, over the steady window."""
    mb_per_call: float
    """Growth of the server's memory from no call to all, MiB a call."""
    late_chunks: int
    """Audio that came after the caller's buffer had run dry in the middle of a sentence."""
    added_ms_p50: float | None
    """From the end of speech to the reply's first audio, less the silence that ends a turn."""
    added_ms_p95: float | None
    unanswered_turns: int
    loop_lag_ms_p95: float
    """How late the server's event loop runs its timers."""


def load(
    *,
    calls: Annotated[int, typer.Option(min=1, help="Calls at once.")] = 100,
    seconds: Annotated[float, typer.Option(min=8, help="Length of the steady window.")] = 60.0,
    url: Annotated[
        str, typer.Option(help="A running `yeoboseyo bench serve`; else one is started.")
    ] = "",
    json: Annotated[Path | None, typer.Option(help="Write the figures here, too.")] = None,
) -> None:
    """Measure what calls cost the server: CPU, memory, late audio and added latency."""
    console = Console()
    try:
        if url:
            measured = _run(url, calls, seconds, console)
        else:
            with _server() as started:
                measured = _run(started, calls, seconds, console)
    except CarrierError as error:
        console.print(f"[red]error:[/red] {error.message}", soft_wrap=True)
        raise typer.Exit(1) from None
    _print(console, measured)
    if json is not None:
        json.write_text(json_format.dumps(asdict(measured), indent=2) + "\n", encoding="utf-8")


def _run(url: str, calls: int, seconds: float, console: Console) -> LoadResult:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(url.rstrip("/"), calls, seconds, console))


async def _measure(url: str, calls: int, seconds: float, console: Console) -> LoadResult:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        pid = round((await _stats(http))["pid"])
        loops = await asyncio.to_thread(_loops)
        async with _callers(url, 1, loops, Turns(), ramp_s=0):
            console.print("warming the server up with one call")
            await asyncio.sleep(_SETTLE_S)
        idle = cost(pid)
        turns = Turns()
        async with _callers(url, calls, loops, turns, ramp_s=_RAMP_S) as callers:
            console.print(f"{calls} calls are on the line; measuring for {seconds:g} s")
            await asyncio.sleep(_SETTLE_S)
            late_before = sum(caller.line.underruns for caller in callers)
            server_before, own_before = cost(pid), cost(os.getpid())
            turns.counting = True
            own_lag_ms = await _watch_own_lag(seconds)
            turns.counting = False
            server_after, own_after = cost(pid), cost(os.getpid())
            late = sum(caller.line.underruns for caller in callers) - late_before
            stats = await _stats(http)
    console.print(
        f"the callers themselves took {cpu_percent(own_before, own_after):.0f} % of a core, "
        f"and ran at most {own_lag_ms:.0f} ms late (95th percentile)"
    )
    if own_lag_ms > _OWN_LAG_LIMIT_MS:
        console.print("[yellow]this machine is too busy for the latencies to mean much[/yellow]")
    added = np.asarray(turns.to_reply_ms) - stats["end_silence_ms"]
    p50, p95 = np.percentile(added, (50, 95)) if added.size else (None, None)
    return LoadResult(
        calls=calls,
        cpu_percent_per_call=round(cpu_percent(server_before, server_after) / calls, 3),
        mb_per_call=round((server_after.rss_mb - idle.rss_mb) / calls, 3),
        late_chunks=late,
        added_ms_p50=None if p50 is None else round(float(p50), 1),
        added_ms_p95=None if p95 is None else round(float(p95), 1),
        unanswered_turns=turns.unanswered,
        loop_lag_ms_p95=round(stats["loop_lag_ms_p95"], 2),
    )


def _loops() -> list[SpeechLoop]:
    """A loop of speech for each of several voices; their pauses are too short to end a turn."""
    loops = []
    for voice in _VOICES:
        caller = CallerVoice(voice=voice)
        speech = b"".join(
            caller.speak(sentence) + b"\xff" * 800 for sentence in (*_SENTENCES, *_SENTENCES)
        )
        loops.append(speech_loop(speech[: round(SPEECH_S * 8000)], silence_s=SILENCE_S))
    return loops


@asynccontextmanager
async def _callers(
    url: str, calls: int, loops: list[SpeechLoop], turns: Turns, *, ramp_s: float
) -> AsyncIterator[list[LoadCaller]]:
    """Calls on the line, begun over `ramp_s` seconds at random moments; all hung up at the end.

    Raises CarrierError when the server ended any of them.
    """
    ended: list[str] = []
    random = np.random.default_rng(0)
    moments = np.sort(random.uniform(0, ramp_s, calls))
    loop = asyncio.get_running_loop()
    address = urlsplit(url)
    host, port = address.hostname or "127.0.0.1", address.port or 80
    began = loop.time()
    callers: list[LoadCaller] = []
    try:
        for index, moment in enumerate(moments):
            await asyncio.sleep(max(0.0, began + float(moment) - loop.time()))
            try:
                _, caller = await loop.create_connection(
                    lambda index=index: LoadCaller(  # type: ignore[misc]
                        loops[index % len(loops)], turns, on_end=ended.append
                    ),
                    host,
                    port,
                )
            except OSError as error:
                raise CarrierError("unreachable", f"no server at {url}: {error}") from None
            callers.append(caller)
        await _all_opened(callers)
        yield callers
    finally:
        for caller in callers:
            caller.hang_up()
    if ended:
        raise CarrierError("call-ended", f"the server ended {len(ended)} calls: {ended[0]}")


async def _all_opened(callers: list[LoadCaller]) -> None:
    try:
        async with asyncio.timeout(_OPEN_TIMEOUT_S):
            await asyncio.gather(*(caller.opened for caller in callers))
    except TimeoutError:
        raise CarrierError("stream-refused", "the server does not open the streams") from None


async def _watch_own_lag(seconds: float) -> float:
    """Let `seconds` pass; the 95th percentile of how late our own timers ran, ms."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    lags = []
    while (now := loop.time()) < end:
        await asyncio.sleep(FRAME_S)
        lags.append((loop.time() - now - FRAME_S) * 1000)
    return float(np.percentile(lags, 95))


async def _stats(http: httpx.AsyncClient) -> dict[str, float]:
    """The server's own figures: pid, loop_lag_ms_p95 and end_silence_ms."""
    try:
        response = await http.get("/bench/stats")
        response.raise_for_status()
    except httpx.HTTPError as error:
        raise CarrierError(
            "unreachable", f"no `yeoboseyo bench serve` at {http.base_url}: {error}"
        ) from None
    stats: dict[str, float] = response.json()
    return stats


@contextmanager
def _server() -> Iterator[str]:
    """`yeoboseyo bench serve` in a process of its own, on a free port; its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = "from scripts.cli import main; main()"
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-c", command, "bench", "serve", "--port", str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            if not _is_up(url, process):
                output.seek(0)
                last = output.read().decode(errors="replace").strip()[-500:]
                raise CarrierError("unreachable", f"the server did not start: {last}")
            yield url
        finally:
            process.terminate()
            process.wait(20)


def _is_up(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait until the server answers; False when it never will."""
    end = time.monotonic() + _START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < end:
        try:
            return httpx.get(url + "/livez", trust_env=False).is_success
        except httpx.TransportError:
            time.sleep(_LOOK_S)
    return False


def _print(console: Console, measured: LoadResult) -> None:
    table = Table("measure", "value", title="Load")
    for name, value in asdict(measured).items():
        table.add_row(name, "-" if value is None else f"{value:g}")
    console.print(table)
