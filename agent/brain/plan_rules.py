"""The local brain's rules about plans and families: named now, or spoken of before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agent.brain import answers, families, focus
from agent.brain.draft import Draft, draft
from agent.brain.keywords import Sign, Topic
from agent.brain.own_rules import age_of_customer
from agent.brain.state import Act, State
from agent.brain.understand import Frame
from agent.requests import says_yes
from agent.tools import Toolbox, ToolResult
from knowledge.catalog.model import Family, Plan
from knowledge.compare import is_eligible

_BENEFITS = {Topic.OTT, Topic.MEMBERSHIP}
_OWN_TOPICS = (
    Topic.FEE, Topic.DATA, Topic.THROTTLE, Topic.SHARING, Topic.MINUTES, Topic.DISCOUNT,
    Topic.ROLLOVER, Topic.MEMBERSHIP, Topic.OTT, Topic.TOTAL, Topic.EXTRA_MINUTES,
)  # fmt: skip
"""What is asked of the caller's own plan when no other was spoken of."""
_THANKS_ONLY = re.compile(r"^(?!네|예)[^?]*(?:고마|고맙|감사|땡큐)")
_WITHOUT_ONLINE = re.compile(r"온라인(?:은|이|으로)?(?:전용)?(?:은|이)?(?:말고|빼고|싫|안)")
_TWO_YEARS = re.compile(r"2년|이년|24개월|두해")
_MYSELF = re.compile(r"^(?:저|나)(?:는|도|두)?|제가|내가|저도|나도")
_ONLY_A_NAME = 4
"""Characters beside a name that ask nothing: `심플은요`."""
_ONLY_REFERS = 9
"""Characters of `그럼 그거는요`, which ask nothing new."""
_SHORT = 14
"""Characters of a question that lacks only what it is about."""
_WHICH = "어떤 요금제가 궁금하신가요?"
_MOST_PLANS = 3


