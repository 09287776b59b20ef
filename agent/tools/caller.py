"""Who is calling: what was proven, what was only claimed, and how often it failed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.errors import ToolError
from agent.korean.figures import birth_digits, in_one_breath, phone_number
from agent.policy import MAX_FAILURES, Standing
from agent.tools.outside import CustomerDirectory, in_time
from agent.toolspecs import VerifyCaller
from storage.records import Customer, Verification

_TURNS = 3
"""Turns over which a number may be told."""
_KOREAN = re.compile(r"(?:\+?82|0)(\d{8,10})")


class Caller:
    """The identity of one call.

    What is proven stays proven: a caller who names another number claims that account beside
    their own, and has nothing of it before its date of birth was said. Only then does the call
    go over to it, whole.
    """

    def __init__(self, *, customers: CustomerDirectory, organization_id: str, line: str) -> None:
        self.told: list[str] = []
        """The caller's words in this call, as the agent heard them."""
        self.failures = 0
        self.on_behalf = False
        """Whether the caller speaks for someone else."""
        self._customers = customers
        self._organization_id = organization_id
        self._line = korean_number(line)
        self._proven: Customer | None = None
        self._levels: dict[int, Verification] = {}
        """How each customer was proven in this call, by id."""
        self._claimed: tuple[Customer, ...] = ()
        """Whom an unproven number may mean: a family may share one, so there may be several."""

    @property
    def customer(self) -> Customer | None:
        """The customer, once it is proven who is calling."""
        return self._proven

    @property
    def verification(self) -> Verification:
        """How sure we are who is calling."""
        if self._proven:
            return self._levels[self._proven.id]
        return Verification.SPOKEN_NUMBER if self._claimed else Verification.NONE

    @property
    def claims_other(self) -> bool:
        """Whether a number was named whose date of birth is still missing."""
        return bool(self._claimed)

    @property
    def locked(self) -> bool:
        """True after too many failed attempts."""
        return self.failures >= MAX_FAILURES

    @property
    def standing(self) -> Standing:
        """What the policy decides by: the account that is being spoken of now."""
        level = Verification.SPOKEN_NUMBER if self._claimed else self.verification
        return Standing(verification=level, failures=self.failures, on_behalf=self.on_behalf)

    def drop_claim(self) -> None:
        """A proven caller goes on about their own account."""
        if self._proven:
            self._claimed = ()

    async def verify(self, given: VerifyCaller) -> None:
        """Check what was said, or with nothing said the line's own number.

        Raises:
            ToolError: `not_found`, `not_told`, `needs_phone_number`, `mismatch`, `ambiguous`.
            StorageError: the customers cannot be asked.
        """
        if given.phone is None and given.born is None:
            await self._by_line()
            return
        if not self._was_told(given):
            raise ToolError("not_told", "the caller did not say this number")
        if given.phone is not None:
            await self._by_phone(given.phone)
        if given.born is not None:
            self._by_birth(given.born)

    async def _by_line(self) -> None:
        found = await self._find(self._line)
        if not found:
            raise ToolError("not_found", "no customer has the caller's number")
        if len(found) == 1:
            self._prove(found[0], Verification.CALLER_ID)
        else:
            self._claimed = found

    async def _by_phone(self, phone: str) -> None:
        number = korean_number(phone)
        found = await self._find(number)
        if not found:
            raise self._failed("not_found", "no customer has this number")
        if self._proven in found:
            self._claimed = ()
        elif len(found) == 1 and (found[0].id in self._levels or number == self._line):
            # Back to an account that was proven before, such as the line's own.
            self._prove(found[0], self._levels.get(found[0].id, Verification.CALLER_ID))
        else:
            self._claimed = found

    def _by_birth(self, born: str) -> None:
        asked = self._claimed or ((self._proven,) if self._proven else ())
        if not asked:
            raise ToolError("needs_phone_number", "the number comes first")
        form = "%Y%m%d" if len(born) == 8 else "%y%m%d"
        matching = [customer for customer in asked if customer.born.strftime(form) == born]
        if not matching:
            raise self._failed("mismatch", "the date of birth does not match")
        if len(matching) > 1:
            raise ToolError("ambiguous", "several customers share number and date of birth")
        self._prove(matching[0], Verification.SECOND_FACTOR)

    def _prove(self, customer: Customer, level: Verification) -> None:
        held = self._levels.get(customer.id)
        self._levels[customer.id] = held if held is Verification.SECOND_FACTOR else level
        self._proven, self._claimed = customer, ()

    def _failed(self, code: str, message: str) -> ToolError:
        self.failures += 1
        return ToolError(code, message)

    async def _find(self, phone: str | None) -> tuple[Customer, ...]:
        if phone is None:
            return ()
        found = await in_time(self._customers.by_phone(phone), "the customers")
        return tuple(c for c in found if c.organization_id == self._organization_id)

    def _was_told(self, given: VerifyCaller) -> bool:
        """A model may not make numbers up: what verifies must be in the caller's own words."""
        heard = [
            in_one_breath(self.told[at : at + turns])
            for turns in range(1, _TURNS + 1)
            for at in range(len(self.told) - turns + 1)
        ]
        if given.phone and phone_number(given.phone) not in {*map(phone_number, heard), None}:
            return False
        return given.born is None or given.born[-6:] in _births(heard)


def _births(heard: Sequence[str]) -> set[str]:
    """The dates of birth in what was heard, without their centuries."""
    return {born[-6:] for text in heard if (born := birth_digits(text))}


def korean_number(text: str) -> str | None:
    """A Korean number as E.164; None for `anonymous`, foreign numbers and whatever else."""
    match = _KOREAN.fullmatch(re.sub(r"[\s\-]", "", text))
    return f"+82{match[1]}" if match else None
