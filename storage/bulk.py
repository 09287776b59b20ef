"""Writes whole calls that are over, many in a transaction, as a seeded history needs it.

What is stored is what `CallStore` stores of the same calls: masked, sealed, found by search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.callbacks import CallbackStatus
from storage.convert import from_summary, from_turn
from storage.database import Database, add_bits, upsert
from storage.masking import CallMasker, masked_summary
from storage.models import (
    CallbackRow,
    CalledNumberRow,
    CallRow,
    CallTermRow,
    ChangeRequestRow,
    CustomerRow,
    FeedbackRow,
    HandoffRow,
    HandoffStepRow,
    MentionRow,
    ModelUsageRow,
    ScorecardRow,
    SummaryRow,
    TurnRow,
)
from storage.records import (
    CallEnd,
    ChangeStatus,
    Customer,
    Handoff,
    ModelUse,
    NewCall,
    Summary,
    Turn,
    User,
)
from storage.reviews import Feedback, Scorecard
from storage.sealing import Seals
from storage.search import BLOCK, terms


@dataclass(frozen=True, kw_only=True)
class WholeCall:
    """A call with all that became of it."""

    begun: NewCall
    end: CallEnd
    customer: Customer | None
    turns: tuple[Turn, ...]
    summary: Summary
    handoff: Handoff | None = None
    callback_at: datetime | None = None
    """When the caller asked to be phoned, UTC."""
    called_back_at: datetime | None = None
    cut_off: bool = False
    changed_to: str | None = None
    """The plan that was asked for."""
    usage: tuple[ModelUse, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    scorecards: tuple[Scorecard, ...] = ()


class BulkStore:
    """Writes into one organization. Raises StorageError, `conflict` for calls already there."""

    def __init__(self, database: Database, organization_id: str, reviewer: User) -> None:
        """`reviewer` is whose the feedback and scorecards are."""
        self._database = database
        self._organization_id = organization_id
        self._reviewer = reviewer

    async def add_customers(
        self, customers: Sequence[tuple[str, str, date, str, date]]
    ) -> list[Customer]:
        """Store customers, each name, telephone (E.164), born, plan's id and since when."""
        seals = Seals(self._database.vault, self._organization_id)
        rows = [
            CustomerRow(
                **seals.customer(name=name, phone=phone, born=born), plan_id=plan_id, since=since
            )
            for name, phone, born, plan_id, since in customers
        ]
        async with self._database.write(self._organization_id) as session:
            session.add_all(rows)
            await session.flush()
        return [
            Customer(
                id=row.id,
                organization_id=self._organization_id,
                name=name,
                phone=phone,
                born=born,
                plan_id=plan_id,
                since=since,
            )
            for row, (name, phone, born, plan_id, since) in zip(rows, customers, strict=True)
        ]

    async def other_calls(self, prefix: str) -> int:
        """How many calls there are whose CallSid does not begin with `prefix`; 2 is many."""
        async with self._database.read(self._organization_id) as session:
            others = select(CallRow.id).where(~CallRow.call_sid.startswith(prefix)).limit(2)
            return len((await session.scalars(others)).all())

    async def write(self, calls: Sequence[WholeCall]) -> None:
        """Store calls, the oldest first, in one transaction."""
        seals = Seals(self._database.vault, self._organization_id)
        async with self._database.write(self._organization_id) as session:
            await self._numbers(session, calls)
            rows = [self._call(call, seals) for call in calls]
            session.add_all(rows)
            await session.flush()
            batch = _Batch(self._organization_id)
            for row, call in zip(rows, calls, strict=True):
                self._fill(batch, row.id, call, seals)
            handoffs = [one for one in batch.objects if isinstance(one, HandoffRow)]
            session.add_all(batch.objects)
            await session.flush()
            steps = dict(batch.steps)
            for handoff in handoffs:
                batch.add(
                    HandoffStepRow,
                    *({"handoff_id": handoff.id, **step} for step in steps[handoff.call_id]),
                )
            for model, values in batch.values.items():
                await session.execute(insert(model), values)
            bits = [
                {"term": term, "block": block, "calls": places}
                for (term, block), places in sorted(batch.bits.items())
            ]
            await add_bits(
                session, CallTermRow, bits, on=("organization_id", "term", "block"), bits="calls"
            )

    async def _numbers(self, session: AsyncSession, calls: Sequence[WholeCall]) -> None:
        for number in sorted({call.begun.called for call in calls}):
            first = min(call.begun.started_at for call in calls if call.begun.called == number)
            await upsert(
                session,
                CalledNumberRow,
                {"number": number, "label": "", "first_called_at": first},
                on=("organization_id", "number"),
                update=False,
            )

    def _call(self, call: WholeCall, seals: Seals) -> CallRow:
        begun, end = call.begun, call.end
        return CallRow(
            call_sid=begun.call_sid,
            stream_sid=begun.stream_sid,
            **seals.caller(begun.call_sid, begun.caller),
            called=begun.called,
            started_at=begun.started_at,
            ended_at=end.ended_at,
            outcome=end.outcome,
            handoff_reason=end.handoff_reason,
            verification=end.verification,
            customer_id=end.customer_id,
            cut_off=call.cut_off,
            indexed=True,
        )

    def _fill(self, batch: _Batch, call_id: int, call: WholeCall, seals: Seals) -> None:
        sid = call.begun.call_sid
        masker = CallMasker()
        if call.customer:
            masker.names.add(call.customer.name)
        texts: list[str] = []
        for turn in call.turns:
            phones = masker.phones(turn)
            masked = masker.turn(turn)
            values = from_turn(turn, masked, sid, seals)
            batch.add(TurnRow, {"call_id": call_id, **values})
            texts += [masked.heard, masked.said]
            batch.add(
                MentionRow,
                *(
                    {
                        "call_id": call_id,
                        "turn_index": turn.index,
                        "phone_hash": seals.phone_hash(phone),
                    }
                    for phone in phones
                ),
            )
        summary = masked_summary(call.summary, masker.names)
        batch.add(SummaryRow, {"call_id": call_id, **from_summary(summary)})
        batch.index(call_id, [*texts, summary.reason, summary.text])
        self._after(batch, call_id, call, masker, summary, seals)

    def _after(  # noqa: PLR0917 - one call's parts
        self,
        batch: _Batch,
        call_id: int,
        call: WholeCall,
        masker: CallMasker,
        summary: Summary,
        seals: Seals,
    ) -> None:
        sid = call.begun.call_sid
        if call.handoff:
            told = call.handoff.summary_text
            handoff = HandoffRow(
                call_id=call_id,
                requested_at=call.handoff.requested_at,
                reason=call.handoff.reason,
                status=call.handoff.status,
                **seals.handoff(sid, told, masker.text(told)),
            )
            batch.objects.append(handoff)
            batch.steps.append((call_id, [asdict(step) for step in call.handoff.steps]))
        if call.callback_at:
            status = CallbackStatus.DONE if call.called_back_at else CallbackStatus.OPEN
            batch.objects.append(
                CallbackRow(
                    call_id=call_id,
                    requested_at=call.callback_at,
                    **seals.callback(sid, call.begun.caller),
                    status=status,
                    brief=summary.text,
                    done_at=call.called_back_at,
                )
            )
        if call.changed_to and call.customer:
            change = {
                "call_sid": sid,
                "customer_id": call.customer.id,
                "from_plan_id": call.customer.plan_id,
                "to_plan_id": call.changed_to,
                "requested_at": call.end.ended_at,
                "status": ChangeStatus.REQUESTED,
            }
            batch.add(ChangeRequestRow, change)
        batch.add(ModelUsageRow, *map(asdict, call.usage))
        who = {
            "call_id": call_id,
            "user_id": self._reviewer.id,
            "user_name": self._reviewer.name,
        }
        for opinion in call.feedback:
            row = {
                "turn_index": opinion.turn_index,
                "at": opinion.at,
                "rating": opinion.rating,
                "comment": opinion.comment,
            }
            batch.add(FeedbackRow, {**who, **row})
        for card in call.scorecards:
            points = {
                "at": card.at,
                "items": dict(card.items),
                "total": card.total,
                "comment": card.comment,
            }
            batch.add(ScorecardRow, {**who, **points})


class _Batch:
    """What one transaction inserts, table by table."""

    def __init__(self, organization_id: str) -> None:
        self.values: dict[Any, list[dict[str, Any]]] = {}
        self.objects: list[Any] = []
        """Rows whose ids others need, or that are few."""
        self.steps: list[tuple[int, list[dict[str, Any]]]] = []
        self.bits: dict[tuple[int, int], int] = {}
        self._owner = {"organization_id": organization_id}

    def add(self, model: Any, *rows: dict[str, Any]) -> None:
        """Insert these too."""
        if rows:
            self.values.setdefault(model, []).extend({**row, **self._owner} for row in rows)

    def index(self, call_id: int, texts: Sequence[str]) -> None:
        """Let the call be found by its texts."""
        block, place = divmod(call_id, BLOCK)
        for term in set().union(*map(terms, texts)):
            self.bits[term, block] = self.bits.get((term, block), 0) | 1 << place
