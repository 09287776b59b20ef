"""Invented customers of all ages: names, numbers and plans that fit them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

_FAMILY = "김" * 21 + "이" * 15 + "박" * 8 + "최" * 5 + "정" * 5 + "강조윤장임한오서신권황안송류홍"
_OLD = (
    "영수",
    "영자",
    "순자",
    "정숙",
    "영호",
    "상철",
    "말순",
    "춘자",
    "병철",
    "옥순",
    "기남",
    "금자",
)
_GROWN = (
    "지훈",
    "민정",
    "성민",
    "은주",
    "현우",
    "미경",
    "준호",
    "수진",
    "동현",
    "지영",
    "재석",
    "혜진",
    "상우",
    "유리",
    "태영",
    "선영",
    "경민",
    "보라",
)
_YOUNG = (
    "서연",
    "민준",
    "지우",
    "하준",
    "서윤",
    "도윤",
    "예은",
    "시우",
    "채원",
    "유진",
    "지호",
    "수아",
)


@dataclass(frozen=True, kw_only=True)
class Generation:
    """People of an age, and what they are likely to have."""

    name: str
    ages: tuple[int, int]
    share: float
    plans: tuple[str, ...]
    names: tuple[str, ...]


GENERATIONS = (
    Generation(name="young", ages=(13, 18), share=0.08, plans=("yteen", "y-slim"), names=_YOUNG),
    Generation(
        name="grown",
        ages=(20, 64),
        share=0.72,
        plans=(
            "rollover-10",
            "rollover-21",
            "slim-14",
            "slim-5",
            "simple-30",
            "simple-70",
            "basic",
            "special",
            "choice-basic",
            "yogo-36",
        ),
        names=_GROWN,
    ),
    Generation(
        name="old",
        ages=(66, 84),
        share=0.2,
        plans=("senior-a", "senior-b", "senior-basic"),
        names=_OLD,
    ),
)

Person = tuple[str, str, date, str, date]
"""Name, telephone (E.164), born, plan's id, customer since."""


def people(
    random: Random, count: int, today: date, plans: Mapping[str, Sequence[str]]
) -> list[tuple[Generation, Person]]:
    """So many customers; no two share a telephone. `plans` are ids by generation."""
    phones = random.sample(range(20_000_000, 99_999_999), count)
    made = []
    for phone in phones:
        [generation] = random.choices(GENERATIONS, [one.share for one in GENERATIONS])
        age = random.randint(*generation.ages)
        born = today - timedelta(days=round(age * 365.25) + random.randint(1, 300))
        name = random.choice(_FAMILY) + random.choice(generation.names)
        since = today - timedelta(days=random.randint(30, min(4_000, (age - 10) * 365)))
        plan_id = random.choice(plans[generation.name])
        made.append((generation, (name, f"+8210{phone}", born, plan_id, since)))
    return made


def stranger(random: Random) -> str:
    """A number that no customer has: of offices, homes, and mobiles of others."""
    if random.random() < 0.7:
        return f"+8210{random.randint(10_000_000, 19_999_999)}"
    area, office = random.choice((2, 31, 32, 51, 53)), random.randint(200, 899)
    return f"+82{area}{office}{random.randint(0, 9999):04}"
