"""The local brain's rules about changing to a plan: asked back, then noted for a human."""

from __future__ import annotations

import re

from agent.brain import answers, families, focus
from agent.brain.draft import Draft, draft
from agent.brain.keywords import PHRASES, Sign, Topic
from agent.brain.own_rules import age_of_customer
from agent.brain.plan_rules import or_instead
from agent.brain.small_talk import CONFIRM, HUMAN_OFFER, MORE_OFFER
from agent.brain.state import Act, Offer, State
from agent.brain.understand import Frame
from agent.korean.wording import topic
from agent.requests import says_no, says_yes
from agent.selection import AGE_KINDS, is_online
from agent.tools import Toolbox
from knowledge.catalog.model import EligibilityKind, Family, Plan
from knowledge.compare import is_eligible

_ASKS_HOW = re.compile(
    r"어떻게|언제|방법|절차|수있|되나|돼나|될까|되죠|되요|돼요|가능|몇번|하려면|며칠|얼마나걸|면|얼마"
)
_JOINS = re.compile(r"가입|개통|신규|새로")
_DO_IT = re.compile(
    r"(?:바꿔|변경해?|해|신청해?|접수해?|진행해?)(?:주|줘|달)|할게|할래|하겠|그렇게"
)
_DO_NOT = re.compile(
    r"안(?:할|해|바꿀|바꾸)|하지(?:마|말)|말아|마세요|취소|그만|생각해|나중에|됐어|괜찮|아니"
)
_MYSELF = re.compile(
    r"(?:^|[\s,])(?:저|나|전|난|제|내)(?:는|도|가|두|한테|\s?나이(?:에|로|면|도|는)?)?(?=[\s,.?!]|$)"
)
_MAY_CHANGE = re.compile(
    r"(?:바꿔|변경해|옮겨|갈아타|가입해)도(?:되|돼)|(?:바꿀|변경할|옮길|갈아탈|가입할)수(?:는)?있"
    r"|(?:변경|가입)(?:이)?(?:되나|돼요|될까|가능)"
)
_ANYBODY = re.compile(r"누가|누구|몇살|몇세|아무나|언제|조건|자격|나이제한")
_BY_PAPER = (EligibilityKind.FOREIGNER, EligibilityKind.DISABLED)
_ONLY_A_NAME = 8
"""Characters beside a name that ask nothing: `아니 시니어 C형으로요`."""


async def answer_to_offer(  # noqa: PLR0911 - a case a line
    frame: Frame, state: State, tools: Toolbox
) -> Draft | None:
    """Yes to the question whether to note the request; the tool decides whether it may be."""
    offer = state.offer
    if offer is None or offer.act is not Act.CHANGE or frame.named:
        return None
    does = says_yes(frame.text) or _DO_IT.search(frame.plain)
    if not does or frame.asked or says_no(frame.text) or _DO_NOT.search(frame.plain):
        return None
    plan = tools.catalog.plan(offer.plan_ids[0])
    if plan is None:
        return None
    result = await tools.call("request_plan_change", {"plan_id": plan.id})
    match result.code:
        case "ok":
            said = [
                f"네, {plan.name} 변경 신청을 접수했어요.",
                "아직 바뀐 것은 아니고, 상담원이 확인한 뒤에 처리해 드려요.",
            ]
            return draft(state, *said, result=result, offer=MORE_OFFER, noted_id=plan.id)
        case "same_plan":
            fact = await tools.call("get_plan", {"plan_id": plan.id})
            return draft(state, f"{topic(plan.name)} 지금 이용 중이신 요금제예요.", result=fact)
        case "not_eligible" | "online_only":
            return await _barred(plan, state, tools)
        case _ if tools.needs:
            return None
        case _:
            return draft(state, "죄송합니다, 지금은 신청을 접수할 수 없어요.", offer=HUMAN_OFFER)


