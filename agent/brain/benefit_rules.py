"""The local brain's rules that look for plans by a benefit: the cheapest with Netflix, say."""

from __future__ import annotations

import re

from agent.brain import answers, families
from agent.brain.draft import Draft, draft
from agent.brain.keywords import Sign
from agent.brain.state import State
from agent.brain.understand import Frame
from agent.selection import is_online
from agent.tools import Toolbox
from knowledge.catalog.model import Plan

_BENEFITS = (
    ("넷플", "넷플릭스"), ("디즈니", "디즈니+"), ("티빙", "티빙"), ("vvip", "VVIP"),
    ("vip", "VIP"), ("ott", "OTT"), ("오티티", "OTT"), ("스마트", "스마트기기"),
    ("워치", "스마트기기"), ("보험", "단말보험"), ("커피", "커피"), ("국제전화", "국제전화"),
    ("이월", "이월"), ("무약정", "무약정"), ("약정없", "무약정"), ("교육", "교육"),
    ("인강", "교육"), ("유해", "유해정보"), ("데이터2배", "2배"), ("데이터두배", "2배"),
)  # fmt: skip
"""What callers say of a benefit, and the word of the catalogue's notes."""
_BEST = (Sign.CHEAPEST, Sign.MOST_DATA, Sign.PRICIEST)
_ASKS_FOR = re.compile(r"있|뭐|어떤|되는|주는|나오는|볼수")
_BRANDS = ("넷플", "디즈니", "티빙")
_TOGETHER = re.compile(r"둘다|같이|함께|모두|전부|다볼|다보")
_SHOWN = 2


async def with_benefit(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Plans with a benefit, by price or data: `티빙 되는 거 중에 제일 싼 거`."""
    note = next((note for said, note in _BENEFITS if said in frame.plain), None)
    if frame.named or note is None or frame.has(Sign.MINE):
        return None
    best = frame.has(*_BEST)
    limited = frame.has(Sign.UNLIMITED) or frame.budget is not None or note == "2배"
    limited = limited and bool(_ASKS_FOR.search(frame.plain))
    if not (best or limited or frame.has(Sign.RECOMMEND)):
        return None
    if sum(brand in frame.plain for brand in _BRANDS) > 1 and _TOGETHER.search(frame.plain):
        note = "2종"
    plans = [plan for plan in tools.catalog.plans if _holds(plan, note) and _fits(plan, frame)]
    if not plans:
        return None
    return await (_one(plans, frame, state, tools) if best else _some(plans, state, tools))


def _holds(plan: Plan, note: str) -> bool:
    if note == "VIP" and any("VVIP" in held for held in plan.notes):
        return False
    return any(note in held for held in plan.notes)


def _fits(plan: Plan, frame: Frame) -> bool:
    if frame.has(Sign.UNLIMITED) and plan.data_gb is not None:
        return False
    high = frame.budget.high if frame.budget else None
    return high is None or plan.fee_krw <= high


async def _one(plans: list[Plan], frame: Frame, state: State, tools: Toolbox) -> Draft:
    best = families.best_of(plans, frame)
    in_shops = [plan for plan in plans if not is_online(plan)]
    shop = families.best_of(in_shops, frame) if in_shops else best
    result = await tools.call("get_plan", {"plan_id": best.id})
    lead = "온라인 전용인 " if is_online(best) else ""
    said = [f"{lead}{answers.price_and_data(best, named=True)}"]
    if shop is not best:
        await tools.call("get_plan", {"plan_id": shop.id})
        said.append(f"그 밖에는 {answers.brief(shop)}{answers.copula(shop.data_gb)}.")
    return draft(
        state, *said, result=result, plan_ids=(best.id,), topics=(), family_id=best.family_id
    )


async def _some(plans: list[Plan], state: State, tools: Toolbox) -> Draft:
    shown = sorted(plans, key=lambda plan: plan.fee_krw)[:_SHOWN]
    for plan in shown:
        result = await tools.call("get_plan", {"plan_id": plan.id})
    ids = tuple(plan.id for plan in shown)
    return draft(state, answers.listed(shown), result=result, plan_ids=ids, listed=ids, topics=())
