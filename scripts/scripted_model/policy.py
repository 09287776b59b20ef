"""A well-behaved model in a few rules: a tool by the caller's words, an answer from its facts."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scripts.scripted_model.server import Play, Request

_CALLER = re.compile(r"<caller>(.*)</caller>", re.DOTALL)
_PLAN = re.compile(r"^- ([a-z0-9-]+): (.+) \(", re.MULTILINE)
_WON = re.compile(r"(\d+)만\s?원|([\d,]{4,})원")
_AGE = re.compile(r"(\d{1,3})\s?(?:살|세)")
_BYE = re.compile(r"감사|고마|없어요|없습니다|끊을|됐어")
_HUMAN = re.compile(r"상담원|상담사|사람")
_OWN = re.compile(r"(?:제|내|저의)\s?(?:가?\s?쓰는\s?)?(?:요금제|정보|이름)|쓰고 있는")
_ADVICE = re.compile(r"추천|알맞|맞는|어떤 게 좋|바꾸")
_ABOUT_THAT = re.compile(r"그거|그건|그럼|거기|얼마|데이터|속도|공유|할인")
_UNKNOWN = "그 내용은 제가 알지 못해요. 상담원에게 연결해 드릴까요?"
_TOPICS = (
    (re.compile(r"데이터|기가|이월"), re.compile(r"^데이터 ")),
    (re.compile(r"속도|다 쓰|소진"), re.compile(r"^소진 후 ")),
    (re.compile(r"공유|테더링|핫스팟"), re.compile(r"^공유")),
    (re.compile(r"할인|약정"), re.compile(r"^선택약정 ")),
)
_FEE = re.compile(r"^월 [\d,]+원$")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a request asks, as far as the policy reads it."""

    text: str
    """The caller's last words."""
    plans: dict[str, str]
    """Names of plans by id, as the prompt tells them."""
    said: str
    """All that the agent said before."""
    results: tuple[dict[str, Any], ...]
    """What tools gave in this turn."""


def read(request: Request) -> Asked:
    """Read a request."""
    messages: Sequence[dict[str, Any]] = request["messages"]
    text = ""
    results: list[dict[str, Any]] = []
    for message in messages:
        content = message.get("content") or ""
        if message["role"] == "user" and (caller := _CALLER.search(content)):
            text, results = caller[1], []
        elif message["role"] == "tool":
            results.append(json.loads(content).get("data", {}))
    said = [m.get("content") or "" for m in messages if m["role"] == "assistant"]
    return Asked(
        text=text,
        plans=dict(_PLAN.findall(messages[0]["content"])),
        said=" ".join(said),
        results=tuple(results),
    )


def behave(request: Request) -> Play:
    """The answer of a model that does what it was told."""
    asked = read(request)
    if not request.get("tools"):
        return _say(_from_facts(asked) or "그 내용은 상담원이 안내해 드릴 수 있어요.")
    if not asked.results:
        return _choose(asked)
    return _say(_from_facts(asked) or _UNKNOWN)


def named_in(text: str, plans: dict[str, str]) -> list[str]:
    """The ids of the plans named in a text, longest names first."""
    squeezed = text.replace(" ", "").lower()
    found = []
    for plan_id, name in sorted(plans.items(), key=lambda item: -len(item[1])):
        short = name.replace(" ", "").lower()
        if short in squeezed:
            found.append(plan_id)
            squeezed = squeezed.replace(short, "·")
    return found


def _choose(asked: Asked) -> Play:
    """The first tool that the caller's words call for; the search where none does."""
    text = asked.text
    named = named_in(text, asked.plans)
    before = named_in(asked.said[-200:], asked.plans)
    age, won = _AGE.search(text), _WON.search(text)
    chosen = (
        _HUMAN.search(text) and _use("hand_off", reason="caller_request"),
        _BYE.search(text) and not named and _goodbye(),
        named[1:] and _use("compare_plans", first_id=named[0], second_id=named[1]),
        named and _use("get_plan", plan_id=named[0]),
        age and _use("recommend_plans", age=int(age[1])),
        _ADVICE.search(text) and _use("recommend_plans"),
        _OWN.search(text) and _use("get_customer"),
        won and _use("find_plans", max_fee=_amount(won)),
        before and _ABOUT_THAT.search(text) and _use("get_plan", plan_id=before[0]),
    )
    search = _use("search_faq", query=text[:300] or "요금제")
    return next((play for play in chosen if isinstance(play, Play)), search)


def _amount(won: re.Match[str]) -> int:
    return int(won[1]) * 10_000 if won[1] else int(won[2].replace(",", ""))


def _goodbye() -> Play:
    thanks = ("이용해 주셔서 감사합니다, ", "좋은 하루 보내세요.")
    return Play(text=thanks, calls=[("end_call", "{}")])


def _from_facts(asked: Asked) -> str:
    """One or two sentences out of this turn's facts; empty where there are none."""
    facts = [fact for result in asked.results for fact in result.get("facts", ())]
    plans = [fact for fact in facts if str(fact["id"]).startswith("plan:")]
    if plans:
        return " ".join(_of_plan(str(fact["text"]), asked.text) for fact in plans[:2])
    if not facts:
        return ""
    sentences = re.findall(r"[^.?!]+[.!]", str(facts[0]["text"]).split("? ", 1)[-1])
    return " ".join(sentence.strip() for sentence in sentences[:2])


def _of_plan(fact: str, question: str) -> str:
    parts = [part.strip() for part in re.split(r",(?!\d{3})", fact)]
    name = parts[1] if len(parts) > 1 else parts[0]
    wanted = next((told for asks, told in _TOPICS if asks.search(question)), _FEE)
    told = next((part for part in parts if wanted.search(part)), "")
    told = told or next((part for part in parts if _FEE.search(part)), "")
    return f"{name} 요금제는 {told}이에요." if told else ""


def _use(name: str, **arguments: Any) -> Play:
    return Play(calls=[(name, json.dumps(arguments, ensure_ascii=False))])


def _say(text: str) -> Play:
    pieces = [text[start : start + 7] for start in range(0, len(text), 7)]
    return Play(text=pieces, usage=(1_500, len(text)))
