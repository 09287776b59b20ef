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
    said = [f"{side}{'이에요' if second.data_gb is None else '예요'}."]
    dear, cheap = (first, second) if first.fee_krw >= second.fee_krw else (second, first)
    gap = dear.fee_krw - cheap.fee_krw
    more = ""
    if dear.data_gb is not None and cheap.data_gb is not None and dear.data_gb > cheap.data_gb:
        more = f"데이터가 {dear.data_gb - cheap.data_gb}GB 더 많"
    rolls = [plan for plan in (dear, cheap) if answers.rolls_over(plan)]
    extras = [note for note in dear.notes if note not in cheap.notes and "이월" not in note]
    if gap and not more and not rolls and extras:
        benefit = extras[0].split(" (")[0]
        said.append(f"{subject(dear.name)} 월 {won(gap)} 더 비싼 대신, {benefit} 혜택이 있어요.")
    elif gap:
        price = f"{subject(dear.name)} 월 {won(gap)} 더 비싸"
        extra = f"지만 {more}아요." if more else "요."
        if len(rolls) == 1:
            instead = f"{topic(rolls[0].name)} 남은 데이터가 이월돼요."
            extra = f"고 {more}은 대신, {instead}" if more else f"고, {instead}"
            if rolls[0] is dear:
                extra = f"지만 {more}고" if more else "지만"
                extra += " 남은 데이터도 이월돼요."
        said.append(price + extra)
    elif first.sharing_gb != second.sharing_gb:
        wide = first if first.sharing_gb > second.sharing_gb else second
        said.append(
            f"요금은 같고, {topic(wide.name)} 공유 데이터가 {wide.sharing_gb}GB로 더 많아요."
        )
    return said


def many(plans: Sequence[Plan]) -> list[str]:
    """Three plans or four: each in short, then the cheapest and the one with most data."""
    parts = [
        f"{topic(plan.name)} 월 {won(plan.fee_krw)}에 {gigabytes(plan.data_gb)}" for plan in plans
    ]
    said = [f"{', '.join(parts)}{answers.copula(plans[-1].data_gb)}."]
    cheapest = min(plans, key=lambda plan: plan.fee_krw)
    most = max(plans, key=lambda plan: (plan.data_gb is None, plan.data_gb or 0, -plan.fee_krw))
    if cheapest is most:
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
                said.append(_fee_gap(first, second))
            case Topic.DATA:
                said.append(_data_gap(first, second))
            case _:
                said += [answers.TOPIC_ANSWERS[item](plan)[0] for plan in (first, second)]
    return said


def _fee_gap(first: Plan, second: Plan) -> str:
    pair = (
        f"{topic(first.name)} 월 {won(first.fee_krw)}, "
        f"{topic(second.name)} 월 {won(second.fee_krw)}"
    )
    gap = abs(first.fee_krw - second.fee_krw)
    if not gap:
        return f"{pair}으로 요금이 같아요."
    dear = first if first.fee_krw > second.fee_krw else second
    return f"{pair}으로 {subject(dear.name)} {won(gap)} 더 비싸요."


def _data_gap(first: Plan, second: Plan) -> str:
    pair = (
        f"{topic(first.name)} {gigabytes(first.data_gb)}, "
        f"{topic(second.name)} {gigabytes(second.data_gb)}"
    )
    end = "으로" if second.data_gb is None else "로"
    if first.data_gb == second.data_gb:
        return f"{pair}{end} 데이터가 같아요."
    wide = first if _more(first, second) else second
    if first.data_gb is None or second.data_gb is None:
        return f"{pair}{end} {subject(wide.name)} 더 많아요."
    gap = abs(first.data_gb - second.data_gb)
    return f"{pair}{end} {subject(wide.name)} {gap}GB 더 많아요."


def _more(first: Plan, second: Plan) -> bool:
    if second.data_gb is None:
        return False
    return first.data_gb is None or first.data_gb > second.data_gb
