"""The local brain's rules that answer from the FAQ and the plan pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agent import lines
from agent.brain.draft import Draft, draft
from agent.brain.keywords import MEANINGS, PHRASES, SUBJECTS, Sign, Topic
from agent.brain.plan_rules import unknown_name
from agent.brain.sentences import in_sentences
from agent.brain.small_talk import HUMAN_OFFER
from agent.brain.state import State
from agent.brain.understand import Frame
from agent.tools import Toolbox, ToolResult
from knowledge.catalog.model import Catalog, FaqEntry, Plan

_OWN_OFFER = re.compile(r"상담원에게 연결해 드리겠습니다")
_YES_OR_NO = re.compile(r"^(?:네|예|아니요|아니오),\s*")
_WHAT_IS_ROLLOVER = re.compile(
    r"이월(?:이|은|이란|이라는게|이란게|이라는건|이라는것이)?(?:뭐|무슨|뭔)(?!요금제)"
)
_ROAMING_PRICE = re.compile(
    r"(?:로밍|노밍).*(?:얼마|요금|비용|가격|몇원|돈)|(?:얼마|요금|비용|가격).*(?:로밍|노밍)"
)
_MUST_SIGN = re.compile(
    r"(?<!선택)약정(?:이|은|을|도|기간)?(?:있|없|필요|걸어|꼭|의무|해야|무조건)"
)
_LEAD = re.compile(r"^.*(?:는데|은데|인데|거든|니까|라서|아서|어서|려고|다가|고)(?:요)?,?\s+(?=\S)")
"""What only leads up to a question."""
_QUESTIONS = {
    "owed": "제 위약금이 얼마인지 알 수 있나요?",
    "applies": "변경한 요금제는 언제부터 적용되나요?",
    "really_unlimited": "무제한 요금제도 많이 쓰면 느려지나요?",
    "rolled_over": "이월된 데이터는 언제까지 쓸 수 있나요?",
    "lost": "휴대폰을 잃어버렸어요.",
    "no_contract": "온라인 전용 요금제가 있나요?",
    "joins_how": "가입은 어떻게 하나요?",
    "changes_how": "요금제는 어떻게 변경하나요?",
    "signs": "수어 통화에 알맞은 요금제가 있나요?",
}
"""Phrases of the vocabulary, and the frequent question that each means."""
_JOINS = re.compile(r"가입|개통|해주|만들|서류")
_LEFT_OVER = "데이터가 얼마나 남았는지 확인할 수 있나요?"
_ROAMING = "로밍 요금은 얼마인가요?"
_BEST_GRADE = "VVIP 멤버십을 받으려면 어떤 요금제를 써야 하나요?"
_WHICH_FIGURE = re.compile(r"몇(?P<unit>개월|번|회|살|세|분|기가|원|일|시간|종|회선)|얼마(?!나)")
_SHORT = 10
"""Characters of a question that needs the last answer to be understood."""
_PRORATED = "달 중간에 바꾸면 요금은 어떻게 계산되나요?"
_MOST_SHARING = "공유 데이터가 가장 많은 요금제는 무엇인가요?"
_MOST = re.compile(r"(?:가장|제일|젤|최고로?|최대로?).{0,8}(?:많|큰|넉넉|길|높|좋)")
_PAYS_LESS = re.compile(
    r"더(?:싼|저렴|싸)|싼(?:거|걸|요금제)|싸게|줄이|줄일|낮추|낮출|내리|내려|아끼|절약|덜내"
)
_OF_A_MONTH = re.compile(r"(?:이번|지난|저번|요번)달|청구|결제")
_LONGEST = 2
"""Sentences of an answer that are spoken."""


def _entry(tools: Toolbox, result: ToolResult) -> FaqEntry | None:
    entries = {f"faq:{entry.id}": entry for entry in tools.catalog.faqs}
    return entries.get(result.passages[0].id)


def _on_subject(entry: FaqEntry | None, frame: Frame) -> bool:
    """Whether the caller said anything of what the entry is about; a near miss is worse than
    saying that one does not know."""
    if entry is None:
        return frame.named
    pattern = SUBJECTS.get(entry.category)
    return pattern is None or pattern.search(frame.plain) is not None


async def _searched(frame: Frame, tools: Toolbox, query: str | None) -> ToolResult:
    """What the pages hold; where they hold nothing, without what only led up to the question."""
    result = await tools.call("search_faq", {"query": query or frame.text})
    if query is not None or result.code == "unavailable" or _answers(frame, tools, result):
        return result
    gist = _LEAD.sub("", frame.text)
    if gist and gist != frame.text:
        again = await tools.call("search_faq", {"query": gist})
        if _answers(frame, tools, again):
            return again
    return ToolResult(known=False)


def _answers(frame: Frame, tools: Toolbox, result: ToolResult) -> bool:
    found = result.known and bool(result.passages)
    return found and _on_subject(_entry(tools, result), frame)


async def _from_pages(
    frame: Frame, state: State, tools: Toolbox, query: str | None = None
) -> Draft | None:
    result = await _searched(frame, tools, query)
    if result.code == "unavailable":
        return draft(state, lines.CANNOT_NOW, offer=HUMAN_OFFER)
    if not result.known or not result.passages:
        return None
    entry = _entry(tools, result)
    text = entry.answer if entry else result.passages[0].text
    said = [s for s in in_sentences(text) if not _OWN_OFFER.search(s)][:_LONGEST]
    if said:  # yes or no to the page's question may be wrong to the caller's
        said[0] = _YES_OR_NO.sub("", said[0])
    offer = HUMAN_OFFER if entry and entry.needs_human else None
    spoken_of = tuple(plan.id for plan in frame.plans) or state.plan_ids
    family = frame.families[0].id if frame.families else state.family_id
    pool: tuple[str, ...] = state.pool
    seeks = frame.has(Sign.WITH_BENEFIT, Sign.WHICH_PLANS) or not state.plan_ids
    if said and seeks and not frame.named and (told := _told_of(said, tools.catalog)):
        spoken_of, family = tuple(plan.id for plan in told[:1]), told[0].family_id
        pool = tuple(plan.id for plan in told)
    found = draft(
        state, *said, result=result, offer=offer, plan_ids=spoken_of, family_id=family, pool=pool,
        faq_id=entry.id if entry else None,
    )  # fmt: skip
    return found if said else draft(state, "그 부분은 상담원이 도와드려요.", offer=HUMAN_OFFER)


def _told_of(said: Sequence[str], catalog: Catalog) -> list[Plan]:
    """The plans that a page's answer names, in order, and those of a family that it names."""
    text = " ".join(said)
    families = [plan for f in catalog.families if f.name in text for plan in f.plans]
    named = [plan for plan in catalog.plans if plan.name in text]
    named.sort(key=lambda plan: text.index(plan.name))
    return list(dict.fromkeys((*named, *families)))


