"""`yeoboseyo bench crash`: kill -9 a server at every point where it writes, and look what is lost.

The points are not listed anywhere: a call is held once with nothing killed, and every commit and
every byte for journal and recordings is counted on the way. Then each next call's server is killed
at another of them, and often its next life too, in the middle of its recovery.
"""

import json as json_format
import os
import secrets
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from knowledge.catalog.loader import load_catalog, sample_catalog_path
from scripts.bench.crashing.caller import phone
from scripts.bench.crashing.check import Figures, Told, check
from scripts.bench.crashing.databases import KINDS, Absent, Target, open_target
from scripts.bench.crashing.forks import Fork, reports
from scripts.bench.crashing.house import ORGANIZATION, Life, Place, live, recover, reporter
from storage.database import Database
from storage.organizations import ensure_organization
from storage.vault import Vault, new_key

MODES = ("here", "away", "returns")
"""The database answers; it does not from before the call on; it comes back within the call."""

_LIVES = 8
_GOLDEN = 0.618_033_988_75
"""Multiples of it, less their whole part, spread evenly however many there are."""


def crash(
    *,
    kills: Annotated[int, typer.Option(min=1, help="How often a server is killed.")] = 200,
    database: Annotated[
        str, typer.Option(help="sqlite, postgresql, mariadb, or all that answer here.")
    ] = "sqlite",
    json: Annotated[Path | None, typer.Option(help="Write the figures here, too.")] = None,
) -> None:
    """Kill a server in the middle of calls, and count what is lost, doubled or broken."""
    console = Console()
    kinds = KINDS if database == "all" else (database,)
    if not set(kinds) <= set(KINDS):
        raise typer.BadParameter(f"{database} is none of {', '.join(KINDS)}, all")
    runs: dict[str, Run] = {}
    for number, kind in enumerate(kinds):
        share = kills // len(kinds) + (number < kills % len(kinds))
        with tempfile.TemporaryDirectory(prefix="yeoboseyo-crash-") as folder:
            try:
                with open_target(kind, Path(folder)) as target:
                    runs[kind] = Run(target, Path(folder), console)
                    runs[kind].play(share)
            except Absent as absent:
                if database != "all":
                    console.print(f"[red]error:[/red] {absent}")
                    raise typer.Exit(1) from None
                console.print(f"[yellow]{absent}[/yellow]")
    total = Figures()
    for run in runs.values():
        total += run.figures
    _print(console, runs, total)
    if json is not None:
        detail = {kind: {**asdict(run.figures), "at": run.killed} for kind, run in runs.items()}
        content = {**asdict(total), "databases": detail}
        json.write_text(json_format.dumps(content, indent=2) + "\n", encoding="utf-8")
    if total.failures:
        raise typer.Exit(1)


