"""The scripted chat model with its answers in order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from scripts.scripted_model.server import Play, Request, ScriptedModel, scripted_model


@asynccontextmanager
async def chat_server(*plays: Play) -> AsyncIterator[ScriptedModel]:
    """Serve the plays in order; one request too many is refused."""
    left = list(plays)

    def answers(_: Request) -> Play:
        return left.pop(0) if left else Play(status=410)

    async with scripted_model(answers) as server:
        yield server