async def billing(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Bills, payments and usage, which only a human can look up."""
    if PHRASES["prorated"].search(frame.plain):
        return await _from_pages(frame, state, tools, _PRORATED)
    if not frame.has(Sign.BILL) or frame.has(Sign.RECOMMEND):
        return None
    if _PAYS_LESS.search(frame.plain) and not _OF_A_MONTH.search(frame.plain):
        return None  # `요금이 너무 많이 나오는데 더 싼 거 없을까?`
    query = _LEFT_OVER if PHRASES["left_over"].search(frame.plain) else None
    found = await _from_pages(frame, state, tools, query)
    return found or draft(
        state, "청구와 사용 내역은 상담원이 확인해 드리고 있어요.", offer=HUMAN_OFFER
    )


_OF_IT = re.compile(r"^(?:그럼|그러면)?(?:ott|오티티|테더링|핫스팟|공유데이터|부가통화)(?:는|은)")


async def meaning(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """What a word means: `테더링이 뭐예요?`."""
    if not frame.plans and _WHAT_IS_ROLLOVER.search(frame.plain):
        return await _from_pages(frame, state, tools, _IN_GENERAL[Topic.ROLLOVER])
    if frame.named or (state.plan_ids and _OF_IT.search(frame.plain)):
        return None  # `OTT는 뭐예요?` of a plan
    said = next((says for asked, says in MEANINGS if asked.search(frame.plain)), None)
    return draft(state, *in_sentences(said)) if said else None


async def not_known(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """What a carrier is asked and no page here answers: said honestly, and a human offered."""
    if not frame.has(Sign.NOT_KNOWN) or (frame.named and "유튜브" not in frame.plain):
        return None
    await tools.call("search_faq", {"query": frame.text})
    return replace(_sorry(state), sure=True)  # said beside what else was answered


async def most_of(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """The most of what is no data of one's own: sharing, minutes of video calls, benefits."""
    lots = "많이" in frame.plain
    most = _MOST.search(frame.plain) is not None
    if frame.named or not (most or lots):
        return None
    if Topic.SHARING in frame.topics:
        return await _from_pages(frame, state, tools, _MOST_SHARING)
    if Topic.EXTRA_MINUTES in frame.topics:
        return await _from_pages(frame, state, tools, _IN_GENERAL[Topic.EXTRA_MINUTES])
    if most and Topic.MEMBERSHIP in frame.topics:
        return await _from_pages(frame, state, tools, _BEST_GRADE)
    return None


async def subject(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Subjects that the FAQ answers, whatever plan is named beside them."""
    if query := _in_other_words(frame):
        return await _from_pages(frame, state, tools, query)
    if not frame.has(Sign.FAQ):
        return None
    if _MUST_SIGN.search(frame.plain):
        spoken_of = frame.named or state.plan_ids or state.family_id
        in_general = _IN_GENERAL[Topic.DISCOUNT]
        return None if spoken_of else await _from_pages(frame, state, tools, in_general)
    return await _from_pages(frame, state, tools)


def _in_other_words(frame: Frame) -> str | None:
    """The frequent question that certain words mean, whatever the search makes of them."""
    if frame.plans:
        return None
    if _JOINS.search(frame.plain) and PHRASES["minor_papers"].search(frame.plain):
        return "미성년자가 가입하려면 무엇이 필요한가요?"
    if _ROAMING_PRICE.search(frame.plain):
        return _ROAMING
    if PHRASES["travels"].search(frame.plain) and not frame.has(Sign.FAQ) and not frame.named:
        return _ROAMING
    asked = (name for name in _QUESTIONS if PHRASES[name].search(frame.plain))
    return None if frame.named else next((_QUESTIONS[name] for name in asked), None)


async def anything(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """Whatever else the pages know: in the caller's words, then as the pages ask it."""
    if Topic.OTT in frame.asked and not PHRASES["brand"].search(frame.plain):
        return await _from_pages(frame, state, tools, _IN_GENERAL[Topic.OTT])
    if found := await _from_pages(frame, state, tools):
        return found
    if query := _as_pages_ask(frame, state, tools):
        return await _from_pages(frame, state, tools, query)
    return None


def _as_pages_ask(frame: Frame, state: State, tools: Toolbox) -> str | None:
    """What a caller means in the words of the frequent questions."""
    if PHRASES["travels"].search(frame.plain):
        return _ROAMING
    for asked in frame.asked if frame.has(Sign.ASKS) or "?" in frame.text else ():
        if query := _IN_GENERAL.get(asked):
            return query
    if frame.has(Sign.WHICH_PLANS) and not unknown_name(frame):
        return "어떤 요금제들이 있나요?"
    family = tools.catalog.family(state.family_id or "")
    return f"{family.name} {frame.text}" if family and frame.has(Sign.FAQ) else None


_IN_GENERAL = {
    Topic.DISCOUNT: "선택약정 할인은 얼마나 되나요?",
    Topic.THROTTLE: "데이터를 다 쓰면 어떻게 되나요?",
    Topic.SHARING: "공유와 테더링은 얼마나 쓸 수 있나요?",
    Topic.MINUTES: "전화와 문자도 무제한인가요?",
    Topic.EXTRA_MINUTES: "영상통화와 부가통화는 몇 분인가요?",
    Topic.OTT: "OTT가 포함된 요금제가 있나요?",
    Topic.MEMBERSHIP: "요금제별 멤버십 등급은 어떻게 되나요?",
    Topic.ROLLOVER: "남은 데이터를 다음 달에 쓸 수 있나요?",
}
"""Questions about plans in general, where none is spoken of."""


async def more_of_it(frame: Frame, state: State, tools: Toolbox) -> Draft | None:
    """`몇 개월이요?`: the figure is in what was just answered, and is said again by itself."""
    entry = next((e for e in tools.catalog.faqs if e.id == state.faq_id), None)
    asked = _WHICH_FIGURE.search(frame.plain)
    if entry is None or asked is None or frame.named or len(frame.plain) > _SHORT:
        return None
    unit = asked["unit"] or "원"
    said = [s for s in in_sentences(entry.answer) if re.search(rf"\d\s?{unit}", s)][:1]
    if not said:
        return None
    result = await tools.call("search_faq", {"query": entry.question})
    return draft(state, *said, result=result, faq_id=entry.id)


async def unknown(frame: Frame, state: State, _: Toolbox) -> Draft:
    """Say so, and offer a human."""
    if unknown_name(frame) and not frame.has(Sign.FAQ, Sign.BILL):
        said = "죄송합니다, 말씀하신 이름의 요금제는 찾지 못했어요."
        return draft(state, said, "다른 이름으로 다시 말씀해 주시겠어요?", sure=False)
    return _sorry(state)


def _sorry(state: State) -> Draft:
    return draft(
        state,
        "죄송합니다, 그 부분은 제가 정확히 알지 못해요.",
        offer=HUMAN_OFFER,
        sure=False,
    )
