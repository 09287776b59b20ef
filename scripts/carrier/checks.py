"""Holds what a call did against what its scenario expects; every check says what it found."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from scripts.carrier.figures import comparable
from scripts.carrier.scenario import Expectation, TurnExpectation


@dataclass(frozen=True, kw_only=True)
class Check:
    """One expectation, and whether it was met."""

    name: str
    """The field of the scenario, such as `says`."""
    expected: Any
    found: Any
    passed: bool
    reason: str = ""
    """What was wrong; empty where it passed."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What became of one turn of the caller."""

    said: str
    """All of the reply that was meant to be said, in written form."""
    tools: Collection[str] = ()
    reply_ms: float | None = None
    """End of the caller's speech to the first audio of the reply; None without audio."""
    stopped: bool | None = None
    """Whether the reply that the caller spoke into was stopped; None where nobody knows."""
    stopped_ms: float | None = None
    """From the beginning of the words into a reply to its last sound."""
    audible: bool = False
    """Whether the call had audio, so that times can be expected."""


def turn_checks(expected: TurnExpectation, turn: Answered) -> Iterator[Check]:
    """The checks of one turn's reply."""
    reply = comparable(turn.said)
    for text in expected.says:
        yield _check("says", text, turn.said, comparable(text) in reply, f"does not say {text!r}")
    if expected.says_any:
        said = any(comparable(text) in reply for text in expected.says_any)
        wanted = list(expected.says_any)
        yield _check("says_any", wanted, turn.said, said, f"says none of {_quoted(wanted)}")
    for text in expected.not_says:
        absent = comparable(text) not in reply
        yield _check("not_says", text, turn.said, absent, f"says {text!r}")
    for name in expected.tools or ():
        used = list(turn.tools)
        yield _check("tools", name, used, name in used, f"does not use {name}")
    if turn.audible:
        yield from _timing_checks(expected, turn)


def _timing_checks(expected: TurnExpectation, turn: Answered) -> Iterator[Check]:
    if expected.reply is not None and turn.stopped is not None:
        found = "stops" if turn.stopped else "continues"
        right = found == expected.reply
        yield _check("reply", expected.reply, found, right, f"the reply {found}")
    if expected.within_ms is not None:
        stops = expected.reply == "stops"
        took_ms = turn.stopped_ms if stops else turn.reply_ms
        what = "stops" if stops else "answers"
        right = took_ms is not None and took_ms <= expected.within_ms
        after = f"after {took_ms:.0f} ms" if took_ms is not None else "never"
        reason = f"{what} {after}, not within {expected.within_ms} ms"
        found_ms = None if took_ms is None else round(took_ms)
        yield _check("within_ms", expected.within_ms, found_ms, right, reason)


def call_checks(
    expected: Expectation, *, outcome: Any, handoff_reason: Any, verification: Any
) -> Iterator[Check]:
    """The checks of how the call ended."""
    for name, wanted, found in (
        ("outcome", expected.outcome, outcome),
        ("handoff_reason", expected.handoff_reason, handoff_reason),
        ("verification", expected.verification, verification),
    ):
        if wanted is not None:
            reason = f"{name} is {found}, not {wanted}"
            yield _check(name, wanted, found, wanted == found, reason)


def summary_checks(expected: Expectation, summary: str) -> Iterator[Check]:
    """The checks of the stored summary, given as one text."""
    text = comparable(summary)
    for wanted in expected.summary_mentions:
        reason = f"the summary does not mention {wanted!r}"
        yield _check("summary_mentions", wanted, summary, comparable(wanted) in text, reason)


def database_checks(
    expected: Expectation, *, handoffs: int, change_requests: int, customers_unchanged: bool
) -> Iterator[Check]:
    """The checks of what is stored after the call."""
    database = expected.database
    for name, wanted, found in (
        ("handoffs", database.handoffs, handoffs),
        ("change_requests", database.change_requests, change_requests),
        ("customers_unchanged", database.customers_unchanged, customers_unchanged),
    ):
        if wanted is not None:
            reason = f"{name} in the database: {found}, not {wanted}"
            yield _check(f"database.{name}", wanted, found, wanted == found, reason)


def heard_checks(expected: Expectation, cer: float | None) -> Iterator[Check]:
    """The check of how well the caller was understood; `cer` None where nothing was spoken."""
    if expected.heard is not None and cer is not None:
        most = expected.heard.cer_max
        reason = f"{cer:.1%} of the caller's characters were misheard, more than {most:.1%}"
        yield _check("heard.cer_max", most, round(cer, 4), cer <= most, reason)


def faults(checks: Iterable[Check]) -> list[str]:
    """What was wrong, in words."""
    return [check.reason for check in checks if not check.passed]


def _check(name: str, expected: Any, found: Any, passed: bool, reason: str) -> Check:
    if not passed and isinstance(found, str) and name in {"says", "says_any", "not_says"}:
        reason = f"{reason}: {found}"
    return Check(
        name=name, expected=expected, found=found, passed=passed, reason="" if passed else reason
    )


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(map(repr, texts))
