"""Makes one conversation a call from what all calls share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent.brain.base import Brain
from agent.brain.local import LocalBrain
from agent.conversation import CallContext, Conversation
from agent.tools import CustomerDirectory, Toolbox
from knowledge.catalog.model import Catalog
from knowledge.lexicon import Lexicon
from knowledge.retriever import Retriever


@dataclass(frozen=True, kw_only=True)
class AgentFactory:
    """What all calls share; `conversation` makes what one call needs."""

    catalog: Catalog
    lexicon: Lexicon
    retriever: Retriever
    customers: CustomerDirectory
    wrap_brain: Callable[[LocalBrain, CallContext], Brain] | None = None
    """Puts another brain before the local one, which stays its fallback."""

    def conversation(self, context: CallContext) -> Conversation:
        """A new conversation; cheap, holds nothing but the call's own state."""
        local = LocalBrain(catalog=self.catalog, lexicon=self.lexicon)
        brain = self.wrap_brain(local, context) if self.wrap_brain else local
        tools = Toolbox(
            catalog=self.catalog,
            lexicon=self.lexicon,
            retriever=self.retriever,
            customers=self.customers,
            organization_id=context.organization_id,
            caller=context.caller,
            today=context.today,
        )
        return Conversation(context=context, brain=brain, tools=tools)
