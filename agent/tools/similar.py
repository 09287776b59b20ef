"""What earlier callers who asked alike were answered with, told from today's catalogue alone."""

from __future__ import annotations

from collections.abc import Iterable

from agent.facts import Fact, plan_fact
from agent.tools.outside import SimilarCalls, in_time
from agent.tools.result import ToolResult
from agent.toolspecs import FindSimilarCases
from knowledge.catalog.model import Catalog
from storage.records import Outcome

_FACTS = 3


class SimilarTool:
    """Looks into the calls of others, so nothing that was said in them comes out.

    Neither words nor names nor figures of an earlier call: only which facts of the catalogue
    answered it, as they stand today. Callers' words could command a model, and old prices mislead.
    """

    def __init__(self, *, cases: SimilarCalls, catalog: Catalog) -> None:
        self._cases = cases
        self._catalog = catalog

    async def find(self, arguments: FindSimilarCases) -> ToolResult:
        """The facts that served before, the nearest case's first; `known` is False without any."""
        found = await in_time(
            self._cases.search(arguments.query, outcome=Outcome.COMPLETED), "similar cases"
        )
        served = [fact_id for near in found if near.question for fact_id in near.question.fact_ids]
        facts = tuple(self._facts(served))[:_FACTS]
        return ToolResult(facts=facts, known=bool(facts))

    def _facts(self, fact_ids: Iterable[str]) -> Iterable[Fact]:
        entries = {f"faq:{entry.id}": entry for entry in self._catalog.faqs}
        for fact_id in dict.fromkeys(fact_ids):
            plan = self._catalog.plan(fact_id.removeprefix("plan:"))
            entry = entries.get(fact_id)
            if plan is not None:
                yield plan_fact(plan)
            elif entry is not None:
                yield Fact(id=fact_id, text=f"{entry.question} {entry.answer}")
