"""Finds the names of plans and families in a sentence, and whom a thing is said of."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from knowledge.catalog.model import Catalog, Plan

_PARTICLES = (
    "은|는|이|가|을|를|의|에|도|만|로|와|과|랑|나|보다|부터|까지|요|예요|하고|처럼|께|중|인"
    "|입니다|였"
)
_ENDS = rf"(?![가-힣A-Za-z0-9])|(?=(?:{_PARTICLES}))"
_ADNOMINAL = re.compile(
    r"[^,.]{0,18}(?:인|짜리|의|드리는|쓰는|쓰시는|되는|있는|전용)\s"
    r"|\s?(?:이하|이상)(?:는|은|이면|이시면|이신 분은|인 분은)\s"
)
"""What stands between a figure and the name that it belongs to: `월 65,000원인 심플 70GB`."""
_COMPARED = re.compile(r"보다|에 비해|에 비하|대비| 대비| 대신| 말고")
"""What follows a name that something else is said of, beside it."""
_SIZE = re.compile(r"\d+\s?(?:GB|기가)$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Mention:
    """One name in a sentence."""

    name: str
    """As the catalogue writes it, or the part of it that was said."""
    start: int
    end: int
    plan_ids: frozenset[str]
    """The plans that it may mean; all of a family's for its name."""
    proper: bool
    """A whole name of the catalogue, which must stand in a fact; not a short form of one."""
    is_family: bool = False


@dataclass(frozen=True)
class _Name:
    plan_ids: frozenset[str]
    proper: bool
    is_family: bool


class Names:
    """The names of one catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        self.plans = {plan.id: plan for plan in catalog.plans}
        known: dict[str, _Name] = {}
        tails: dict[str, set[str]] = defaultdict(set)
        for family in catalog.families:
            ids = frozenset(plan.id for plan in family.plans)
            for name in _family_names(family.name, family.aliases):
                known.setdefault(name, _Name(ids, name == family.name, True))
            for plan in family.plans:
                tail = plan.name.split()[-1]
                if " " in plan.name and not _SIZE.match(tail) and not tail.isdigit():
                    tails[tail].add(plan.id)
                for name in (plan.full_name, f"5G {plan.name}", *plan.aliases):
                    known.setdefault(name, _Name(frozenset({plan.id}), False, False))
        for family in catalog.families:
            for plan in family.plans:  # a plan's own name wins over its family's and aliases
                known[plan.name] = _Name(frozenset({plan.id}), True, False)
        self._known = {_key(name): (name, found) for name, found in known.items()}
        order = sorted(known, key=len, reverse=True)
        patterns = (r"\s?".join(re.escape(c) for c in name if c != " ") for name in order)
        self._pattern = re.compile(
            rf"(?<![A-Za-z0-9가-힣])(?:{'|'.join(patterns)})(?:{_ENDS})", re.IGNORECASE
        )
        self._tails = {tail: frozenset(ids) for tail, ids in tails.items()}
        alternatives = "|".join(sorted(map(re.escape, tails), key=len, reverse=True)) or "(?!)"
        self._tail = re.compile(rf"(?<![A-Za-z0-9가-힣])(?:{alternatives})(?:{_ENDS})")
        self.words = frozenset(
            word
            for name in (*(f.name for f in catalog.families), *(p.name for p in catalog.plans))
            for word in re.findall(r"[가-힣]{2,}", name)
        )
        """Words that names are made of: on their own they are no ordinary nouns."""

    def find(self, text: str) -> tuple[Mention, ...]:
        """All names in order, longest first taken; `A형` counts after its family was named."""
        found = []
        for match in self._pattern.finditer(text):
            name, known = self._known[_key(match[0])]
            found.append(
                Mention(
                    name=name, start=match.start(), end=match.end(), plan_ids=known.plan_ids,
                    proper=known.proper, is_family=known.is_family,
                )
            )  # fmt: skip
        if not found:
            return ()
        for match in self._tail.finditer(blanked(text, found)):
            before = [m for m in found if m.end <= match.start()]
            families = {self.plans[i].family_id for m in before[-1:] for i in m.plan_ids}
            ids = {i for i in self._tails[match[0]] if self.plans[i].family_id in families}
            if ids:
                found.append(
                    Mention(
                        name=match[0], start=match.start(), end=match.end(),
                        plan_ids=frozenset(ids), proper=False,
                    )
                )  # fmt: skip
        return tuple(sorted(found, key=lambda mention: mention.start))

    def of(self, ids: Iterable[str]) -> tuple[Plan, ...]:
        """The plans with these ids, in the catalogue's order."""
        wanted = set(ids)
        return tuple(plan for plan_id, plan in self.plans.items() if plan_id in wanted)


def about(
    mentions: Sequence[Mention], places: Sequence[tuple[int, int]], start: int, end: int, text: str
) -> frozenset[str]:
    """The plans that something at `start`–`end` is said of.

    Those named right behind it (`월 65,000원인 심플 70GB`), else those named before it since
    the last place where something was said; empty for what stands before all names.
    """
    behind = next((mention for mention in mentions if mention.start >= end), None)
    if behind and _ADNOMINAL.fullmatch(text, end, behind.start):
        return behind.plan_ids
    found: set[str] = set()
    previous_end = 0
    for mention in mentions:
        if mention.start > start:
            break
        if any(previous_end <= place < mention.start for place, _ in places):
            found = set()
        if _COMPARED.match(text, mention.end):
            continue
        found |= mention.plan_ids
        previous_end = mention.end
    return frozenset(found)


def blanked(text: str, mentions: Iterable[Mention], filler: str = "·") -> str:
    """The text with its names blanked, every place kept."""
    for mention in mentions:
        size = mention.end - mention.start
        text = text[: mention.start] + filler * size + text[mention.end :]
    return text


def _family_names(name: str, aliases: Sequence[str]) -> list[str]:
    """The family's name, without `5G` too, and its aliases that can only mean a family."""
    short = name.removeprefix("5G ")
    shorter = [short] if len(short) > 1 else []
    others = (alias for alias in aliases if alias.endswith(" 요금제"))
    return [name, *shorter, *(a for a in others if a.removesuffix(" 요금제") not in (name, short))]


def _key(name: str) -> str:
    return re.sub(r"\s+", "", name).lower()
