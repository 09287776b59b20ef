"""What callers say in the turn-taking benchmark, and its two halves."""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from agent.actions import Expectation

Half = Literal["main", "check"]
"""Whatever is tuned on `main` is measured on `check`: no sentence is in both."""

_FOLDER = Path(__file__).parent
PAUSE = "|"
"""In an utterance: the caller may pause here."""


@dataclass(frozen=True)
class Utterance:
    """One turn of a caller."""

    expects: Expectation
    question: str
    """What the agent asked before."""
    template: str
    """Spoken form; `|` where the caller may pause, `{phone}` and `{birth}` are drawn by a seed."""

    @property
    def text(self) -> str:
        """The words alone."""
        return self.template.replace(PAUSE, " ")

    @property
    def half(self) -> Half:
        """Depends on nothing but the words."""
        return half(self.text)


@dataclass(frozen=True)
class Overlap:
    """Something said while the agent speaks."""

    kind: Literal["backchannel", "stop", "question", "answer"]
    text: str


@dataclass(frozen=True)
class Reply:
    """A long reply of the agent, into which somebody speaks."""

    expects: Expectation
    text: str

    @property
    def sentences(self) -> list[str]:
        """The reply as the agent says it, one sentence at a time."""
        return re.split(r"(?<=\.) ", self.text)


def half(text: str) -> Half:
    """The half that `text` belongs to."""
    return "main" if hashlib.sha256(text.encode()).digest()[0] < 128 else "check"


def _rows(name: str) -> list[list[str]]:
    lines = (_FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


@cache
def utterances() -> tuple[Utterance, ...]:
    """All utterances of both halves."""
    return tuple(Utterance(Expectation(kind), *rest) for kind, *rest in _rows("utterances.tsv"))


@cache
def overlaps() -> tuple[Overlap, ...]:
    """Everything that is said into a reply; the same words in both halves."""
    return tuple(Overlap(kind, text) for kind, text in _rows("overlaps.tsv"))  # type: ignore[arg-type]


@cache
def replies() -> tuple[Reply, ...]:
    """The replies that callers speak into."""
    expects = {"statement": Expectation.OPEN, "question": Expectation.YES_NO}
    return tuple(Reply(expects[kind], text) for kind, text in _rows("replies.tsv"))
