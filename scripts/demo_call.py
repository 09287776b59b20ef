"""The demonstration's call: a synthetic caller phones the server; what happens is shown."""

import asyncio
import time
from pathlib import Path

from rich.console import Console
from rich.panel import Panel

from scripts.carrier.call import SimulatedCall
from scripts.carrier.checks import (
    Answered,
    call_checks,
    faults,
    summary_checks,
    turn_checks,
)
from scripts.carrier.errors import CarrierError
from scripts.carrier.runner import Caller, caller_voice
from scripts.carrier.scenario import Scenario, Turn, load
from settings import Settings
from storage.clear import ServiceCalls
from storage.records import StoredCall
from storage.records import Turn as Recorded
from stores import open_database

SCENARIO = Path(__file__).with_name("demo_call.yaml")
STORE_TIMEOUT_S = 10.0
_LOOK_S = 0.1


def show_call(console: Console, url: str, settings: Settings) -> int:
    """Phones the server at `url`; the exit status is 0 only if all was right."""
    (scenario,) = load([SCENARIO])
    try:
        return asyncio.run(_phone(console, url, scenario, settings))
    except (CarrierError, _NoSummaryError) as error:
        console.print(f"[red]✗[/red] {error}")
        return 1


class _NoSummaryError(Exception):
    """The call ended, and no summary of it was stored."""


async def _phone(console: Console, url: str, scenario: Scenario, settings: Settings) -> int:
    """Holds the call, shows it, and says what was wrong."""
    database = open_database(settings)
    calls = ServiceCalls(database, settings.organization)
    call = SimulatedCall(
        url,
        caller=scenario.caller,
        called=scenario.called,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        account_sid=settings.twilio_account_sid,
    )
    transcript = _Transcript(console, calls, call.call_sid)
    caller = Caller(call, caller_voice(scenario), tell=lambda _: None)
    console.print(f"· the phone rings: {scenario.caller} calls {scenario.called}\n")
    try:
        await call.dial()
        await caller.play(scenario.turns, before=transcript.caller_does)
        await call.wait_until_over()
        stored = await transcript.finish()
        return _verdict(console, scenario, stored, call, settings)
    finally:
        await database.close()


class _Transcript:
    """Prints the conversation as it is committed, with what the caller meant beside it."""

    def __init__(self, console: Console, calls: ServiceCalls, call_sid: str) -> None:
        self._console = console
        self._calls = calls
        self._call_sid = call_sid
        self._shown = 0

    async def caller_does(self, turn: Turn) -> None:
        """The caller is about to do this; what was said before is shown first."""
        await self._show(await self._calls.by_sid(self._call_sid))
        words = turn.say or (turn.during_reply.say if turn.during_reply else "")
        if words:
            into = " (into the reply)" if turn.during_reply else ""
            self._console.print(f"[bold cyan]caller[/]  {words}[dim]{into}[/]")

    async def finish(self) -> StoredCall:
        """Waits for the summary, shows the rest; raises _NoSummaryError when none is stored."""
        deadline = time.monotonic() + STORE_TIMEOUT_S
        while True:
            stored = await self._calls.by_sid(self._call_sid)
            if stored is not None and stored.summary is not None:
                await self._show(stored)
                return stored
            if time.monotonic() > deadline:
                raise _NoSummaryError("no summary was stored")
            await asyncio.sleep(_LOOK_S)

    async def _show(self, call: StoredCall | None) -> None:
        turns = () if call is None else call.turns[self._shown :]
        for turn in turns:
            if turn.index:
                self._show_heard(turn)
            self._console.print(f"[bold green]agent[/]   {turn.said}")
            self._shown += 1

    def _show_heard(self, turn: Recorded) -> None:
        timing = "" if turn.first_audio_ms is None else f", answered after {turn.first_audio_ms} ms"
        self._console.print(f"[dim]        heard “{turn.heard}”{timing}[/]")


def _verdict(
    console: Console,
    scenario: Scenario,
    stored: StoredCall,
    call: SimulatedCall,
    settings: Settings,
) -> int:
    """Prints the summary and the way on; the exit status."""
    wrong: list[str] = []
    answered = [turn for turn in stored.turns if turn.index]
    if len(answered) != len(scenario.turns):
        wrong.append(f"{len(answered)} turns were recorded, not {len(scenario.turns)}")
    for turn, recorded in zip(scenario.turns, answered, strict=False):
        reply = Answered(
            said=recorded.intended,
            tools=[tool.name for tool in recorded.tools],
            reply_ms=recorded.first_audio_ms,
            audible=True,
        )
        found = faults(turn_checks(turn.expect, reply))
        wrong += [f"turn {recorded.index}: {fault}" for fault in found]
    wrong += faults(
        call_checks(
            scenario.expect,
            outcome=stored.outcome,
            handoff_reason=stored.handoff_reason,
            verification=stored.verification,
        )
    )
    summary = stored.summary.text if stored.summary else ""
    wrong += faults(summary_checks(scenario.expect, summary))
    after = call.after_stream
    if after is None or after.kind != "human":
        wrong.append("the caller was not connected with a human")
    recording = settings.data_dir / (stored.recording_path or "")
    if stored.summary is not None:
        panel = Panel(stored.summary.text, title="통화 요약")
        console.print("", panel, sep="\n", soft_wrap=False)
    if after is not None and after.whisper:
        console.print(f"· the human heard first: “{after.whisper}”")
    console.print(f"· summary and transcript: call {stored.id} in the database")
    console.print(f"· stereo recording, sealed, to be heard in the console: {recording}")
    console.print(f"· late audio: {call.report().underruns} times")
    if not recording.is_file():
        wrong.append(f"there is no recording {recording}")
    for fault in wrong:
        console.print(f"[red]✗[/red] {fault}")
    if not wrong:
        console.print("[green]✓[/green] every turn was answered rightly, and the human was reached")
    console.print(
        "\nGo on:\n"
        "  .venv/bin/yeoboseyo serve          answer calls; the console is at /console\n"
        "  .venv/bin/yeoboseyo users add ME --role supervisor   make yourself a sign-in for it\n"
        '  .venv/bin/yeoboseyo call --say "5G 슬림 요금이 얼마예요?"   phone it yourself'
    )
    return 1 if wrong else 0
