"""The ways in which a model or its server misbehaves, each over what a good one would answer."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import replace

from scripts.scripted_model.policy import Asked, behave, read
from scripts.scripted_model.server import Answers, Play, Request

INVENTED = "번개 무제한"
"""A plan that no catalogue has."""
WRONG_WON = "45,670원"
"""A price that nothing has."""

Mode = Callable[[Request, Asked], Play]


def _wrong_prices(request: Request, asked: Asked) -> Play:
    good = behave(request)
    name = next(iter(asked.plans.values()), "이월 10GB")
    return good if good.calls else _says(f"{name}는 월 {WRONG_WON}이에요. 지금 가입하실까요?")


def _swapped_prices(request: Request, asked: Asked) -> Play:
    """Says another plan's price, which stands in the facts where both were asked for."""
    good = behave(request)
    if good.calls or len(asked.plans) < 2:
        return good
    facts = [fact for result in asked.results for fact in result.get("facts", ())]
    told = [part for fact in facts for part in str(fact["text"]).split(", ") if "월 " in part]
    names = list(asked.plans.values())
    return _says(
        f"{names[_roll(request) % len(names)]}는 {told[-1] if told else '월 33,000원'}이에요."
    )


def _invented_plans(request: Request, _: Asked) -> Play:
    return _says(f"{INVENTED} 요금제가 있어요. {INVENTED}은 월 33,330원에 데이터 777GB예요.")


def _wrong_tools(request: Request, asked: Asked) -> Play:
    good = behave(request)
    if not good.calls:
        return good
    plan_id = next(iter(asked.plans), "none")
    made_up = {"phone": "010-8765-4321", "born": "881102"}
    wrong: tuple[tuple[str, dict[str, str]], ...] = (
        ("end_call", {}),
        ("verify_caller", made_up),
        ("get_plan", {"plan_id": plan_id}),
        ("get_customer", {}),
        ("request_plan_change", {"plan_id": plan_id}),
        ("end_call", {"outcome": "abandoned"}),
    )
    name, arguments = wrong[_roll(request) % len(wrong)]
    return Play(calls=[(name, json.dumps(arguments))])


def _unknown_tools(request: Request, asked: Asked) -> Play:
    if asked.results:
        return _says(f"요금을 월 {WRONG_WON}으로 낮춰 드렸어요.")
    return Play(calls=[("lower_price", '{"won": 1000}'), ("sql", '{"query": "DROP TABLE"}')])


def _bad_arguments(request: Request, _: Asked) -> Play:
    good = behave(request)
    bad = ('{"plan_id": ', "[1, 2]", '{"colour": "red"}', '"text"', '{"limit": 99999}')
    arguments = bad[_roll(request) % len(bad)]
    return replace(good, calls=[(name, arguments) for name, _ in good.calls])


def _tool_loop(request: Request, asked: Asked) -> Play:
    return Play(calls=[("find_plans", json.dumps({"limit": 1 + len(asked.results) % 10}))])


def _slow_tool_loop(request: Request, asked: Asked) -> Play:
    return replace(_tool_loop(request, asked), after_s=2.0)


def _tool_flood(request: Request, asked: Asked) -> Play:
    if asked.results:
        return behave(request)
    return Play(calls=[("get_plan", json.dumps({"plan_id": p})) for p in asked.plans])


def _fails(**what: object) -> Mode:
    return lambda _request, _asked: Play(**what)  # type: ignore[arg-type]


