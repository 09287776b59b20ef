"""Drives a Conversation with scenarios in text mode, and says what was wrong."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from agent.actions import Action, EndCall, HandOff, Heard, Say, Used
from agent.conversation import CallContext, Conversation
from agent.factory import AgentFactory
from scripts.carrier.checks import call_faults, turn_faults
from scripts.carrier.scenario import Scenario, Turn
from storage.records import Outcome


@dataclass
class Reply:
    """What one turn gave."""

    sentences: list[str] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    ending: HandOff | EndCall | None = None

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


async def collect(
    conversation: Conversation,
    actions: AsyncGenerator[Action, None],
    *,
    cut_after: int | None = None,
) -> Reply:
    """Run one reply to its end, or close it after some sentences as a barge-in does."""
    reply = Reply()
    async for action in actions:
        match action:
            case Say():
                reply.sentences.append(action.text)
            case Used():
                reply.tools.append(action.call.name)
            case _:
                reply.ending = action
        if cut_after is not None and len(reply.sentences) >= cut_after:
            await actions.aclose()
            break
    conversation.played(reply.text, interrupted=cut_after is not None)
    return reply


def heard(turn: Turn) -> Heard:
    """The turn as the conversation is told of it."""
    if turn.press is not None:
        return Heard(text=turn.press.rstrip("#") or turn.press, kind="keys")
    if turn.silence is not None:
        return Heard(text="", kind="silence")
    if turn.during_reply:
        return Heard(text=turn.during_reply.say, kind="speech")
    return Heard(text=turn.asr if turn.asr is not None else turn.say or "", kind="speech")


async def run(scenario: Scenario, factory: AgentFactory) -> list[str]:
    """Run one scenario; gives its faults, each with its turn."""
    conversation = factory.conversation(
        CallContext(
            organization_id="sample",
            organization_name="여보세요 모바일",
            call_sid=f"CA{scenario.id}",
            caller=scenario.caller,
            today=scenario.today,
        )
    )
    reply = await collect(conversation, conversation.greet())
    faults: list[str] = []
    for index, turn in enumerate(scenario.turns):
        if turn.expect.reply == "continues":
            continue  # a backchannel never reaches the conversation
        if reply.ending:
            faults.append(f"turn {index}: the call had ended")
            break
        following = scenario.turns[index + 1 : index + 2]
        cut = any(t.during_reply and t.expect.reply != "continues" for t in following)
        actions = conversation.hear(heard(turn))
        reply = await collect(conversation, actions, cut_after=1 if cut else None)
        found = turn_faults(turn.expect, said=reply.text, tools=reply.tools)
        faults += [f"turn {index}: {fault}" for fault in found]
    ending = reply.ending
    return faults + call_faults(
        scenario.expect,
        outcome=Outcome.HANDED_OFF if isinstance(ending, HandOff) else ending and ending.outcome,
        handoff_reason=ending.reason if isinstance(ending, HandOff) else None,
        verification=conversation.verification,
    )
