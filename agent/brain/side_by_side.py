"""The local brain's sentences that set plans side by side."""

from __future__ import annotations

from collections.abc import Sequence

from agent.brain import answers
from agent.brain.keywords import Topic
from agent.korean.wording import gigabytes, subject, topic, won
from knowledge.catalog.model import Plan


def compared(first: Plan, second: Plan) -> list[str]:
    """Two plans side by side: figures first, then what sets them apart."""
    side = (
        f"{topic(first.name)} 월 {won(first.fee_krw)}에 {gigabytes(first.data_gb)}, "
        f"{topic(second.name)} 월 {won(second.fee_krw)}에 {gigabytes(second.data_gb)}"
    )
    said = [f"{side}{answers.copula(second.data_gb)}."]
    dear, cheap = (first, second) if first.fee_krw >= second.fee_krw else (second, first)
    apart = _same_fee(first, second) if dear.fee_krw == cheap.fee_krw else _dearer(dear, cheap)
    said += [apart] if apart else []
    limited = [plan for plan in (first, second) if plan.eligibility.age is not None]
    if len(limited) == 1:
        plan = limited[0]
        said.append(f"다만 {topic(plan.name)} {plan.eligibility.text}만 가입하실 수 있어요.")
    return said


def _dearer(dear: Plan, cheap: Plan) -> str:
    """How much dearer a plan is, and what it gives for that."""
    price = f"{subject(dear.name)} 월 {won(dear.fee_krw - cheap.fee_krw)} 더 비싸"
    more = ""
    if dear.data_gb is not None and cheap.data_gb is not None:
        if dear.data_gb > cheap.data_gb:
            more = f"데이터가 {dear.data_gb - cheap.data_gb}GB 더 많"
        elif cheap.data_gb > dear.data_gb:
            gap = cheap.data_gb - dear.data_gb
            return f"{price}고, 데이터는 {subject(cheap.name)} {gap}GB 더 많아요."
    rolls = [plan for plan in (dear, cheap) if answers.rolls_over(plan)]
    if len(rolls) == 1 and rolls[0] is cheap:
        instead = f"{topic(cheap.name)} 남은 데이터가 이월돼요."
        return f"{price}고 {more}은 대신, {instead}" if more else f"{price}고, {instead}"
    if len(rolls) == 1:
        return f"{price}지만 {more}고 남은 데이터도 이월돼요." if more else f"{price}지만 이월돼요."
    extras = [note for note in dear.notes if note not in cheap.notes and "이월" not in note]
    if not more and extras:
        benefit = extras[0].split(" (")[0]
        return (
            f"{subject(dear.name)} 월 {won(dear.fee_krw - cheap.fee_krw)} 더 비싼 대신, "
            f"{benefit} 혜택이 있어요."
        )
    return f"{price}지만 {more}아요." if more else f"{price}요."


def _same_fee(first: Plan, second: Plan) -> str:
    """What sets two plans of one price apart."""
    if first.data_gb is not None and second.data_gb is not None and first.data_gb != second.data_gb:
        wide = first if first.data_gb > second.data_gb else second
        gap = abs(first.data_gb - second.data_gb)
        return f"요금은 같고, 데이터는 {subject(wide.name)} {gap}GB 더 많아요."
    if first.sharing_gb != second.sharing_gb:
        wide = first if first.sharing_gb > second.sharing_gb else second
        return f"요금은 같고, {topic(wide.name)} 공유 데이터가 {wide.sharing_gb}GB로 더 많아요."
    return ""


def many(plans: Sequence[Plan]) -> list[str]:
    """Three plans or four: each in short, then the cheapest and the one with most data."""
    parts = [
        f"{topic(plan.name)} 월 {won(plan.fee_krw)}에 {gigabytes(plan.data_gb)}" for plan in plans
    ]
    said = [f"{', '.join(parts)}{answers.copula(plans[-1].data_gb)}."]
    cheapest = min(plans, key=lambda plan: plan.fee_krw)
    most = max(plans, key=lambda plan: (plan.data_gb is None, plan.data_gb or 0, -plan.fee_krw))
    if len({plan.data_gb for plan in plans}) == 1:
        said.append(f"데이터는 모두 같고, 가장 저렴한 건 {cheapest.name} 요금제예요.")
    elif cheapest is most:
        said.append(f"{subject(cheapest.name)} 가장 저렴하고 데이터도 가장 많아요.")
    else:
        said.append(
            f"가장 저렴한 건 {cheapest.name}, 데이터가 가장 많은 건 {most.name} 요금제예요."
        )
    return said


def by_topic(first: Plan, second: Plan, asked: Sequence[Topic]) -> list[str]:
    """How far two plans are apart in what was asked: fee, data, speed, sharing."""
    said = []
    for item in asked:
        match item:
            case Topic.FEE:
                said += _fee_gap(first, second)
            case Topic.DATA:
                said += _data_gap(first, second)
            case _:
                said += [answers.TOPIC_ANSWERS[item](plan)[0] for plan in (first, second)]
    return said


def _fee_gap(first: Plan, second: Plan) -> list[str]:
    pair = (
        f"{topic(first.name)} 월 {won(first.fee_krw)}, "
        f"{topic(second.name)} 월 {won(second.fee_krw)}이에요."
    )
    gap = abs(first.fee_krw - second.fee_krw)
    dear = first if first.fee_krw > second.fee_krw else second
    return [pair, f"{subject(dear.name)} {won(gap)} 더 비싸요." if gap else "요금은 같아요."]


def _data_gap(first: Plan, second: Plan) -> list[str]:
    pair = (
        f"{topic(first.name)} {gigabytes(first.data_gb)}, "
        f"{topic(second.name)} {gigabytes(second.data_gb)}{answers.copula(second.data_gb)}."
    )
    if first.data_gb == second.data_gb:
        return [pair, "데이터는 같아요."]
    wide = first if _more(first, second) else second
    if first.data_gb is None or second.data_gb is None:
        return [pair, f"{subject(wide.name)} 더 많아요."]
    return [pair, f"{subject(wide.name)} {abs(first.data_gb - second.data_gb)}GB 더 많아요."]


def _more(first: Plan, second: Plan) -> bool:
    if second.data_gb is None:
        return False
    return first.data_gb is None or first.data_gb > second.data_gb
