"""Parts for tests of the agent: the sample catalogue and customers, without a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache

from agent.conversation import CallContext
from agent.tools import ChangeLedger, CustomerDirectory, EarlierCalls, SimilarCalls, Toolbox
from knowledge.cases import SimilarCase
from knowledge.catalog.loader import load_catalog, sample_catalog_path
from knowledge.catalog.model import Catalog
from knowledge.lexicon import Lexicon
from knowledge.retriever import Filters, Passage, Retrieval
from storage.records import ChangeRequest, ChangeStatus, Customer, EarlierCall, Outcome

TODAY = date(2026, 11, 20)

CUSTOMERS = tuple(
    Customer(
        id=number, organization_id="sample", name=name, phone=phone, born=born, plan_id=plan_id,
        since=since,
    )
    for number, (name, phone, born, plan_id, since) in enumerate(
        (
            ("김철수", "+821012345678", date(1979, 3, 14), "rollover-10", date(2019, 5, 2)),
            ("이영희", "+821087654321", date(1988, 11, 2), "simple-70", date(2021, 8, 17)),
            ("박지민", "+821011112222", date(2009, 6, 25), "yteen", date(2023, 3, 2)),
            ("최민수", "+821055556666", date(1955, 1, 30), "slim-14", date(2010, 10, 11)),
            ("정미영", "+821099998888", date(1995, 9, 9), "basic", date(2022, 12, 24)),
        ),
        start=1,
    )
)  # fmt: skip


class Directory:
    """The sample customers, found by number."""

    def __init__(self, customers: Sequence[Customer] = CUSTOMERS) -> None:
        self._customers = customers

    async def by_phone(self, phone: str) -> list[Customer]:
        return [customer for customer in self._customers if customer.phone == phone]


class Calls:
    """Earlier calls, by their customers' ids, newest first."""

    def __init__(self, earlier: Mapping[int, Sequence[EarlierCall]] | None = None) -> None:
        self._earlier = earlier or {}

    async def earlier(self, customer_id: int, *, limit: int) -> list[EarlierCall]:
        return list(self._earlier.get(customer_id, ()))[:limit]


class Cases:
    """Cases that are similar to whatever is asked."""

    def __init__(self, *cases: SimilarCase) -> None:
        self._cases = cases

    async def search(
        self, text: str, *, limit: int = 5, outcome: Outcome | None = None
    ) -> Sequence[SimilarCase]:
        wanted = [near for near in self._cases if outcome in {None, near.case.outcome}]
        return wanted[:limit]


class Ledger:
    """Keeps requests to change a plan in a list, each once a call."""

    def __init__(self) -> None:
        self.requests: list[ChangeRequest] = []

    async def request(
        self, *, call_sid: str, customer_id: int, from_plan_id: str, to_plan_id: str
    ) -> ChangeRequest:
        for noted in self.requests:
            same = (noted.call_sid, noted.customer_id, noted.to_plan_id)
            if same == (call_sid, customer_id, to_plan_id):
                return noted
        request = ChangeRequest(
            id=len(self.requests) + 1, call_sid=call_sid, customer_id=customer_id,
            from_plan_id=from_plan_id, to_plan_id=to_plan_id,
            requested_at=datetime(2026, 11, 20, 5, 30, tzinfo=UTC), status=ChangeStatus.REQUESTED,
        )  # fmt: skip
        self.requests.append(request)
        return request

    async def of_call(self, call_sid: str) -> list[ChangeRequest]:
        return [request for request in self.requests if request.call_sid == call_sid]


class FixedRetriever:
    """Gives the same passages for every query."""

    def __init__(self, *passages: Passage) -> None:
        self._passages = passages

    async def search(self, query: str, *, limit: int = 5, only: Filters | None = None) -> Retrieval:
        return Retrieval(passages=self._passages[:limit], known=bool(self._passages))


@cache
def catalog() -> Catalog:
    return load_catalog(sample_catalog_path())


@cache
def lexicon() -> Lexicon:
    return Lexicon(catalog())


def context(caller: str = "") -> CallContext:
    return CallContext(
        organization_id="sample", organization_name="여보세요 모바일", call_sid="CA1",
        caller=caller, today=TODAY,
    )  # fmt: skip


def toolbox(
    caller: str = "",
    *,
    passages: Sequence[Passage] = (),
    customers: Sequence[Customer] = CUSTOMERS,
    directory: CustomerDirectory | None = None,
    history: EarlierCalls | None = None,
    cases: SimilarCalls | None = None,
    ledger: ChangeLedger | None = None,
) -> Toolbox:
    return Toolbox(
        catalog=catalog(), lexicon=lexicon(), retriever=FixedRetriever(*passages),
        customers=directory or Directory(customers), history=history or Calls(),
        cases=cases or Cases(),
        ledger=ledger or Ledger(), organization_id="sample", call_sid="CA1", caller=caller,
        today=TODAY,
    )  # fmt: skip
