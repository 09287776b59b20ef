"""The local brain's sentences about plans: templates filled from the catalogue only."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date

from agent.brain.keywords import Topic
from agent.korean.wording import gigabytes, object_, speed, subject, topic, won
from agent.selection import is_online
from knowledge.catalog.model import EligibilityKind, Family, Plan
from knowledge.compare import Option, ReasonCode


def fee(plan: Plan) -> list[str]:
    """What the plan costs."""
    said = [f"{topic(plan.name)} 월 {won(plan.fee_krw)}입니다."]
    if plan.discounted_fee_krw is not None:
        said.append(f"선택약정 할인을 받으시면 월 {won(plan.discounted_fee_krw)}이에요.")
    else:
        said.append("무약정 요금제라 선택약정 할인은 없어요.")
    return said


def discount(plan: Plan) -> list[str]:
    """What it costs with the contract discount."""
    if plan.discounted_fee_krw is None:
        return [f"{topic(plan.name)} 무약정 요금제라 선택약정 할인이 없어요."]
    return [
        f"{topic(plan.name)} 선택약정 25% 할인을 받으시면 월 {won(plan.discounted_fee_krw)}이에요."
    ]


def data(plan: Plan) -> list[str]:
    """How much data."""
    if plan.data_gb is None:
        return [f"{topic(plan.name)} 데이터를 무제한으로 쓰실 수 있어요."]
    said = [f"{plan.name} 데이터는 매달 {plan.data_gb}GB예요."]
    if plan.throttle_kbps is not None:
        said.append(f"다 쓰신 뒤에도 최대 {speed(plan.throttle_kbps)} 속도로 계속 쓰실 수 있어요.")
    return said


def throttle(plan: Plan) -> list[str]:
    """What happens when the data is used up."""
    if plan.throttle_kbps is None:
        return [f"{topic(plan.name)} 데이터가 무제한이라 속도 제한이 없어요."]
    return [
        f"{topic(plan.name)} {gigabytes(plan.data_gb)}를 다 쓰신 뒤에도 "
        f"최대 {speed(plan.throttle_kbps)} 속도로 계속 쓰실 수 있어요."
    ]


def sharing(plan: Plan) -> list[str]:
    """How much may be shared or tethered."""
    return [f"{topic(plan.name)} 공유와 테더링을 합쳐 {plan.sharing_gb}GB까지 쓰실 수 있어요."]


def minutes(plan: Plan) -> list[str]:
    """Calls and messages."""
    return [
        f"{topic(plan.name)} 집전화와 이동전화 통화가 무제한이고, 문자도 기본으로 제공돼요.",
        f"영상·부가통화는 월 {plan.extra_minutes}분이에요.",
    ]


def eligibility(plan: Plan, *, age: int | None = None) -> list[str]:
    """Who may join; with the age of a person, whether they may."""
    rule = plan.eligibility
    match rule.kind:
        case EligibilityKind.ANYONE:
            return [f"{topic(plan.name)} 누구나 가입하실 수 있어요."]
        case EligibilityKind.ONLINE:
            return [f"{topic(plan.name)} 누구나 온라인으로 가입하실 수 있어요."]
        case EligibilityKind.FOREIGNER:
            return [f"{topic(plan.name)} 외국인등록증이 있는 외국인 고객님이 가입하실 수 있어요."]
        case EligibilityKind.DISABLED:
            return [f"{topic(plan.name)} 복지카드가 있으시면 가입하실 수 있어요."]
        case _:
            said = [f"{topic(plan.name)} {rule.text}이시면 가입하실 수 있어요."]
    if age is not None and rule.age is not None:
        fits = age <= rule.age if rule.kind is EligibilityKind.MAX_AGE else age >= rule.age
        said.append(
            f"만 {age}세이시면 가입하실 수 있습니다."
            if fits
            else f"만 {age}세이시면 아쉽지만 가입 대상이 아니에요."
        )
        said = said[::-1] if fits else said
    return said


def _notes(plan: Plan, word: str) -> list[str]:
    return [note for note in plan.notes if word in note]


_OTT = re.compile(r"OTT (\d종)( 선택)?(?: \((.+)\))?$")


def ott(plan: Plan) -> list[str]:
    """OTT services that come with it."""
    notes = _notes(plan, "OTT")
    if not notes:
        return [f"{plan.name}에는 OTT 혜택이 없어요."]
    match = _OTT.match(notes[0])
    if match is None:
        return [f"{plan.name}에는 {notes[0]} 혜택이 있어요."]
    kinds, choice, which = match.groups()
    names = which.replace("·", ", ") if which else ""
    if choice:
        among = f"{names} 중에서 " if names else ""
        return [f"{topic(plan.name)} {among}OTT {kinds}을 고르실 수 있어요."]
    return [f"{plan.name}에는 OTT {kinds}으로 {subject(names)} 포함돼요."]


def membership(plan: Plan) -> list[str]:
    """The membership grade that comes with it."""
    notes = _notes(plan, "멤버십")
    if not notes:
        return [f"{plan.name}에는 별도의 멤버십 등급 혜택이 없어요."]
    return [f"{plan.name} 고객님께는 {notes[0]} 등급을 드려요."]


def rollover(plan: Plan) -> list[str]:
    """Whether what is left carries over."""
    if any("이월" in note for note in plan.notes):
        return [f"네, {topic(plan.name)} 남은 데이터를 다음 달까지 이월해 쓰실 수 있어요."]
    return [f"아니요, {topic(plan.name)} 남은 데이터가 이월되지 않아요."]


def overview(plan: Plan) -> list[str]:
    """Price and data, then what else it is known for."""
    if plan.data_gb is None:
        said = [f"{topic(plan.name)} 월 {won(plan.fee_krw)}에 데이터가 무제한이에요."]
    else:
        said = [f"{topic(plan.name)} 월 {won(plan.fee_krw)}에 데이터 {plan.data_gb}GB예요."]
    limits = plan.eligibility.kind not in (EligibilityKind.ANYONE, EligibilityKind.ONLINE)
    if limits:
        said += eligibility(plan)
    elif plan.eligibility.kind is EligibilityKind.ONLINE:
        said.append("약정 없이 쓰시는 온라인 전용 요금제예요.")
    elif plan.notes:
        said.append(
            f"{plan.notes[0]} 혜택도 있어요."
            if "이월" not in plan.notes[0]
            else "남은 데이터는 다음 달까지 이월해 쓰실 수 있어요."
        )
    elif plan.throttle_kbps is not None:
        said.append(f"다 쓰신 뒤에는 최대 {speed(plan.throttle_kbps)} 속도로 이용하실 수 있어요.")
    return said


def details(plan: Plan) -> list[str]:
    """What a short overview leaves out."""
    said = throttle(plan) if plan.throttle_kbps is not None else []
    said.append(
        f"공유와 테더링은 {plan.sharing_gb}GB, 영상·부가통화는 월 {plan.extra_minutes}분이에요."
    )
    return said


TOPIC_ANSWERS: dict[Topic, Callable[[Plan], list[str]]] = {
    Topic.FEE: fee,
    Topic.DISCOUNT: discount,
    Topic.DATA: data,
    Topic.THROTTLE: throttle,
    Topic.SHARING: sharing,
    Topic.MINUTES: minutes,
    Topic.ELIGIBILITY: eligibility,
    Topic.OTT: ott,
    Topic.MEMBERSHIP: membership,
    Topic.ROLLOVER: rollover,
    Topic.OVERVIEW: overview,
}


def brief(plan: Plan) -> str:
    """`이월 10GB가 월 50,000원에 10GB`, to be listed."""
    return f"{subject(plan.name)} 월 {won(plan.fee_krw)}에 {gigabytes(plan.data_gb)}"


def listed(plans: Sequence[Plan]) -> str:
    """Two or three plans in one sentence."""
    said = ", ".join(map(brief, plans))
    return f"{said}{'이에요' if said.endswith('무제한') else '예요'}."


def family_overview(family: Family) -> list[str]:
    """A family in a sentence or two."""
    plans = sorted(family.plans, key=lambda plan: plan.fee_krw)
    if len(plans) == 1:
        return overview(plans[0])
    if len(plans) == 2:
        return [f"{family.name}에는 두 가지가 있어요.", listed(plans)]
    low, high = plans[0], plans[-1]
    return [
        f"{topic(family.name)} 월 {won(low.fee_krw)}부터 {won(high.fee_krw)}까지 "
        f"{_COUNTS[len(plans)]} 가지가 있어요.",
        f"{_names(plans)} 중에서 어떤 요금제를 알려 드릴까요?",
    ]


_COUNTS = {3: "세", 4: "네", 5: "다섯", 6: "여섯"}


def _names(plans: Sequence[Plan]) -> str:
    return ", ".join(plan.name for plan in plans)


def family_data(family: Family) -> list[str]:
    """The data of a family's plans."""
    plans = sorted(family.plans, key=lambda plan: plan.fee_krw)
    parts = [f"{topic(plan.name)} {gigabytes(plan.data_gb)}" for plan in plans]
    end = "이에요" if plans[-1].data_gb is None else "예요"
    return [f"{', '.join(parts)}{end}."]


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
    rolls = [plan for plan in (dear, cheap) if any("이월" in note for note in plan.notes)]
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
        said.append(price + extra)
    elif first.sharing_gb != second.sharing_gb:
        wide = first if first.sharing_gb > second.sharing_gb else second
        said.append(
            f"요금은 같고, {topic(wide.name)} 공유 데이터가 {wide.sharing_gb}GB로 더 많아요."
        )
    return said


