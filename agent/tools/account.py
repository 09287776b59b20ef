"""The tools about one customer: the present plan, advice, earlier calls, requests to change."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from agent.errors import ToolError
from agent.facts import Fact, plan_fact
from agent.selection import in_words
from agent.tools.outside import ChangeLedger, EarlierCalls, in_time
from agent.tools.result import ToolResult
from agent.toolspecs import GetHistory, RecommendPlans
from knowledge.catalog.model import Catalog, EligibilityKind, Plan
from knowledge.compare import age_limit_date, full_age, is_eligible, recommend
from storage.records import Customer, EarlierCall, Outcome

_SEOUL = ZoneInfo("Asia/Seoul")
_ENDED = {
    Outcome.COMPLETED: "상담 완료",
    Outcome.HANDED_OFF: "상담원 연결",
    Outcome.ABANDONED: "응답이 없어 종료",
    Outcome.FAILED: "통화 중단",
}
_AGE_KINDS = (EligibilityKind.MAX_AGE, EligibilityKind.MIN_AGE)


class AccountTools:
    """What may be told to, and done for, a customer whom the policy has let through."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        history: EarlierCalls,
        ledger: ChangeLedger,
        call_sid: str,
        today: date,
    ) -> None:
        self._catalog = catalog
        self._history = history
        self._ledger = ledger
        self._call_sid = call_sid
        self._today = today

    def fact(self, customer: Customer) -> Fact:
        """Who the customer is; neither number nor date of birth, which nobody is told."""
        plan = self._catalog.plan(customer.plan_id)
        name = f"{plan.family_name} {plan.name}" if plan else "알 수 없음"
        text = (
            f"이름 {customer.name}, 이용 중인 요금제 {name}, "
            f"만 {full_age(customer.born, self._today)}세, 가입일 {_day(customer.since)}"
        )
        if until := self.plan_ends(customer):
            text += f", {_day(until)} 생일 전까지 이용 가능"
        return Fact(id=f"customer:{customer.id}", text=text)

    def plan_ends(self, customer: Customer) -> date | None:
        """The birthday on which the customer is too old for the present plan, if it has a limit."""
        plan = self._catalog.plan(customer.plan_id)
        if plan is None or plan.eligibility.age is None:
            return None
        if plan.eligibility.kind is not EligibilityKind.MAX_AGE:
            return None
        return age_limit_date(customer.born, plan.eligibility.age)

    def present(self, customer: Customer) -> ToolResult:
        """The customer with the present plan."""
        plan = self._catalog.plan(customer.plan_id)
        facts = (self.fact(customer), *((plan_fact(plan),) if plan else ()))
        return ToolResult(customer=customer, plans=(plan,) if plan else (), facts=facts)

    def advice(self, customer: Customer, arguments: RecommendPlans) -> ToolResult:
        """What an honest adviser recommends, staying included."""
        advice = recommend(
            self._catalog,
            age=full_age(customer.born, self._today),
            present_plan_id=customer.plan_id,
            budget_krw=arguments.max_fee,
            min_data_gb=arguments.data_gb,
        )
        plans = [advice.present] if advice.present else []
        facts = [self.fact(customer)]
        for option in advice.options:
            plans.append(option.plan)
            fact_id = f"advice:{customer.plan_id}:{option.plan.id}"
            facts.append(Fact(id=fact_id, text=in_words(option)))
        if advice.keep_present:
            facts.append(Fact(id=f"advice:{customer.plan_id}", text="지금 요금제가 가장 알맞음"))
        return ToolResult(plans=tuple(plans), facts=(*facts, *map(plan_fact, plans)), advice=advice)

    async def earlier(self, customer: Customer, arguments: GetHistory) -> ToolResult:
        """The customer's earlier calls; `known` is False where there is none."""
        calls = await in_time(
            self._history.earlier(customer.id, limit=arguments.limit), "earlier calls"
        )
        facts = tuple(map(self._call_fact, calls))
        return ToolResult(earlier=tuple(calls), facts=facts, known=bool(calls))

    async def request_change(self, customer: Customer, plan: Plan) -> ToolResult:
        """Note that the customer wants another plan; a human carries it out.

        Raises ToolError `same_plan`, `not_eligible` or `online_only` where nothing is noted.
        """
        self._check_change(customer, plan)
        noted = await in_time(
            self._ledger.request(
                call_sid=self._call_sid,
                customer_id=customer.id,
                from_plan_id=customer.plan_id,
                to_plan_id=plan.id,
            ),
            "the request",
        )
        fact = Fact(
            id=f"change:{plan.id}",
            text=f"{plan.full_name} 변경 신청 접수, 상담원이 확인한 뒤 처리, 아직 변경되지 않음",
        )
        return ToolResult(change=noted, plans=(plan,), facts=(fact, plan_fact(plan)))

    def _check_change(self, customer: Customer, plan: Plan) -> None:
        if plan.id == customer.plan_id:
            raise ToolError("same_plan", "the customer has this plan already")
        if plan.eligibility.kind is EligibilityKind.ONLINE:
            raise ToolError("online_only", "this plan is joined online only")
        age = full_age(customer.born, self._today)
        if plan.eligibility.kind in _AGE_KINDS and not is_eligible(plan, age=age):
            raise ToolError("not_eligible", plan.eligibility.text)

    def _call_fact(self, call: EarlierCall) -> Fact:
        plans = filter(None, map(self._catalog.plan, call.plan_ids))
        names = ", ".join(plan.name for plan in plans)
        parts = [
            f"{_day(call.started_at.astimezone(_SEOUL).date())} 통화",
            call.reason.rstrip("."),
            f"{names} 안내" if names else "",
            _ENDED.get(call.outcome, "") if call.outcome else "",
        ]
        return Fact(id=f"call:{call.id}", text=", ".join(filter(None, parts)))


def _day(day: date) -> str:
    return f"{day.year}년 {day.month}월 {day.day}일"
