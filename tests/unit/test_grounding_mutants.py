"""Everything that the local brain says stands; made wrong in any way, it does not."""

from __future__ import annotations

from collections import Counter

from agent.guard import Guard, Known
from scripts.bench.guard import measure
from tests.support.agents import catalog
from tests.support.corpus import Proposed, conversations, proposed_in
from tests.support.mutants import mutants

_LEAST_CAUGHT = {"figure": 0.99, "invented": 1.0, "name": 0.99, "polarity": 0.95}


class _After(Guard):
    """A guard in the middle of a turn."""

    def __init__(self, proposed: Proposed) -> None:
        super().__init__(catalog())
        self._subject = proposed.subject


async def _corpus() -> list[Proposed]:
    said: dict[str, Proposed] = {}
    for caller, questions in conversations():
        for proposed in await proposed_in(caller, questions):
            said.setdefault(proposed.text, proposed)
    return list(said.values())


async def test_what_is_true_is_said_and_what_is_wrong_is_not() -> None:
    corpus = await _corpus()
    assert len(corpus) > 400
    assert [(p.text, p.missing) for p in corpus if p.verdict == "ungrounded"] == []
    made, caught = Counter[str](), Counter[str]()
    for proposed in corpus:
        known = Known(
            facts=proposed.facts, told=proposed.told, customer_name=proposed.customer_name
        )
        guard = _After(proposed)
        for mutant in mutants(proposed.text):
            made[mutant.kind] += 1
            caught[mutant.kind] += guard.judge(mutant.text, known).verdict == "ungrounded"
    assert made.total() > 2000
    shares = {kind: caught[kind] / made[kind] for kind in made}
    assert all(shares[kind] >= least for kind, least in _LEAST_CAUGHT.items()), shares
    assert caught.total() / made.total() >= 0.99


def test_every_answer_of_the_faq_stands_in_its_entry() -> None:
    measured = measure(catalog())
    assert measured["approved"] == 1.0
    assert measured["caught"] > 0.95
