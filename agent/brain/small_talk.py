"""The local brain's rules for all that is not about plans: offers, thanks, goodbyes, chat."""

from __future__ import annotations

import re

from agent import lines, requests
from agent.brain import answers
from agent.brain.draft import Draft, draft
from agent.brain.keywords import PHRASES, SMALL_TALK, Sign, Then, Topic
from agent.brain.state import Act, Offer, State
from agent.brain.understand import Frame
from agent.tools import Toolbox

CONFIRM = f"이 요금제로 {lines.ASKS_CHANGE}"
SEARCH_OFFER = Offer(act=Act.SEARCH, text="저희 요금제 중에서 찾아 드릴까요?")
HUMAN_OFFER = Offer(act=Act.HUMAN, text=lines.OFFER_HUMAN)
MORE_OFFER = Offer(act=Act.NOTHING_MORE, text="더 필요하신 거 있으세요?")

_OFFERS = {Then.HUMAN: HUMAN_OFFER, Then.MORE: MORE_OFFER}
_THANKS = PHRASES["thanks"]
_GOODBYE = PHRASES["goodbye"]
_NOTHING_MORE = PHRASES["nothing_more"]
_QUESTION = re.compile(r"몇|얼마|언제|뭐|뭘|무슨|무엇|왜|어떻|어디|누구|나요|까요|\?\s*$")
ASK_USAGE = "한 달에 데이터를 몇 기가 정도 쓰세요?"
_OFF_TOPIC_REPLY = "그 내용은 제가 안내해 드리지 못하지만, 요금제는 도와드릴 수 있어요."
_INJECTION_REPLY = "요금과 혜택은 제가 바꿔 드릴 수 없고, 정해진 내용만 안내해 드려요."
_OTHERS_REPLY = "다른 통신사의 요금제는 제가 안내해 드리지 못해요."
_PLAIN_HELP = "한 달에 데이터를 얼마나 쓰시는지만 말씀해 주시면 하나씩 안내해 드릴게요."
_TIMES_CONFUSED = 2
"""So often not understood, and a human is offered."""
_LONGEST_COURTESY = 16
"""Characters without spaces; a longer sentence that thanks also asks something."""


def _asks_nothing(frame: Frame) -> bool:
    return not (frame.named or frame.topics or frame.budget or frame.gb)


async def goodbye(state: State, tools: Toolbox) -> Draft:
    """End the call politely."""
    await tools.call("end_call", {"outcome": "completed"})
    return draft(state, lines.GOODBYE)


async def answer_to_offer(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """`네` and `아니요`, to an offer or without one."""
    yes, no = requests.says_yes(frame.text), requests.says_no(frame.text)
    if not (yes or no) or frame.named or frame.budget or frame.gb:
        return None
    if state.offer is None:
        return await _without_offer(frame, state, tools, yes=yes)
    if yes:
        return await _accepted(state.offer, frame, state, tools)
    if frame.has(Sign.FIRST, Sign.SECOND) or (not frame.empty and len(frame.plain) > 8):
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
        case Act.SEARCH:
            return draft(state, ASK_USAGE, asked_budget=True)
        case Act.NOTHING_MORE if _THANKS.search(frame.plain):
            return await goodbye(state, tools)
        case Act.NOTHING_MORE if "연결" in frame.plain:
            await tools.call("hand_off", {"reason": "caller_request"})
            return draft(state, lines.HANDOFF, lines.PLEASE_WAIT)
        case Act.NOTHING_MORE:
            return draft(state, "네, 말씀하세요.")
        case _:
            return None


async def courtesy(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Thanks and goodbyes."""
    if not _asks_nothing(frame) or frame.has(Sign.FAQ, Sign.BILL, Sign.RECOMMEND, Sign.COMPARE):
        return None
    if _QUESTION.search(frame.text):
        return None  # nobody is hung up on who asks
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


async def small_talk(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Chat, insults, questions about the agent itself."""
    busy = frame.has(Sign.FAQ, Sign.BILL, Sign.RECOMMEND, Sign.COMPARE, Sign.MINE, Sign.CHANGE)
    if frame.named or frame.budget or frame.gb or busy or frame.age_told:
        return None
    for talk in SMALL_TALK:
        if not talk.pattern.search(frame.plain):
            continue
        if talk.alone and set(frame.topics) - {Topic.OVERVIEW}:
            continue
        if talk.then is Then.HESITATE and state.offer:
            for plan_id in state.offer.plan_ids:
                # The offer is said again, so what it names must be among this turn's facts.
                await tools.call("get_plan", {"plan_id": plan_id})
            return draft(state, offer=state.offer)
        if talk.then is Then.HELP:
            return draft(state, talk.reply, lines.HOW_CAN_I_HELP)
        return draft(state, talk.reply, offer=_OFFERS.get(talk.then))
    return None


async def off_topic(frame: Frame, state: State, _: Toolbox) -> Draft | None:
    """What a carrier's agent does not talk about."""
    about_plans = frame.named or set(frame.topics) - {Topic.OVERVIEW}
    if about_plans or frame.has(Sign.FAQ, Sign.BILL):
        return None
    if not PHRASES["off_topic"].search(frame.plain):
        return None
    return draft(state, _OFF_TOPIC_REPLY, lines.HOW_CAN_I_HELP)


async def competitor(frame: Frame, state: State, _: Toolbox) -> Draft | None:
    """Plans of other carriers, of which nothing is known here."""
    if frame.named or not frame.has(Sign.COMPETITOR) or frame.has(Sign.FAQ):
        return None
    if PHRASES["which_carrier"].search(frame.plain):
        return None
    return draft(state, _OTHERS_REPLY, offer=SEARCH_OFFER, sure=False)


async def confused(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """The caller did not follow: the same in plainer words, then a human."""
    asks_else = frame.has(Sign.RECOMMEND, Sign.FAQ, Sign.BILL, Sign.MINE, Sign.COMPARE)
    if frame.named or frame.asked or frame.budget or asks_else or not frame.has(Sign.CONFUSED):
        return None
    if state.asked_budget or state.asked_age or SMALL_TALK[0].pattern.search(frame.plain):
        return None
    times = state.confused + 1
    if times >= _TIMES_CONFUSED:
        said = "제가 쉽게 설명해 드리지 못해 죄송합니다."
        return draft(state, said, offer=HUMAN_OFFER, confused=times)
    if state.plan_ids:
        result = await tools.call("get_plan", {"plan_id": state.plan_ids[0]})
        said_simply = answers.simply(result.plans[0])
        return draft(state, *said_simply, result=result, confused=times)
    return draft(state, "네, 쉽게 말씀드릴게요.", _PLAIN_HELP, confused=times)
