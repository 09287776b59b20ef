"""What is said of a family of plans stands in the facts of its plans."""

from __future__ import annotations

import pytest

from agent.brain import families
from agent.brain.keywords import Topic
from agent.facts import plan_fact
from agent.grounding.check import Grounding
from knowledge.catalog.model import Family
from tests.support.agents import catalog

GROUNDING = Grounding(catalog())


@pytest.mark.parametrize("family", catalog().families, ids=lambda family: family.id)
@pytest.mark.parametrize("asked", sorted(Topic))
def test_every_answer_is_borne_out(family: Family, asked: Topic) -> None:
    facts = [plan_fact(plan) for plan in family.plans]
    said = [*families.of_family(family, (asked,)), families.in_range(family)]
    for sentence in said:
        assert GROUNDING.check(sentence, facts).verdict != "ungrounded", sentence


@pytest.mark.parametrize("family", catalog().families, ids=lambda family: family.id)
def test_the_cheapest_is_told_first(family: Family) -> None:
    fees = [plan.fee_krw for plan in families.by_fee(family)]
    assert fees == sorted(fees)
