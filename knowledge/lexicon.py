"""Recognises names of plans and families in what callers say: pure, without an index."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

from knowledge.catalog.model import Catalog
from knowledge.jamo import distance, to_jamo
from knowledge.spellings import ORDINARY_WORDS, patterns

Kind = Literal["plan", "family"]

_MIN_JAMO = 5
"""Shorter names are too near to ordinary words to be repaired."""
_MARGIN = 1.5
"""How much nearer (in jamo) a misheard word must be to one name than to any other."""


@dataclass(frozen=True, kw_only=True)
class Mention:
    """One name found in a text."""

    kind: Kind
    id: str
    """The plan's or the family's id."""
    start: int
    """First character, in the text's NFC form."""
    end: int
    """One past the last character."""
    text: str
    """The characters as the caller said them."""


class Lexicon:
    """The catalogue's names with their spellings, ready for matching."""

    def __init__(self, catalog: Catalog) -> None:
        owners: dict[str, set[tuple[Kind, str]]] = defaultdict(set)
        for family in catalog.families:
            for name in (family.name, *family.aliases):
                owners[name].add(("family", family.id))
            for plan in family.plans:
                full = f"{family.name} {plan.name}"
                for name in (plan.name, *plan.aliases, full):
                    owners[name].add(("plan", plan.id))
        self._patterns = tuple(
            (pattern, kind, owner)
            for name, owned in owners.items()
            for kind, owner in sorted(owned)
            for pattern in patterns(name)
        )
        self._family_of = {plan.id: plan.family_id for plan in catalog.plans}
        self._only_plan = {
            family.id: family.plans[0].id for family in catalog.families if len(family.plans) == 1
        }
        names = [family.name for family in catalog.families] + [p.name for p in catalog.plans]
        words = {word for name in names for word in re.findall(r"[가-힣]{2,}", name)}
        self._repairable: dict[str, str] = {
            word: to_jamo(word)
            for word in sorted(words - ORDINARY_WORDS)
            if len(to_jamo(word)) >= _MIN_JAMO
        }

    def find(self, text: str) -> tuple[Mention, ...]:
        """All names in `text`, in order, longest match first; what is ambiguous is left out.

        A word that is one jamo off a name (`심풀`, `시니오`) counts only together with another
        part of a name or `요금제`, and only if no other name is nearly as near.
        """
        text = unicodedata.normalize("NFC", text)
        exact = self._match(text.lower(), text)
        repaired_text, repairs = self._repair(text.lower())
        if not repairs:
            return exact
        kept = list(exact)
        for mention in self._match(repaired_text, text):
            if not any(mention.start < end and start < mention.end for start, end in repairs):
                continue
            followed = re.match(r"\s*요금제", repaired_text[mention.end :]) is not None
            if not followed and (mention.start, mention.end) in repairs:
                continue
            touching = [m for m in kept if m.start < mention.end and mention.start < m.end]
            if all(_narrows(mention, other) for other in touching):
                kept = [m for m in kept if m not in touching] + [mention]
        return tuple(sorted(kept, key=lambda mention: mention.start))

    def _match(self, lowered: str, text: str) -> tuple[Mention, ...]:
        spans: dict[tuple[int, int], set[tuple[Kind, str]]] = defaultdict(set)
        for pattern, kind, owner in self._patterns:
            for match in pattern.finditer(lowered):
                spans[match.span()].add((kind, owner))
        found: list[Mention] = []
        taken: list[tuple[int, int]] = []
        for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
            if any(start < other_end and other_start < end for other_start, other_end in taken):
                continue
            taken.append((start, end))
            decided = self._decide(spans[start, end])
            if decided is not None:
                kind, owner_id = decided
                found.append(
                    Mention(kind=kind, id=owner_id, start=start, end=end, text=text[start:end])
                )
        return tuple(sorted(found, key=lambda mention: mention.start))

    def _decide(self, owners: set[tuple[Kind, str]]) -> tuple[Kind, str] | None:
        """The one owner of a name; a family's name beats its plan's unless it has only that plan.

        `주니어` may mean the family or the plan of that name: the family is the safe answer. `Y틴`
        has one plan, so the plan says more.
        """
        families = {owner for kind, owner in owners if kind == "family"}
        plans = {owner for kind, owner in owners if kind == "plan"}
        if len(families) == 1 and plans:
            (family,) = families
            if plans == {self._only_plan.get(family)}:
                return "plan", self._only_plan[family]
            return ("family", family) if {self._family_of[p] for p in plans} == families else None
        if len(owners) == 1:
            (owner,) = owners
            return owner
        return None

    def _repair(self, lowered: str) -> tuple[str, tuple[tuple[int, int], ...]]:
        """The text with words one jamo off replaced by the name meant, and where; same length."""
        repaired = lowered
        spans = []
        for run in re.finditer(r"[가-힣]+", lowered):
            for size in sorted({len(word) for word in self._repairable}, reverse=True):
                window = lowered[run.start() : run.start() + size]
                if size > len(run[0]) or window in self._repairable:
                    continue
                word = self._nearest(window)
                if word is not None:
                    start = run.start()
                    repaired = repaired[:start] + word + repaired[start + size :]
                    spans.append((start, start + size))
                    break
        return repaired, tuple(spans)

    def _nearest(self, window: str) -> str | None:
        """The name that `window` is a mishearing of, if it is clearly nearer than any other."""
        jamo = to_jamo(window)
        candidates = [
            (distance(jamo, other), word)
            for word, other in self._repairable.items()
            if len(word) == len(window) and abs(len(other) - len(jamo)) <= 1
        ]
        best, word = min(candidates, default=(math.inf, ""))
        if best > 1:
            return None
        others = (distance(jamo, other) for name, other in self._repairable.items() if name != word)
        return word if min(others, default=math.inf) - best >= _MARGIN else None


def _narrows(mention: Mention, other: Mention) -> bool:
    """Whether `mention` is a plan's name around the family's name that `other` is."""
    return (
        mention.kind == "plan"
        and other.kind == "family"
        and mention.start <= other.start
        and other.end <= mention.end
    )
