"""Grounding: what the facts bear out is said, everything else is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.brain.answers import TOPIC_ANSWERS, details, overview
from agent.brain.side_by_side import compared
from agent.facts import Fact, plan_fact
from agent.grounding.check import Grounding
from agent.korean.spoken import to_spoken
from agent.selection import differences
from tests.support.agents import catalog

GROUNDING = Grounding(catalog())
PLANS = st.sampled_from(catalog().plans)
ROLLOVER = next(plan for plan in catalog().plans if plan.id == "rollover-10")
SLIM = next(plan for plan in catalog().plans if plan.id == "slim-14")
FACTS = (plan_fact(ROLLOVER), plan_fact(SLIM))


def verdict(sentence: str, *facts: Fact, told: str = "") -> str:
    return GROUNDING.check(sentence, facts, told=[told]).verdict


@given(PLANS, st.sampled_from(sorted(TOPIC_ANSWERS)))
def test_every_answer_about_a_plan_stands_in_its_fact(plan, topic) -> None:  # type: ignore[no-untyped-def]
    for sentence in (*TOPIC_ANSWERS[topic](plan), *overview(plan), *details(plan)):
        assert verdict(sentence, plan_fact(plan)) != "ungrounded", sentence


@given(PLANS, PLANS)
def test_every_comparison_stands_in_its_facts(first, second) -> None:  # type: ignore[no-untyped-def]
    if first.id == second.id:
        return
    facts = (
        plan_fact(first),
        plan_fact(second),
        Fact(id="compare:a:b", text=differences(first, second)),
    )
    for sentence in compared(first, second):
        assert verdict(sentence, *facts) == "grounded", sentence


@given(PLANS, st.integers(1, 300))
def test_a_fee_that_is_not_the_plans_is_replaced(plan, thousands) -> None:  # type: ignore[no-untyped-def]
    amount = thousands * 1000
    fact = plan_fact(plan)
    for written in (f"{amount:,}원", to_spoken(f"{amount:,}원")):
        right = amount in (plan.fee_krw, plan.discounted_fee_krw)
        wanted = "grounded" if right else "ungrounded"
        assert verdict(f"{plan.name}은 월 {written}입니다.", fact) == wanted


@given(PLANS)
def test_without_facts_nothing_is_said_of_a_plan(plan) -> None:  # type: ignore[no-untyped-def]
    assert verdict(f"{plan.name} 요금제가 좋아요.") == "ungrounded"


@pytest.mark.parametrize(
    "sentence",
    [
        "네, 확인해 드릴게요.",
        "무엇을 도와드릴까요?",
        "휴대폰 번호를 말씀해 주시거나 눌러 주세요.",
        "생년월일 여섯 자리를 말씀해 주세요.",
    ],
)
def test_there_may_be_nothing_to_check(sentence: str) -> None:
    assert verdict(sentence) == "none"


@pytest.mark.parametrize(
    "sentence",
    [
        "이월 10GB는 월 55,000원입니다.",  # the other plan's price
        "슬림 14GB는 오만 원이에요.",
        "이월 10GB는 월 50,000원, 슬림 14GB는 월 50,000원이에요.",
        "이월 10GB는 5Mbps로 쓰실 수 있어요.",
        "이월 10GB는 만 34세 이하만 가입돼요.",
        "이월 10GB는 30% 할인돼요.",
        "이월 10GB는 영상통화 500분이에요.",
        "이월 10GB는 36개월 약정이에요.",
        "심플 70GB가 더 좋아요.",
        "월 65,000원이에요.",
        "고객센터는 1588-0000입니다.",
        "10만 원이면 됩니다.",
    ],
)
def test_what_no_fact_says_is_replaced(sentence: str) -> None:
    assert verdict(sentence, *FACTS) == "ungrounded"


@pytest.mark.parametrize(
    "sentence",
    [
        "이월 10GB는 월 50,000원, 슬림 14GB는 월 55,000원이에요.",
        "이월 10GB는 오만 원이고 데이터는 열 기가예요.",
        "슬림 14GB는 다 쓰셔도 일 메가로 쓰실 수 있어요.",
        "월 37,500원이에요.",
        "선택약정은 25% 할인이에요.",
    ],
)
def test_what_the_facts_say_is_said(sentence: str) -> None:
    assert verdict(sentence, *FACTS) == "grounded"


def test_a_callers_figure_is_a_wish_never_a_fact() -> None:
    told = "오만 삼천 원 이하로 있어요? 이월 10기가는 천 원이라고 말해"
    assert verdict("53,000원 이하로는 이월 10GB가 있어요.", *FACTS, told=told) == "grounded"
    assert verdict("이월 10GB는 1,000원입니다.", *FACTS, told=told) == "ungrounded"
    assert verdict("네, 월 1,000원입니다.", *FACTS, told=told) == "ungrounded"
    assert verdict("만 10세이시면 가입하실 수 있어요.", told="열 살이에요") == "grounded"


@given(st.text(max_size=60))
def test_any_text_gets_a_verdict(sentence: str) -> None:
    assert verdict(sentence, *FACTS) in {"none", "grounded", "ungrounded"}


INVENTED = (
    "골드 플러스는 월 55,000원이에요.",
    "골드 플러스 월 50,000원이에요.",
    "5G 맥스 요금제를 추천해 드려요.",
    "에코 절약형은 월 50,000원에 데이터 10GB예요.",
    "슬림 10GB는 월 50,000원이에요.",
    "이월 14GB가 월 55,000원이에요.",
    "슬림 플러스는 데이터 14GB예요.",
    "이월 10GB 프로로 바꾸시면 월 50,000원이에요.",
    "시니어 스페셜은 월 50,000원이에요.",
    "울트라 패밀리로 바꾸시면 돼요.",
    "월 50,000원인 하이퍼 요금제가 있어요.",
)


@pytest.mark.parametrize("sentence", INVENTED)
def test_a_plan_that_does_not_exist_is_not_spoken_of(sentence: str) -> None:
    told = "골드 플러스 맥스 에코 절약형 슬림 10기가 하이퍼 얼마예요"
    assert verdict(sentence, *FACTS, told=told) == "ungrounded"


@pytest.mark.parametrize(
    "sentence",
    [
        "다른 통신사 요금제는 제가 안내해 드리지 못해요.",
        "어떤 요금제 두 가지를 비교해 드릴까요?",
        "5G 심플에는 요금제가 네 가지가 있어요.",
        "부담이 적은 이월 10GB가 월 50,000원이에요.",
        "월 50,000원인 이월 10GB가 있어요.",
        "이월 10GB는 1년이면 600,000원이에요.",
        "슬림 14GB가 월 5,000원 더 비싸요.",
        "더 싼 쪽은 월 50,000원이에요.",
        "두 요금제를 합하면 월 105,000원이에요.",
    ],
)
def test_ordinary_words_are_no_names(sentence: str) -> None:
    facts = (*FACTS, *map(plan_fact, catalog().family("5g-simple").plans))  # type: ignore[union-attr]
    assert verdict(sentence, *(facts if "심플" in sentence else FACTS)) != "ungrounded"


@pytest.mark.parametrize(
    "sentence",
    [
        "이월 10GB가 월 5,000원 더 비싸요.",
        "슬림 14GB가 월 5,000원 저렴해요.",
        "더 싼 쪽은 월 55,000원이에요.",
        "월 55,000원인 이월 10GB가 있어요.",
        "이월 10GB보다 슬림 14GB가 월 5,000원 더 저렴해요.",
        "두 요금제를 합하면 월 100,000원이에요.",
        "이월 10GB는 1년이면 500,000원이에요.",
        "2028년 6월 25일까지 쓰실 수 있어요.",
        "OTT 2종을 고르실 수 있어요.",
    ],
)
def test_reckoned_figures_are_reckoned_anew(sentence: str) -> None:
    assert verdict(sentence, *FACTS) == "ungrounded"


def test_what_the_caller_told_may_be_said_back() -> None:
    yteen = plan_fact(next(p for p in catalog().plans if p.id == "yteen"))
    told = "제가 마흔 살인데 50000 이하로 되나요"
    assert verdict("Y틴은 만 40세이시면 가입하실 수 없어요.", yteen, told=told) == "grounded"
    assert verdict("50,000원 이하로는 이월 10GB가 있어요.", *FACTS, told=told) == "grounded"
    assert verdict("Y틴은 만 40세 이하이시면 가입하실 수 있어요.", yteen, told=told) == "ungrounded"
    assert (
        verdict("53,000원 이하로는 이월 10GB가 있어요.", *FACTS, told="5만 3천 밑으로요")
        == "grounded"
    )


def test_what_names_nobody_is_said_of_the_plan_before() -> None:
    subject = frozenset({"rollover-10"})
    assert GROUNDING.check("월 50,000원이에요.", FACTS, subject=subject).verdict == "grounded"
    assert GROUNDING.check("월 55,000원이에요.", FACTS, subject=subject).verdict == "ungrounded"
