"""The local brain's sentences that advise: what suits better, what is lost, and why."""

from __future__ import annotations

from datetime import date

from agent.brain import answers
from agent.korean.wording import gigabytes, object_, speed, subject, topic, won
from agent.selection import is_online
from knowledge.catalog.model import Plan
from knowledge.compare import Option, ReasonCode

WHY_KEEP = (
    "매장이나 고객센터에서 가입하시는 요금제 중에는 "
    "더 저렴하면서 데이터가 줄지 않는 것이 없어서예요."
)


def until_birthday(plan: Plan, until: date) -> str:
    """Until when a customer may stay on a plan with an age limit."""
    day = f"{until.year}년 {until.month}월 {until.day}일"
    return f"{topic(plan.name)} {day} 생일 전까지 계속 이용하실 수 있어요."


def recommended(option: Option, present: Plan) -> list[str]:
    """Why another plan suits better than the present one, and what would be lost."""
    plan = option.plan
    gap = present.fee_krw - plan.fee_krw
    whom = f"{plan.eligibility.text} 고객님께는 " if plan.eligibility.age is not None else ""
    online = "온라인 전용인 " if is_online(plan) else ""
    said = [f"{whom}{online}{object_(plan.name)} 추천해 드려요."]
    amount = "데이터 무제한으로" if plan.data_gb is None else f"데이터 {plan.data_gb}GB로"
    if gap > 0:
        said.append(f"월 {won(plan.fee_krw)}에 {amount}, 지금보다 월 {won(gap)} 저렴해요.")
    elif gap == 0 and plan.sharing_gb > present.sharing_gb:
        said.append(
            f"요금은 월 {won(plan.fee_krw)}으로 같고, 공유 데이터가 {plan.sharing_gb}GB로 늘어나요."
        )
    else:
        said.append(f"월 {won(plan.fee_krw)}에 {amount} 쓰실 수 있어요.")
    if drawback := _drawback(option):
        said.append(f"다만 {drawback}")
    return said


def keep(present: Plan, other: Option | None) -> list[str]:
    """That the present plan suits best; with another way and its price, where there is one."""
    said = [f"지금 쓰시는 {subject(present.name)} 고객님께 가장 알맞아요."]
    if other is None:
        said.append(f"월 {won(present.fee_krw)}에 {answers.amount(present)} 쓰고 계세요.")
        return said
    plan = other.plan
    online = "온라인 전용 " if is_online(plan) else ""
    drawback = _drawback(other)
    price = f"{online}{topic(plan.name)} 월 {won(plan.fee_krw)}에 데이터 {gigabytes(plan.data_gb)}"
    ends = (
        ("이지만" if plan.data_gb is None else "지만") if drawback else answers.copula(plan.data_gb)
    )
    said.append(f"{price}{ends}, {drawback}" if drawback else f"{price}{ends}.")
    return said


def _drawback(option: Option) -> str:
    """What is lost with an option, the weightiest only."""
    codes = {reason.code for reason in option.reasons}
    if ReasonCode.LOSES_ROLLOVER in codes:
        return "남은 데이터는 이월되지 않아요."
    if ReasonCode.SLOWER_AFTERWARDS in codes and option.plan.throttle_kbps is not None:
        return f"다 쓰신 뒤 속도는 최대 {speed(option.plan.throttle_kbps)}예요."
    if ReasonCode.LESS_SHARING in codes:
        return f"공유 데이터는 {option.plan.sharing_gb}GB로 줄어요."
    return ""


def without_limit(plan: Plan) -> str:
    """That nothing ends the present plan."""
    return f"{topic(plan.name)} 나이 제한이 없어서 계속 이용하실 수 있어요."


def because(option: Option, present: Plan) -> str:
    """The reasons for an option in one sentence."""
    plan = option.plan
    reasons = []
    if present.fee_krw > plan.fee_krw:
        reasons.append(f"지금보다 월 {won(present.fee_krw - plan.fee_krw)} 저렴하")
    if plan.data_gb is not None and present.data_gb is not None and plan.data_gb > present.data_gb:
        reasons.append(f"데이터가 {plan.data_gb - present.data_gb}GB 더 많")
    if plan.sharing_gb > present.sharing_gb and not reasons:
        reasons.append(f"같은 요금에 공유 데이터가 {plan.sharing_gb}GB로 더 많")
    if not reasons:
        return f"말씀하신 조건에 맞는 요금제라서 {object_(plan.name)} 추천해 드렸어요."
    last = reasons[-1] + ("아서예요." if reasons[-1].endswith("많") else "기 때문이에요.")
    return "고 ".join([*reasons[:-1], last])
