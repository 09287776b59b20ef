"""Holds a call that was played against its scenario: from what is stored of it to a `Trial`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.hearing import Hearing
from scripts.carrier.checks import (
    Answered,
    call_checks,
    database_checks,
    heard_checks,
    summary_checks,
    turn_checks,
)
from scripts.carrier.figures import comparable
from scripts.carrier.scenario import Scenario, Turn
from scripts.carrier.voice import split_pauses
from scripts.demo_stt.scoring import edits, normalized
from scripts.evaluate.house import Kept
from scripts.evaluate.played import Played
from scripts.evaluate.results import Line, Trial, TurnCheck
from storage.records import Turn as Recorded


@dataclass(frozen=True, kw_only=True)
class Stage:
    """How a trial is played."""

    mode: str
    brain: str
    trial: int


def judge(
    scenario: Scenario,
    played: Played,
    kept: Kept,
    *,
    before: Sequence[object],
    hearing: Hearing,
    stage: Stage,
    seconds: float,
) -> Trial:
    """The trial; `before` are the customers as they were before the call."""
    replies = [
        [turn for turn in kept.call.turns if played.turn_of.get(turn.index, 0) == number]
        for number in range(len(scenario.turns) + 1)
    ]
    call = kept.call
    audible = played.audio is not None
    cer = _cer(scenario, replies, hearing) if audible else None
    checks = list(_turn_checks(scenario, played, replies))
    whole = [
        *call_checks(
            scenario.expect,
            outcome=call.outcome,
            handoff_reason=call.handoff_reason,
            verification=call.verification,
        ),
        *heard_checks(scenario.expect, cer),
        *summary_checks(scenario.expect, kept.summary),
        *database_checks(
            scenario.expect,
            handoffs=kept.handoffs,
            change_requests=kept.change_requests,
            customers_unchanged=list(kept.customers) == list(before),
        ),
    ]
    return Trial(
        scenario=scenario.id,
        trial=stage.trial,
        mode=stage.mode,
        brain=stage.brain,
        audio=played.audio,
        checks=(*checks, *(TurnCheck(turn=None, check=check) for check in whole)),
        transcript=tuple(_lines(scenario, played, replies)),
        outcome=call.outcome,
        handoff_reason=call.handoff_reason,
        verification=call.verification,
        summary=call.summary.text if call.summary else "",
        cer=cer,
        seconds=round(seconds, 3),
        error="; ".join(played.errors),
    )


def unplayed(scenario: Scenario, *, stage: Stage, error: str, seconds: float) -> Trial:
    """The trial of a call that could not be held."""
    return Trial(
        scenario=scenario.id,
        trial=stage.trial,
        mode=stage.mode,
        brain=stage.brain,
        audio=None,
        checks=(),
        transcript=(),
        outcome=None,
        handoff_reason=None,
        verification=None,
        summary="",
        cer=None,
        seconds=round(seconds, 3),
        error=error,
    )


def _turn_checks(
    scenario: Scenario, played: Played, replies: Sequence[Sequence[Recorded]]
) -> Iterator[TurnCheck]:
    for number, turn in enumerate(scenario.turns, start=1):
        overlap = played.overlaps.get(number)
        answered = Answered(
            said=_said(replies[number]),
            tools=_tools(replies[number]),
            reply_ms=played.reply_ms.get(number),
            stopped=overlap.stopped if overlap else None,
            stopped_ms=overlap.stopped_ms if overlap else None,
            audible=played.audio is not None,
        )
        for check in turn_checks(turn.expect, answered):
            yield TurnCheck(turn=number, check=check)


def _lines(
    scenario: Scenario, played: Played, replies: Sequence[Sequence[Recorded]]
) -> Iterator[Line]:
    for number, recorded in enumerate(replies):
        yield Line(
            turn=number,
            caller=describe(scenario.turns[number - 1]) if number else "",
            heard=" ".join(turn.heard for turn in recorded if turn.heard),
            agent=_said(recorded),
            played=" ".join(turn.said for turn in recorded if turn.said),
            tools=tuple(_tools(recorded)),
            reply_ms=played.reply_ms.get(number),
            work_ms={
                "stt": sum(turn.stt_ms or 0 for turn in recorded),
                "agent": sum(turn.agent_ms or 0 for turn in recorded),
            },
        )


def describe(turn: Turn) -> str:
    """What the caller does, as a transcript tells it."""
    if turn.press is not None:
        return f"[keys {turn.press}]"
    if turn.silence is not None:
        return f"[silent for {turn.silence:g} s]"
    if turn.during_reply is not None:
        return f"[into the reply] {turn.during_reply.say}"
    return turn.say or ""


def _said(recorded: Sequence[Recorded]) -> str:
    return " ".join(turn.intended for turn in recorded if turn.intended)


def _tools(recorded: Sequence[Recorded]) -> list[str]:
    return [tool.name for turn in recorded for tool in turn.tools]


def _cer(
    scenario: Scenario, replies: Sequence[Sequence[Recorded]], hearing: Hearing
) -> float | None:
    """Wrong characters over the characters of all that was spoken; None where nothing was."""
    wrong = total = 0
    for turn, recorded in zip(scenario.turns, replies[1:], strict=True):
        words = turn.say or ""
        if turn.during_reply is not None and turn.expect.reply != "continues":
            words = turn.during_reply.say
        if not words:
            continue
        plain = " ".join(part for part in split_pauses(words) if isinstance(part, str))
        said = _letters(hearing.written(plain))
        wrong += edits(said, _letters(" ".join(turn.heard for turn in recorded)))
        total += len(said)
    return wrong / total if total else None


def _letters(text: str) -> str:
    """What is compared: no spaces and marks, each figure in one form."""
    return normalized(comparable(text))
