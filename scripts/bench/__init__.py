"""Benchmarks: each prints a table and can write one flat JSON object."""

import importlib

import typer

app = typer.Typer(help="Measure; each prints a table and with --json writes one flat object.")

BENCHMARKS = ("stt", "load", "serve")


def mount() -> typer.Typer:
    """The benchmarks as commands of one application."""
    for name in BENCHMARKS:
        module = importlib.import_module(f"scripts.bench.{name}")
        app.command(name)(getattr(module, name))
    return app
