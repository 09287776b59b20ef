"""The tools of one call: typed arguments, checked by the policy, results as facts."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError

from agent.actions import EndCall, HandOff
from agent.errors import ToolError
from agent.facts import Fact
from agent.policy import decide
from agent.tools.account import AccountTools
from agent.tools.caller import Caller
from agent.tools.outside import ChangeLedger, CustomerDirectory, EarlierCalls, SimilarCalls
from agent.tools.plans import PlanTools
from agent.tools.result import ToolResult
from agent.tools.similar import SimilarTool
from agent.toolspecs import (
    TOOLS,
    Arguments,
    End,
    FindPlans,
    GetHistory,
    HandOffTo,
    RecommendPlans,
    RequestPlanChange,
    VerifyCaller,
)
from knowledge.catalog.model import Catalog
from knowledge.compare import full_age
from knowledge.errors import KnowledgeError
from knowledge.lexicon import Lexicon
from knowledge.retriever import Retriever
from storage.errors import StorageError
from storage.records import Customer, HandoffReason, Outcome, ToolCall, Verification

log = logging.getLogger(__name__)

_PERSONAL = frozenset({"phone", "born"})
_HIDDEN = "***"
"""Stands in the record for what a caller said to be verified."""

_NEEDS = {
    "needs_phone_number": "phone",
    "needs_birth_date": "birth",
    "holder_only": "holder",
    "verification_locked": "human",
}
"""What each refusal of the policy asks of the caller."""


class Toolbox:
    """The tools of one call with their state: who is calling, this turn's facts and calls."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        retriever: Retriever,
        lexicon: Lexicon,
        customers: CustomerDirectory,
        history: EarlierCalls,
        cases: SimilarCalls,
        ledger: ChangeLedger,
        organization_id: str,
        call_sid: str,
        caller: str,
        today: date,
    ) -> None:
        self.catalog = catalog
        self.today = today
        self.caller = Caller(customers=customers, organization_id=organization_id, line=caller)
        self.told = self.caller.told
        self.facts: list[Fact] = []
        self.ending: HandOff | EndCall | None = None
        self.needs: str | None = None
        """What a tool was refused for want of in this turn: see `_NEEDS`."""
        self._plans = PlanTools(catalog=catalog, lexicon=lexicon, retriever=retriever)
        self._account = AccountTools(
            catalog=catalog, history=history, ledger=ledger, call_sid=call_sid, today=today
        )
        self._used: list[ToolCall] = []
        self._tools: dict[str, Callable[[Any], Awaitable[ToolResult]]] = {
            "verify_caller": self._verify_caller,
            "get_customer": self._get_customer,
            "find_plans": self._find_plans,
            "get_plan": self._plans.get,
            "compare_plans": self._plans.compare,
            "recommend_plans": self._recommend_plans,
            "search_faq": self._plans.search,
            "find_similar_cases": SimilarTool(cases=cases, catalog=catalog).find,
            "get_history": self._get_history,
            "request_plan_change": self._request_plan_change,
            "hand_off": self._hand_off,
            "end_call": self._end_call,
        }

    @property
    def customer(self) -> Customer | None:
        """The customer, as far as it is proven that they are calling, and for themselves."""
        return None if self.caller.on_behalf else self.caller.customer

    @property
    def verification(self) -> Verification:
        """How sure we are who is calling."""
        return self.caller.verification

    def begin_turn(self) -> None:
        """Forget the last turn's facts and calls; who is calling stays."""
        self.facts = []
        self._used = []
        self.needs = None
        self.ending = None

    def take_used(self) -> tuple[ToolCall, ...]:
        """The calls since this was last asked."""
        used, self._used = tuple(self._used), []
        return used

    async def call(self, name: str, arguments: Mapping[str, Any] | None = None) -> ToolResult:
        """Check and carry out one tool call; errors come back as codes, never as exceptions."""
        given = dict(arguments or {})
        result = await self._checked(name, given)
        self.facts += [fact for fact in result.facts if fact not in self.facts]
        self.needs = _NEEDS.get(result.code, self.needs)
        ids = tuple(fact.id for fact in result.facts)
        recorded = {
            key: _HIDDEN if key in _PERSONAL and value else value for key, value in given.items()
        }
        self._used.append(ToolCall(name=name, arguments=recorded, code=result.code, fact_ids=ids))
        return result

    async def _checked(self, name: str, given: dict[str, Any]) -> ToolResult:
        decision = decide(name, given, self.caller.standing)
        if not decision.allowed:
            return ToolResult(code=decision.code, message=f"{name} is not allowed now")
        try:
            model: Arguments = TOOLS[name].model_validate(given)
        except ValidationError as error:
            fields = ", ".join(".".join(map(str, e["loc"])) for e in error.errors())
            return ToolResult(code="invalid_arguments", message=f"wrong arguments: {fields}")
        try:
            return await self._tools[name](model)
        except ToolError as error:
            return ToolResult(code=error.code, message=error.message)
        except (StorageError, KnowledgeError) as error:
            log.warning("tool %s is unavailable: %s", name, error.code)
            return ToolResult(code="unavailable", message=error.code)

    async def _verify_caller(self, arguments: VerifyCaller) -> ToolResult:
        await self.caller.verify(arguments)
        if self.customer is None or self.caller.claims_other:
            return ToolResult()
        return ToolResult(customer=self.customer, facts=(self._account.fact(self.customer),))

    def plan_ends(self, customer: Customer) -> date | None:
        """The birthday on which the customer is too old for the present plan, if it has a limit."""
        return self._account.plan_ends(customer)

    def _proven(self) -> Customer:
        """The customer that the policy has let through."""
        customer = self.customer
        if customer is None:
            raise ToolError("needs_phone_number", "nobody is verified")
        return customer

    async def _get_customer(self, _: Arguments) -> ToolResult:
        return self._account.present(self._proven())

    async def _find_plans(self, arguments: FindPlans) -> ToolResult:
        if arguments.audience == "self" and arguments.age is None and self.customer:
            age = full_age(self.customer.born, self.today)
            arguments = arguments.model_copy(update={"age": age})
        return await self._plans.find(arguments)

    async def _recommend_plans(self, arguments: RecommendPlans) -> ToolResult:
        if arguments.for_other:
            return self._plans.advise(arguments)
        return self._account.advice(self._proven(), arguments)

    async def _get_history(self, arguments: GetHistory) -> ToolResult:
        return await self._account.earlier(self._proven(), arguments)

    async def _request_plan_change(self, arguments: RequestPlanChange) -> ToolResult:
        plan = self._plans.plan(arguments.plan_id)
        return await self._account.request_change(self._proven(), plan)

    async def _hand_off(self, arguments: HandOffTo) -> ToolResult:
        self.ending = HandOff(reason=HandoffReason(arguments.reason))
        return ToolResult()

    async def _end_call(self, arguments: End) -> ToolResult:
        self.ending = EndCall(outcome=Outcome(arguments.outcome))
        return ToolResult()
