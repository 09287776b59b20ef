"""The local brain's sentences that do not depend on the caller: a voice may have them ready."""

from __future__ import annotations

from collections.abc import Iterator

from agent.brain import answers
from agent.brain.keywords import SMALL_TALK
from agent.brain.small_talk import HUMAN_OFFER, MORE_OFFER
from knowledge.catalog.model import Catalog

_ASKED_MOST = (answers.overview, answers.fee, answers.data)


def sentences(catalog: Catalog) -> Iterator[str]:
    """What is asked most of every plan, and the replies to chat, in written form."""
    for plan in catalog.plans:
        for answer in _ASKED_MOST:
            yield from answer(plan)
    yield from (talk.reply for talk in SMALL_TALK)
    yield from (HUMAN_OFFER.text, MORE_OFFER.text)