def until_birthday(plan: Plan, until: date) -> str:
    """Until when a customer may stay on a plan with an age limit."""
    day = f"{until.year}년 {until.month}월 {until.day}일"
    return f"{topic(plan.name)} {day} 생일 전까지 계속 이용하실 수 있어요."


def recommended(option: Option, present: Plan) -> list[str]:
    """Why another plan suits better than the present one, and what would be lost."""
    plan = option.plan
    gap = present.fee_krw - plan.fee_krw
    whom = f"{plan.eligibility.text} 고객님께는 " if plan.eligibility.age is not None else ""
    said = [f"{whom}{object_(plan.name)} 추천해 드려요."]
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


def price_and_data(plan: Plan, *, named: bool = False) -> str:
    """`월 50,000원에 데이터 10GB예요.`"""
    start = f"{topic(plan.name)} " if named else ""
    if plan.data_gb is None:
        return f"{start}월 {won(plan.fee_krw)}에 데이터가 무제한이에요."
    return f"{start}월 {won(plan.fee_krw)}에 데이터 {plan.data_gb}GB예요."


def family_range(family: Family) -> str:
    """A family in one sentence, to be set beside another."""
    fees = sorted(plan.fee_krw for plan in family.plans)
    data_gb = sorted(plan.data_gb for plan in family.plans if plan.data_gb is not None)
    if len(fees) == 1:
        return overview(family.plans[0])[0]
    if len(data_gb) < len(fees):
        amount = f"{data_gb[0]}GB부터 무제한까지" if data_gb else "무제한"
    else:
        amount = f"{data_gb[0]}GB부터 {data_gb[-1]}GB까지"
    end = "이에요" if amount == "무제한" else "예요"
    return (
        f"{topic(family.name)} 월 {won(fees[0])}부터 {won(fees[-1])}까지, 데이터는 {amount}{end}."
    )