class Run:
    """All kills on one database."""

    def __init__(self, target: Target, folder: Path, console: Console) -> None:
        self.figures = Figures()
        self.killed: Counter[str] = Counter()
        """How often in which situation."""
        self._target = target
        self._console = console
        self._ring = f"bench:{new_key()}"
        catalog = load_catalog(sample_catalog_path())
        self._server = Place(
            data_dir=folder / "data", url=target.server_url, keys=self._ring, catalog=catalog
        )
        self._checker = Place(
            data_dir=folder / "data", url=target.url, keys=self._ring, catalog=catalog
        )
        self._lengths = {"recovery": 1}
        """How many points there are in each kind of life, as far as it was seen."""

    def play(self, kills: int) -> None:
        """Kill that often, and see after each call what became of it."""
        Fork.run(partial(_prepare, self._checker), Absent)
        for mode in MODES:
            self._lengths[mode] = self._call(mode, None, None)
        number = 0
        while self.figures.kills < kills:
            number += 1
            mode = MODES[number % len(MODES)]
            again = None
            if number % 2 and self.figures.kills + 1 < kills:
                again = self._point("recovery", number)
            self._call(mode, self._point(mode, number), again)

    def _point(self, what: str, number: int) -> int:
        return 1 + int(number * _GOLDEN % 1 * self._lengths[what])

    def _call(self, mode: str, target: int | None, again: int | None) -> int:
        """One call and the lives that follow, the second one killed at `again`.

        Returns how many points the first one had.
        """
        call = _Told(call_sid=f"CA{secrets.token_hex(16)}")
        first, _ = self._live(mode, 0, target, call)
        for number in range(1, _LIVES):
            points, rest = self._live("recovery", number, again, call)
            self._lengths["recovery"] = max(self._lengths["recovery"], points)
            again = None
            if rest:
                break
        else:
            raise RuntimeError("the server does not come to rest")
        figures, wrong = self._checked(call)
        self.figures += figures
        for problem in wrong:
            self._console.print(f"[red]{mode}, point {target}:[/red] {problem}", soft_wrap=True)
        return first

    def _live(self, mode: str, number: int, target: int | None, call: "_Told") -> tuple[int, bool]:
        """One life of the server; how many points it had, and whether nothing was left to do."""
        said, tells = os.pipe()
        life = Life(number=number, target=target, report=reporter(tells))
        recovers = mode == "recovery"
        child = Fork(
            lambda: (
                recover(self._server, life) if recovers else live(self._server, life, call.call_sid)
            )
        )
        os.close(tells)
        caller: Fork | None = None
        points, rest = 0, False
        for report in _until_ended(child, said):
            match report:
                case {"address": address}:
                    if mode != "here":
                        self._target.away()
                    caller = Fork(partial(phone, address, call.call_sid))
                case {"turn": index, "heard": heard, "said": spoken}:
                    call.told.turns[index] = (heard, spoken)
                    if mode == "returns" and index:
                        self._target.back()
                case {"heard_ms": heard_ms}:
                    call.told.heard_ms = heard_ms
                case {"closed": True}:
                    call.told.closed = True
                case {"ended": True}:
                    self._target.back()
                case {"killed": point}:
                    self.killed[f"{mode}: {point}"] += 1
                case {"points": names}:
                    points = sum(names.values())
                case {"rest": True}:
                    rest = True
        self.figures.kills += child.wait()
        os.close(said)
        self._target.back()
        if caller is not None:
            caller.kill()
        return points, rest

    def _checked(self, call: "_Told") -> tuple[Figures, list[str]]:
        """What became of a call; looked at by a process of its own, as this one has no loop."""
        said, tells = os.pipe()

        async def look() -> None:
            figures, wrong = await check(self._checker, call.call_sid, call.told)
            reporter(tells)({"figures": asdict(figures), "wrong": wrong})

        child = Fork(look)
        os.close(tells)
        [report] = reports(said)
        child.wait()
        os.close(said)
        return Figures(**report["figures"]), report["wrong"]


def _until_ended(child: Fork, said: int) -> Iterator[dict[str, Any]]:
    """What a child says; one that hangs is not left behind. Raises TimeoutError."""
    try:
        yield from reports(said)
    except TimeoutError:
        child.kill()
        raise


@dataclass(kw_only=True)
class _Told:
    """A call, and what its server said of it."""

    call_sid: str
    told: Told = field(default_factory=Told)


async def _prepare(place: Place) -> None:
    """Make the tables."""
    place.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(place.url, Vault.parse(place.keys))
    try:
        await database.migrate()
        await ensure_organization(database, ORGANIZATION, "여보세요 모바일")
    finally:
        await database.close()


def _print(console: Console, runs: dict[str, Run], total: Figures) -> None:
    table = Table(title="kill -9")
    table.add_column("")
    for kind in runs:
        table.add_column(kind, justify="right")
    table.add_column("all", justify="right")
    for name, value in asdict(total).items():
        cells = [str(getattr(run.figures, name)) for run in runs.values()]
        table.add_row(name.replace("_", " "), *cells, str(value))
    console.print(table)
