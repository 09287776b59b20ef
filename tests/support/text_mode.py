"""Drives a Conversation with scenario files in text mode and checks what it said and did."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

from agent.actions import Action, EndCall, HandOff, Heard, Say, Used
from agent.conversation import CallContext, Conversation
from agent.factory import AgentFactory


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TurnExpectation(_Model):
    says: list[str] = []
    says_any: list[str] = []
    not_says: list[str] = []
    tools: list[str] = []
    within_ms: int | None = None
    reply: Literal["continues", "stops"] | None = None


class DuringReply(_Model):
    after_ms: int
    say: str


class ScenarioTurn(_Model):
    say: str | None = None
    asr: str | None = None
    spoken: str | None = None
    press: str | None = None
    silence: float | None = None
    during_reply: DuringReply | None = None
    expect: TurnExpectation = TurnExpectation()


class CallExpectation(_Model):
    outcome: str | None = None
    handoff_reason: str | None = None
    verification: str | None = None
    heard: dict[str, float] = {}
    summary_mentions: list[str] = []
    database: dict[str, Any] = {}


class Scenario(_Model):
    id: str
    caller: str
    called: str = ""
    today: date
    brain: Literal["local", "openai"] = "local"
    audio: dict[str, Any] = {}
    turns: list[ScenarioTurn]
    expect: CallExpectation = CallExpectation()


@dataclass
class Reply:
    """What one turn gave."""

    sentences: list[str] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    ending: HandOff | EndCall | None = None

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


def load(path: Path) -> list[Scenario]:
    """All scenarios of one file."""
    with path.open(encoding="utf-8") as file:
        return [Scenario.model_validate(document) for document in yaml.safe_load_all(file)]


def squeezed(text: str) -> str:
    """The form in which texts are compared: NFC, no spaces."""
    return "".join(unicodedata.normalize("NFC", text).split())


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


def heard(turn: ScenarioTurn) -> Heard:
    """The turn as the conversation is told of it."""
    if turn.press is not None:
        return Heard(text=turn.press.rstrip("#") or turn.press, kind="keys")
    if turn.silence is not None:
        return Heard(text="", kind="silence")
    if turn.during_reply:
        return Heard(text=turn.during_reply.say, kind="speech")
    return Heard(text=turn.asr if turn.asr is not None else turn.say or "", kind="speech")


def failures_of(turn: ScenarioTurn, reply: Reply) -> list[str]:
    """What the reply lacks or should not have."""
    said = squeezed(reply.text)
    expect = turn.expect
    found = [f"did not say {t!r}: {reply.text}" for t in expect.says if squeezed(t) not in said]
    if expect.says_any and not any(squeezed(text) in said for text in expect.says_any):
        found.append(f"said none of {expect.says_any}: {reply.text}")
    found += [f"said {t!r}: {reply.text}" for t in expect.not_says if squeezed(t) in said]
    found += [f"did not use {t}: {reply.tools}" for t in expect.tools if t not in reply.tools]
    return found


async def run(scenario: Scenario, factory: AgentFactory) -> list[str]:
    """Run one scenario; gives its failures, each with its turn."""
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
    failures: list[str] = []
    for index, turn in enumerate(scenario.turns):
        if turn.expect.reply == "continues":
            continue  # a backchannel never reaches the conversation
        if reply.ending:
            failures.append(f"turn {index}: the call had ended")
            break
        following = scenario.turns[index + 1 : index + 2]
        cut = any(t.during_reply and t.expect.reply != "continues" for t in following)
        actions = conversation.hear(heard(turn))
        reply = await collect(conversation, actions, cut_after=1 if cut else None)
        failures += [f"turn {index}: {failure}" for failure in failures_of(turn, reply)]
    return failures + _of_call(scenario.expect, conversation, reply)


def _of_call(expect: CallExpectation, conversation: Conversation, reply: Reply) -> list[str]:
    outcome = reason = None
    if isinstance(reply.ending, HandOff):
        outcome, reason = "handed_off", reply.ending.reason.value
    elif isinstance(reply.ending, EndCall):
        outcome = reply.ending.outcome.value
    found = []
    for what, wanted, got in (
        ("outcome", expect.outcome, outcome),
        ("handoff_reason", expect.handoff_reason, reason),
        ("verification", expect.verification, conversation.verification.value),
    ):
        if wanted is not None and wanted != got:
            found.append(f"{what} is {got}, not {wanted}")
    return found
