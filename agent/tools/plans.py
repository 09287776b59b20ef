"""The tools that anybody may use: plans, comparisons, advice by age, frequent questions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from agent.errors import ToolError
from agent.facts import Fact, plan_fact
from agent.selection import differences, for_age, select
from agent.tools.result import ToolResult
from agent.toolspecs import ComparePlans, FindPlans, GetPlan, RecommendPlans, SearchFaq
from knowledge.catalog.model import Catalog, Plan
from knowledge.lexicon import Lexicon
from knowledge.retriever import Retriever

_PASSAGES = 3
"""Passages of a search that become facts."""
_ADVISED = 4
"""Plans that advice for someone else holds."""


class PlanTools:
    """Public knowledge; holds no state of a call."""

    def __init__(self, *, catalog: Catalog, lexicon: Lexicon, retriever: Retriever) -> None:
        self._catalog = catalog
        self._lexicon = lexicon
        self._retriever = retriever

    def plan(self, plan_id: str) -> Plan:
        """The plan with this id. Raises ToolError `unknown_plan`."""
        plan = self._catalog.plan(plan_id)
        if plan is None:
            raise ToolError("unknown_plan", f"there is no plan {plan_id!r}")
        return plan

    async def find(self, arguments: FindPlans) -> ToolResult:
        """Plans by name or wishes; `known` is False where none meets them."""
        named = self._named(arguments.name) if arguments.name else None
        found = select(self._catalog, arguments, among=named)
        return plans_result(found, known=bool(found))

    async def get(self, arguments: GetPlan) -> ToolResult:
        """One plan."""
        return plans_result((self.plan(arguments.plan_id),))

    async def compare(self, arguments: ComparePlans) -> ToolResult:
        """Two plans or more, with the differences of each pair."""
        plans = tuple(map(self.plan, dict.fromkeys(arguments.plan_ids)))
        if len(plans) < 2:
            raise ToolError("same_plan", "a plan cannot be compared with itself")
        pairs = [
            Fact(id=f"compare:{first.id}:{second.id}", text=differences(first, second))
            for first, second in combinations(plans, 2)
        ]
        return ToolResult(plans=plans, facts=(*map(plan_fact, plans), *pairs))

    async def search(self, arguments: SearchFaq) -> ToolResult:
        """Passages of the knowledge; `known` is False where nothing is near enough."""
        found = await self._retriever.search(arguments.query)
        if not found.known:
            return ToolResult(known=False)
        facts = tuple(Fact(id=p.id, text=f"{p.title} {p.text}") for p in found.passages[:_PASSAGES])
        return ToolResult(passages=found.passages, facts=facts)

    def advise(self, arguments: RecommendPlans) -> ToolResult:
        """Advice for someone who is described; no account is looked into."""
        wishes = arguments.max_fee is not None or arguments.data_gb is not None
        if arguments.age is not None and not wishes:
            return plans_result(for_age(self._catalog, age=arguments.age)[:_ADVISED])
        wanted = FindPlans(
            age=arguments.age,
            audience=None if arguments.who == "self" else arguments.who,
            max_fee=arguments.max_fee,
            min_data_gb=arguments.data_gb,
            limit=_ADVISED,
        )
        found = select(self._catalog, wanted)
        return plans_result(found, known=bool(found))

    def _named(self, name: str) -> list[Plan]:
        """The plans that a name means; a family's name means all its plans."""
        found: list[Plan] = []
        for mention in self._lexicon.find(name):
            family = self._catalog.family(mention.id)
            plan = self._catalog.plan(mention.id)
            found += family.plans if mention.kind == "family" and family else [plan] if plan else []
        return list(dict.fromkeys(found))


def plans_result(plans: Sequence[Plan], *, known: bool = True) -> ToolResult:
    """Plans with a fact for each."""
    return ToolResult(plans=tuple(plans), facts=tuple(map(plan_fact, plans)), known=known)
