"""What an evaluation found, for people: a table of scenarios, each failure, and the totals."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scripts.evaluate.results import Trial, successes, summary

_LONGEST = 300


def write_json(file: Path, trials: Sequence[Trial], *, count: int) -> None:
    """JSON lines: an object a trial, and the summary as the last line."""
    objects: list[dict[str, Any]] = [trial.to_json() for trial in trials]
    objects.append(summary(trials, count=count))
    lines = (json.dumps(one, ensure_ascii=False, default=str) + "\n" for one in objects)
    file.write_text("".join(lines), encoding="utf-8")


def show(console: Console, trials: Sequence[Trial], *, count: int) -> None:
    """The table, the failures and the totals."""
    passed = successes(trials)
    table = Table("scenario", "passed", "failed checks", "seconds", title="Scenarios")
    for scenario, right in passed.items():
        own = [trial for trial in trials if trial.scenario == scenario]
        kinds = Counter(_kinds(own))
        table.add_row(
            escape(scenario),
            f"[{'green' if right == count else 'red'}]{right} of {count}[/]",
            ", ".join(f"{kind} ×{number}" for kind, number in kinds.most_common()),
            f"{sum(trial.seconds for trial in own):.1f}",
        )
    console.print(table)
    for scenario, right in passed.items():
        if right < count:
            _show_failures(console, [trial for trial in trials if trial.scenario == scenario])
    _show_totals(console, summary(trials, count=count))


def _kinds(trials: Sequence[Trial]) -> list[str]:
    failed = [c.check.name for trial in trials for c in trial.checks if not c.check.passed]
    return failed + ["not played" for trial in trials if trial.error]


def _show_failures(console: Console, trials: Sequence[Trial]) -> None:
    """The first failing trial of a scenario as a transcript, and every reason of all of them."""
    first = next(trial for trial in trials if not trial.passed)
    console.rule(f"[red]✗[/red] {escape(first.scenario)}, trial {first.trial}", align="left")
    for line in first.transcript:
        if line.caller:
            heard = "" if line.heard == line.caller else f" [dim]heard “{escape(line.heard)}”[/]"
            console.print(f"[cyan]{line.turn:>2} caller[/]  {escape(line.caller)}{heard}")
        console.print(f"   [green]agent[/]   {escape(line.agent)}")
    reasons = Counter(reason for trial in trials for reason in trial.failures)
    for reason, number in reasons.items():
        times = f" ({number} of {len(trials)} trials)" if len(trials) > 1 else ""
        console.print(f"[red]✗[/red] {escape(reason[:_LONGEST])}{times}")


def _show_totals(console: Console, totals: dict[str, Any]) -> None:
    table = Table("measure", "value", title="Evaluation")
    table.add_row("scenarios", str(totals["scenarios"]))
    table.add_row("trials each", str(totals["trials"]))
    table.add_row("failed trials", str(totals["failed_trials"]))
    for name, value in totals.items():
        if name.startswith("pass_") and value is not None:
            table.add_row(f"pass^{name.removeprefix('pass_')}", f"{value:.1%}")
    if totals["reply_ms_p50"] is not None:
        reply = f"{totals['reply_ms_p50']:.0f}, {totals['reply_ms_p95']:.0f} ms"
        table.add_row("end of speech to reply, median and p95", reply)
    if totals["cer"] is not None:
        table.add_row("misheard characters", f"{totals['cer']:.1%}")
    console.print(table)
