"""Holds what a call did against what its scenario expects; gives the faults in words."""

import unicodedata
from collections.abc import Iterable

from scripts.carrier.scenario import Expectation, TurnExpectation
from storage.records import StoredCall, Turn


def normal(text: str) -> str:
    """Text as it is compared: NFC, without spaces, so `5만 원` and `5만원` are one."""
    return "".join(unicodedata.normalize("NFC", text).split())


def turn_faults(expected: TurnExpectation, turn: Turn | None) -> list[str]:
    """What is wrong with one turn's reply."""
    if turn is None:
        return ["no such turn was recorded"]
    said = normal(turn.intended)
    faults = [f"does not say {text!r}" for text in expected.says if normal(text) not in said]
    if expected.says_any and not _any_in(expected.says_any, said):
        faults.append(f"says none of {', '.join(map(repr, expected.says_any))}")
    faults += [f"says {text!r}" for text in expected.not_says if normal(text) in said]
    used = {tool.name for tool in turn.tools}
    faults += [f"does not use {name}" for name in expected.tools or () if name not in used]
    if (
        expected.within_ms is not None
        and turn.first_audio_ms is not None
        and turn.first_audio_ms > expected.within_ms
    ):
        faults.append(f"answers after {turn.first_audio_ms} ms, not {expected.within_ms} ms")
    return faults


def call_faults(expected: Expectation, call: StoredCall) -> list[str]:
    """What is wrong with the call as a whole."""
    faults = [
        f"{name} is {found}, not {wanted}"
        for name, wanted, found in (
            ("outcome", expected.outcome, call.outcome),
            ("hand-off reason", expected.handoff_reason, call.handoff_reason),
            ("verification", expected.verification, call.verification),
        )
        if wanted is not None and wanted != found
    ]
    summary = "" if call.summary is None else normal(call.summary.text)
    faults += [
        f"the summary does not mention {text!r}"
        for text in expected.summary_mentions
        if normal(text) not in summary
    ]
    return faults


def _any_in(texts: Iterable[str], said: str) -> bool:
    return any(normal(text) in said for text in texts)
