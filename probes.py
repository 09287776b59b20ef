"""Whether the server lives and can take calls, and what it counts: for whoever watches it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from fastapi import FastAPI, Response

from storage.errors import StorageError
from storage.patience import within

if TYPE_CHECKING:
    from app import Yeoboseyo

_DATABASE_S = 2.0
"""Seconds that the database has to answer in before it counts as away."""


def add_probes(app: FastAPI, yeoboseyo: Yeoboseyo) -> None:
    """Add `/livez` and `/readyz`; nothing in them is personal."""

    @app.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz(response: Response) -> dict[str, object]:
        journal = asdict(await yeoboseyo.ledger.gauge())
        try:
            jobs = await within(_DATABASE_S, yeoboseyo.outbox.gauge(yeoboseyo.clock()))
        except StorageError as error:
            response.status_code = 503
            return {"status": "database away", "code": error.code, "journal": journal}
        if not yeoboseyo.ready or yeoboseyo.switchboard.draining:
            response.status_code = 503
            return {"status": "draining" if yeoboseyo.ready else "starting"}
        return {
            "status": "ok",
            "live_calls": yeoboseyo.switchboard.live_calls,
            "journal": journal,
            "jobs": asdict(jobs),
            **asdict(yeoboseyo.counters),
            "recogniser": asdict(yeoboseyo.transcriber.gauge()),
            "voices": [asdict(gauge) for gauge in yeoboseyo.voice.gauges()],
            "model": asdict(model.gauge()) if (model := yeoboseyo.agents.model) else None,
            "playout": asdict(yeoboseyo.playout),
            "voice_cache": [asdict(voice.figures) for voice in yeoboseyo.voice.stored],
        }
