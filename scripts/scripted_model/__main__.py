"""`python -m scripts.scripted_model --mode MODE --port PORT`: then OPENAI_BASE_URL names it."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from scripts.scripted_model.modes import MODES, answers
from scripts.scripted_model.server import scripted_model


def main(
    mode: Annotated[str, typer.Option(help=f"`mixed`, or: {', '.join(MODES)}.")] = "good",
    port: Annotated[int, typer.Option(help="Where it listens on 127.0.0.1.")] = 8010,
) -> None:
    """Serve until interrupted."""
    if mode not in {*MODES, "mixed"}:
        raise typer.BadParameter(f"there is no mode {mode}", param_hint="--mode")

    async def serve() -> None:
        async with scripted_model(answers(mode), port=port) as model:
            typer.echo(f"OPENAI_BASE_URL={model.base_url} (mode {mode})")
            await asyncio.Event().wait()

    asyncio.run(serve())


if __name__ == "__main__":
    typer.run(main)
