"""The chat model that the settings name, with its limits and accounts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from agent.model import ModelConfig, open_model
from agent.model.accounts import Accounts, Limits, Prices
from settings import Settings
from storage.usage import UsageStore

if TYPE_CHECKING:
    from agent.model.service import ModelService


def open_chat_model(
    settings: Settings, usage: UsageStore, clock: Callable[[], datetime]
) -> ModelService | None:
    """The model that answers before the local brain, where one is wanted."""
    key = settings.openai_api_key.get_secret_value()
    if settings.brain == "local" or (
        settings.brain == "auto" and not (key or settings.openai_base_url)
    ):
        return None
    return open_model(
        ModelConfig(
            model=settings.openai_model,
            api_key=key,
            base_url=settings.openai_base_url,
            first_token_s=settings.openai_first_token_s,
            total_s=settings.openai_timeout_s,
            max_tokens=settings.openai_max_tokens,
            extra=settings.openai_extra,
        ),
        Accounts(
            clock=clock,
            limits=Limits(
                call_tokens=settings.openai_call_tokens,
                day_tokens=settings.openai_day_tokens,
                day_cost=settings.openai_day_cost,
            ),
            prices=Prices(read=settings.openai_read_price, written=settings.openai_write_price),
            journal=usage,
        ),
    )
