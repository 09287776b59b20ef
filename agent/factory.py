"""Makes one conversation a call from what all calls share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.brain.base import Brain
from agent.brain.local import LocalBrain
from agent.conversation import CallContext, Conversation
from agent.tools import ChangeLedger, CustomerDirectory, EarlierCalls, Toolbox
from knowledge.catalog.model import Catalog
from knowledge.lexicon import Lexicon
from knowledge.retriever import Retriever

if TYPE_CHECKING:
    from openai import AsyncOpenAI


@dataclass(frozen=True, kw_only=True)
class ModelService:
    """A chat model on a server; one client for all calls."""

    client: AsyncOpenAI
    model: str
    timeout_s: float
    """Seconds for a whole answer before the local brain takes over."""


def open_model(*, api_key: str, base_url: str | None, model: str, timeout_s: float) -> ModelService:
    """A client that never retries: the local brain is faster than a second attempt."""
    # The SDK takes most of a second to import, which only a server that uses it should pay.
    from openai import AsyncOpenAI  # noqa: PLC0415

    client = AsyncOpenAI(api_key=api_key, base_url=base_url, max_retries=0, timeout=timeout_s)
    return ModelService(client=client, model=model, timeout_s=timeout_s)


@dataclass(frozen=True, kw_only=True)
class AgentFactory:
    """What all calls share; `conversation` makes what one call needs."""

    catalog: Catalog
    lexicon: Lexicon
    retriever: Retriever
    customers: CustomerDirectory
    history: EarlierCalls
    ledger: ChangeLedger
    model: ModelService | None = None
    """Without it the local brain answers alone."""

    def conversation(self, context: CallContext) -> Conversation:
        """A new conversation; cheap, holds nothing but the call's own state."""
        tools = Toolbox(
            catalog=self.catalog,
            lexicon=self.lexicon,
            retriever=self.retriever,
            customers=self.customers,
            history=self.history,
            ledger=self.ledger,
            organization_id=context.organization_id,
            call_sid=context.call_sid,
            caller=context.caller,
            today=context.today,
        )
        return Conversation(context=context, brain=self._brain(context), tools=tools)

    def _brain(self, context: CallContext) -> Brain:
        local = LocalBrain(catalog=self.catalog, lexicon=self.lexicon)
        if self.model is None:
            return local
        from agent.brain.openai import OpenAIBrain  # noqa: PLC0415 - see `open_model`

        return OpenAIBrain(
            client=self.model.client,
            model=self.model.model,
            timeout_s=self.model.timeout_s,
            fallback=local,
            context=context,
        )

    async def aclose(self) -> None:
        """Close the model's connections."""
        if self.model:
            await self.model.client.close()
