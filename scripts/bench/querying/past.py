"""A long past of believable calls, as rows: what was said, masked, and what came of it."""

from __future__ import annotations

import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from knowledge.catalog.model import Catalog
from storage.search import BLOCK, terms

TURNS = 8
"""Of a call."""
ORGANIZATIONS = ("mobile", "cable", "home", "travel")
_SHARES = (70, 15, 10, 5)
RARE = "제주도"
"""A word that a few callers say."""
_RARE_CALLS = 12
LAST_DAY = datetime(2026, 11, 20, 9, tzinfo=UTC)
_CUSTOMERS = 5_000
"""Of an organization."""
_SEALED = bytes(180)

_QUESTIONS = (
    "{plan} 요금이 얼마예요?", "{plan} 데이터는 몇 기가까지 쓸 수 있나요?",
    "{plan}로 바꾸면 {won}원인가요?", "가족 {age}명이 같이 쓰면 {plan} 나눠 쓸 수 있나요?",
    "지금 쓰는 게 {plan}인데 {other}하고 뭐가 달라요?", "저 만 {age}세인데 {plan} 쓸 수 있어요?",
    "한 달에 {won}원 밑으로 추천 좀 해 주세요.", "{plan} 다 쓰면 속도가 어떻게 돼요?",
    "약정 할인 받으면 {plan} 얼마까지 내려가요?", "제 이름은 {name}이고 번호는 {phone}이에요.",
    "{month}월에 {won}원이 더 나왔는데 왜 그런 거예요?",
)  # fmt: skip
_ANSWERS = (
    "{plan} 요금제는 월 {won}원이고, 선택약정 25% 할인을 받으시면 더 내려갑니다.",
    "{plan}는 데이터를 다 쓰신 뒤에도 속도만 느려지고 추가 요금은 없습니다.",
    "네, {name} 고객님. 지금 쓰시는 요금제는 {plan}입니다. 더 궁금하신 점 있으세요?",
    "{plan}와 {other}는 데이터 양과 공유 데이터가 다릅니다. 더 자세히 말씀드릴까요?",
    "말씀하신 내용은 상담원에게 전달해 {month}월 안에 {phone}로 연락드리겠습니다.",
)
_FAMILY_NAMES = "김이박최정강조윤장임한오서신권황안송류전홍"
_FIRST_SYLLABLE, _SYLLABLES = 0xAC00, 11_172


