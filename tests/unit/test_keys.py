"""Keys become entries: 0 is the human unless a number was asked for."""

import pytest

from agent.actions import Expectation
from voice.turns.keys import KeyCollector, KeyEntry


def press_all(keys: str, expects: Expectation) -> list[str]:
    collector = KeyCollector()
    pressed = [collector.press(key, expects, 0) for key in keys if not collector.closes_late(key)]
    return [entry.keys for entry in (*pressed, collector.timed_out()) if entry is not None]


@pytest.mark.parametrize(
    ("keys", "expects", "entries"),
    [
        ("0", Expectation.OPEN, ["0"]),
        ("0", Expectation.NUMBER, ["0"]),
        ("01012345678", Expectation.NUMBER, ["01012345678"]),
        ("01012345678#", Expectation.NUMBER, ["01012345678"]),
        ("01012345678##", Expectation.NUMBER, ["01012345678", "#"]),
        ("010123456781#", Expectation.NUMBER, ["01012345678", "1"]),
        ("01012345678*#", Expectation.NUMBER, ["01012345678", "*", "#"]),
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
    assert collector.press("0", Expectation.NUMBER, 20) is None
    assert collector.waiting
    assert collector.timed_out() == KeyEntry(keys="0", first_ms=20, last_ms=20)
    assert not collector.waiting
    assert collector.timed_out() is None


def test_a_hash_after_an_entry_that_time_closed_is_no_entry() -> None:
    collector = KeyCollector()
    for digit in "790314":
        collector.press(digit, Expectation.NUMBER, 0)
    assert collector.timed_out() is not None
    assert collector.closes_late("#")
    assert not collector.closes_late("#")


def test_a_hash_long_after_an_entry_goes_back() -> None:
    collector = KeyCollector()
    for digit in "01012345678":
        collector.press(digit, Expectation.NUMBER, 0)
    assert collector.timed_out() is None
    assert not collector.closes_late("#")
    assert collector.press("#", Expectation.NUMBER, 0) == KeyEntry(keys="#", first_ms=0, last_ms=0)


def test_an_entry_tells_when_its_first_and_last_key_came() -> None:
    collector = KeyCollector()
    for number, digit in enumerate("12*9003141234567#"):
        entry = collector.press(digit, Expectation.NUMBER, 1_000 + 400 * number)
    assert entry == KeyEntry(keys="9003141234567", first_ms=2_200, last_ms=7_400)
