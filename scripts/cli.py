"""The `yeoboseyo` command: mounts one thin module a command, imported when it is used."""

from __future__ import annotations

import importlib
import sys

import typer

from storage.privacy.logs import install

COMMANDS = {
    "serve": "Answer calls: the telephone edge and the console.",
    "call": "Phone a server as a simulated carrier.",
    "say": "Say a sentence with the local voice into a WAV file.",
    "ingest": "Load the catalogue into the knowledge index.",
    "users": "Manage who may sign in to the console.",
    "audit": "Show who did what, and check that the log is as it was written.",
    "callbacks": "Show and settle call-backs.",
    "keys": "Make, check and exchange the keys that seal personal data.",
    "backup": "Save all that is stored into one file, while calls go on.",
    "restore": "Bring a backup to an empty place.",
    "jobs": "What is left to be done after calls, and what was given up.",
    "privacy": "Keep to the periods; find, give and erase what is kept of one person.",
    "seed": "Make an invented history of calls.",
    "usage": "What the chat model took, by day.",
    "voice": "Make the fixed sentences ahead, as audio.",
    "evaluate": "Play scripted callers against the agent and check the answers.",
    "bench": "Measure: stt, tts, turns, search, queries, guard, masking, crash, load, serve.",
}


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; each command lives in `scripts.NAME` as `app`."""
    words = sys.argv[1:] if arguments is None else arguments
    if not words or words[0] not in COMMANDS:
        width = max(map(len, COMMANDS))
        typer.echo("Usage: yeoboseyo COMMAND [OPTIONS]\n\nCommands:")
        for name, what in COMMANDS.items():
            typer.echo(f"  {name:<{width}}  {what}")
        if not words or words[0] in {"-h", "--help"}:
            raise SystemExit(0)
        typer.echo(f"\nerror: there is no command {words[0]!r}", err=True)
        raise SystemExit(2)
    install()
    module = importlib.import_module(f"scripts.{words[0]}")
    module.app(args=words[1:], prog_name=f"yeoboseyo {words[0]}")
