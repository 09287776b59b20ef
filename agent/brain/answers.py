"""The local brain's sentences about one plan: templates filled from the catalogue only."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from agent.brain.keywords import Topic
from agent.korean.wording import gigabytes, object_, speed, subject, topic, won
from knowledge.catalog.model import EligibilityKind, Plan

_MONTHS_OF_YEAR = 12


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


def total(plan: Plan, *, years: int = 1) -> list[str]:
    """What it comes to in a year or two, without and with the contract discount."""
    months = years * _MONTHS_OF_YEAR
    said = [f"{topic(plan.name)} {years}년이면 모두 {won(plan.fee_krw * months)}이에요."]
    if plan.discounted_fee_krw is not None:
        less = won(plan.discounted_fee_krw * months)
        said.append(f"선택약정 할인을 받으시면 {years}년에 {less}이에요.")
    return said


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


def extra_minutes(plan: Plan) -> list[str]:
    """Video calls and calls to special numbers."""
    return [f"{topic(plan.name)} 영상·부가통화가 월 {plan.extra_minutes}분이에요."]


def eligibility(plan: Plan, *, age: int | None = None) -> list[str]:
    """Who may join; with the age of a person, whether they may."""
    rule = plan.eligibility
    match rule.kind:
        case EligibilityKind.ANYONE:
            return [f"{topic(plan.name)} 나이와 상관없이 누구나 가입하실 수 있어요."]
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
            f"네, 만 {age}세이시면 가입하실 수 있습니다."
            if fits
            else f"만 {age}세이시면 아쉽지만 가입 대상이 아니에요."
        )
        said = said[::-1] if fits else [said[1], f"{topic(plan.name)} {rule.text} 요금제예요."]
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


def rolls_over(plan: Plan) -> bool:
    """Whether data left over is carried to the next month."""
    return bool(_notes(plan, "이월"))


def rollover(plan: Plan) -> list[str]:
    """Whether what is left carries over."""
    if rolls_over(plan):
        return [f"네, {topic(plan.name)} 남은 데이터를 다음 달까지 이월해 쓰실 수 있어요."]
    return [f"아니요, {topic(plan.name)} 남은 데이터가 이월되지 않아요."]


def benefits(plan: Plan) -> list[str]:
    """What it is known for beside its figures."""
    if bonus := older_bonus(plan):
        age, more = bonus
        return [f"{topic(plan.name)} 만 {age}세 이상 가입하시면 데이터를 {more}GB 더 드려요."]
    if rolls_over(plan):
        return [f"{topic(plan.name)} 남은 데이터를 다음 달까지 이월해 쓰실 수 있어요."]
    notes = [note for note in plan.notes if "무약정" not in note and "선택약정" not in note]
    if not notes:
        return [f"{plan.name}에는 따로 드리는 부가 혜택이 없어요."]
    return [f"{plan.name}의 혜택은 {', '.join(notes)}입니다."]


_OLDER = re.compile(r"만 (\d+)세 이상 가입 시 (\d+)GB 추가")


def older_bonus(plan: Plan) -> tuple[int, int] | None:
    """From which age a plan gives more data, and how many GB."""
    match = next((m for note in plan.notes if (m := _OLDER.match(note))), None)
    return (int(match[1]), int(match[2])) if match else None


def with_bonus(plan: Plan) -> list[str]:
    """The data of someone who is old enough for the bonus."""
    bonus = older_bonus(plan)
    if bonus is None or plan.data_gb is None:
        return data(plan)
    age, more = bonus
    return [
        f"{topic(plan.name)} 만 {age}세 이상 가입하시면 {more}GB를 더 드려서 "
        f"매달 {plan.data_gb + more}GB예요."
    ]


def overview(plan: Plan) -> list[str]:
    """Price and data, then what else it is known for."""
    said = [price_and_data(plan, named=True)]
    limits = plan.eligibility.kind not in (EligibilityKind.ANYONE, EligibilityKind.ONLINE)
    if limits:
        said += eligibility(plan)
    elif plan.eligibility.kind is EligibilityKind.ONLINE:
        said.append("약정 없이 쓰시는 온라인 전용 요금제예요.")
    elif plan.notes:
        said.append(
            f"{plan.notes[0].partition(' (')[0]} 혜택도 있어요."
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


def simply(plan: Plan) -> list[str]:
    """A plan in plainer words, for someone who did not follow."""
    if plan.data_gb is None:
        return [
            f"쉽게 말씀드리면, {topic(plan.name)} 한 달에 {won(plan.fee_krw)}을 내고 "
            "인터넷을 마음껏 쓰시는 요금제예요."
        ]
    return [
        f"쉽게 말씀드리면, {topic(plan.name)} 한 달에 {won(plan.fee_krw)}을 내고 "
        f"인터넷을 {plan.data_gb}GB까지 쓰시는 요금제예요."
    ]


TOPIC_ANSWERS: dict[Topic, Callable[[Plan], list[str]]] = {
    Topic.FEE: fee,
    Topic.TOTAL: total,
    Topic.DISCOUNT: discount,
    Topic.DATA: data,
    Topic.THROTTLE: throttle,
    Topic.SHARING: sharing,
    Topic.MINUTES: minutes,
    Topic.EXTRA_MINUTES: extra_minutes,
    Topic.ELIGIBILITY: eligibility,
    Topic.OTT: ott,
    Topic.MEMBERSHIP: membership,
    Topic.ROLLOVER: rollover,
    Topic.BENEFITS: benefits,
    Topic.OVERVIEW: overview,
}


def of_plan(plan: Plan, asked: Sequence[Topic], *, age: int | None = None) -> list[str]:
    """Everything that is asked of one plan, a sentence each where it is more than one thing."""
    bonus = older_bonus(plan)
    older = bonus is not None and age is not None and age >= bonus[0]
    if len(asked) <= 1:
        one = asked[0] if asked else Topic.OVERVIEW
        if one is Topic.ELIGIBILITY:
            return eligibility(plan, age=age)
        if older and one in (Topic.DATA, Topic.BENEFITS, Topic.OVERVIEW):
            return with_bonus(plan)
        return TOPIC_ANSWERS[one](plan)
    left = list(asked)
    said = []
    if {Topic.FEE, Topic.DATA} <= set(left) and not older:
        said.append(price_and_data(plan, named=True))
        left = [item for item in left if item not in (Topic.FEE, Topic.DATA)]
    for item in left:
        if item is Topic.ELIGIBILITY:
            said += eligibility(plan, age=age)
            continue
        answer = with_bonus if older and item is Topic.DATA else TOPIC_ANSWERS[item]
        text = answer(plan)[0]
        said.append(_without_name(text, plan) if said else text)
    return said


def _without_name(text: str, plan: Plan) -> str:
    """The same about a plan that was named in the sentence before."""
    if text.startswith((name := f"{topic(plan.name)} ", alone := f"{plan.name} ")):
        rest = text.removeprefix(name).removeprefix(alone)
        return rest if not rest.startswith("고객님") else text
    return text


def of_plans(plans: Sequence[Plan], asked: Sequence[Topic]) -> list[str]:
    """The same asked of two plans or more: a short sentence each."""
    if len(asked) > 1 and {Topic.FEE, Topic.DATA} <= set(asked):
        return [price_and_data(plan, named=True) for plan in plans]
    wanted = asked or (Topic.OVERVIEW,)
    if tuple(wanted) == (Topic.FEE,) and len(plans) >= _MANY:
        parts = [f"{topic(plan.name)} {won(plan.fee_krw)}" for plan in plans]
        return [f"{', '.join(parts)}이에요."]
    return [TOPIC_ANSWERS[item](plan)[0] for plan in plans for item in wanted]


_MANY = 3


def brief(plan: Plan) -> str:
    """`이월 10GB가 월 50,000원에 10GB`, to be listed."""
    return f"{subject(plan.name)} 월 {won(plan.fee_krw)}에 {gigabytes(plan.data_gb)}"


def listed(plans: Sequence[Plan]) -> str:
    """Two or three plans in one sentence."""
    said = ", ".join(map(brief, plans))
    return f"{said}{'이에요' if said.endswith('무제한') else '예요'}."


def price_and_data(plan: Plan, *, named: bool = False) -> str:
    """`월 50,000원에 데이터 10GB예요.`"""
    start = f"{topic(plan.name)} " if named else ""
    if plan.data_gb is None:
        return f"{start}월 {won(plan.fee_krw)}에 데이터가 무제한이에요."
    return f"{start}월 {won(plan.fee_krw)}에 데이터 {plan.data_gb}GB예요."


def copula(data_gb: int | None) -> str:
    """What ends a sentence after an amount of data."""
    return "이에요" if data_gb is None else "예요"


def amount(plan: Plan) -> str:
    """`데이터 10GB를` or `데이터를 무제한으로`."""
    return "데이터를 무제한으로" if plan.data_gb is None else object_(f"데이터 {plan.data_gb}GB")
