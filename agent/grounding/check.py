"""Checks one sentence: its names, figures, dates, counts and claims against the turn's facts."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.facts import Fact
from agent.grounding import amounts, counts
from agent.grounding.evidence import Evidence, squeeze
from agent.grounding.features import Features
from agent.grounding.mentions import Mention, Names, blanked
from agent.grounding.strangers import Strangers
from knowledge.catalog.model import Catalog


@dataclass(frozen=True, kw_only=True)
class Grounded:
    """What grounding found for one sentence."""

    verdict: str
    """`none` (nothing to check), `grounded` or `ungrounded`."""
    fact_ids: tuple[str, ...] = ()
    """The facts that bear the sentence out."""
    missing: tuple[str, ...] = ()
    """What stands in no fact, such as `won:45000` or `name:골드`; for the log and for whoever
    says it anew."""
    plan_ids: frozenset[str] = frozenset()
    """The plans that the sentence names."""


class Grounding:
    """Grounding over one catalogue; holds its names and words, no state of a call."""

    def __init__(self, catalog: Catalog) -> None:
        self.names = Names(catalog)
        self._strangers = Strangers(catalog, self.names)
        self._features = Features(catalog, self._strangers.nouns)

    def check(
        self,
        sentence: str,
        facts: Sequence[Fact],
        *,
        told: Iterable[str] = (),
        subject: frozenset[str] = frozenset(),
    ) -> Grounded:
        """Check one sentence against the turn's facts and the caller's own words.

        `subject` is the plan that the sentences before spoke of, if it was one alone: what names
        nobody is said of it. What only the caller told may be said back as a wish (`5만원 이하`)
        or as an age, never as a fact.
        """
        text = unicodedata.normalize("NFC", sentence)
        told_text = unicodedata.normalize("NFC", " ".join(told))
        evidence = Evidence(facts, self.names)
        mentions = self.names.find(text)
        dated = _without_dates(blanked(text, mentions))
        named = frozenset(i for mention in mentions for i in mention.plan_ids)
        nameless = blanked(text, mentions)
        missing = self._missing_names(mentions, evidence, told_text)
        missing += [f"name:{n}" for n in self._strangers.find(text, mentions, evidence)]
        wrong, used = amounts.check(
            text, dated, mentions, evidence, subject=subject, told=told_text
        )
        missing += wrong
        missing += counts.missing_dates(nameless, evidence, told_text)
        missing += counts.missing_counts(dated, evidence, named or subject, told_text)
        missing += self._features.missing(
            text, nameless, mentions, evidence, subject=subject, told=told_text
        )
        if missing:
            return Grounded(verdict="ungrounded", missing=tuple(missing), plan_ids=named)
        proper = {f"plan:{i}" for m in mentions if m.proper for i in m.plan_ids}
        used += [fact.id for fact in facts if fact.id in proper]
        if not amounts.figures_in(dated) and not any(mention.proper for mention in mentions):
            return Grounded(verdict="none", plan_ids=named)
        return Grounded(verdict="grounded", fact_ids=tuple(dict.fromkeys(used)), plan_ids=named)

    def _missing_names(
        self, mentions: Sequence[Mention], evidence: Evidence, told: str
    ) -> list[str]:
        read = evidence.read + squeeze(told)
        return [
            f"name:{mention.name}"
            for mention in mentions
            if mention.proper
            and not {f"plan:{i}" for i in mention.plan_ids} & evidence.ids
            and squeeze(mention.name) not in read
        ]


def _without_dates(text: str) -> str:
    """The text with its dates blanked: `2028년` is no amount."""
    for _, start, end in counts.dates_in(text):
        text = text[:start] + "·" * (end - start) + text[end:]
    return text
