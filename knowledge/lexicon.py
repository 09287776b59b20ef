"""Recognises names of plans and families in what callers say: pure, without an index."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase
from typing import Literal

from knowledge.catalog.model import Catalog, Family, Plan
from knowledge.jamo import distance, to_jamo
from knowledge.spellings import ORDINARY_WORDS, patterns

Kind = Literal["plan", "family"]

_MIN_JAMO = 5
"""Shorter names are too near to ordinary words to be repaired."""
_MARGIN = 1.5
"""How much nearer (in jamo) a misheard word must be to one name than to any other."""
_LOOKED_AT = 8192
"""Words whose nearest name is remembered: measuring distances is most of the work."""
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_AND = re.compile(r"\s*(?:이랑|랑|하고|과|와|이나|나|아니면|말고|대신|,|\s)\s*")
"""What joins a plan and its sibling in one breath."""
_AN_AMOUNT = re.compile(r"\s*(?:이상|이하|미만|넘|정도|쯤|보다)")
"""What makes `10기가` an amount of data and not a plan's name."""


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
                for name in _plan_names(family, plan):
                    owners[name].add(("plan", plan.id))
        self._patterns = tuple(
            (pattern, kind, owner)
            for name, owned in owners.items()
            for kind, owner in sorted(owned)
            for pattern in patterns(name)
        )
        self._variants = {
            family.id: tuple(
                (pattern, plan.id)
                for plan in family.plans
                for name in _variants(plan)
                for pattern in patterns(name)
            )
            for family in catalog.families
        }
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
        self._looked_at: dict[str, str | None] = {}

    def find(self, text: str, *, within: str | None = None) -> tuple[Mention, ...]:
        """All names in `text`, in order, longest match first; what is ambiguous is left out.

        A word that is one jamo off a name (`심풀`, `시니오`) counts only together with another
        part of a name or `요금제`, and only if no other name is nearly as near. After a plan, its
        siblings may be named by what sets them apart: `시니어 A형이랑 B형`.

        Args:
            text: what the caller said.
            within: id of the family that is being talked about; its plans may then be named by
                what sets them apart alone (`A형이요`, `칠십 기가요`).
        """
        text = unicodedata.normalize("NFC", text)
        lowered = text.translate(_LOWER)
        found = self._match(lowered, text, within)
        repaired, repairs = self._repair(lowered)
        if repairs:
            found = _merge(found, self._match(repaired, text, within), repaired, repairs)
        return self._with_siblings(found, lowered, text)

    def _match(self, lowered: str, text: str, within: str | None) -> list[Mention]:
        spans: dict[tuple[int, int], set[tuple[Kind, str]]] = defaultdict(set)
        for pattern, kind, owner in self._patterns:
            for match in pattern.finditer(lowered):
                spans[match.span()].add((kind, owner))
        if within is not None:
            siblings: dict[tuple[int, int], set[tuple[Kind, str]]] = defaultdict(set)
            for pattern, plan_id in self._variants.get(within, ()):
                for match in pattern.finditer(lowered):
                    if not _AN_AMOUNT.match(lowered, match.end()):
                        siblings[match.span()].add(("plan", plan_id))
            spans.update(siblings)
        found: list[Mention] = []
        taken: list[tuple[int, int]] = []
        for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
            if any(start < other_end and other_start < end for other_start, other_end in taken):
                continue
            taken.append((start, end))
            decided = self._decide(spans[start, end], within)
            if decided is not None:
                kind, owner_id = decided
                found.append(
                    Mention(kind=kind, id=owner_id, start=start, end=end, text=text[start:end])
                )
        return sorted(found, key=lambda mention: mention.start)

    def _with_siblings(self, found: list[Mention], lowered: str, text: str) -> tuple[Mention, ...]:
        """Add plans that follow one of their family, joined to it, by their variant alone."""
        complete = []
        waiting = list(reversed(found))
        while waiting:
            mention = waiting.pop()
            complete.append(mention)
            limit = waiting[-1].start if waiting else len(lowered)
            sibling = self._sibling_after(mention, lowered, text, limit)
            if sibling is not None:
                waiting.append(sibling)
        return tuple(complete)

    def _sibling_after(
        self, mention: Mention, lowered: str, text: str, limit: int
    ) -> Mention | None:
        joint = _AND.match(lowered, mention.end)
        if mention.kind != "plan" or joint is None:
            return None
        start = joint.end()
        ends: dict[int, set[str]] = defaultdict(set)
        for pattern, plan_id in self._variants[self._family_of[mention.id]]:
            match = pattern.match(lowered, start)
            if match is None or match.end() > limit or _AN_AMOUNT.match(lowered, match.end()):
                continue
            # Side by side without a joining word, only `A형 B형` are two plans.
            if joint[0].strip() or match[0].endswith("형"):
                ends[match.end()].add(plan_id)
        end = max(ends, default=0)
        if not ends or len(ends[end]) > 1 or mention.id in ends[end]:
            return None
        return Mention(kind="plan", id=ends[end].pop(), start=start, end=end, text=text[start:end])

    def _decide(self, owners: set[tuple[Kind, str]], within: str | None) -> tuple[Kind, str] | None:
        """The one owner of a name; a family's name beats its plan's unless it has only that plan.

        `주니어` may mean the family or the plan of that name: the family is the safe answer, unless
        the talk is of that family. `Y틴` has one plan, so the plan says more.
        """
        families = {owner for kind, owner in owners if kind == "family"}
        plans = {owner for kind, owner in owners if kind == "plan"}
        if len(families) == 1 and plans:
            (family,) = families
            if len(plans) == 1 and (family == within or plans == {self._only_plan.get(family)}):
                return "plan", plans.pop()
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
        if window not in self._looked_at:
            if len(self._looked_at) >= _LOOKED_AT:
                self._looked_at.clear()
            self._looked_at[window] = self._find_nearest(window)
        return self._looked_at[window]

    def _find_nearest(self, window: str) -> str | None:
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


