"""`yeoboseyo bench turns`: does the agent cut callers off, and does it make them wait."""

import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from scripts.bench.turn_taking import policies, takes
from scripts.bench.turn_taking.cpu import cpu_percent_per_call
from scripts.bench.turn_taking.figures import (
    Figures,
    echo_figures,
    overlap_figures,
    turn_figures,
)
from scripts.bench.turn_taking.house import House, open_house
from scripts.bench.turn_taking.plots import plot
from scripts.bench.turn_taking.runner import TurnRun, run_echo, run_overlap, run_turn
from scripts.bench.turn_taking.script import Half
from scripts.bench.turn_taking.takes import TurnTake
from scripts.quiet import only_errors
from scripts.virtual_time import run_virtual
from voice.turns.patience import FixedPatience, Patience

_SLOWEST = 15


async def _through(house: House, taken: Sequence[TurnTake], patience: Patience) -> list[TurnRun]:
    return [await run_turn(house, take, patience) for take in taken]


async def _measure(
    half: Half, house: House, turns: Sequence[TurnTake], *, share: float
) -> tuple[Figures, list[TurnRun]]:
    """The figures of one half, and its turns; `share` of the usual number of overlaps."""
    patience = house.patience
    overlaps = takes.overlap_takes(half, share=share)
    echoes = takes.echo_takes(half, share=share)
    runs = await _through(house, turns, patience)
    figures: Figures = {"turns": len(runs), **turn_figures(runs)}
    figures |= overlap_figures([await run_overlap(house, take, patience) for take in overlaps])
    figures |= echo_figures([await run_echo(house, take, patience) for take in echoes])
    timer = turn_figures(await _through(house, turns, policies.TIMER))
    figures |= {f"timer{policies.TIMER.wait_ms}_{name}": value for name, value in timer.items()}
    cpu = await cpu_percent_per_call(turns, vad=house.vad, patience=patience, folder=house.folder)
    figures["cpu_percent_per_call"] = round(cpu, 3)
    return figures, runs


async def _sweep(house: House, turns: Sequence[TurnTake]) -> tuple[dict[str, Figures], ...]:
    """The figures of each setting, by label: ours, and the timer's."""
    ours = {
        f"×{scale:g}": turn_figures(
            await _through(house, turns, policies.scaled(house.patience, scale))
        )
        for scale in policies.OURS_SWEEP
    }
    timer = {
        f"{ms} ms": turn_figures(await _through(house, turns, FixedPatience(ms)))
        for ms in policies.TIMER_SWEEP_MS
    }
    return ours, timer


async def _run(
    halves: Sequence[Half], *, count: int, plots: Path | None, console: Console, show: bool
) -> Figures:
    # All audio is made before the first call: what espeak-ng makes depends on what it made before.
    turns = {half: takes.turn_takes(half, count=count) for half in halves}
    share = min(1.0, count / takes.TURNS)
    figures: Figures = {}
    async with open_house() as house:
        for half in halves:
            found, runs = await _measure(half, house, turns[half], share=share)
            prefix = "check_" if half == "check" else ""
            figures |= {prefix + name: value for name, value in found.items()}
            if half == "main" and show:
                _show(runs, console)
            if half == "main" and plots is not None:
                ours, timer = await _sweep(house, turns[half])
                for path in plot(plots, runs=runs, ours=ours, timer=timer):
                    console.print(f"drawn: {path}")
    return figures


def _show(runs: Sequence[TurnRun], console: Console) -> None:
    """The turns that went wrong, and the slowest; never of the check set."""
    ended = [run for run in runs if run.end_of_turn_s is not None]
    slowest = sorted(ended, key=lambda run: run.end_of_turn_s or 0.0, reverse=True)[:_SLOWEST]
    for title, chosen in (
        ("Cut off", [run for run in runs if run.cut_off]),
        ("Missed", [run for run in runs if run.end_of_turn_s is None]),
        ("Slowest", slowest),
    ):
        console.print(f"{title}: {len(chosen)}", style="bold")
        for run in chosen:
            take = run.take
            heard = ", ".join(f"{1000 * at:+.0f} ms {text!r}" for at, text in run.heard)
            line = f"  {take.utterance.expects} {take.voice} {take.said}  →  {heard}"
            console.print(line, markup=False, highlight=False)


def _table(figures: Mapping[str, float], halves: Sequence[Half]) -> Table:
    table = Table(title="Turn-taking")
    table.add_column("figure")
    for half in halves:
        table.add_column(half, justify="right")
    prefixes = ["check_" if half == "check" else "" for half in halves]
    for name in figures:
        if name.startswith("check_") and "main" in halves:
            continue
        plain = name.removeprefix("check_")
        table.add_row(plain, *(f"{figures[prefix + plain]:g}" for prefix in prefixes))
    return table


def turns(
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Also write the figures to this file.")
    ] = None,
    show: Annotated[
        bool, typer.Option(help="Also print the main set's turns that went wrong.")
    ] = False,
    plots: Annotated[
        Path | None, typer.Option(help="Also sweep both policies, and draw into this folder.")
    ] = None,
    only: Annotated[str, typer.Option(help="main or check alone.")] = "",
    limit: Annotated[
        int, typer.Option(min=1, max=takes.TURNS, help="Turns a set; fewer for a quick look.")
    ] = takes.TURNS,
) -> None:
    """Measure turn-taking: scripted callers who pause, interrupt and echo, on a virtual clock."""
    chosen: dict[str, list[Half]] = {
        "": ["main", "check"], "main": ["main"], "check": ["check"]
    }  # fmt: skip
    if only not in chosen:
        raise typer.BadParameter("main or check", param_hint="--only")
    if plots is not None and find_spec("matplotlib") is None:
        raise typer.BadParameter("install requirements/dev.txt to draw", param_hint="--plots")
    console = Console()
    only_errors()  # callers who hang up in the middle of a word are no news here
    figures = run_virtual(_run(chosen[only], count=limit, plots=plots, console=console, show=show))
    console.print(_table(figures, chosen[only]))
    if json_path is not None:
        json_path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
