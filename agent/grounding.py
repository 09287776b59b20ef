"""Checks that every figure and plan name in a sentence stands in the facts of the turn."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.facts import Fact
from agent.korean.figures import Figure, Found, Unit, find_figures
from knowledge.catalog.model import Catalog

Name = tuple[str, int, int]
"""A name of a plan or family and where it stands in a sentence."""

REPLACEMENT = "정확한 내용은 상담원이 안내해 드릴게요."
"""Said in place of a sentence that the facts do not bear out."""


@dataclass(frozen=True, kw_only=True)
class Grounded:
    """What grounding found for one sentence."""

    verdict: str
    """`none` (nothing to check), `grounded` or `replaced`."""
    fact_ids: tuple[str, ...] = ()
    """The facts that bear the sentence out."""
    missing: tuple[str, ...] = ()
    """What stands in no fact; for the log."""


def squeeze(text: str) -> str:
    """NFC, lower case, no spaces: the form in which names are compared."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", text)).lower()


class Grounding:
    """Grounding over one catalogue; holds its names, no state of a call."""

    def __init__(self, catalog: Catalog) -> None:
        names: dict[str, set[str]] = {}
        for family in catalog.families:
            ids = {f"plan:{plan.id}" for plan in family.plans} | {f"family:{family.id}"}
            names.setdefault(family.name, set()).update(ids)
            for plan in family.plans:
                names.setdefault(plan.name, set()).add(f"plan:{plan.id}")
        self._names = names
        alternatives = sorted(names, key=len, reverse=True)
        patterns = (r"\s?".join(re.escape(c) for c in name if c != " ") for name in alternatives)
        self._pattern = re.compile("|".join(f"({pattern})" for pattern in patterns), re.IGNORECASE)
        self._order = alternatives

    def names_in(self, sentence: str) -> tuple[Name, ...]:
        """Names of plans and families in a sentence with their places, longest first taken."""
        found = []
        for match in self._pattern.finditer(sentence):
            index = match.lastindex
            if index is None:
                continue
            before = sentence[match.start() - 1 : match.start()]
            if before and before.isalnum():
                continue  # 오주니어: the middle of another word
            found.append((self._order[index - 1], match.start(), match.end()))
        return tuple(found)

    def check(self, sentence: str, facts: Sequence[Fact], *, told: Iterable[str] = ()) -> Grounded:
        """Check one sentence against the turn's facts and the caller's own words.

        What only the caller told may be said back as a wish (`5만원 이하`), never as a fact.
        A figure that follows a plan's name must stand in that plan's fact, or in one that is
        not about a single plan: another plan's price does not count.
        """
        text = unicodedata.normalize("NFC", sentence)
        told_text = unicodedata.normalize("NFC", " ".join(told))
        names = self.names_in(text)
        figures = find_figures(_without(text, names))
        if not names and not figures:
            return Grounded(verdict="none")
        missing = self._missing_names(names, facts, told_text)
        used: list[str] = []
        told_figures = _figures(told_text)
        known = [(fact, _figures(fact.text)) for fact in facts]
        for item in figures:
            about = self._about(names, figures, item)
            bearers = [
                fact.id
                for fact, held in known
                if _holds(held, item.figure)
                and (not about or fact.plan_id is None or f"plan:{fact.plan_id}" in about)
            ]
            if bearers:
                used.append(next((b for b in bearers if b in used or b in about), bearers[0]))
            elif about or not (_holds(told_figures, item.figure) and _is_wish(text, item)):
                missing.append(f"{item.figure.unit.value}:{item.figure.value:g}")
        if missing:
            return Grounded(verdict="replaced", missing=tuple(missing))
        named = {fact_id for name, _, _ in names for fact_id in self._plan_ids(name)}
        used += [fact.id for fact in facts if fact.id in named]
        return Grounded(verdict="grounded", fact_ids=tuple(dict.fromkeys(used)))

    def _missing_names(self, names: Sequence[Name], facts: Sequence[Fact], told: str) -> list[str]:
        held = {fact.id for fact in facts} | {f"plan:{f.plan_id}" for f in facts if f.plan_id}
        read = squeeze(" ".join(fact.text for fact in facts) + " " + told)
        return [
            name
            for name, _, _ in names
            if not self._names[name] & held and squeeze(name) not in read
        ]

    def _about(
        self, names: Sequence[Name], figures: Sequence[Found], item: Found
    ) -> frozenset[str]:
        """The plans that a figure is said of: those named before it since the last figure.

        Empty, which means any, for a figure that stands before all names.
        """
        about: set[str] = set()
        previous_end = 0
        for name, start, end in names:
            if start > item.start:
                break
            if any(previous_end <= figure.start < start for figure in figures):
                about = set()
            about |= self._plan_ids(name)
            previous_end = end
        return frozenset(about)

    def _plan_ids(self, name: str) -> set[str]:
        return {fact_id for fact_id in self._names[name] if fact_id.startswith("plan:")}


_WISH = re.compile(
    r"\s?(?:이하|이상|미만|초과|정도|안|이내|내로|내에서|대|까지|쯤|예산|넘|보다|아래|쓰|사용)"
)


def _is_wish(text: str, item: Found) -> bool:
    """Whether a figure that only the caller told is said back as their wish or age.

    `5만원 이하로는` is; `요금은 5만원입니다` is not: saying a price does not make it one.
    """
    return item.figure.unit in (Unit.AGE, Unit.DECADE) or bool(_WISH.match(text, item.end))


def _without(text: str, names: Sequence[Name]) -> str:
    """The text with its names blanked, every place kept."""
    for _, start, end in names:
        text = text[:start] + "·" * (end - start) + text[end:]
    return text


def _figures(text: str) -> frozenset[Figure]:
    return frozenset(item.figure for item in find_figures(text))


def _holds(known: frozenset[Figure], figure: Figure) -> bool:
    if figure in known:
        return True
    if figure.unit is Unit.PLAIN:
        return any(other.value == figure.value for other in known)
    if figure.unit is Unit.DECADE:
        return any(
            other.unit is Unit.AGE and other.value // 10 * 10 == figure.value for other in known
        )
    return False
