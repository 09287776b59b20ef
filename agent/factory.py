"""Makes one conversation a call from what all calls share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from agent.brain.base import Brain
from agent.brain.local import LocalBrain
from agent.brain.understand import Reader
from agent.conversation import CallContext, Conversation
from agent.guard import grounding_of
from agent.tools import ChangeLedger, CustomerDirectory, EarlierCalls, SimilarCalls, Toolbox
from knowledge.catalog.model import Catalog
from knowledge.lexicon import Lexicon
from knowledge.retriever import Retriever

if TYPE_CHECKING:
    from agent.model.service import ModelService


@dataclass(frozen=True, kw_only=True)
class AgentFactory:
    """What all calls share; `conversation` makes what one call needs."""

    catalog: Catalog
    lexicon: Lexicon
    retriever: Retriever
    customers: CustomerDirectory
    history: EarlierCalls
    cases: SimilarCalls
    ledger: ChangeLedger
    model: ModelService | None = None
    """Without it the local brain answers alone."""

    @cached_property
    def reader(self) -> Reader:
        """Understands what callers say; made once, for it takes a quarter of a second."""
        return Reader(catalog=self.catalog, lexicon=self.lexicon)

    def warm_up(self) -> None:
        """Make what all calls share before the first one comes."""
        self.reader.warm_up()
        grounding_of(self.catalog)

    def conversation(self, context: CallContext) -> Conversation:
        """A new conversation; cheap, holds nothing but the call's own state."""
        tools = Toolbox(
            catalog=self.catalog,
            lexicon=self.lexicon,
            retriever=self.retriever,
            customers=self.customers,
            history=self.history,
            cases=self.cases,
            ledger=self.ledger,
            organization_id=context.organization_id,
            call_sid=context.call_sid,
            caller=context.caller,
            today=context.today,
        )
        return Conversation(context=context, brain=self._brain(context), tools=tools)

    def _brain(self, context: CallContext) -> Brain:
        local = LocalBrain(catalog=self.catalog, lexicon=self.lexicon, reader=self.reader)
        if self.model is None:
            return local
        from agent.brain.openai import OpenAIBrain  # noqa: PLC0415 - see `open_model`

        return OpenAIBrain(model=self.model, fallback=local, context=context)

    async def aclose(self) -> None:
        """Close the model's connections."""
        if self.model:
            await self.model.aclose()
