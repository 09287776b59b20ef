"""`yeoboseyo evaluate`: scripted callers against the agent, in text, in audio, or on the line."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from scripts.carrier.scenario import ScenarioError, load
from settings import Settings

app = typer.Typer(add_completion=False)


class Mode(StrEnum):
    """How the caller reaches the agent."""

    TEXT = "text"
    AUDIO = "audio"
    LIVE = "live"


class BrainName(StrEnum):
    """Who answers."""

    LOCAL = "local"
    OPENAI = "openai"


_WORTH = {Mode.TEXT: 60, Mode.AUDIO: 4, Mode.LIVE: 1}
"""Trials from which another process pays: it takes a while to start."""


@app.command()
def evaluate(
    *,
    paths: Annotated[
        list[Path], typer.Argument(help="Scenario files, or folders of them.", metavar="PATH…")
    ],
    mode: Annotated[Mode, typer.Option(help="How the caller reaches the agent.")] = Mode.TEXT,
    trials: Annotated[
        int, typer.Option(help="How often each scenario is played.", min=1, max=100)
    ] = 1,
    json: Annotated[
        Path | None, typer.Option("--json", help="Write every trial, and the summary last.")
    ] = None,
    brain: Annotated[
        BrainName | None,
        typer.Option(help="Who answers, whatever the scenarios say.", show_default=False),
    ] = None,
    url: Annotated[
        str,
        typer.Option(
            help="A running server for live mode. Without it that of the settings, or where none "
            "runs there, one that is started for the purpose.",
            metavar="URL",
        ),
    ] = "",
    processes: Annotated[
        int | None,
        typer.Option(help="How many at once; by itself as many as pay.", min=1, show_default=False),
    ] = None,
) -> None:
    """Play scripted callers against the agent and check what it answers.

    The exit status is 0 if every trial passed, 1 if one failed, and 2 where a file is malformed.
    """
    # What is imported here takes seconds, which a wrong option or file should not cost.
    if url and mode is not Mode.LIVE:
        _fail("--url is for --mode live")
    from scripts.evaluate.play import Plan, play_all, spread
    from scripts.evaluate.report import show, write_json
    from scripts.quiet import only_errors

    console = Console(highlight=False, soft_wrap=True)
    try:
        scenarios = load(paths)
    except ScenarioError as error:
        _fail(str(error))
    settings = Settings()
    plan = Plan(
        settings=settings,
        scenarios=tuple(scenarios),
        mode=mode,
        trials=trials,
        brain=brain or "",
        url=_server(console, url, settings) if mode is Mode.LIVE else "",
    )
    if "openai" in plan.brains and not plan.url and not _has_model(settings):
        _fail("the openai brain needs OPENAI_API_KEY, or OPENAI_BASE_URL of a server of your own")
    if json is not None and not json.absolute().parent.is_dir():
        _fail(f"{json}: there is no folder {json.absolute().parent}")
    only_errors()
    count = len(plan.tasks)
    shared = spread(count, wanted=processes, cores=os.cpu_count() or 1, worth=_WORTH[mode])
    columns = (*Progress.get_default_columns()[:3], TextColumn("{task.completed}/{task.total}"))
    with Progress(
        *columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True
    ) as bar:
        going = bar.add_task("trials", total=count)
        found = play_all(plan, processes=shared, done=lambda _: bar.advance(going))
    show(console, found, count=trials)
    if json is not None:
        write_json(json, found, count=trials)
        console.print(f"written to {json}", markup=False)
    raise typer.Exit(0 if all(trial.passed for trial in found) else 1)


def _server(console: Console, url: str, settings: Settings) -> str:
    """The server to phone; empty where one is to be started."""
    from scripts.evaluate.elsewhere import answers

    if url:
        if not answers(url):
            _fail(f"no server answers at {url}")
        return url
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104
    usual = f"http://{host}:{settings.port}"
    if answers(usual):
        console.print(f"phoning the server at {usual}, whose date is today's", markup=False)
        return usual
    console.print(f"no server answers at {usual}: one is started for the scenarios", markup=False)
    return ""


def _has_model(settings: Settings) -> bool:
    return bool(settings.openai_api_key.get_secret_value() or settings.openai_base_url)


def _fail(message: str) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print(f"[red]error:[/red] {escape(message)}")
    raise typer.Exit(2)
