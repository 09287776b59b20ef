"""Benchmarks: each prints a table and can write one flat JSON object."""

import importlib

import typer

BENCHMARKS = {
    "stt": "How well and how fast the recogniser hears.",
    "tts": "How clearly and how soon the voice speaks.",
    "turns": "Whether callers are cut off or kept waiting.",
    "search": "Whether the right passage comes first for what callers ask.",
    "masking": "Whether personal data is found, nothing else, and how quickly.",
    "queries": "How long the console's queries take after a million turns.",
    "guard": "Whether true sentences pass, wrong ones do not, and what the check costs.",
    "crash": "What a killed server loses of calls.",
    "load": "What many calls at once cost the server.",
    "serve": "The server that `load` phones, with stand-ins that cost nothing.",
}


def app(args: list[str], prog_name: str) -> None:
    """Run the benchmark that is named first; each lives in `scripts.bench.NAME` as `NAME`."""
    if not args or args[0] not in BENCHMARKS:
        typer.echo(f"Usage: {prog_name} BENCHMARK [OPTIONS]\n\nBenchmarks:")
        for name, what in BENCHMARKS.items():
            typer.echo(f"  {name:<7}  {what}")
        raise SystemExit(0 if args[:1] in (["-h"], ["--help"]) else 2)
    module = importlib.import_module(f"scripts.bench.{args[0]}")
    command = typer.Typer(add_completion=False)
    command.command(args[0])(getattr(module, args[0]))
    command(args=args[1:], prog_name=f"{prog_name} {args[0]}")
