"""The local brain's rules about plans: one's own, named ones, comparisons, recommendations."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.brain import answers
from agent.brain.draft import Draft, draft
from agent.brain.keywords import Sign, Topic
from agent.brain.small_talk import HUMAN_OFFER
from agent.brain.state import Act, State
from agent.brain.understand import Frame
from agent.korean.wording import object_, topic, won
from agent.requests import says_yes
from agent.tools import Toolbox, ToolResult
from knowledge.catalog.model import EligibilityKind, Family, Plan
from knowledge.compare import full_age

_LIMITED = (EligibilityKind.MAX_AGE, EligibilityKind.MIN_AGE)
_ASKS_HOW = re.compile(
    r"어떻게|언제|방법|절차|수있|되나|돼나|될까|되죠|되요|돼요|가능|몇번|하려면|며칠|얼마나걸|면"
)
_OWN_TOPICS = (
    Topic.FEE, Topic.DATA, Topic.THROTTLE, Topic.SHARING, Topic.MINUTES, Topic.DISCOUNT,
    Topic.ROLLOVER, Topic.MEMBERSHIP, Topic.OTT,
)  # fmt: skip
_FOR_SOMEBODY = re.compile(r"쓸|쓰실|해주|해줄|사주|요금|핸드폰|휴대폰|폰|가입|개통|바꿔|맞는|뭐가")
_OLDER = re.compile(r"만 (\d+)세 이상 가입 시 (.+) 추가")
_THANKS_ONLY = re.compile(r"^(?!네|예)[^?]*(?:고마|고맙|감사|땡큐)")
_UNTIL_WHEN = re.compile(
    r"언제까지|몇살까지|몇세까지|나이(?:가)?되면|살(?:이)?되면|성인되면|졸업하면|생일(?:이)?지나면"
)
_WITHOUT_ONLINE = re.compile(r"온라인(?:은|이|으로)?(?:전용)?(?:은|이)?(?:말고|빼고|싫|안)")
_LETTERS = (("에이형", "a형"), ("비형", "b형"), ("씨형", "c형"), ("시형", "c형"))
_OF_TWO = re.compile(r"둘|두개|두요금제|중에|중에서|더")
_WHICH = "어떤 요금제가 궁금하신가요?"


async def answer_to_offer(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Yes to the offer of details."""
    offer = state.offer
    if offer is None or offer.act is not Act.DETAILS or not says_yes(frame.text) or frame.named:
        return None
    if _THANKS_ONLY.search(frame.plain):
        return None
    result = await tools.call("get_plan", {"plan_id": offer.plan_ids[0]})
    plan = result.plans[0]
    said = answers.details(plan)
    return draft(state, *said, result=result, plan_ids=(plan.id,))