async def answer_to_offer(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Yes to the offer of details."""
    offer = state.offer
    if offer is None or offer.act is not Act.DETAILS or not says_yes(frame.text) or frame.named:
        return None
    if _THANKS_ONLY.search(frame.plain) or frame.asked:
        return None
    result = await tools.call("get_plan", {"plan_id": offer.plan_ids[0]})
    plan = result.plans[0]
    said = answers.details(plan)
    return draft(state, *said, result=result, plan_ids=(plan.id,))


async def not_online(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """`온라인 말고요`: back to the plan that is not online-only."""
    if not _WITHOUT_ONLINE.search(frame.plain) or not state.plan_ids:
        return None
    result = await tools.call("get_plan", {"plan_id": state.plan_ids[0]})
    plan = result.plans[0]
    return draft(
        state, f"네, 그러시면 {answers.brief(plan)}{answers.copula(plan.data_gb)}.", result=result
    )


_GOOD_ABOUT = re.compile(
    r"(?:그|이|저)(?:건|게|거|것|요금제)(?:는|은)?(?:뭐|어디|무엇)(?:가|이)?(?:그렇게|더)?좋"
    r"|뭐가(?:그렇게|더)?좋(?:은데|은가|은지|아서)|좋은점|장점"
)
_BENEFIT_WORDS = {
    "스마트": "스마트기기", "워치": "스마트기기", "보험": "단말보험", "커피": "커피",
    "국제전화": "국제전화", "교육": "교육", "인강": "교육", "유해": "유해정보", "위치": "위치",
}  # fmt: skip
"""What callers say of a benefit, and the word of the catalogue's notes."""


async def benefit(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Whether a plan that is named has a certain benefit: `Y 베이직 커피 쿠폰 줘요?`."""
    word = next((note for said, note in _BENEFIT_WORDS.items() if said in frame.plain), None)
    if word is None or frame.has(Sign.COMPARE):
        return None
    plans: Sequence[Plan] = frame.plans or focus.subjects(frame, state, tools.catalog)
    if frame.families and not frame.plans:
        plans = families.by_fee(frame.families[0])
    holding = [plan for plan in plans if any(word in note for note in plan.notes)]
    if not frame.named and (word == "교육" or not holding):
        return None  # what the pages tell of in general
    plan = (holding or list(plans))[0]
    result = await tools.call("find_plans", {"name": plan.name})
    if holding:
        note = next(note for note in plan.notes if word in note)
        said = [f"네, {plan.name}에는 {note} 혜택이 있어요."]
    else:
        said = [f"아니요, {plan.name}에는 {word} 혜택이 없어요."]
    said += answers.of_plan(plan, frame.asked)[:1] if Topic.FEE in frame.asked else []
    return draft(
        state, *said, result=result, plan_ids=(plan.id,), family_id=plan.family_id,
        topics=(Topic.BENEFITS,),
    )  # fmt: skip


async def good_about(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """`그건 뭐가 좋은데요?` of the plan spoken of."""
    plan = tools.catalog.plan(state.plan_ids[0]) if len(state.plan_ids) == 1 else None
    if plan is None or frame.named or not _GOOD_ABOUT.search(frame.plain):
        return None
    result = await tools.call("get_plan", {"plan_id": plan.id})
    said = answers.benefits(plan) if plan.notes else answers.details(plan)
    return draft(state, *said, result=result, topics=(Topic.BENEFITS,))


async def named(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Plans or families that the caller names, with what is asked of them."""
    if not frame.named:
        return None
    asked = _asked(frame, state)
    if frame.plans:
        plans = frame.plans[:_MOST_PLANS]
        result = ToolResult()
        for plan in plans:
            result = await tools.call("find_plans", {"name": plan.name})
        said, instead = await _of_plans(plans, asked, _of_same_person(frame, asked, state), tools)
        for family in frame.families[:1]:
            result = await tools.call("find_plans", {"family_id": family.id, "limit": 10})
            said = [*said[:1], *families.of_family(family, asked)]
        return draft(
            state, *said, result=result, plan_ids=tuple(plan.id for plan in plans),
            family_id=plans[0].family_id, topics=asked, instead=instead,
            age=frame.age if frame.age_told else state.age,
        )  # fmt: skip
    if len(frame.families) > 1:
        return await _of_families(frame, state, tools, asked)
    return await _of_family(frame, state, tools, asked)


def _asked(frame: Frame, state: State) -> tuple[Topic, ...]:
    """What is asked; `심플은요?` asks the same of another."""
    if not frame.topics and len(frame.rest) <= _ONLY_A_NAME and not frame.has(Sign.RECOMMEND):
        return state.topics
    return frame.asked or frame.topics


async def _of_families(
    frame: Frame, state: State, tools: Toolbox, asked: tuple[Topic, ...]
) -> Draft:
    said: list[str] = []
    result = ToolResult()
    for family in frame.families[:2]:
        result = await tools.call("find_plans", {"family_id": family.id, "limit": 10})
        whole = not asked or asked == (Topic.FEE,) or Topic.OVERVIEW in asked
        of_it = [families.in_range(family)] if whole else families.of_family(family, asked)
        said += of_it[:1]
    return draft(
        state, *said, result=result, plan_ids=(), family_id=frame.families[0].id, topics=asked,
        pool=(), wished=None,
    )  # fmt: skip


async def _of_family(frame: Frame, state: State, tools: Toolbox, asked: tuple[Topic, ...]) -> Draft:
    family = frame.families[0]
    result = await tools.call("find_plans", {"family_id": family.id, "limit": 10})
    told = frame.age if frame.age_told else None
    if told is None and Topic.ELIGIBILITY in asked and _MYSELF.search(frame.plain):
        told = age_of_customer(tools)
    said = families.of_family(family, asked, age=told)
    instead = None
    if frame.has(Sign.BOTH) and asked == (Topic.FEE,):
        said = families.each_fee(family)
    if told is not None and Topic.ELIGIBILITY in asked:
        said, instead = await or_instead(family.plans[0], said, told, tools)
    order = families.by_fee(family)
    others = [plan for plan in order if plan.id not in frame.rejected]
    if len(others) < len(order) and others:
        said = [f"다른 요금제로는 {answers.listed(others[:_MOST_PLANS])}"]
        order = others
    listed = tuple(plan.id for plan in order)
    spoken_of = listed if len(listed) <= 2 else ()
    if frame.has(Sign.CHEAPEST, Sign.PRICIEST, Sign.MOST_DATA, Sign.LEAST_DATA):
        best = families.best_of(family.plans, frame)
        said = [answers.price_and_data(best, named=True)]
        spoken_of = (best.id,)
        if frame.has(Sign.CHEAPEST) and frame.has(Sign.PRICIEST) and len(order) > 1:
            said = [answers.price_and_data(end, named=True) for end in (order[0], order[-1])]
            spoken_of = (order[0].id, order[-1].id)
    return draft(
        state, *said, result=result, plan_ids=spoken_of, listed=listed, family_id=family.id,
        topics=asked, pool=listed, wished=None, instead=instead,
    )  # fmt: skip


async def _of_plans(
    plans: Sequence[Plan], asked: tuple[Topic, ...], frame: Frame, tools: Toolbox
) -> tuple[list[str], str | None]:
    """One plan gets the whole answer; of two and more, a short sentence each."""
    alike = {plan.eligibility for plan in plans}
    if asked == (Topic.ELIGIBILITY,) and len(alike) == 1:
        plans = plans[:1]  # one condition is said once
    if Topic.TOTAL in asked and len(plans) == 1:
        years = 2 if _TWO_YEARS.search(frame.plain) else 1
        others = [item for item in asked if item not in (Topic.TOTAL, Topic.FEE)]
        total = answers.total(plans[0], years=years)
        if Topic.DISCOUNT in others and len(total) > 1:
            return total[1:], None
        return ([*total, *answers.of_plan(plans[0], others)[:1]] if others else total), None
    if len(plans) == 1:
        told = frame.age if frame.age_told else None
        if told is None and Topic.ELIGIBILITY in asked and _MYSELF.search(frame.plain):
            told = age_of_customer(tools)
        said = answers.of_plan(plans[0], asked, age=told)
        if told is not None and Topic.ELIGIBILITY in asked:
            return await or_instead(plans[0], said, told, tools)
        return said, None
    return answers.of_plans(plans, asked), None


def _of_same_person(frame: Frame, asked: tuple[Topic, ...], state: State) -> Frame:
    """`B형은요?` after `할머니가 아흔둘이신데 C형 데이터 몇 기가 줘요?`: the age holds for data."""
    if frame.age is not None or state.age is None or asked != (Topic.DATA,):
        return frame
    return replace(frame, age=state.age, age_told=True)


async def or_instead(
    plan: Plan, said: list[str], age: int, tools: Toolbox
) -> tuple[list[str], str | None]:
    """To someone who is too old or too young, one plan that they may join is named as well."""
    rule = plan.eligibility
    if rule.age is None or is_eligible(plan, age=age):
        return said, None
    found = await tools.call("recommend_plans", {"age": age})
    if not found.plans:
        wishes = {"age": age, "max_fee": plan.fee_krw, "sort": "data_desc", "limit": 1}
        found = await tools.call("find_plans", wishes)
    if not found.plans:
        return said, None
    other = found.plans[0]
    return [*said, f"대신 {answers.brief(other)}{answers.copula(other.data_gb)}."], other.id


async def follow_up(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """A question about what was spoken of before: `그럼 데이터는요?`, `그건 얼마예요?`."""
    seeks = frame.has(Sign.WITH_BENEFIT) and _BENEFITS & set(frame.topics)
    picked = focus.picked(frame, state, tools.catalog)
    refers = frame.has(Sign.THAT, Sign.BOTH) and len(frame.rest) <= _ONLY_REFERS
    refers = refers or picked is not None
    if seeks or not (frame.topics or refers):
        return None  # `넷플릭스 되는 요금제` looks for plans
    asked = frame.asked or frame.topics or state.topics
    plans = focus.subjects(frame, state, tools.catalog)
    family = focus.family_of(state, tools.catalog)
    if not plans and family:
        return await _of_spoken_family(family, frame, state, tools, asked)
    if not plans and tools.customer and any(item in _OWN_TOPICS for item in asked):
        plans = list((await tools.call("get_customer")).plans)
    if not plans:
        vague = not frame.topics or asked[0] in (Topic.FEE, Topic.DATA, Topic.TOTAL)
        known = frame.asked or state.topics
        if frame.has(Sign.FAQ, Sign.BILL) or unknown_name(frame):
            return None
        if vague and len(frame.plain) <= _SHORT:
            return draft(state, _WHICH, topics=known, sure=False)
        return None
    plans = plans[:_MOST_PLANS]
    result = ToolResult()
    for plan in plans:
        result = await tools.call("get_plan", {"plan_id": plan.id})
    said, instead = await _of_plans(plans, asked, _of_same_person(frame, asked, state), tools)
    if asked == state.topics == (Topic.OVERVIEW,) and len(plans) == 1 and not picked:
        said = answers.details(plans[0])  # `더 알려 주세요`
    spoken_of = tuple(plan.id for plan in plans)
    kept = state.plan_ids if set(spoken_of) <= set(state.plan_ids) and not picked else spoken_of
    return draft(
        state, *said, result=result, topics=asked, plan_ids=kept, family_id=plans[0].family_id,
        instead=instead,
    )  # fmt: skip


_NAMED = re.compile(r"(?P<word>[가-힣A-Za-z0-9]{2,})\s?(?:요금제|플랜)")
_NO_NAME = re.compile(
    r"(?:[는은던른떤런슨될할갈쓸인한싼된한운]|비싼|좋은|이런|그런|어떤|무슨|다른|우리|저희|제가|지금|현재|기존"
    r"|무제한|무약정|데이터|온라인|전용|추천|통신|핸드폰|휴대폰|휴대전화|이번|5G|5g|전체|모든|각각|보통|일반"
    r"|인터넷|저렴|최저|최고|우리집|회사|혹시|그거|이거|거기|여기|요즘|근데|그럼|저기|말고|정도|짜리|이하|이상"
    r"|미만|가족|학생|청소년|청년|어린이|노인|어르신|외국인|장애인|복지|아이|아들|딸|부모님|어머니|아버지|이랑|하고"
    r"|으로|에서|보다|까지|부터|궁금|안녕하세요|여보세요|음|그냥|제일|가장|대로|대)$"
)


def unknown_name(frame: Frame) -> str | None:
    """The name of a plan that there is not: `골드 요금제 얼마예요`."""
    if frame.named or frame.budget or frame.gb is not None or frame.age is not None:
        return None
    match = _NAMED.search(frame.text)
    return None if match is None or _NO_NAME.search(match["word"]) else match["word"]


async def _of_spoken_family(
    family: Family, frame: Frame, state: State, tools: Toolbox, asked: tuple[Topic, ...]
) -> Draft:
    result = await tools.call("find_plans", {"family_id": family.id, "limit": 10})
    age = frame.age if frame.age_told else None
    said = families.of_family(family, asked, age=age)
    instead = None
    if asked == (Topic.FEE,):
        said = families.each_fee(family)
    if age is not None and Topic.ELIGIBILITY in asked:
        said, instead = await or_instead(family.plans[0], said, age, tools)
    listed = tuple(plan.id for plan in families.by_fee(family))
    return draft(
        state, *said, result=result, topics=asked, listed=listed, pool=listed, instead=instead
    )