async def noted(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """What became of a request: noted, not carried out, and a human's to undo."""
    of_earlier = PHRASES["noted_request"].search(frame.plain) and not frame.has(Sign.FAQ)
    plan = tools.catalog.plan(state.noted_id or "")
    if plan is None or frame.named:
        said = "접수하신 신청은 상담원이 확인해 드려요."
        return draft(state, said, offer=HUMAN_OFFER) if of_earlier else None
    if PHRASES["takes_back"].search(frame.plain):
        return draft(state, "변경 신청 취소는 상담원이 도와드려요.", offer=HUMAN_OFFER)
    if not (of_earlier or PHRASES["after_noting"].search(frame.plain)):
        return None
    result = await tools.call("get_plan", {"plan_id": plan.id})
    said = f"{plan.name} 요금제로 바꾸는 신청만 접수된 상태예요."
    return draft(state, said, "상담원이 확인한 뒤에 처리해 드려요.", result=result)


async def change(  # noqa: PLR0911 - a case a line
    frame: Frame, state: State, tools: Toolbox
) -> Draft | None:
    """A wish to change: what it costs is said, then asked back before anything is noted."""
    offered = state.offer is not None and state.offer.act is Act.CHANGE
    names_it = bool(frame.plans) and not frame.asked and len(frame.rest) <= _ONLY_A_NAME
    if not (_wants_change(frame) or (names_it and (offered or state.asked_change))):
        return None
    picked = focus.picked(frame, state, tools.catalog)
    this = frame.has(Sign.THAT) or (len(state.plan_ids) == 1 and "요금제" not in frame.plain)
    this = this and not frame.families  # `그럼 심플로`
    if picked is None and this and state.plan_ids and not _JOINS.search(frame.plain):
        picked = tools.catalog.plan(state.plan_ids[0])
    plans = frame.plans or ((picked,) if picked else ())
    if not plans and frame.families:
        family = frame.families[0]
        if barred := await _barred(family.plans[0], state, tools, name=family.name):
            return barred
        result = await tools.call("find_plans", {"family_id": family.id, "limit": 10})
        listed = tuple(plan.id for plan in families.by_fee(family))
        return draft(
            state, *families.overview(family), result=result, plan_ids=(), listed=listed,
            family_id=family.id, asked_change=True, pool=listed, wished=None,
        )  # fmt: skip
    if not plans:
        if _JOINS.search(frame.plain):
            return draft(state, "가입은 상담원이 도와드리고 있어요.", offer=HUMAN_OFFER)
        return draft(state, "어떤 요금제로 변경하고 싶으세요?", asked_change=True)
    plan = plans[0]
    result = await tools.call("get_plan", {"plan_id": plan.id})
    own = tools.customer.plan_id if tools.customer else None
    if plan.id == own:
        said = f"{topic(plan.name)} 지금 이용 중이신 요금제예요."
        return draft(state, said, result=result, plan_ids=(plan.id,))
    if barred := await _barred(plan, state, tools):
        return barred
    offer = Offer(act=Act.CHANGE, text=CONFIRM, plan_ids=(plan.id,))
    told = [answers.price_and_data(plan, named=True)]
    if plan.eligibility.kind in _BY_PAPER:
        told += answers.eligibility(plan)
    return draft(
        state, *told, result=result, offer=offer, plan_ids=(plan.id,), family_id=plan.family_id
    )


async def may_change(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Whether the caller may have a plan: `저 Y 베이직 가입할 수 있어요?`, `나 시니어 되지?`."""
    plans = frame.plans or tuple(plan for family in frame.families[:1] for plan in family.plans)
    if not plans or not _asks_for_oneself(frame) or plans[0].eligibility.kind not in AGE_KINDS:
        return None
    plan = plans[0]
    whole = frame.families[0] if not frame.plans and len(plans) > 1 else None
    name = whole.name if whole else plan.name
    age = age_of_customer(tools)
    if age is None:
        return await _of_what_age(plan, name, state, tools, whole=whole is not None)
    if barred := await _barred(plan, state, tools, name=name):
        return barred
    who = await tools.call("get_customer")
    if who.plans and who.plans[0].id == plan.id:
        return draft(state, f"{topic(plan.name)} 지금 이용 중이신 요금제예요.", result=who)
    yes = f"네, 고객님은 {name}에 가입하실 수 있어요."
    return await (
        _welcome(whole, yes, state, tools) if whole else _may_have(plan, yes, state, tools)
    )


async def _may_have(plan: Plan, yes: str, state: State, tools: Toolbox) -> Draft:
    result = await tools.call("get_plan", {"plan_id": plan.id})
    offer = Offer(act=Act.CHANGE, text=CONFIRM, plan_ids=(plan.id,))
    return draft(
        state, yes, answers.price_and_data(plan), result=result, offer=offer,
        plan_ids=(plan.id,), family_id=plan.family_id,
    )  # fmt: skip


async def _welcome(family: Family, yes: str, state: State, tools: Toolbox) -> Draft:
    result = await tools.call("find_plans", {"family_id": family.id, "limit": 10})
    listed = tuple(other.id for other in families.by_fee(family))
    return draft(
        state, yes, families.in_range(family), result=result, plan_ids=(), listed=listed,
        family_id=family.id, topics=(Topic.ELIGIBILITY,),
    )  # fmt: skip


async def _of_what_age(
    plan: Plan, name: str, state: State, tools: Toolbox, *, whole: bool
) -> Draft:
    """The rule, and the question that lets it be applied."""
    result = await tools.call("get_plan", {"plan_id": plan.id})
    said = f"{topic(name)} {plan.eligibility.text}이시면 가입하실 수 있어요."
    return draft(
        state, said, "나이가 어떻게 되세요?", result=result, family_id=plan.family_id,
        plan_ids=() if whole else (plan.id,), topics=(Topic.ELIGIBILITY,),
    )  # fmt: skip


def _asks_for_oneself(frame: Frame) -> bool:
    if frame.age_told or frame.has(Sign.RELATIVE, Sign.COMPARE):
        return False
    if _MAY_CHANGE.search(frame.plain):
        return not _ANYBODY.search(frame.plain)
    asks = frame.has(Sign.ASKS_FIT) or Topic.ELIGIBILITY in frame.asked
    return asks and not frame.has(Sign.CHANGE) and bool(_MYSELF.search(frame.text))


def _wants_change(frame: Frame) -> bool:
    """To change now; how it is done, or for whom else, is another question."""
    other_wish = frame.has(
        Sign.RECOMMEND, Sign.COMPARE, Sign.CHEAPER, Sign.RELATIVE
    ) or _ASKS_HOW.search(frame.plain)
    seeks = frame.has(Sign.CHEAPEST, Sign.MOST_DATA, Sign.UNLIMITED) and not frame.named
    # another number, another card: not a plan
    of_plan = "요금제" in frame.plain or frame.plans or not frame.has(Sign.FAQ, Sign.BILL)
    return bool(frame.has(Sign.CHANGE) and of_plan and not other_wish and not seeks)


async def _barred(
    plan: Plan, state: State, tools: Toolbox, *, name: str | None = None
) -> Draft | None:
    """Why a plan cannot be had on the phone, if that is known."""
    if is_online(plan):
        result = await tools.call("get_plan", {"plan_id": plan.id})
        said = f"{topic(plan.name)} 온라인에서만 가입하실 수 있는 요금제예요."
        return draft(state, said, answers.price_and_data(plan), result=result, plan_ids=(plan.id,))
    age = age_of_customer(tools)
    if age is None or plan.eligibility.age is None or is_eligible(plan, age=age):
        return None
    result = await tools.call("get_plan", {"plan_id": plan.id})
    await tools.call("get_customer")  # the age is told from what is known of the caller
    rule = (
        f"{topic(name or plan.name)} {plan.eligibility.text} 요금제라서, "
        f"만 {age}세이신 고객님은 아쉽지만 가입 대상이 아니에요."
    )
    told, instead = await or_instead(plan, [rule], age, tools)
    return draft(
        state, *told, result=result, plan_ids=(plan.id,), topics=(Topic.ELIGIBILITY,),
        instead=instead,
    )  # fmt: skip