async def age_given(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """The age that was asked for, of the person for whom a plan is sought."""
    if not state.asked_age or frame.age is None or frame.named:
        return None
    return await _for_age(frame, state, tools)


async def not_online(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """`온라인 말고요`: back to the plan that is not online-only."""
    if not _WITHOUT_ONLINE.search(frame.plain) or not state.plan_ids:
        return None
    result = await tools.call("get_plan", {"plan_id": state.plan_ids[0]})
    plan = result.plans[0]
    return draft(
        state, f"네, 그러시면 {answers.brief(plan)}{answers.copula(plan.data_gb)}.", result=result
    )


async def age_bonus(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """More data from a certain age, on the plan spoken of: `일흔다섯이면 더 줘요?`."""
    if not frame.age_told or frame.age is None or frame.named or not state.plan_ids:
        return None
    plan = tools.catalog.plan(state.plan_ids[0])
    match = next((m for note in plan.notes if (m := _OLDER.match(note))), None) if plan else None
    if plan is None or match is None or frame.age < int(match[1]):
        return None
    result = await tools.call("get_plan", {"plan_id": plan.id})
    said = f"네, {topic(plan.name)} 만 {match[1]}세 이상 가입하시면 {object_(match[2])} 더 드려요."
    return draft(state, said, result=result)


async def change(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Changing or joining a plan, which only a human can do."""
    if not frame.has(Sign.CHANGE) or frame.has(Sign.RECOMMEND, Sign.COMPARE, Sign.CHEAPER):
        return None
    if _ASKS_HOW.search(frame.plain) or frame.has(Sign.RELATIVE):
        return None
    if frame.has(Sign.CHEAPEST, Sign.MOST_DATA, Sign.UNLIMITED) and not frame.named:
        return None
    if frame.has(Sign.FAQ, Sign.BILL) and "요금제" not in frame.plain and not frame.plans:
        return None  # another number, another card: not a plan
    focus = tools.catalog.plan(state.plan_ids[0]) if state.plan_ids else None
    plans = frame.plans or ((focus,) if focus and frame.has(Sign.THAT) else ())
    if not plans:
        return draft(state, "요금제 변경과 가입은 상담원이 도와드리고 있어요.", offer=HUMAN_OFFER)
    plan = plans[0]
    result = await tools.call("find_plans", {"name": plan.name})
    barred = _barred(plan, tools)
    if barred:
        return draft(state, *barred, result=result, plan_ids=(plan.id,), topic=Topic.ELIGIBILITY)
    price = f"{topic(plan.name)} 월 {won(plan.fee_krw)}이고, 가입과 변경은 상담원이 도와드려요."
    return draft(state, price, result=result, offer=HUMAN_OFFER, plan_ids=(plan.id,))


def _age_of_customer(tools: Toolbox) -> int | None:
    return full_age(tools.customer.born, tools.today) if tools.customer else None


def _barred(plan: Plan, tools: Toolbox) -> list[str] | None:
    """Why the verified customer may not join, if that is known."""
    age, limit = _age_of_customer(tools), plan.eligibility.age
    if age is None or limit is None:
        return None
    kind = plan.eligibility.kind
    if (kind is EligibilityKind.MAX_AGE and age > limit) or (
        kind is EligibilityKind.MIN_AGE and age < limit
    ):
        return [f"{topic(plan.name)} {plan.eligibility.text}이셔야 가입하실 수 있어요."]
    return None


async def compare(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Two plans side by side."""
    asked = frame.has(Sign.COMPARE)
    plans = list(frame.plans)
    both_named = len(plans) >= 2 and not (frame.topics and frame.topics[0] is not Topic.OVERVIEW)
    if not (asked or both_named):
        return None
    of_two = len(state.plan_ids) >= 2 and _OF_TWO.search(frame.plain)
    if not (plans or of_two) and (frame.has(Sign.RECOMMEND, Sign.RELATIVE) or frame.age):
        return None
    if len(plans) < 2 and frame.has(Sign.MINE):
        own = await tools.call("get_customer")
        if not own.ok:
            return None
        plans += [plan for plan in own.plans if plan not in plans]
    focus = [plan for plan_id in state.plan_ids if (plan := tools.catalog.plan(plan_id))]
    near = tools.catalog.family(state.family_id) if state.family_id else None
    if not plans and near and frame.gb is not None:
        plans = [plan for plan in near.plans if plan.data_gb == frame.gb]  # `10기가랑 차이`
    if len(plans) == 1 and not frame.families:
        plans = [*[plan for plan in focus[:1] if plan not in plans], *plans]
    elif not plans and not frame.families and len(focus) >= 2:
        plans = focus[:2]
    if len(plans) < 2 and tools.customer and not frame.families:
        own = await tools.call("get_customer")
        plans = [*[plan for plan in own.plans if plan not in plans], *plans]
    if len(plans) >= 2:
        first, second = plans[:2]
        ids = (first.id, second.id)
        result = await tools.call("compare_plans", {"first_id": ids[0], "second_id": ids[1]})
        # what was named now comes first: `그건` means it
        focus_ids = ids if first in frame.plans else ids[::-1]
        return draft(
            state, *answers.compared(first, second), result=result, plan_ids=focus_ids, topic=None
        )
    if len(frame.families) >= 2 or (frame.families and plans):
        return await _families(frame, state, tools)
    if len(plans) == 1:
        said = f"{object_(plans[0].name)} 어떤 요금제와 비교해 드릴까요?"
        result = await tools.call("find_plans", {"name": plans[0].name})
        return draft(state, said, result=result, plan_ids=(plans[0].id,))
    if frame.families or state.plan_ids or frame.topics:
        return None
    return draft(state, "어떤 요금제 두 가지를 비교해 드릴까요?")


async def _families(frame: Frame, state: State, tools: Toolbox) -> Draft:
    said = []
    result = ToolResult()
    for family in frame.families[:2]:
        result = await tools.call("find_plans", {"family_id": family.id, "limit": 10})
        said.append(answers.family_range(family))
    for plan in frame.plans[:1]:
        result = await tools.call("find_plans", {"name": plan.name})
        said.append(answers.overview(plan)[0])
    return draft(state, *said, result=result, plan_ids=(), family_id=frame.families[-1].id)


async def my_plan(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """The caller's own plan."""
    if not frame.has(Sign.MINE) or frame.named or frame.has(Sign.RECOMMEND, Sign.RELATIVE):
        return None
    if frame.has(Sign.CHEAPER, Sign.MORE_DATA, Sign.CHEAPEST, Sign.CHANGE, Sign.OTHER):
        return None
    result = await tools.call("get_customer")
    if not result.ok:
        return None
    customer = result.customer
    if customer is None or not result.plans:
        return draft(state, "이용 중이신 요금제는 상담원이 확인해 드려요.", offer=HUMAN_OFFER)
    plan = result.plans[0]
    asked = [item for item in frame.topics if item not in (Topic.OVERVIEW, Topic.ELIGIBILITY)]
    said = [f"고객님은 {plan.family_name} {object_(plan.name)} 이용하고 계세요."]
    if asked:
        said = answers.TOPIC_ANSWERS[asked[0]](plan)
    else:
        said.append(answers.price_and_data(plan))
    return draft(
        state, *said, result=result, plan_ids=(plan.id,), topic=asked[0] if asked else None,
        family_id=plan.family_id,
    )  # fmt: skip


async def own_limit(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """How long the verified customer may stay on a plan with an age limit."""
    customer = tools.customer
    if customer is None or not _UNTIL_WHEN.search(frame.plain):
        return None
    until = tools.plan_ends(customer)
    about = frame.plans[0].id if frame.plans else (*state.plan_ids, customer.plan_id)[0]
    if until is None or about != customer.plan_id or frame.families:
        return None
    result = await tools.call("get_customer")
    said = answers.until_birthday(result.plans[0], until)
    return draft(state, said, result=result, plan_ids=(customer.plan_id,))


async def recommend(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """A recommendation: for somebody of an age, or for the caller."""
    somebody = frame.has(Sign.RELATIVE) or frame.age is not None
    of_own = frame.has(Sign.MINE) or not state.plan_ids
    lower = frame.has(Sign.CHEAPER) and of_own and tools.customer is not None
    asks = frame.has(Sign.RECOMMEND) or lower
    if frame.named or frame.won or frame.gb or frame.has(Sign.FOREIGNER, Sign.DISABLED):
        return None
    if not asks and not somebody:
        return None
    if Topic.ELIGIBILITY in frame.topics and state.plan_ids and not asks:
        return None  # `서른여섯 살도 가입돼요?` asks about the plan spoken of
    if frame.has(Sign.CHEAPEST, Sign.UNLIMITED, Sign.MOST_DATA) and not somebody:
        return None
    if frame.age is not None:
        return await _for_age(frame, state, tools)
    if somebody and not (asks or _FOR_SOMEBODY.search(frame.plain)):
        return None
    if somebody:
        return draft(state, "쓰실 분의 나이가 어떻게 되세요?", asked_age=True)
    if not asks:
        return None
    result = await tools.call("recommend_plans", {})
    advice = result.advice
    if advice is None or advice.present is None:
        return None
    present = advice.present
    if not advice.keep_present and advice.options:
        best = advice.options[0]
        ids = (best.plan.id, present.id)
        said = answers.recommended(best, present)
        return draft(state, *said, result=result, plan_ids=ids, topic=None)
    if lower:
        return None  # nothing better for them: cheaper ones with less are a search
    said = answers.keep(present, advice.options[0] if advice.options else None)
    return draft(state, *said, result=result, plan_ids=(present.id,), topic=None)


async def _for_age(frame: Frame, state: State, tools: Toolbox) -> Draft:
    age = frame.age
    result = await tools.call("recommend_plans", {"age": age})
    for_age = [plan for plan in result.plans if plan.eligibility.kind in _LIMITED]
    said_age = f"만 {age}세이시면" if frame.age_told else "그 나이대시면"
    if not for_age:
        return draft(
            state,
            f"{said_age} 일반 요금제 중에서 고르실 수 있어요.",
            "한 달에 데이터를 몇 기가 정도 쓰세요?",
            result=result, age=age, asked_data=True, plan_ids=(),
        )  # fmt: skip
    family = for_age[0].family_name
    if len(for_age) == 1 or for_age[1].family_id != for_age[0].family_id:
        plan = for_age[0]
        said = [f"{said_age} {object_(plan.name)} 추천해 드려요.", answers.price_and_data(plan)]
        kept = [plan]
    else:
        said = [f"{said_age} {family} 요금제가 알맞아요.", answers.listed(for_age[:2])]
        kept = for_age[:2]
    return draft(
        state, *said, result=result, age=age, plan_ids=tuple(plan.id for plan in kept),
        family_id=for_age[0].family_id, topic=None,
    )  # fmt: skip


async def named(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Plans or families that the caller names, with what is asked of them."""
    if not frame.named:
        return None
    asked = frame.topics[0] if frame.topics else None
    if asked is None and len(frame.rest) <= 4 and not frame.has(Sign.RECOMMEND):
        asked = state.topic  # `심플은요?` asks the same of another
    if frame.plans:
        result = ToolResult()
        for plan in frame.plans[:2]:
            result = await tools.call("find_plans", {"name": plan.name})
        said = _of_plans(frame.plans[:2], asked or Topic.OVERVIEW, frame, tools)
        ids = tuple(plan.id for plan in frame.plans[:2])
        return draft(
            state, *said, result=result, plan_ids=ids, family_id=frame.plans[0].family_id,
            topic=asked,
        )  # fmt: skip
    family = frame.families[0]
    result = await tools.call("find_plans", {"family_id": family.id, "limit": 10})
    said = _of_family(family, asked, frame.age if frame.age_told else None)
    others = [plan for plan in family.plans if plan.id not in frame.rejected]
    if len(others) < len(family.plans) and others:
        said = [f"다른 요금제로는 {answers.listed(others[:3])}"]
    focus = tuple(plan.id for plan in family.plans) if len(family.plans) <= 2 else ()
    if frame.has(Sign.CHEAPEST, Sign.PRICIEST, Sign.MOST_DATA):
        best = _superlative(family.plans, frame)
        said, focus = [answers.price_and_data(best, named=True)], (best.id,)
    return draft(state, *said, result=result, plan_ids=focus, family_id=family.id, topic=asked)


def _superlative(plans: Sequence[Plan], frame: Frame) -> Plan:
    if frame.has(Sign.MOST_DATA):
        return max(plans, key=lambda plan: (plan.data_gb is None, plan.data_gb or 0, -plan.fee_krw))
    if frame.has(Sign.PRICIEST) and not frame.has(Sign.CHEAPEST):
        return max(plans, key=lambda plan: plan.fee_krw)
    return min(plans, key=lambda plan: plan.fee_krw)


def _of_plans(plans: Sequence[Plan], asked: Topic, frame: Frame, tools: Toolbox) -> list[str]:
    """One plan gets the whole answer; of two, the first sentence each."""
    if len(plans) == 1:
        if asked is Topic.ELIGIBILITY:
            own = frame.has(Sign.MINE) or "제가" in frame.plain or "나" in frame.plain[:2]
            age = frame.age if frame.age_told else (_age_of_customer(tools) if own else None)
            return answers.eligibility(plans[0], age=age)
        others = [item for item in frame.topics if item not in (asked, Topic.OVERVIEW)]
        said = answers.TOPIC_ANSWERS[asked](plans[0])
        if others:
            return said[:1] + answers.TOPIC_ANSWERS[others[0]](plans[0])[:1]
        return said
    return [answers.TOPIC_ANSWERS[asked](plan)[0] for plan in plans]


def _of_family(family: Family, asked: Topic | None, age: int | None = None) -> list[str]:
    if len(family.plans) == 1 and asked is Topic.ELIGIBILITY:
        return answers.eligibility(family.plans[0], age=age)
    if len(family.plans) == 1:
        return answers.TOPIC_ANSWERS[asked or Topic.OVERVIEW](family.plans[0])
    if asked in (None, Topic.OVERVIEW, Topic.FEE, Topic.DISCOUNT):
        return answers.family_overview(family)
    if asked is Topic.DATA:
        return answers.family_data(family)
    if asked in (Topic.ELIGIBILITY, Topic.ROLLOVER, Topic.MINUTES):
        first = family.plans[0]
        eligible = asked is Topic.ELIGIBILITY
        one = (
            answers.eligibility(first, age=age) if eligible else answers.TOPIC_ANSWERS[asked](first)
        )
        return [
            sentence.replace(topic(family.plans[0].name), topic(family.name)) for sentence in one
        ]
    return answers.family_each(family, asked)


async def refine(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """`70기가요`, `A형은요?`: a plan of the family just spoken of, or a name without its family."""
    said = frame.plain
    for spoken, written in _LETTERS:
        said = said.replace(spoken, written)
    family = tools.catalog.family(state.family_id) if state.family_id else None
    near = list(family.plans) if family else []
    found = [plan for plan in near if frame.gb is not None and plan.data_gb == frame.gb]
    if not found and frame.gb is None and frame.won is None:
        everywhere = sorted(tools.catalog.plans, key=lambda plan: not plan.name.startswith("5G "))
        found = [
            plan
            for plan in (*near, *everywhere)
            if (tail := plan.name.split()[-1].lower()) in said
            and len(tail) >= 2
            and " " in plan.name
        ]
    if not found:
        return None
    asked = frame.topics[0] if frame.topics else state.topic or Topic.OVERVIEW
    result = await tools.call("get_plan", {"plan_id": found[0].id})
    return draft(
        state, *_of_plans(found[:1], asked, frame, tools), result=result,
        plan_ids=(found[0].id,), family_id=found[0].family_id, topic=frame.topics[0] if frame.topics else state.topic,
    )  # fmt: skip


async def follow_up(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """A question about what was spoken of before: `그럼 데이터는요?`, `그건 얼마예요?`."""
    if not frame.topics and not frame.has(Sign.THAT):
        return None
    asked = frame.topics[0] if frame.topics else state.topic or Topic.OVERVIEW
    plans = [plan for plan_id in state.plan_ids if (plan := tools.catalog.plan(plan_id))]
    if not plans and state.family_id and (family := tools.catalog.family(state.family_id)):
        result = await tools.call("find_plans", {"family_id": family.id, "limit": 10})
        return draft(state, *_of_family(family, asked), result=result, topic=asked)
    if asked in (Topic.OTT, Topic.MEMBERSHIP) and frame.has(Sign.WITH_BENEFIT):
        return None  # `넷플릭스 되는 요금제` looks for plans
    if not plans and tools.customer and asked in _OWN_TOPICS:
        plans = list((await tools.call("get_customer")).plans)
    if not plans and not frame.topics and len(frame.plain) <= 12:
        return draft(state, _WHICH)
    if not plans:
        if asked in (Topic.FEE, Topic.DATA, Topic.DISCOUNT) and len(frame.plain) <= 14:
            return draft(state, _WHICH, topic=asked)
        return None
    if frame.has(Sign.THAT) and "둘" not in frame.plain and asked is not Topic.OVERVIEW:
        plans = plans[:1] if "그럼" not in frame.plain and "그러면" not in frame.plain else plans
    result = ToolResult()
    for plan in plans[:2]:
        result = await tools.call("get_plan", {"plan_id": plan.id})
    return draft(state, *_of_plans(plans[:2], asked, frame, tools), result=result, topic=asked)
