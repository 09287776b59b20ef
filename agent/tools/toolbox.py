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
from agent.korean.figures import birth_digits, phone_number
from agent.policy import MAX_FAILURES, PROVEN, decide
from agent.tools.account import AccountTools
from agent.tools.outside import ChangeLedger, CustomerDirectory, EarlierCalls, in_time
from agent.tools.plans import PlanTools
from agent.tools.result import ToolResult
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
        ledger: ChangeLedger,
        organization_id: str,
        call_sid: str,
        caller: str,
        today: date,
    ) -> None:
        self.catalog = catalog
        self.today = today
        self.verification = Verification.NONE
        self.failures = 0
        self.facts: list[Fact] = []
        self.told: list[str] = []
        """The caller's words in this call, as the agent heard them."""
        self.ending: HandOff | EndCall | None = None
        self.needs: str | None = None
        """`phone`, `birth` or `human`: what a tool was refused for want of in this turn."""
        self._plans = PlanTools(catalog=catalog, lexicon=lexicon, retriever=retriever)
        self._account = AccountTools(
            catalog=catalog, history=history, ledger=ledger, call_sid=call_sid, today=today
        )
        self._customers = customers
        self._organization_id = organization_id
        self._caller = caller
        self._claimed: tuple[Customer, ...] = ()
        """Who it may be: a family may share a number, so there may be several."""
        self._used: list[ToolCall] = []
        self._tools: dict[str, Callable[[Any], Awaitable[ToolResult]]] = {
            "verify_caller": self._verify_caller,
            "get_customer": self._get_customer,
            "find_plans": self._find_plans,
            "get_plan": self._plans.get,
            "compare_plans": self._plans.compare,
            "recommend_plans": self._recommend_plans,
            "search_faq": self._plans.search,
            "get_history": self._get_history,
            "request_plan_change": self._request_plan_change,
            "hand_off": self._hand_off,
            "end_call": self._end_call,
        }

    @property
    def customer(self) -> Customer | None:
        """The customer, as far as it is proven who is calling."""
        return self._claimed[0] if self.verification in PROVEN else None

    @property
    def locked(self) -> bool:
        """True after too many failed attempts to verify."""
        return self.failures >= MAX_FAILURES

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
        if result.code == "needs_phone_number":
            self.needs = "phone"
        elif result.code == "needs_birth_date":
            self.needs = "birth"
        elif result.code == "verification_locked":
            self.needs = "human"
        ids = tuple(fact.id for fact in result.facts)
        recorded = {
            key: _HIDDEN if key in _PERSONAL and value else value for key, value in given.items()
        }
        self._used.append(ToolCall(name=name, arguments=recorded, code=result.code, fact_ids=ids))
        return result

    async def _checked(self, name: str, given: dict[str, Any]) -> ToolResult:
        decision = decide(name, given, verification=self.verification, failures=self.failures)
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

    async def _by_phone(self, phone: str) -> tuple[Customer, ...]:
        digits = "".join(c for c in phone if c.isdigit())
        e164 = f"+82{digits[1:]}" if digits.startswith("0") else f"+{digits}"
        found = await in_time(self._customers.by_phone(e164), "the customers")
        return tuple(c for c in found if c.organization_id == self._organization_id)

    async def _verify_caller(self, arguments: VerifyCaller) -> ToolResult:
        if arguments.phone is None and arguments.born is None:
            found = await self._by_phone(self._caller) if self._caller else ()
            if not found:
                return ToolResult(code="not_found", message="no customer has the caller's number")
            alone = len(found) == 1
            self._claimed = found
            self.verification = Verification.CALLER_ID if alone else Verification.SPOKEN_NUMBER
        elif not self._was_told(arguments):
            raise ToolError("not_told", "the caller did not say this number")
        if arguments.phone is not None:
            found = await self._by_phone(arguments.phone)
            if not found:
                return self._failed("not_found", "no customer has this number")
            if self.customer not in found:
                self._claimed, self.verification = found, Verification.SPOKEN_NUMBER
        if arguments.born is not None:
            if not self._claimed:
                raise ToolError("needs_phone_number", "the number comes first")
            form = "%Y%m%d" if len(arguments.born) == 8 else "%y%m%d"
            born = [c for c in self._claimed if c.born.strftime(form) == arguments.born]
            if len(born) != 1:
                return self._failed("mismatch", "the date of birth does not match")
            self._claimed, self.verification = tuple(born), Verification.SECOND_FACTOR
        if self.customer is None:
            return ToolResult()
        return ToolResult(customer=self.customer, facts=(self._account.fact(self.customer),))

    def _was_told(self, arguments: VerifyCaller) -> bool:
        """A model may not make numbers up: what verifies must be in the caller's own words."""
        phone = phone_number(arguments.phone) if arguments.phone else None
        return (arguments.phone is None or phone in map(phone_number, self.told)) and (
            arguments.born is None or arguments.born in map(birth_digits, self.told)
        )

    def failed_attempt(self) -> None:
        """Count an attempt that could not even be checked, such as half a number."""
        self.failures += 1

    def _failed(self, code: str, message: str) -> ToolResult:
        self.failed_attempt()
        return ToolResult(code=code, message=message)

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