def _plan_names(family: Family, plan: Plan) -> set[str]:
    """Every name of a plan, its family's other names before its variant (`어르신 A형`) included."""
    names = {plan.name, *plan.aliases, f"{family.name} {plan.name}"}
    head, _, variant = plan.name.partition(" ")
    stems = {alias.removesuffix("요금제").strip() for alias in family.aliases}
    if variant and head in stems:
        names |= {f"{stem} {variant}" for stem in stems - ORDINARY_WORDS if stem}
    return names


def _variants(plan: Plan) -> set[str]:
    """What sets a plan apart in its family: `A형` of `시니어 A형`, `70GB` and `70` of `심플 70`."""
    head = plan.name.partition(" ")[0] + " "
    names = {plan.name, *plan.aliases}
    return {name.removeprefix(head) for name in names if name.startswith(head)}


def _merge(
    exact: Sequence[Mention],
    repaired: Sequence[Mention],
    text: str,
    repairs: Sequence[tuple[int, int]],
) -> list[Mention]:
    """Add what only the repaired `text` names, where more than the repaired word says so."""
    kept = list(exact)
    for mention in repaired:
        if not any(mention.start < end and start < mention.end for start, end in repairs):
            continue
        followed = re.match(r"\s*요금제", text[mention.end :]) is not None
        if not followed and (mention.start, mention.end) in repairs:
            continue
        touching = [m for m in kept if m.start < mention.end and mention.start < m.end]
        if all(_narrows(mention, other) for other in touching):
            kept = [m for m in kept if m not in touching] + [mention]
    return sorted(kept, key=lambda mention: mention.start)


def _narrows(mention: Mention, other: Mention) -> bool:
    """Whether `mention` is a plan's name around the family's name that `other` is."""
    return (
        mention.kind == "plan"
        and other.kind == "family"
        and mention.start <= other.start
        and other.end <= mention.end
    )
