"""What a recogniser heard, in the written form that the agent works on."""

from __future__ import annotations

import unicodedata

from agent.korean.written import to_written
from agent.plan_names import PlanNames
from knowledge.catalog.model import Catalog

_MOST_ROUNDS = 4


class Hearing:
    """Figures and plan names of one catalogue put into writing; shared by all calls."""

    def __init__(self, catalog: Catalog) -> None:
        self._names = PlanNames(catalog)

    def written(self, heard: str) -> str:
        """`오지 스림 십사 기가 오만 오천 원` as `5G 슬림 14GB 55,000원`; idempotent.

        Text in which there is nothing to put right comes back as it is, in NFC.
        """
        text = unicodedata.normalize("NFC", heard)
        for _ in range(_MOST_ROUNDS):  # a name put right may lay a figure bare: 심풀칠십기가
            written = self._names.repaired(to_written(text))
            if written == text:
                break
            text = written
        return text
