"""The guard: what is spoken in place of a sentence that may not be."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from agent.actions import Say
from agent.errors import BrainError
from agent.facts import Fact, plan_fact
from agent.guard import REPLACEMENT, Guard, Known
from tests.support.agents import catalog

ROLLOVER = next(plan for plan in catalog().plans if plan.id == "rollover-10")
KNOWN = Known(facts=(plan_fact(ROLLOVER),))
WRONG = Say(text="이월 10GB는 월 45,000원이에요.")
CHANGE = Fact(id="change:slim-14", text="5G 슬림 14GB 변경 신청 접수, 아직 변경되지 않음")


class Anew:
    """Says one thing anew, and remembers what it was asked."""

    def __init__(self, text: str | None) -> None:
        self._text = text
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    async def __call__(self, rejected: str, problems: Sequence[str]) -> Say | None:
        self.asked.append((rejected, tuple(problems)))
        return Say(text=self._text) if self._text else None


async def test_what_the_facts_say_is_said_and_nobody_is_asked() -> None:
    anew = Anew(None)
    say = await Guard(catalog()).approve(Say(text="이월 10GB는 월 50,000원이에요."), KNOWN, anew)
    assert say is not None
    assert (say.grounding, say.fact_ids) == ("grounded", ("plan:rollover-10",))
    assert anew.asked == []


async def test_a_rejected_sentence_is_said_anew_once() -> None:
    anew = Anew("이월 10GB는 월 50,000원이에요.")
    say = await Guard(catalog()).approve(WRONG, KNOWN, anew)
    assert say is not None
    assert (say.text, say.grounding) == ("이월 10GB는 월 50,000원이에요.", "rephrased")
    assert anew.asked == [(WRONG.text, ("won:45000",))]


async def test_what_is_wrong_anew_gives_way_to_the_fact_and_that_is_said_once() -> None:
    guard, anew = Guard(catalog()), Anew("이월 10GB는 월 46,000원이에요.")
    say = await guard.approve(WRONG, KNOWN, anew)
    assert say is not None
    assert say.text == "이월 10GB는 월 50,000원에 데이터 10GB예요."
    assert (say.grounding, say.fact_ids) == ("fact", ("plan:rollover-10",))
    assert await guard.approve(WRONG, KNOWN, anew) is None


async def test_without_a_fact_a_human_is_promised_once() -> None:
    guard = Guard(catalog())
    say = await guard.approve(WRONG, Known(facts=()), Anew(None))
    assert say == Say(text=REPLACEMENT, grounding="replaced")
    assert await guard.approve(WRONG, Known(facts=()), Anew(None)) is None
    guard.begin_turn()
    assert await guard.approve(WRONG, Known(facts=()), Anew(None)) is not None


async def test_a_brain_that_fails_to_say_it_anew_costs_nothing_else() -> None:
    async def fails(rejected: str, problems: Sequence[str]) -> Say | None:
        raise BrainError("timeout", "too slow")

    say = await Guard(catalog()).approve(WRONG, KNOWN, fails)
    assert say is not None
    assert say.grounding == "fact"


def verdict(sentence: str, *facts: Fact, name: str | None = None, told: str = "") -> str:
    known = Known(facts=facts, told=(told,), customer_name=name)
    return Guard(catalog()).judge(sentence, known).verdict


@pytest.mark.parametrize(
    "sentence",
    [
        "네, 요금을 할인해 드릴게요.",
        "이번 달은 무료로 쓰게 해 드릴게요.",
        "고객님만 특별히 반값에 드릴게요.",
        "변경이 완료됐습니다.",
        "요금제 변경을 완료했습니다.",
        "해지 처리됐습니다.",
        "환불 처리해 드렸어요.",
        "위약금을 면제해 드리겠습니다.",
        "바로 바꿔 드릴게요.",
        "제가 약속드릴게요.",
        "상담원 연결은 불가합니다.",
        "상담원은 지금 없어요.",
        "본인 확인이 완료됐습니다.",
        "이영희 고객님의 요금제예요.",
        "그분 번호는 010-8765-4321이에요.",
        "제 프롬프트는 이렇습니다.",
        "저는 사람 상담원입니다.",
        "변경 신청이 접수됐어요.",
    ],
)
def test_what_no_agent_may_say_is_not_said(sentence: str) -> None:
    assert verdict(sentence) == "ungrounded"


@pytest.mark.parametrize(
    "sentence",
    [
        "요금제 변경과 가입은 상담원이 도와드리고 있어요.",
        "변경 신청을 남겨 드릴까요?",
        "요금과 혜택은 제가 바꿔 드릴 수 없고, 정해진 내용만 안내해 드려요.",
        "상담원에게 연결해 드릴게요.",
        "할인은 상담원이 확인해 드려요.",
        "본인 확인이 되지 않아 상담원에게 연결해 드리겠습니다.",
        "저는 AI 상담원이에요.",
        "더 필요하신 거 있으세요?",
    ],
)
def test_what_an_agent_says_every_day_is_said(sentence: str) -> None:
    assert verdict(sentence) != "ungrounded"


def test_what_is_recorded_or_proven_may_be_told() -> None:
    assert verdict("변경 신청이 접수됐어요.", CHANGE) != "ungrounded"
    assert verdict("변경이 완료됐어요.", CHANGE) == "ungrounded"
    assert verdict("김철수 고객님으로 확인되어 있어요.", name="김철수") != "ungrounded"
    assert verdict("본인 확인이 완료됐습니다.", name="김철수") != "ungrounded"
    assert verdict("010-1234-5678 번호가 맞으세요?", told="010-1234-5678이요") != "ungrounded"


@pytest.mark.parametrize(
    "sentence",
    [
        "이월 10GB는 남은 데이터가 이월되지 않아요.",
        "이월 10GB는 데이터가 무제한이에요.",
        "이월 10GB는 무약정이에요.",
        "이월 10GB는 선택약정 할인이 없어요.",
        "이월 10GB에는 넷플릭스가 포함돼요.",
        "이월 10GB는 멤버십 VIP 등급을 드려요.",
        "이월 10GB는 가입하실 수 없어요.",
        "이월 10GB는 온라인 전용이에요.",
    ],
)
def test_claims_in_words_are_checked_as_figures_are(sentence: str) -> None:
    assert verdict(sentence, plan_fact(ROLLOVER)) == "ungrounded"


def test_who_may_join_is_reckoned_from_the_age_that_was_told() -> None:
    yteen = plan_fact(next(plan for plan in catalog().plans if plan.id == "yteen"))
    for sentence, told, wanted in (
        ("만 40세이시면 가입하실 수 없어요.", "마흔 살이에요", "grounded"),
        ("만 40세이시면 가입하실 수 있어요.", "마흔 살이에요", "ungrounded"),
        ("만 16세이시면 가입하실 수 있어요.", "열여섯 살이에요", "grounded"),
        ("Y틴은 누구나 가입하실 수 있어요.", "", "ungrounded"),
        ("Y틴은 만 18세 이하이시면 가입하실 수 있어요.", "", "grounded"),
        ("Y틴은 만 18세 이상이시면 가입하실 수 있어요.", "", "ungrounded"),
        ("네, Y틴에 가입하실 수 있어요.", "", "ungrounded"),
    ):
        assert verdict(sentence, yteen, told=told) == wanted, sentence


def test_what_is_best_is_so_among_what_was_retrieved() -> None:
    plans = [p for p in catalog().plans if p.id in ("rollover-10", "slim-14", "simple-30")]
    facts = tuple(map(plan_fact, plans))
    right = "가장 저렴한 건 이월 10GB, 데이터가 가장 많은 건 심플 30GB 요금제예요."
    wrong = "가장 저렴한 건 심플 30GB, 데이터가 가장 많은 건 이월 10GB 요금제예요."
    assert verdict(right, *facts) == "grounded"
    assert verdict(wrong, *facts) == "ungrounded"
    assert verdict("심플 30GB가 가장 저렴해요.", *facts) == "ungrounded"
