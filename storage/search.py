"""Finds the calls in which something was said, by pairs of letters, without reading them all.

Korean joins particles to its words, and its words often have two syllables: words and trigrams
would not find them. So each pair of neighbouring letters of a call's texts, spaces left out, is
noted once the call has its summary. What is looked for can only stand in calls that have all of
its pairs; these are read, newest first, until a page is full. The same table and statements serve
every database: PostgreSQL's indexes of words cannot be used under row-level security, whose
condition is tried before all that are not leakproof, and the others have none for Korean.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.database import add_bits
from storage.models import CallRow, CallTermRow, SummaryRow, TurnRow
from storage.types import storable

BLOCK = 60
"""Calls of one row: MariaDB calculates bits in numbers without a sign, the others with one."""
_MOST_TERMS = 8
"""More pairs of one search would hardly leave out another call."""
_FIRST_BLOCKS = 32
_FIRST_READ = 100
"""Calls that are read at once, at first; then four times as many each time."""
_MOST_READ = 1_600


def terms(text: str) -> set[int]:
    """The pairs of neighbouring letters, regardless of case; a text of one letter has none."""
    letters = map(ord, "".join(storable(text).lower().split()))
    return {first << 21 | second for first, second in pairwise(letters)}


def mentions(search: str) -> Any:
    """The condition that a call's texts hold `search`, regardless of case."""
    said = exists().where(
        and_(
            TurnRow.call_id == CallRow.id,
            or_(
                TurnRow.heard.icontains(search, autoescape=True),
                TurnRow.said.icontains(search, autoescape=True),
            ),
        )
    )
    return or_(
        SummaryRow.reason.icontains(search, autoescape=True),
        SummaryRow.text.icontains(search, autoescape=True),
        said,
    )


async def index_call(session: AsyncSession, call_id: int) -> None:
    """Note a call's pairs; in the transaction that saves its summary, so that it is its last text.

    What is saved later for the same call is found only where it adds no pair.
    """
    texts = (
        select(TurnRow.heard, TurnRow.said).where(TurnRow.call_id == call_id),
        select(SummaryRow.reason, SummaryRow.text).where(SummaryRow.call_id == call_id),
    )
    found: set[int] = set()
    for query in texts:
        for row in await session.execute(query):
            for text in row:
                found |= terms(text)
    block, place = divmod(call_id, BLOCK)
    await add_bits(
        session,
        CallTermRow,
        [{"term": term, "block": block, "calls": 1 << place} for term in sorted(found)],
        on=("organization_id", "term", "block"),
        bits="calls",
    )
    await session.execute(update(CallRow).where(CallRow.id == call_id).values(indexed=True))


async def forget_calls(session: AsyncSession, call_ids: Iterable[int]) -> None:
    """Take calls' pairs out, so that not even these tell what was said in them."""
    blocks: dict[int, int] = {}
    for call_id in call_ids:
        block, place = divmod(call_id, BLOCK)
        blocks[block] = blocks.get(block, 0) | 1 << place
    for block, gone in blocks.items():
        kept = (1 << BLOCK) - 1 & ~gone
        here = CallTermRow.block == block
        await session.execute(
            update(CallTermRow)
            .where(here, CallTermRow.calls.bitwise_and(gone) != 0)
            .values(calls=CallTermRow.calls.bitwise_and(kept))
            .execution_options(synchronize_session=False)
        )
        await session.execute(
            delete(CallTermRow)
            .where(here, CallTermRow.calls == 0)
            .execution_options(synchronize_session=False)
        )


async def find_calls(
    session: AsyncSession, search: str, limit: int, *, before_id: int | None = None
) -> list[int]:
    """The ids of the newest calls that mention `search`, the newest first.

    A `search` of one letter reads all calls, until the page is full.
    """
    wanted = sorted(terms(search))[:_MOST_TERMS]
    if not wanted:
        return await _reading(session, search, limit, _before(before_id))
    found = await _reading(session, search, limit, CallRow.indexed.is_(False), _before(before_id))
    full = len(found) + limit
    async for call_ids in _candidates(session, wanted, before_id):
        found += await _reading(session, search, limit, CallRow.id.in_(call_ids))
        if len(found) >= full:
            break
    return sorted(set(found), reverse=True)[:limit]


async def _reading(session: AsyncSession, search: str, limit: int, *which: Any) -> list[int]:
    query = (
        select(CallRow.id)
        .outerjoin(SummaryRow, CallRow.id == SummaryRow.call_id)
        .where(*which, mentions(search))
        .order_by(CallRow.id.desc())
        .limit(limit)
    )
    return list(await session.scalars(query))


def _before(call_id: int | None) -> Any:
    return CallRow.id > 0 if call_id is None else CallRow.id < call_id


async def _candidates(
    session: AsyncSession, wanted: Sequence[int], before_id: int | None
) -> AsyncIterator[list[int]]:
    """The calls that have all of the pairs, newest first, in portions that grow."""
    portion: list[int] = []
    size = _FIRST_READ
    async for block, calls in _blocks(session, wanted, before_id):
        portion += [
            call_id for call_id in _ids(block, calls) if before_id is None or call_id < before_id
        ]
        while len(portion) >= size:
            yield portion[:size]
            portion = portion[size:]
            size = min(4 * size, _MOST_READ)
    if portion:
        yield portion


async def _blocks(
    session: AsyncSession, wanted: Sequence[int], before_id: int | None
) -> AsyncIterator[tuple[int, int]]:
    """The blocks in which calls have all of the pairs, newest first, and these calls' bits."""
    rows = [aliased(CallTermRow) for _ in wanted]
    first = rows[0]
    calls: ColumnElement[int] = first.calls.expression
    for row in rows[1:]:
        calls = calls.bitwise_and(row.calls)
    query = (
        select(first.block, calls)
        .where(
            *(row.term == term for row, term in zip(rows, wanted, strict=True)),
            *(row.block == first.block for row in rows[1:]),
            calls != 0,
        )
        .order_by(first.block.desc())
    )
    newest = None if before_id is None else before_id // BLOCK
    most = _FIRST_BLOCKS
    while True:
        page = query if newest is None else query.where(first.block <= newest)
        found = (await session.execute(page.limit(most))).all()
        for block, bits in found:
            yield block, bits
        if len(found) < most:
            return
        newest = found[-1][0] - 1
        most *= 4


def _ids(block: int, calls: int) -> Iterable[int]:
    """The calls whose bits are set, newest first."""
    return (block * BLOCK + place for place in reversed(range(BLOCK)) if calls >> place & 1)
