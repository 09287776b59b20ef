"""The chat model behind the second brain: its server, what it may cost, how long it may take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.model.accounts import Accounts
from agent.model.config import ModelConfig

if TYPE_CHECKING:
    from agent.model.service import ModelService

__all__ = ["ModelConfig", "open_model"]

_KEEP_ALIVE_S = 60.0
"""Connections outlive the pause between two turns, which saves the TLS handshake."""


def open_model(config: ModelConfig, accounts: Accounts) -> ModelService:
    """The service of one process; its client never retries by itself, since turns have a limit."""
    # The SDK takes most of a second to import, which only a server that uses it should pay.
    import httpx2  # noqa: PLC0415
    from openai import AsyncOpenAI  # noqa: PLC0415

    from agent.model.service import ModelService  # noqa: PLC0415

    client = AsyncOpenAI(
        # Servers of one's own often want no key; the SDK wants a word.
        api_key=config.api_key or "none",
        base_url=config.base_url,
        max_retries=0,
        timeout=None,
        http_client=httpx2.AsyncClient(
            limits=httpx2.Limits(keepalive_expiry=_KEEP_ALIVE_S), timeout=None
        ),
    )
    return ModelService(config, client, accounts)
