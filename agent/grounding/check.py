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
        self._pages = tuple(squeeze(text) for f in catalog.families for _, text in f.sections)
        self._answers = {f"faq:{entry.id}": squeeze(entry.answer) for entry in catalog.faqs}

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
        if missing and (found := self._word_for_word(text, facts)):
            return Grounded(verdict="grounded", fact_ids=(found,), plan_ids=named)
        if missing:
            return Grounded(verdict="ungrounded", missing=tuple(missing), plan_ids=named)
        proper = {f"plan:{i}" for m in mentions if m.proper for i in m.plan_ids}
        used += [fact.id for fact in facts if fact.id in proper]
        if not amounts.figures_in(dated) and not any(mention.proper for mention in mentions):
            return Grounded(verdict="none", plan_ids=named)
        return Grounded(verdict="grounded", fact_ids=tuple(dict.fromkeys(used)), plan_ids=named)

    def _word_for_word(self, text: str, facts: Sequence[Fact]) -> str | None:
        """The answer of the catalogue that was retrieved and that the sentence is a part of."""
        said = squeeze(text)
        for fact in facts:
            if said in self._answers.get(fact.id, ""):
                return fact.id
            if said in squeeze(fact.text) and any(said in page for page in self._pages):
                return fact.id
        return None

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
