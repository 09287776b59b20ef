"""What a tool gives: facts to speak from, and the values behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agent.facts import Fact
from knowledge.catalog.model import Plan
from knowledge.compare import Recommendation
from knowledge.retriever import Passage
from storage.records import ChangeRequest, Customer, EarlierCall


@dataclass(frozen=True, kw_only=True)
class ToolResult:
    """What a tool gave."""

    code: str = "ok"
    """`ok`, or the error's code."""
    message: str = ""
    facts: tuple[Fact, ...] = ()
    plans: tuple[Plan, ...] = ()
    customer: Customer | None = None
    passages: tuple[Passage, ...] = ()
    known: bool = True
    """False when a search found nothing to answer from."""
    advice: Recommendation | None = None
    """What recommend_plans advises a customer."""
    earlier: tuple[EarlierCall, ...] = ()
    """What get_history found, newest first."""
    change: ChangeRequest | None = None
    """What request_plan_change noted."""

    @property
    def ok(self) -> bool:
        """True when the tool did its work."""
        return self.code == "ok"

    def for_model(self) -> dict[str, Any]:
        """The result as a model reads it: facts as data, no personal number."""
        if not self.ok:
            return {"error": self.code, "message": self.message}
        told: dict[str, Any] = {
            "facts": [{"id": fact.id, "text": fact.text} for fact in self.facts]
        }
        if self.plans:
            told["plan_ids"] = [plan.id for plan in self.plans]
        if not self.known:
            told["known"] = False
        return told
