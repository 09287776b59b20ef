"""`yeoboseyo call`: phone a server as a simulated carrier, and print what happens."""

import asyncio
import wave
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, NoReturn
from urllib.parse import urlsplit

import numpy as np
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scripts.carrier.call import SimulatedCall
from scripts.carrier.errors import CarrierError
from scripts.carrier.results import Report
from scripts.carrier.runner import Caller, caller_voice
from scripts.carrier.scenario import ScenarioError, Turn, load
from scripts.carrier.voice import LINE_HZ, CallerVoice
from settings import Settings
from voice.audio import mulaw
from voice.audio.resample import resample, to_float, to_int16
from voice.tts.espeak import trim

app = typer.Typer(add_completion=False)

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_HINTS = {
    "unreachable": "Is the server running? Start it with `yeoboseyo serve`, or give its --url.",
    "forbidden": (
        "Set the same TWILIO_AUTH_TOKEN (and TWILIO_ACCOUNT_SID) here as for the server, and "
        "YEOBOSEYO_PUBLIC_URL as the server knows it."
    ),
}

Script = Callable[[SimulatedCall, Caller], Awaitable[None]]


@app.command()
def call(
    *,
    url: Annotated[
        str, typer.Option(help="The server; without it the one of the settings.", metavar="URL")
    ] = "",
    from_: Annotated[
        str, typer.Option("--from", help='Who calls; "" is withheld.', metavar="NUMBER")
    ] = "+821012345678",
    to: Annotated[
        str, typer.Option("--to", help="Who is called.", metavar="NUMBER")
    ] = "+8215880000",
    say: Annotated[
        list[str] | None, typer.Option("--say", help="What the caller says; may be repeated.")
    ] = None,
    scenario: Annotated[
        Path | None, typer.Option(help="A scenario file, instead of --say.", metavar="FILE")
    ] = None,
    wav: Annotated[
        Path | None, typer.Option(help="16-bit mono speech, instead of --say.", metavar="FILE")
    ] = None,
    key: Annotated[
        str, typer.Option("--key", help="Keys to press at the end.", metavar="DIGITS")
    ] = "",
) -> None:
    """Phone a server as a simulated carrier, and print what happens."""
    console = Console(highlight=False, soft_wrap=True)
    if sum(given is not None for given in (say, scenario, wav)) > 1:
        _fail(console, "give one of --say, --scenario and --wav", status=2)
    if key.strip("0123456789*#"):
        _fail(console, "--key takes 0-9, * and #", status=2)
    if scenario is not None:
        _call_scenarios(console, url, scenario)
        return
    audio = _read_wav(console, wav) if wav else b""

    async def script(simulated: SimulatedCall, caller: Caller) -> None:
        await caller.listen()
        for text in say or ():
            await caller.say(text)
            await caller.listen()
        if audio:
            console.print(f"caller: {wav}", markup=False)
            await simulated.say(audio)
            await caller.listen()
        if key:
            await caller.press(key)
            await caller.listen()

    _phone(console, url, caller=from_, called=to, voice=CallerVoice(), script=script)


def _call_scenarios(console: Console, url: str, file: Path) -> None:
    try:
        scenarios = load([file])
    except ScenarioError as error:
        _fail(console, str(error), status=2)
    for scenario in scenarios:
        console.rule(scenario.id)
        _phone(
            console,
            url,
            caller=scenario.caller,
            called=scenario.called,
            voice=caller_voice(scenario),
            script=_played(scenario.turns),
        )


def _played(turns: tuple[Turn, ...]) -> Script:
    return lambda _, caller: caller.play(turns)


def _phone(
    console: Console, url: str, *, caller: str, called: str, voice: CallerVoice, script: Script
) -> None:
    """Hold one call; exits with status 1 where it cannot be held."""
    settings = Settings()
    here = f"http://{settings.host}:{settings.port}"

    def tell(line: str) -> None:
        console.print(line, markup=False)

    try:
        simulated = asyncio.run(
            _hold(
                SimulatedCall(
                    url or here,
                    public_url=_public_url(url, settings),
                    caller=caller,
                    called=called,
                    auth_token=settings.twilio_auth_token.get_secret_value(),
                    account_sid=settings.twilio_account_sid,
                    tell=tell,
                ),
                voice,
                script,
                tell,
            )
        )
    except CarrierError as error:
        _fail(console, error.message, hint=_HINTS.get(error.code, ""))
    _print_end(console, simulated)


def _public_url(url: str, settings: Settings) -> str:
    """The origin that the server signs with.

    A server that is phoned on this machine is the one of our settings; any other one is taken to
    be where it is phoned.
    """
    return settings.public_url if not url or urlsplit(url).hostname in _LOOPBACK else url


async def _hold(
    simulated: SimulatedCall, voice: CallerVoice, script: Script, tell: Callable[[str], None]
) -> SimulatedCall:
    await simulated.dial()
    try:
        await script(simulated, Caller(simulated, voice, tell=tell))
    except CarrierError as error:
        if error.code != "call-ended":
            tell(f"the caller hangs up: {error.message}")
    await simulated.hang_up()
    return simulated


def _print_end(console: Console, simulated: SimulatedCall) -> None:
    after = simulated.after_stream
    if after is None:
        console.print("the caller has hung up")
    elif after.kind == "human":
        taken = "took the call" if after.connected else "did not take the call"
        console.print(f"the human at {after.number} {taken}")
    report = simulated.report()
    table = Table("measure", "value", title="Call")
    for name, value in _rows(report):
        table.add_row(name, value)
    console.print(table)
    for error in report.errors:
        console.print(f"[red]error:[/red] {escape(error)}")


def _rows(report: Report) -> list[tuple[str, str]]:
    replies = ", ".join(f"{after_ms:.0f}" for after_ms in report.reply_ms)
    return [
        ("ms to each reply", replies or "-"),
        ("frames sent, received", f"{report.frames_sent}, {report.frames_received}"),
        ("audio heard", f"{report.audio_received_ms / 1000:.1f} s"),
        ("late audio", f"{report.underruns} times, {report.underrun_ms:.0f} ms"),
        ("furthest ahead", f"{report.max_buffered_ms:.0f} ms"),
        ("marks, clears", f"{report.marks}, {report.clears}"),
    ]


def _read_wav(console: Console, file: Path) -> bytes:
    """A recording as telephone audio, without the silence around it."""
    try:
        with wave.open(str(file)) as recording:
            if (recording.getsampwidth(), recording.getnchannels()) != (2, 1):
                _fail(console, f"{file} is not 16-bit mono", status=2)
            rate = recording.getframerate()
            samples = np.frombuffer(recording.readframes(recording.getnframes()), dtype="<i2")
    except (OSError, EOFError, wave.Error) as error:
        _fail(console, f"{file} is no WAV file: {error}", status=2)
    return mulaw.encode(to_int16(resample(trim(to_float(samples)), rate, LINE_HZ)))


def _fail(console: Console, message: str, *, hint: str = "", status: int = 1) -> NoReturn:
    console.print(f"[red]error:[/red] {escape(message)}")
    if hint:
        console.print(hint)
    raise typer.Exit(status)
