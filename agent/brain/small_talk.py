"""The local brain's rules for all that is not about plans: offers, thanks, goodbyes, chat."""

from __future__ import annotations

from agent import lines, requests
from agent.actions import Expectation
from agent.brain.draft import Draft, draft
from agent.brain.keywords import PHRASES, SMALL_TALK, Sign
from agent.brain.state import Act, Offer, State
from agent.brain.understand import Frame
from agent.tools import Toolbox

HUMAN_OFFER = Offer(act=Act.HUMAN, text=lines.OFFER_HUMAN)
MORE_OFFER = Offer(act=Act.NOTHING_MORE, text="더 필요하신 거 있으세요?")

_THANKS = PHRASES["thanks"]
_GOODBYE = PHRASES["goodbye"]
_NOTHING_MORE = PHRASES["nothing_more"]
_OFF_TOPIC_REPLY = "그 내용은 제가 안내해 드리지 못하지만, 요금제는 도와드릴 수 있어요."
_INJECTION_REPLY = "요금과 혜택은 제가 바꿔 드릴 수 없고, 정해진 내용만 안내해 드려요."
_LONGEST_COURTESY = 16
"""Characters without spaces; a longer sentence that thanks also asks something."""


def _asks_nothing(frame: Frame) -> bool:
    return not (frame.named or frame.topics or frame.won or frame.gb)


async def goodbye(state: State, tools: Toolbox) -> Draft:
    """End the call politely."""
    await tools.call("end_call", {"outcome": "completed"})
    return draft(state, lines.GOODBYE)


async def answer_to_offer(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """`네` and `아니요`, to an offer or without one."""
    yes, no = requests.says_yes(frame.text), requests.says_no(frame.text)
    if not (yes or no) or frame.named or frame.won or frame.gb:
        return None
    if state.offer is None:
        return await _without_offer(frame, state, tools, yes=yes)
    if yes:
        return await _accepted(state.offer, frame, state, tools)
    if not frame.empty and len(frame.plain) > 8:
        return None  # `아니요 데이터는 얼마예요`
    if state.offer.act is Act.NOTHING_MORE:
        return await goodbye(state, tools)
    return draft(state, "네, 알겠습니다.", offer=MORE_OFFER)


async def _without_offer(frame: Frame, state: State, tools: Toolbox, *, yes: bool) -> Draft | None:
    if yes and _asks_nothing(frame) and len(frame.plain) <= 4:
        return draft(state, lines.NOTHING_TO_REPEAT)
    if not yes and _NOTHING_MORE.search(frame.plain) and not frame.topics:
        return await goodbye(state, tools)
    return None


async def _accepted(offer: Offer, frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    match offer.act:
        case Act.HUMAN:
            await tools.call("hand_off", {"reason": "cannot_answer"})
            return draft(state, lines.HANDOFF, lines.PLEASE_WAIT)
        case Act.NOTHING_MORE if _THANKS.search(frame.plain):
            return await goodbye(state, tools)
        case Act.NOTHING_MORE:
            return draft(state, "네, 말씀하세요.")
        case _:
            return None


async def courtesy(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Thanks and goodbyes."""
    if not _asks_nothing(frame) or frame.has(Sign.FAQ, Sign.BILL, Sign.RECOMMEND, Sign.COMPARE):
        return None
    if _GOODBYE.search(frame.plain) and len(frame.plain) <= 2 * _LONGEST_COURTESY:
        return await goodbye(state, tools)
    if _THANKS.search(frame.plain) and len(frame.plain) <= _LONGEST_COURTESY:
        asked_more = state.offer is not None and state.offer.act is Act.NOTHING_MORE
        if state.thanked or asked_more or _NOTHING_MORE.search(frame.plain):
            return await goodbye(state, tools)
        return draft(state, offer=MORE_OFFER, thanked=True)
    return None


async def injection(frame: Frame, state: State, _: Toolbox) -> Draft | None:
    """Instructions to the system inside a caller's words are not followed."""
    if PHRASES["injection"].search(frame.plain):
        return draft(state, _INJECTION_REPLY, lines.HOW_CAN_I_HELP)
    return None


async def small_talk(frame: Frame, state: State, _: Toolbox) -> Draft | None:
    """Chat, insults, questions about the agent itself."""
    busy = frame.has(Sign.FAQ, Sign.BILL, Sign.RECOMMEND, Sign.COMPARE, Sign.MINE, Sign.CHANGE)
    if frame.named or frame.won or frame.gb or busy or frame.age_told:
        return None
    for talk in SMALL_TALK:
        if not talk.pattern.search(frame.plain):
            continue
        name, reply = talk.name, talk.reply
        if name in ("abuse", "language"):
            return draft(state, reply, offer=HUMAN_OFFER)
        if frame.topics and name not in ("identity", "ability", "recorded"):
            continue
        if name == "wait":
            return draft(state, reply) if state.offer is None else draft(state, offer=state.offer)
        return draft(state, reply, lines.HOW_CAN_I_HELP, expects=Expectation.OPEN)
    return None


async def account(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """The caller's own name and since when they are a customer; nothing else personal is told."""
    if PHRASES["own_secret"].search(frame.plain) and not frame.has(Sign.FAQ, Sign.CHANGE):
        return draft(state, "개인정보는 전화로 말씀드리지 않고 있어요.", lines.HOW_CAN_I_HELP)
    name, since = (PHRASES[p].search(frame.plain) for p in ("own_name", "own_since"))
    if not (name or since) or frame.named:
        return None
    result = await tools.call("get_customer")
    customer = result.customer
    if customer is None:
        return None
    if name:
        return draft(state, f"{customer.name} 고객님으로 확인되어 있어요.", result=result)
    day = customer.since
    said = f"{day.year}년 {day.month}월 {day.day}일부터 이용하고 계세요."
    return draft(state, said, result=result)


async def off_topic(frame: Frame, state: State, _: Toolbox) -> Draft | None:
    """What a carrier's agent does not talk about."""
    if (
        frame.named
        or frame.has(Sign.FAQ, Sign.BILL)
        or not PHRASES["off_topic"].search(frame.plain)
    ):
        return None
    return draft(state, _OFF_TOPIC_REPLY, lines.HOW_CAN_I_HELP)
