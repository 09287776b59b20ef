"""What naming a plan or family says about each passage: where its answer is likely to stand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from knowledge.lexicon import Mention
from knowledge.passages import Document

_FAQ, _PAGE, _PLAN = 1.1, -0.9, -0.5
"""What a passage of each kind is worth that nothing was named of."""
_NAMED_PLAN, _NAMED_PLAN_ELSEWHERE = 11.0, 5.0
"""The named plan's own passage holds its figures; joining, leaving … stand on its family's page."""
_NAMED_ABOUT, _NAMED_SECTION, _SECTION_OF_PLAN = 3.6, 4.7, 4.0
_ENTRY_OF_FAMILY, _ENTRY_OF_PLAN = 3.5, 3.0
_OVERVIEW, _ENTRY_OF_OTHERS, _ENTRY_BESIDE_PLAN = -1.8, -0.7, -1.2
_FEW = 2
"""An entry that names more families than this is an overview, about none of them."""


@dataclass(frozen=True, kw_only=True)
class Named:
    """What a caller named."""

    plans: frozenset[str]
    families: frozenset[str]
    """Families that were named themselves."""
    of_plans: frozenset[str]
    """Families of the named plans."""
    sections: frozenset[str]
    """Anchors of the sections of a family's page that the question is about."""

    @classmethod
    def of(
        cls,
        mentions: Sequence[Mention],
        *,
        family_of: Mapping[str, str],
        sections: Collection[str],
    ) -> Named:
        """From the lexicon's mentions; `family_of` tells each plan's family."""
        plans = frozenset(mention.id for mention in mentions if mention.kind == "plan")
        return cls(
            plans=plans,
            families=frozenset(mention.id for mention in mentions if mention.kind == "family"),
            of_plans=frozenset(family_of[plan] for plan in plans),
            sections=frozenset(sections),
        )

    @property
    def all_families(self) -> frozenset[str]:
        """Families that were named, themselves or by a plan."""
        return self.families | self.of_plans


def prior(document: Document, named: Named) -> float:
    """What a passage is worth before a word of it is compared; fitted on the tuning questions."""
    if document.kind == "plan":
        return _PLAN + _of_plan(document, named)
    if document.kind == "family":
        return _PAGE + _of_page(document, named)
    return _FAQ + _of_entry(document, named)


def _of_plan(document: Document, named: Named) -> float:
    if document.plan_id not in named.plans:
        return 0.0
    return _NAMED_PLAN_ELSEWHERE if named.sections else _NAMED_PLAN


def _of_page(document: Document, named: Named) -> float:
    anchor = document.id.partition("#")[2]
    if document.family_id in named.families:
        if anchor in named.sections:
            return _NAMED_SECTION
        return _NAMED_ABOUT if anchor == "about" and not named.sections else 0.0
    if document.family_id in named.of_plans and anchor in named.sections:
        return _SECTION_OF_PLAN
    return 0.0


def _of_entry(document: Document, named: Named) -> float:
    families = named.all_families
    if not families:
        return 0.0
    if named.plans:
        return _ENTRY_BESIDE_PLAN + (_ENTRY_OF_PLAN if document.plans == named.plans else 0.0)
    if document.families & families:
        return _ENTRY_OF_FAMILY if len(document.families) <= _FEW else _OVERVIEW
    return _ENTRY_OF_OTHERS if document.families else 0.0
