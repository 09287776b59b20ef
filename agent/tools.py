"""The tools of one call: typed arguments, checked by the policy, results as facts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from pydantic import ValidationError

from agent.actions import EndCall, HandOff
from agent.errors import ToolError
from agent.facts import Fact, plan_fact
from agent.korean.figures import birth_digits, phone_number
from agent.policy import MAX_FAILURES, PROVEN, decide
from agent.selection import differences, for_age, in_words, select
from agent.toolspecs import (
    TOOLS,
    Arguments,
    ComparePlans,
    End,
    FindPlans,
    GetPlan,
    HandOffTo,
    RecommendPlans,
    SearchFaq,
    VerifyCaller,
)
from knowledge.catalog.model import Catalog, EligibilityKind, Plan
from knowledge.compare import Recommendation, age_limit_date, full_age, recommend
from knowledge.errors import KnowledgeError
from knowledge.lexicon import Lexicon
from knowledge.retriever import Passage, Retriever
from storage.errors import StorageError
from storage.records import Customer, HandoffReason, Outcome, ToolCall, Verification

log = logging.getLogger(__name__)

LOOKUP_S = 3.0
"""Seconds for finding a customer: less than the first two sentences of the greeting take."""

_PERSONAL = frozenset({"phone", "born"})
_HIDDEN = "***"
"""Stands in the record for what a caller said to be verified."""


class CustomerDirectory(Protocol):
    """Finds customers by number."""

    async def by_phone(self, phone: str) -> Sequence[Customer]:
        """All customers with this number, E.164; empty when there is none."""
        ...


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


class Toolbox:
    """The tools of one call with their state: who is calling, this turn's facts and calls."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        retriever: Retriever,
        lexicon: Lexicon,
        customers: CustomerDirectory,
        organization_id: str,
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
        self._retriever = retriever
        self._lexicon = lexicon
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
            "get_plan": self._get_plan,
            "compare_plans": self._compare_plans,
            "recommend_plans": self._recommend_plans,
            "search_faq": self._search_faq,
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

    def _plan(self, plan_id: str) -> Plan:
        plan = self.catalog.plan(plan_id)
        if plan is None:
            raise ToolError("unknown_plan", f"there is no plan {plan_id!r}")
        return plan

    async def _by_phone(self, phone: str) -> tuple[Customer, ...]:
        digits = "".join(c for c in phone if c.isdigit())
        e164 = f"+82{digits[1:]}" if digits.startswith("0") else f"+{digits}"
        try:
            async with asyncio.timeout(LOOKUP_S):
                found = await self._customers.by_phone(e164)
        except TimeoutError:
            raise StorageError("unavailable", "the customers do not come in time") from None
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
        return ToolResult(customer=self.customer, facts=(self._customer_fact(self.customer),))

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

    def _customer_fact(self, customer: Customer) -> Fact:
        plan = self.catalog.plan(customer.plan_id)
        name = f"{plan.family_name} {plan.name}" if plan else "알 수 없음"
        text = (
            f"이름 {customer.name}, 이용 중인 요금제 {name}, "
            f"만 {full_age(customer.born, self.today)}세, "
            f"가입일 {customer.since.year}년 {customer.since.month}월 {customer.since.day}일"
        )
        if until := self.plan_ends(customer):
            text += f", {until.year}년 {until.month}월 {until.day}일 생일 전까지 이용 가능"
        return Fact(id=f"customer:{customer.id}", text=text)

    def plan_ends(self, customer: Customer) -> date | None:
        """The birthday on which the customer is too old for the present plan, if it has a limit."""
        plan = self.catalog.plan(customer.plan_id)
        if plan is None or plan.eligibility.age is None:
            return None
        if plan.eligibility.kind is not EligibilityKind.MAX_AGE:
            return None
        return age_limit_date(customer.born, plan.eligibility.age)

    async def _get_customer(self, _: Arguments) -> ToolResult:
        customer = self.customer
        if customer is None:
            raise ToolError("needs_phone_number", "nobody is verified")
        plan = self.catalog.plan(customer.plan_id)
        facts = (self._customer_fact(customer), *((plan_fact(plan),) if plan else ()))
        return ToolResult(customer=customer, plans=(plan,) if plan else (), facts=facts)

    async def _find_plans(self, arguments: FindPlans) -> ToolResult:
        named = self._named(arguments.name) if arguments.name else None
        found = select(self.catalog, arguments, among=named)
        return _plans_result(found, known=bool(found))

    def _named(self, name: str) -> list[Plan]:
        """The plans that a name means; a family's name means all its plans."""
        found: list[Plan] = []
        for mention in self._lexicon.find(name):
            family = self.catalog.family(mention.id)
            plan = self.catalog.plan(mention.id)
            found += family.plans if mention.kind == "family" and family else [plan] if plan else []
        return list(dict.fromkeys(found))

    async def _get_plan(self, arguments: GetPlan) -> ToolResult:
        return _plans_result((self._plan(arguments.plan_id),))

    async def _compare_plans(self, arguments: ComparePlans) -> ToolResult:
        plans = (self._plan(arguments.first_id), self._plan(arguments.second_id))
        fact = Fact(id=f"compare:{plans[0].id}:{plans[1].id}", text=differences(*plans))
        return ToolResult(plans=plans, facts=(*map(plan_fact, plans), fact))

    async def _recommend_plans(self, arguments: RecommendPlans) -> ToolResult:
        if arguments.age is not None:
            return _plans_result(for_age(self.catalog, age=arguments.age)[:4])
        customer = self.customer
        if customer is None:
            raise ToolError("needs_phone_number", "nobody is verified")
        advice = recommend(
            self.catalog,
            age=full_age(customer.born, self.today),
            present_plan_id=customer.plan_id,
            budget_krw=arguments.max_fee,
            min_data_gb=arguments.data_gb,
        )
        plans = [advice.present] if advice.present else []
        facts = [self._customer_fact(customer)]
        for option in advice.options:
            plans.append(option.plan)
            fact_id = f"advice:{customer.plan_id}:{option.plan.id}"
            facts.append(Fact(id=fact_id, text=in_words(option)))
        if advice.keep_present:
            facts.append(Fact(id=f"advice:{customer.plan_id}", text="지금 요금제가 가장 알맞음"))
        return ToolResult(plans=tuple(plans), facts=(*facts, *map(plan_fact, plans)), advice=advice)

    async def _search_faq(self, arguments: SearchFaq) -> ToolResult:
        found = await self._retriever.search(arguments.query)
        if not found.known:
            return ToolResult(known=False)
        facts = tuple(Fact(id=p.id, text=f"{p.title} {p.text}") for p in found.passages[:3])
        return ToolResult(passages=found.passages, facts=facts)

    async def _hand_off(self, arguments: HandOffTo) -> ToolResult:
        self.ending = HandOff(reason=HandoffReason(arguments.reason))
        return ToolResult()

    async def _end_call(self, arguments: End) -> ToolResult:
        self.ending = EndCall(outcome=Outcome(arguments.outcome))
        return ToolResult()


def _plans_result(plans: Sequence[Plan], *, known: bool = True) -> ToolResult:
    return ToolResult(plans=tuple(plans), facts=tuple(map(plan_fact, plans)), known=known)
