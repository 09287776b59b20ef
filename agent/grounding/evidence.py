"""What a turn's facts hold, in a form in which claims can be looked up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache

from agent.facts import Fact
from agent.grounding.mentions import Names
from agent.korean.figures import Figure, Unit, find_figures
from knowledge.catalog.model import Plan


class Evidence:
    """The facts of one turn beside the catalogue that they come from."""

    def __init__(self, facts: Sequence[Fact], names: Names) -> None:
        self.facts = tuple(facts)
        self.ids = frozenset(fact.id for fact in facts) | {
            f"plan:{fact.plan_id}" for fact in facts if fact.plan_id
        }
        self._names = names

    @cached_property
    def plans(self) -> tuple[Plan, ...]:
        """The plans that a fact of their own was retrieved of."""
        return self._names.of(fact.plan_id for fact in self.facts if fact.plan_id)

    @cached_property
    def general(self) -> tuple[Fact, ...]:
        """The facts that are not about one plan only: pages, comparisons, advice, the customer."""
        return tuple(fact for fact in self.facts if fact.plan_id is None)

    @cached_property
    def read(self) -> str:
        """All that the facts say, for comparing names."""
        return squeeze(" ".join(fact.text for fact in self.facts))

    def told_of(self, ids: Iterable[str]) -> tuple[Plan, ...]:
        """Those of these plans that a general fact names."""
        named = {i for fact in self.general for i in _named(self._names, fact.text)}
        return self._names.of(named & set(ids))

    def holding(self, figure: Figure) -> list[str]:
        """The ids of the general facts in whose text a figure stands."""
        return [fact.id for fact in self.general if holds(figures_of(fact.text), figure)]


@lru_cache(maxsize=4096)
def figures_of(text: str) -> frozenset[Figure]:
    """The figures in a fact's text."""
    return frozenset(item.figure for item in find_figures(text))


def holds(known: frozenset[Figure], figure: Figure) -> bool:
    """Whether a figure is among those known, in a unit that says as much."""
    if figure in known:
        return True
    if figure.unit is Unit.PLAIN:
        return any(other.value == figure.value for other in known)
    if figure.unit is Unit.DECADE:
        return any(
            other.unit is Unit.AGE and other.value // 10 * 10 == figure.value for other in known
        )
    return False


def squeeze(text: str) -> str:
    """NFC, lower case, no spaces: the form in which names are compared."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", text)).lower()


@lru_cache(maxsize=4096)
def _named(names: Names, text: str) -> frozenset[str]:
    return frozenset(i for mention in names.find(text) for i in mention.plan_ids)
