"""Many calls with the local brain, and every sentence that it proposed with what it knew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from agent.actions import EndCall, HandOff, Heard, Say
from agent.brain.local import LocalBrain
from agent.conversation import Conversation
from agent.facts import Fact
from agent.guard import Guard, Known, Rephrase
from knowledge.catalog.model import Catalog
from tests.support.agents import CUSTOMERS, catalog, context, lexicon, toolbox

SCENARIOS = Path(__file__).parent.parent / "scenarios"
_OF_A_PLAN = (
    "{} 얼마예요", "{} 데이터는 얼마나 돼요", "{} 다 쓰면 속도가 어떻게 돼요",
    "{} 테더링 몇 기가예요", "{} 영상통화는 몇 분이에요", "{} 누가 가입할 수 있어요",
    "{} 이월돼요?", "{} OTT 있어요?", "{} 멤버십 돼요?", "{} 선택약정하면 얼마예요",
    "{} 어떤 요금제예요", "{} 자세히 알려 주세요", "{} 말고 더 싼 거 없어요?",
    "{}로 바꿔 주세요", "마흔 살인데 {} 가입돼요?",
)  # fmt: skip
_IN_GENERAL = (
    "제일 싼 요금제 뭐예요", "데이터 제일 많은 거요", "무제한 중에 제일 싼 거",
    "5만 원 이하로 있어요?", "20기가 이상 되는 거요", "우리 아들 열 살인데 뭐가 좋아요",
    "어머니가 일흔여섯이신데요", "외국인인데 가입돼요?", "복지카드 있어요",
    "이월되는 요금제 뭐 있어요", "넷플릭스 되는 요금제요", "제 요금제 뭐예요",
    "추천해 주세요", "저는 언제까지 쓸 수 있어요", "더 싼 걸로 바꾸고 싶어요",
    "온라인 전용은요?", "6만 원대로 있어요?", "데이터 거의 안 써요",
    "심플하고 슬림 차이가 뭐예요",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """A sentence as a brain proposed it, and all that it may rest on."""

    text: str
    facts: tuple[Fact, ...]
    told: tuple[str, ...]
    subject: frozenset[str]
    customer_name: str | None
    verdict: str
    missing: tuple[str, ...]


class Listening(Guard):
    """A guard that remembers what it was asked to judge."""

    def __init__(self, catalog: Catalog) -> None:
        super().__init__(catalog)
        self.heard: list[Proposed] = []

    async def approve(self, proposed: Say, known: Known, rephrase: Rephrase) -> Say | None:
        found = self.judge(proposed.text, known)
        self.heard.append(
            Proposed(
                text=proposed.text, facts=tuple(known.facts), told=tuple(known.told),
                subject=self.subject, customer_name=known.customer_name,
                verdict=found.verdict, missing=found.missing,
            )
        )  # fmt: skip
        return await super().approve(proposed, known, rephrase)


def conversations() -> Iterable[tuple[str, list[str]]]:
    """Callers' numbers and what they say, call by call."""
    for path in sorted(SCENARIOS.glob("*.yaml")):
        for scenario in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            said = [str(t.get("asr") or t["say"]) for t in scenario["turns"] if t.get("say")]
            yield str(scenario.get("caller", "")), said
    for plan in catalog().plans:
        yield "", [question.format(plan.name) for question in _OF_A_PLAN]
    for family in catalog().families:
        yield CUSTOMERS[0].phone, [question.format(family.name) for question in _OF_A_PLAN]
    plans = catalog().plans
    for first, second in zip(plans, (*plans[7:], *plans[:7]), strict=True):
        yield "", [f"{first.name}하고 {second.name} 비교해 주세요", "더 싼 쪽은요?", "데이터는요?"]
    for caller in ("", *(customer.phone for customer in CUSTOMERS)):
        for question in _IN_GENERAL:
            yield caller, [question, "더 싼 건요?", "그건 이월돼요?"]


async def proposed_in(caller: str, said: Sequence[str]) -> list[Proposed]:
    """What the local brain proposed in one call."""
    brain = LocalBrain(catalog=catalog(), lexicon=lexicon())
    call = Conversation(context=context(caller), brain=brain, tools=toolbox(caller))
    guard = Listening(catalog())
    call.guard = guard
    async for _ in call.greet():
        pass
    for sentence in said:
        actions = [action async for action in call.hear(Heard(text=sentence, kind="speech"))]
        if isinstance(actions[-1], HandOff | EndCall):
            break
    return guard.heard