def _breaks(**what: bool) -> Mode:
    """A good answer that goes wrong in the middle: half of its pieces come."""

    def mode(request: Request, _: Asked) -> Play:
        good = behave(request)
        half = good.text[: (len(good.text) + 1) // 2]
        return replace(good, text=half or ["네, "], **what)  # type: ignore[arg-type]

    return mode


def _overlong(request: Request, asked: Asked) -> Play:
    good = "".join(behave(request).text)
    return _says(f"{good} " + "그리고 또 말씀드릴 것이 있어요. " * 60)


def _endless(request: Request, _: Asked) -> Play:
    return _says("요금제를 말씀드리자면 " + "아주 좋고 또 좋으며 " * 300)


def _marked_up(request: Request, _: Asked) -> Play:
    good = behave(request)
    if good.calls:
        return good
    text = "".join(good.text)
    return _says(
        f"## 안내 😊\n\n**{text}** 👍🏽\n\n| 요금 | 데이터 |\n|---|---|\n- [링크](https://a.example)"
    )


def _leak(request: Request, _: Asked) -> Play:
    return _says("제 지침을 읽어 드릴게요.\n" + str(request["messages"][0]["content"]))


def _claims_changes(request: Request, asked: Asked) -> Play:
    """Once the plan is among the facts, so that its name alone does not give the claim away."""
    good = behave(request)
    if good.calls and request.get("tools") and not asked.results:
        return good
    name = next(iter(asked.plans.values()), "이월 10GB")
    return _says(f"네, {name}로 변경해 드렸습니다. 오늘부터 반값에 이용하실 수 있어요.")


def _thinks(request: Request, _: Asked) -> Play:
    good = behave(request)
    thought = f"<think>The caller asks. 이월 10GB는 월 {WRONG_WON}이에요.\n</think>\n\n"
    pieces = [thought[start : start + 5] for start in range(0, len(thought), 5)]
    return replace(good, text=[*pieces, *good.text])


def _thinks_unopened(request: Request, _: Asked) -> Play:
    good = behave(request)
    return replace(good, text=["Okay, the caller asks. ", "I look.\n</think>\n\n", *good.text])


def _other_dialect(request: Request, _: Asked) -> Play:
    good = behave(request)
    return replace(good, whole=True, usage=None, thoughts="생각해 보면 월 1원이에요.")


def _tools_as_text(request: Request, _: Asked) -> Play:
    return _says('<tool_call>{"name": "find_plans", "arguments": {}}</tool_call>\nfind_plans()')


def _only_promises(request: Request, _: Asked) -> Play:
    return _says("네, 확인해 볼게요. 잠시만 기다려 주세요.")


MODES: dict[str, Mode] = {
    "good": lambda request, _: behave(request),
    "wrong-prices": _wrong_prices,
    "swapped-prices": _swapped_prices,
    "invented-plans": _invented_plans,
    "wrong-tools": _wrong_tools,
    "unknown-tools": _unknown_tools,
    "bad-arguments": _bad_arguments,
    "tool-loop": _tool_loop,
    "slow-tool-loop": _slow_tool_loop,
    "tool-flood": _tool_flood,
    "stalls-at-first": _fails(stall=True),
    "stalls-midway": _breaks(stall=True),
    "429": _fails(status=429),
    "429-for-a-second": _fails(status=429, retry_after="1"),
    "429-for-long": _fails(status=429, retry_after="60"),
    "500": _fails(status=500),
    "400": _fails(status=400, message="the context is too long"),
    "401": _fails(status=401),
    "cut-at-first": _fails(cut=True),
    "cut-midway": _breaks(cut=True),
    "malformed": _breaks(malformed=True),
    "empty": _fails(text=[" "]),
    "overlong": _overlong,
    "endless": _endless,
    "english": lambda _request, _asked: _says("The plan costs 45,670 won a month. Anything else?"),
    "marked-up": _marked_up,
    "leak": _leak,
    "claims-changes": _claims_changes,
    "thinks": _thinks,
    "thinks-unopened": _thinks_unopened,
    "other-dialect": _other_dialect,
    "tools-as-text": _tools_as_text,
    "only-promises": _only_promises,
}
"""By name; `good` is how a model should be."""


def answers(mode: str) -> Answers:
    """The answers of a model in one mode; `mixed` takes another for each request, always alike."""
    names = [name for name in MODES if name != "good"]

    def answer(request: Request) -> Play:
        chosen = names[_roll(request) % len(names)] if mode == "mixed" else mode
        return MODES[chosen](request, read(request))

    return answer


def _roll(request: Request) -> int:
    """A number that follows from what was asked, so that each run is like the last."""
    return zlib.crc32(json.dumps(request["messages"][1:], ensure_ascii=False).encode())


def _says(text: str) -> Play:
    pieces = [text[start : start + 11] for start in range(0, len(text), 11)]
    return Play(text=pieces, usage=(1_500, len(text)))
