"""`./scripts/demo`: start the real server, phone it with a synthetic caller, show what happens."""

import asyncio
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from rich.console import Console
from rich.panel import Panel

from scripts.carrier.call import SimulatedCall
from scripts.carrier.checks import call_faults, summary_faults, turn_faults
from scripts.carrier.errors import CarrierError
from scripts.carrier.runner import Caller, caller_voice
from scripts.carrier.scenario import Scenario, Turn, load
from settings import Settings
from storage.calls import CallStore
from storage.database import Database
from storage.records import StoredCall
from storage.records import Turn as Recorded

SCENARIO = Path(__file__).with_name("demo_call.yaml")
ENV_FILE = Path(".env")
START_TIMEOUT_S = 120.0
STORE_TIMEOUT_S = 10.0
_LOOK_S = 0.1

console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Exit status: 0 only if all was right."""
    _make_env_file()
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    os.environ |= {"YEOBOSEYO_PORT": str(port), "YEOBOSEYO_PUBLIC_URL": url}
    settings = Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    log = settings.data_dir / "demo-server.log"
    (scenario,) = load([SCENARIO])
    began = time.monotonic()
    try:
        with _server(log, url):
            console.print(f"· the server is ready after {time.monotonic() - began:.1f} s ({url})")
            return asyncio.run(_phone(url, scenario, settings))
    except (CarrierError, _DemoError) as error:
        console.print(f"[red]✗[/red] {error}\n  the server's log: {log}")
        return 1


class _DemoError(Exception):
    """The demo cannot go on."""


def _make_env_file() -> None:
    """A newcomer's `.env`: what `yeoboseyo serve` and `yeoboseyo call` must agree on."""
    if ENV_FILE.exists():
        return
    ENV_FILE.touch(mode=0o600)
    ENV_FILE.write_text(
        "# Made by scripts/demo for this machine alone; see .env.example for all settings.\n"
        f"TWILIO_AUTH_TOKEN={secrets.token_hex(16)}\n"
        "YEOBOSEYO_HUMAN_NUMBER=+8220000000\n",
        encoding="utf-8",
    )
    console.print("· made .env with a random token and an invented number for the human")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _server(log: Path, url: str) -> Iterator[None]:
    """The real server as a process of its own, from ready to stopped."""
    command = [sys.executable, "-c", "from scripts.cli import main; main(['serve'])"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)  # noqa: S603 - ours
        try:
            with console.status("starting the server"):
                _wait_until_ready(process, url)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise _DemoError(f"the server stopped with status {process.returncode}")
        try:
            if httpx.get(f"{url}/readyz", timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(_LOOK_S)
    raise _DemoError(f"the server was not ready after {START_TIMEOUT_S:.0f} s")


async def _phone(url: str, scenario: Scenario, settings: Settings) -> int:
    """Holds the call, shows it, and says what was wrong."""
    database = Database(settings.sqlalchemy_url)
    store = CallStore(database, settings.organization)
    call = SimulatedCall(
        url,
        caller=scenario.caller,
        called=scenario.called,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        account_sid=settings.twilio_account_sid,
    )
    transcript = _Transcript(store, call.call_sid)
    caller = Caller(call, caller_voice(scenario), tell=lambda _: None)
    console.print(f"· the phone rings: {scenario.caller} calls {scenario.called}\n")
    try:
        await call.dial()
        await caller.play(scenario.turns, before=transcript.caller_does)
        await call.wait_until_over()
        stored = await transcript.finish()
        return _verdict(scenario, stored, call, settings)
    finally:
        await database.close()


class _Transcript:
    """Prints the conversation as it is committed, with what the caller meant beside it."""

    def __init__(self, store: CallStore, call_sid: str) -> None:
        self._store = store
        self._call_sid = call_sid
        self._shown = 0
        self._meant: list[str] = []

    async def caller_does(self, turn: Turn) -> None:
        """The caller is about to do this; what was said before is shown first."""
        await self._show(await self._store.by_sid(self._call_sid))
        words = turn.say or (turn.during_reply.say if turn.during_reply else "")
        self._meant.append(words)
        if words:
            into = " (into the reply)" if turn.during_reply else ""
            console.print(f"[bold cyan]caller[/]  {words}[dim]{into}[/]")

    async def finish(self) -> StoredCall:
        """Waits for the summary, shows the rest; raises _DemoError when none is stored."""
        deadline = time.monotonic() + STORE_TIMEOUT_S
        while True:
            stored = await self._store.by_sid(self._call_sid)
            if stored is not None and stored.summary is not None:
                await self._show(stored)
                return stored
            if time.monotonic() > deadline:
                raise _DemoError("no summary was stored")
            await asyncio.sleep(_LOOK_S)

    async def _show(self, call: StoredCall | None) -> None:
        turns = () if call is None else call.turns[self._shown :]
        for turn in turns:
            if turn.index:
                self._show_heard(turn)
            console.print(f"[bold green]agent[/]   {turn.said}")
            self._shown += 1

    def _show_heard(self, turn: Recorded) -> None:
        timing = "" if turn.first_audio_ms is None else f", answered after {turn.first_audio_ms} ms"
        console.print(f"[dim]        heard “{turn.heard}”{timing}[/]")


def _verdict(
    scenario: Scenario, stored: StoredCall, call: SimulatedCall, settings: Settings
) -> int:
    """Prints the summary and the way on; the exit status."""
    faults: list[str] = []
    answered = [turn for turn in stored.turns if turn.index]
    if len(answered) != len(scenario.turns):
        faults.append(f"{len(answered)} turns were recorded, not {len(scenario.turns)}")
    for turn, recorded in zip(scenario.turns, answered, strict=False):
        found = turn_faults(
            turn.expect,
            said=recorded.intended,
            tools=[tool.name for tool in recorded.tools],
            first_audio_ms=recorded.first_audio_ms,
        )
        faults += [f"turn {recorded.index}: {fault}" for fault in found]
    faults += call_faults(
        scenario.expect,
        outcome=stored.outcome,
        handoff_reason=stored.handoff_reason,
        verification=stored.verification,
    )
    faults += summary_faults(scenario.expect, stored.summary.text if stored.summary else "")
    after = call.after_stream
    if after is None or after.kind != "human":
        faults.append("the caller was not connected with a human")
    summary = stored.summary
    if summary is not None:
        console.print()
        console.print(Panel(summary.text, title="통화 요약", expand=False))
    report = call.report()
    recording = settings.data_dir / (stored.recording_path or "")
    console.print(f"· stored summary: call {stored.id} in {settings.data_dir / 'yeoboseyo.db'}")
    console.print(f"· stereo recording (caller left, agent right): {recording}")
    console.print(f"· late audio: {report.underruns} times; human reached: {after}")
    if not recording.is_file():
        faults.append(f"there is no recording {recording}")
    for fault in faults:
        console.print(f"[red]✗[/red] {fault}")
    if not faults:
        console.print("[green]✓[/green] every turn was answered rightly, and the human was reached")
    console.print(
        "\nGo on:\n"
        "  .venv/bin/yeoboseyo serve          answer calls; the console is at /console\n"
        "  .venv/bin/yeoboseyo users add ME   make yourself a sign-in for it\n"
        '  .venv/bin/yeoboseyo call --say "5G 슬림 요금이 얼마예요?"   phone it yourself'
    )
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
