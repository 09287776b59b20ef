"""Keeps, for each call that goes on, what masking its next turn needs to know."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.convert import to_turn
from storage.errors import StorageError
from storage.masking import CallMasker, MaskedTurn, mask_names
from storage.models import CallRow, CustomerRow, HandoffRow, TurnRow
from storage.records import Turn
from storage.sealing import Seals

_REMEMBERED = 1_000
"""Calls; whichever is not among them is read from its rows again."""


class Telling:
    """What one call has told so far."""

    def __init__(self, call_sid: str, seals: Seals) -> None:
        self.call_sid = call_sid
        self.masker = CallMasker()
        self.next_index = 0
        self._seals = seals
        self._phones: set[str] = set()

    async def masked(self, session: AsyncSession, turn: Turn) -> tuple[MaskedTurn, tuple[str, ...]]:
        """The next turn, masked, and the telephone numbers (E.164) that it speaks of.

        The customers who have these may be named from here on.
        """
        phones = self.masker.phones(turn)
        await self.meet(session, phones)
        self.next_index = turn.index + 1
        return self.masker.turn(turn), phones

    async def meet(
        self, session: AsyncSession, phones: Iterable[str], customer_id: int | None = None
    ) -> None:
        """Learn the names of those who have these telephones, and of the customer."""
        new = {phone for phone in phones if phone} - self._phones
        self._phones |= new
        if not new and customer_id is None:
            return
        rows = await session.scalars(
            select(CustomerRow).where(
                or_(
                    CustomerRow.phone_hash.in_(self._seals.phone_hashes(sorted(new))),
                    CustomerRow.id == customer_id,
                )
            )
        )
        for row in rows:
            self.masker.names.add(self._seals.open_customer(row.identity_hash, row.sealed)["name"])


class Maskers:
    """The calls of one process, as far as their turns were stored here."""

    def __init__(self) -> None:
        self._tellings: OrderedDict[int, Telling] = OrderedDict()

    async def take(
        self, session: AsyncSession, call_id: int, seals: Seals, *, before: int
    ) -> Telling:
        """What a call has told before a turn; to be given back once that one is committed.

        Raises StorageError `unknown_call`.
        """
        telling = self._tellings.pop(call_id, None)
        if telling is not None and telling.next_index == before:
            return telling
        telling = await acquaintance(session, call_id, seals)
        rows = await session.scalars(
            select(TurnRow)
            .where(TurnRow.call_id == call_id, TurnRow.index < before)
            .order_by(TurnRow.index)
        )
        for row in rows.all():
            turn = seals.open_turn(telling.call_sid, to_turn(row), row.sealed)
            await telling.masked(session, turn)
        return telling

    def give_back(self, call_id: int, telling: Telling) -> None:
        """The turn was committed."""
        self._tellings[call_id] = telling
        if len(self._tellings) > _REMEMBERED:
            self._tellings.popitem(last=False)

    def forget(self, call_id: int) -> None:
        """The call is over."""
        self._tellings.pop(call_id, None)


async def acquaintance(session: AsyncSession, call_id: int, seals: Seals) -> Telling:
    """Who may be named in a call: its customer, and whoever has the caller's telephone.

    Raises StorageError `unknown_call`.
    """
    call = await session.scalar(select(CallRow).where(CallRow.id == call_id))
    if call is None:
        raise StorageError("unknown_call", f"no call {call_id}")
    telling = Telling(call.call_sid, seals)
    caller = seals.open_caller(call.call_sid, call.caller, call.sealed)
    await telling.meet(session, [caller], call.customer_id)
    return telling


async def mask_late(session: AsyncSession, call_id: int, seals: Seals) -> None:
    """Mask the names that came to be known after they were said; asked when a call ends."""
    telling = await acquaintance(session, call_id, seals)
    names = sorted(name for name in telling.masker.names if len(name) > 1)
    if not names:
        return
    named = [
        column.contains(name, autoescape=True)
        for column in (TurnRow.heard, TurnRow.intended, TurnRow.said)
        for name in names
    ]
    rows = await session.scalars(select(TurnRow).where(TurnRow.call_id == call_id, or_(*named)))
    for row in rows:
        shown = to_turn(row)
        masked = MaskedTurn(
            heard=mask_names(shown.heard, names),
            intended=mask_names(shown.intended, names),
            said=mask_names(shown.said, names),
            tools=row.tools,
            kinds=tuple(row.private or ()),
        )
        clear = seals.open_turn(telling.call_sid, shown, row.sealed)
        for column, value in seals.turn(telling.call_sid, clear, masked).items():
            setattr(row, column, value)
    handoff = await session.scalar(select(HandoffRow).where(HandoffRow.call_id == call_id))
    if handoff is not None:
        clear_text = seals.open_handoff(telling.call_sid, handoff.summary_text, handoff.sealed)
        masked_text = mask_names(handoff.summary_text, names)
        for column, value in seals.handoff(telling.call_sid, clear_text, masked_text).items():
            setattr(handoff, column, value)
