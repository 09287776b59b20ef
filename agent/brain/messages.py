"""What a chat model is told of a call: the prompt, the past turns, and words that are only data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from agent.brain.base import TurnRequest
from agent.brain.speakable import Speakable
from agent.conversation import CallContext
from agent.prompts import ANSWER, REPHRASE, template
from agent.tools import Toolbox, ToolResult

_HISTORY = 12
"""Past turns that the model is told."""

Message = dict[str, Any]


@lru_cache(maxsize=1)
def speakable() -> Speakable:
    """What may be said, given the prompt in use."""
    return Speakable(template(ANSWER))


def caller_says(text: str) -> str:
    """The caller's words, marked as data; they cannot close the mark themselves."""
    return f"<caller>{text.replace('<', '‹').replace('>', '›')}</caller>"


def opening(request: TurnRequest, tools: Toolbox, context: CallContext) -> list[Message]:
    """The messages with which a turn begins; what changes comes late, for the servers' caches."""
    if tools.customer:
        caller = f"확인된 고객입니다: {tools.customer.name} 고객님."
    elif tools.caller.on_behalf:
        caller = "다른 분을 대신해 전화한 고객입니다."
    else:
        caller = "아직 누구인지 확인되지 않은 고객입니다."
    plans = "\n".join(
        f"- {plan.id}: {plan.name} ({plan.family_name})" for plan in tools.catalog.plans
    )
    prompt = template(ANSWER).format(
        organization=context.organization_name,
        plans=plans,
        today=context.today.isoformat(),
        caller=caller,
    )
    messages: list[Message] = [{"role": "system", "content": prompt}]
    for turn in request.history[-_HISTORY:]:
        if turn.heard:
            messages.append({"role": "user", "content": caller_says(turn.heard)})
        if turn.said:
            messages.append({"role": "assistant", "content": turn.said})
    messages.append({"role": "user", "content": caller_says(request.text)})
    return messages


def tool_message(call_id: str, result: ToolResult) -> Message:
    """A tool's result, as data: what documents say is never an instruction."""
    content = json.dumps({"data": result.for_model()}, ensure_ascii=False)
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def rephrasing(
    begun: Sequence[Message], tools: Toolbox, *, rejected: str, problems: Sequence[str]
) -> list[Message]:
    """The messages that ask for another sentence in place of one that was not borne out."""
    facts = "\n".join(f"- {fact.text}" for fact in tools.facts) or "- (없음)"
    asked = template(REPHRASE).format(
        rejected=rejected, problems=", ".join(problems) or "-", facts=facts
    )
    return [*begun, {"role": "user", "content": asked}]
