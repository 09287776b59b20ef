"""Feeds a playout and runs it on times of its own."""

from voice.events import CarrierCommand, PlaceMark
from voice.playout import Playout


def say(playout: Playout, text: str, audio: bytes) -> None:
    playout.open(text)
    playout.append(audio)
    playout.complete()


def marks_in(commands: list[CarrierCommand]) -> list[str]:
    return [c.name for c in commands if isinstance(c, PlaceMark)]


def play(playout: Playout, start: float, end: float) -> list[CarrierCommand]:
    """All that is sent between two times."""
    commands = playout.advance(start)
    now = start
    while (due := playout.next_due(now)) is not None and due < end:
        now = due
        commands += playout.advance(now)
    return commands
