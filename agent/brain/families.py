"""The local brain's sentences about a family of plans."""

from __future__ import annotations

from collections.abc import Sequence

from agent.brain import answers
from agent.brain.keywords import Sign, Topic
from agent.brain.understand import Frame
from agent.korean.wording import gigabytes, topic, won
from knowledge.catalog.model import Family, Plan

_COUNTS = {3: "세", 4: "네", 5: "다섯", 6: "여섯"}
_IN_COMMON = (Topic.ELIGIBILITY, Topic.ROLLOVER, Topic.MINUTES, Topic.EXTRA_MINUTES)


def by_fee(family: Family) -> list[Plan]:
    """The plans of a family, cheapest first: the order in which they are told."""
    return sorted(family.plans, key=lambda plan: plan.fee_krw)


def overview(family: Family) -> list[str]:
    """A family in a sentence or two."""
    plans = by_fee(family)
    if len(plans) == 1:
        return answers.overview(plans[0])
    if len(plans) == 2:
        return [f"{family.name}에는 두 가지가 있어요.", answers.listed(plans)]
    low, high = plans[0], plans[-1]
    names = ", ".join(plan.name for plan in plans)
    return [
        f"{topic(family.name)} 월 {won(low.fee_krw)}부터 {won(high.fee_krw)}까지 "
        f"{_COUNTS[len(plans)]} 가지가 있어요.",
        f"{names} 중에서 어떤 요금제를 알려 드릴까요?",
    ]


def each_fee(family: Family) -> list[str]:
    """What each plan of a family costs."""
    parts = [f"{topic(plan.name)} {won(plan.fee_krw)}" for plan in by_fee(family)]
    return [f"{', '.join(parts)}이에요."]


def each_data(family: Family) -> list[str]:
    """The data of a family's plans."""
    plans = by_fee(family)
    parts = [f"{topic(plan.name)} {gigabytes(plan.data_gb)}" for plan in plans]
    return [f"{', '.join(parts)}{answers.copula(plans[-1].data_gb)}."]


def each_discounted(family: Family) -> list[str]:
    """What each plan of a family costs with the contract discount."""
    parts = [
        f"{topic(plan.name)} {won(plan.discounted_fee_krw)}"
        for plan in by_fee(family)
        if plan.discounted_fee_krw is not None
    ]
    if not parts:
        return [f"{topic(family.name)} 무약정 요금제라 선택약정 할인이 없어요."]
    return ["선택약정 25% 할인을 받으시면 월 요금이 줄어요.", f"{', '.join(parts)}이에요."]


def in_range(family: Family) -> str:
    """A family in one sentence, to be set beside another."""
    fees = sorted(plan.fee_krw for plan in family.plans)
    data_gb = sorted(plan.data_gb for plan in family.plans if plan.data_gb is not None)
    if len(fees) == 1:
        return answers.overview(family.plans[0])[0]
    if len(data_gb) < len(fees):
        amount = f"{data_gb[0]}GB부터 무제한까지" if data_gb else "무제한"
    else:
        amount = f"{data_gb[0]}GB부터 {data_gb[-1]}GB까지"
    end = "이에요" if amount == "무제한" else "예요"
    return (
        f"{topic(family.name)} 월 {won(fees[0])}부터 {won(fees[-1])}까지, 데이터는 {amount}{end}."
    )


def each(family: Family, asked: Topic) -> list[str]:
    """One attribute of each plan of a family, the lowest and the highest where they are many."""
    said = [answers.TOPIC_ANSWERS[asked](plan)[0] for plan in by_fee(family)]
    return said if len(said) <= 2 else [said[0], said[-1]]


def of_family(family: Family, asked: Sequence[Topic], *, age: int | None = None) -> list[str]:
    """A family: its plans' range, or what all of them have in common."""
    if len(family.plans) == 1:
        return answers.of_plan(family.plans[0], asked, age=age)
    if not asked or Topic.OVERVIEW in asked:
        return overview(family)
    said: list[str] = []
    for item in asked:
        said += _of_family(family, item, age)
    return said[:3]


def _of_family(family: Family, asked: Topic, age: int | None) -> list[str]:
    first = family.plans[0]
    if asked in _IN_COMMON:
        ages = {"age": age} if asked is Topic.ELIGIBILITY else {}
        common = answers.eligibility(first, **ages) if ages else answers.TOPIC_ANSWERS[asked](first)
        return [text.replace(topic(first.name), topic(family.name)) for text in common]
    match asked:
        case Topic.FEE:
            return overview(family)
        case Topic.DATA:
            return each_data(family)
        case Topic.DISCOUNT:
            return each_discounted(family)
        case _:
            return each(family, asked)


def best_of(plans: Sequence[Plan], frame: Frame) -> Plan:
    """The cheapest, dearest or most generous of some plans, as asked for."""
    if frame.has(Sign.MOST_DATA, Sign.MORE_DATA):
        return max(plans, key=lambda plan: (plan.data_gb is None, plan.data_gb or 0, -plan.fee_krw))
    if frame.has(Sign.LEAST_DATA):
        return min(plans, key=lambda plan: (plan.data_gb is None, plan.data_gb or 0, plan.fee_krw))
    if frame.has(Sign.PRICIEST, Sign.PRICIER) and not frame.has(Sign.CHEAPEST):
        return max(plans, key=lambda plan: plan.fee_krw)
    return min(plans, key=lambda plan: plan.fee_krw)
