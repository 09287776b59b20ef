"""The catalogue's types: families, plans, eligibility and FAQ entries, all immutable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class EligibilityKind(StrEnum):
    """Who may join a plan."""

    ANYONE = "anyone"
    ONLINE = "online"
    """Anyone, but online only."""
    MAX_AGE = "max_age"
    MIN_AGE = "min_age"
    FOREIGNER = "foreigner"
    DISABLED = "disabled"


@dataclass(frozen=True, kw_only=True)
class Eligibility:
    """Who may join, as a rule and as people say it."""

    kind: EligibilityKind
    age: int | None
    """The limit in full years (만 나이), for MAX_AGE and MIN_AGE."""
    text: str
    """Such as `만 34세 이하`."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One plan (요금제) of a family (요금제군)."""

    id: str
    family_id: str
    family_name: str
    name: str
    """Written form, such as `이월 10GB` or `Y틴`."""
    fee_krw: int
    """A month, VAT included."""
    discounted_fee_krw: int | None
    """With 선택약정 25% 할인, rounded down to 10 won; None where there is none."""
    data_gb: int | None
    """None means unlimited."""
    throttle_kbps: int | None
    """Speed after the data is used up; None for unlimited plans."""
    sharing_gb: int
    extra_minutes: int
    """부가통화 (video and special numbers), minutes a month."""
    eligibility: Eligibility
    notes: tuple[str, ...]
    aliases: tuple[str, ...]
    """Other spellings that callers and recognisers use."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """A plan family with its page."""

    id: str
    name: str
    plans: tuple[Plan, ...]
    aliases: tuple[str, ...]
    sections: tuple[tuple[str, str], ...]
    """The page's sections as (heading, Korean text)."""


@dataclass(frozen=True, kw_only=True)
class FaqEntry:
    """A frequent question with its answer."""

    id: str
    category: str
    question: str
    answer: str
    """One to three short spoken-style Korean sentences in written form."""
    needs_human: bool
    """True where only a human can finish the matter (billing, loss, roaming …)."""
    also: tuple[str, ...] = ()
    """Other ways callers ask it; they are searched, never said."""


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """A whole catalogue, as loaded from its folder."""

    sample: bool
    as_of: date
    families: tuple[Family, ...]
    faqs: tuple[FaqEntry, ...]

    @property
    def plans(self) -> tuple[Plan, ...]:
        """All plans in the families' order."""
        return tuple(plan for family in self.families for plan in family.plans)

    def plan(self, plan_id: str) -> Plan | None:
        """The plan with this id, if there is one."""
        return next((plan for plan in self.plans if plan.id == plan_id), None)

    def family(self, family_id: str) -> Family | None:
        """The family with this id, if there is one."""
        return next((family for family in self.families if family.id == family_id), None)