Rows = Mapping[str, Sequence[tuple[Any, ...]]]
"""Rows of some calls by table, each in the order of `COLUMNS`."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "customers": (
        "id", "organization_id", "name", "phone", "plan_id", "since", "phone_hash",
        "identity_hash", "sealed",
    ),
    "calls": (
        "id", "organization_id", "call_sid", "stream_sid", "caller", "called", "started_at",
        "ended_at", "outcome", "verification", "customer_id", "caller_hash", "indexed",
    ),
    "turns": (
        "organization_id", "call_id", "turn_index", "heard", "input_kind", "heard_started_ms",
        "heard_ended_ms", "intended", "said", "interrupted", "first_audio_ms", "fact_ids", "tools",
        "grounding",
    ),
    "summaries": (
        "organization_id", "call_id", "reason", "questions", "outcome", "follow_ups",
        "verification", "text", "made_by",
    ),
    "recordings": (
        "organization_id", "call_id", "path", "status", "duration_ms", "silenced",
    ),
    "outbox_jobs": (
        "organization_id", "kind", "payload", "status", "attempts", "run_at",
    ),
    "call_terms": ("organization_id", "term", "block", "calls"),
}  # fmt: skip


class Past:
    """Calls in the order of their ids; the same seed tells the same past."""

    def __init__(self, catalog: Catalog, *, calls: int, seed: int) -> None:
        self._random = random.Random(seed)
        self._plans = [plan.full_name for plan in catalog.plans]
        self._faqs = [
            (question, faq.answer) for faq in catalog.faqs for question in (faq.question, *faq.also)
        ]
        self.calls = calls
        self._rare = set(self._random.sample(range(1, calls + 1), min(_RARE_CALLS, calls)))

    def rows(self, portion: int) -> Iterator[Rows]:
        """All rows, so many calls at a time, a multiple of `BLOCK`; before them the customers."""
        yield dict.fromkeys(COLUMNS, ()) | {"customers": list(self._customers())}
        for first in range(0, self.calls + 1, portion):
            yield self._portion(range(max(first, 1), min(first + portion, self.calls + 1)))

    def _customers(self) -> Iterator[tuple[Any, ...]]:
        for number in range(len(ORGANIZATIONS) * _CUSTOMERS):
            phone_hash, identity_hash = _hash(number % _CUSTOMERS), _hash(number)
            yield (
                number + 1, ORGANIZATIONS[number // _CUSTOMERS], self._name(), self._phone(),
                "slim-14", LAST_DAY.date(), phone_hash, identity_hash, _SEALED,
            )  # fmt: skip

    def _portion(self, call_ids: range) -> Rows:
        rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in COLUMNS}
        bits: dict[tuple[str, int, int], int] = defaultdict(int)
        for call_id in call_ids:
            [organization] = self._random.choices(ORGANIZATIONS, _SHARES)
            found = self._call(call_id, organization, rows)
            block, place = divmod(call_id, BLOCK)
            for term in found:
                bits[organization, term, block] |= 1 << place
        rows["call_terms"] = [(*key, calls) for key, calls in bits.items()]
        return rows

    def _call(
        self, call_id: int, organization: str, rows: dict[str, list[tuple[Any, ...]]]
    ) -> set[int]:
        chance = self._random
        started = LAST_DAY - timedelta(seconds=(self.calls - call_id) * 60)
        customer = chance.randrange(_CUSTOMERS)
        rows["calls"].append(
            (call_id, organization, f"CA{call_id:032x}", f"MZ{call_id:032x}", self._phone(),
             "+82215880000", started, started + timedelta(minutes=3), "completed", "caller_id",
             ORGANIZATIONS.index(organization) * _CUSTOMERS + customer + 1,
             _hash(customer), True)
        )  # fmt: skip
        found: set[int] = set()
        for index in range(TURNS):
            heard, said = self._turn()
            if index == 2 and call_id in self._rare:
                heard = f"{RARE} 출장 중에 전화기를 잃어버렸어요."
            rows["turns"].append(
                (organization, call_id, index, heard, "speech", index * 20_000,
                 index * 20_000 + 3_000, said, said, False, 700, '["plan:slim-14:fee_krw"]', "[]",
                 '["grounded"]')
            )  # fmt: skip
            found |= terms(heard) | terms(said)
        question, answer = self._turn()
        text = f"고객님이 「{question}」라고 물으셨고 {answer} 안내를 마쳤습니다."
        rows["summaries"].append(
            (organization, call_id, question, "[]", "completed", "[]", "caller_id", text, "local")
        )
        found |= terms(question) | terms(text)
        rows["recordings"].append(
            (organization, call_id, f"recordings/{call_id}.yrec", "finished", 180_000, "[]")
        )
        payload = json.dumps({"call_id": call_id})
        for kind in ("summarize", "index_case"):
            due = call_id > self.calls - 200
            rows["outbox_jobs"].append(
                (organization, kind, payload, "pending" if due else "done", int(not due), started)
            )
        return found

    def _turn(self) -> tuple[str, str]:
        chance = self._random
        if chance.random() < 0.5:
            heard, said = chance.choice(self._faqs)
        else:
            heard, said = chance.choice(_QUESTIONS), chance.choice(_ANSWERS)
            slots = {
                "plan": chance.choice(self._plans), "other": chance.choice(self._plans),
                "won": f"{chance.randrange(20, 130) * 1_000 - chance.choice((0, 100)):,}",
                "age": chance.randrange(3, 80), "month": chance.randrange(1, 13),
                "name": self._name(), "phone": self._phone(),
            }  # fmt: skip
            heard, said = heard.format(**slots), said.format(**slots)
        if chance.random() < 0.3:
            heard = f"{self._misheard()} {heard}"
        return heard, said

    def _name(self) -> str:
        return f"{self._random.choice(_FAMILY_NAMES)}*{self._syllable()}"

    def _phone(self) -> str:
        return f"010-****-{self._random.randrange(10_000):04}"

    def _misheard(self) -> str:
        """A word that there is not, as recognisers make them: the long tail of any search."""
        return "".join(self._syllable() for _ in range(self._random.randrange(2, 4)))

    def _syllable(self) -> str:
        return chr(_FIRST_SYLLABLE + self._random.randrange(_SYLLABLES))


def _hash(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()
