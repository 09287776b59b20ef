"""Keys become entries: 0 is the human unless a number was asked for."""

import pytest

from agent.actions import Expectation
from voice.turns.keys import KeyCollector


def press_all(keys: str, expects: Expectation) -> list[str]:
    collector = KeyCollector()
    entries = [entry for key in keys if (entry := collector.press(key, expects)) is not None]
    rest = collector.timed_out()
    return entries + ([] if rest is None else [rest])


@pytest.mark.parametrize(
    ("keys", "expects", "entries"),
    [
        ("0", Expectation.OPEN, ["0"]),
        ("0", Expectation.NUMBER, ["0"]),
        ("01012345678", Expectation.NUMBER, ["01012345678"]),
        ("01012345678#", Expectation.NUMBER, ["01012345678", "#"]),
        ("790314", Expectation.NUMBER, ["790314"]),
        ("790314#", Expectation.NUMBER, ["790314"]),
        ("12*", Expectation.NUMBER, ["*"]),
        ("*", Expectation.OPEN, ["*"]),
        ("#", Expectation.OPEN, ["#"]),
        ("1" * 25, Expectation.NUMBER, ["1" * 20, "1" * 5]),
        ("", Expectation.OPEN, []),
    ],
)
def test_entries(keys: str, expects: Expectation, entries: list[str]) -> None:
    assert press_all(keys, expects) == entries


def test_an_unfinished_entry_waits() -> None:
    collector = KeyCollector()
    assert collector.press("0", Expectation.NUMBER) is None
    assert collector.waiting
    assert collector.timed_out() == "0"
    assert not collector.waiting
    assert collector.timed_out() is None
