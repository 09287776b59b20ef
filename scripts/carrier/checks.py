"""Holds what a call did against what its scenario expects; gives the faults in words."""

import unicodedata
from collections.abc import Collection
from typing import Any

from scripts.carrier.scenario import Expectation, TurnExpectation


def normal(text: str) -> str:
    """Text as it is compared: NFC, without spaces, so `5만 원` and `5만원` are one."""
    return "".join(unicodedata.normalize("NFC", text).split())


def turn_faults(
    expected: TurnExpectation,
    *,
    said: str,
    tools: Collection[str],
    first_audio_ms: int | None = None,
) -> list[str]:
    """What is wrong with one turn's reply, given in written form."""
    reply = normal(said)
    faults = [
        f"does not say {text!r}: {said}" for text in expected.says if normal(text) not in reply
    ]
    if expected.says_any and not any(normal(text) in reply for text in expected.says_any):
        faults.append(f"says none of {', '.join(map(repr, expected.says_any))}: {said}")
    faults += [f"says {text!r}: {said}" for text in expected.not_says if normal(text) in reply]
    faults += [f"does not use {name}" for name in expected.tools or () if name not in tools]
    within_ms = expected.within_ms
    if within_ms is not None and first_audio_ms is not None and first_audio_ms > within_ms:
        faults.append(f"answers after {first_audio_ms} ms, not within {within_ms} ms")
    return faults


def call_faults(
    expected: Expectation, *, outcome: Any, handoff_reason: Any, verification: Any
) -> list[str]:
    """What is wrong with the call as a whole."""
    return [
        f"{name} is {found}, not {wanted}"
        for name, wanted, found in (
            ("outcome", expected.outcome, outcome),
            ("hand-off reason", expected.handoff_reason, handoff_reason),
            ("verification", expected.verification, verification),
        )
        if wanted is not None and wanted != found
    ]


def summary_faults(expected: Expectation, summary: str) -> list[str]:
    """What the stored summary lacks."""
    text = normal(summary)
    return [
        f"the summary does not mention {wanted!r}"
        for wanted in expected.summary_mentions
        if normal(wanted) not in text
    ]