def family_each(family: Family, asked: Topic) -> list[str]:
    """One attribute of each plan of a family, the same ones said once."""
    plans = sorted(family.plans, key=lambda plan: plan.fee_krw)
    said = [TOPIC_ANSWERS[asked](plan)[0] for plan in plans]
    return said if len(said) <= 2 else [said[0], said[-1]]


def keep(present: Plan, other: Option | None) -> list[str]:
    """That the present plan suits best; with another way and its price, where there is one."""
    said = [f"지금 쓰시는 {subject(present.name)} 고객님께 가장 알맞아요."]
    if other is None:
        said.append(f"월 {won(present.fee_krw)}에 {_amount(present)} 쓰고 계세요.")
        return said
    plan = other.plan
    online = "온라인 전용 " if is_online(plan) else ""
    drawback = _drawback(other)
    price = f"{online}{topic(plan.name)} 월 {won(plan.fee_krw)}에 데이터 {gigabytes(plan.data_gb)}"
    ends = ("이지만" if plan.data_gb is None else "지만") if drawback else copula(plan.data_gb)
    said.append(f"{price}{ends}, {drawback}" if drawback else f"{price}{ends}.")
    return said


def copula(data_gb: int | None) -> str:
    """What ends a sentence after an amount of data."""
    return "이에요" if data_gb is None else "예요"


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


def _amount(plan: Plan) -> str:
    return "데이터를 무제한으로" if plan.data_gb is None else f"데이터 {plan.data_gb}GB를"
