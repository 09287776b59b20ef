"""`yeoboseyo bench masking`: whether personal data is found, and nothing else, and how quickly.

The sentences, `masking_set/*.jsonl`, are of call centres, of invented people; half hold no personal
data. What is personal is marked in them: `제 번호는 {phone:010-1234-5678}이에요`. Those in `check`
were written before the recognisers were tuned, and are not looked at while tuning.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from storage.privacy import Found, Kind, Reader, find, mask

SETS = ("main", "check")
_MARK = re.compile(r"\{(?P<kind>[a-z_]+):(?P<text>[^}]*)\}")
_SLACK = 3
"""Letters beside a marked piece that may be hidden with it: a particle, a 번."""
_ROUNDS = 5


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A piece of personal data that is marked in a text."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What became of one sentence or conversation."""

    marked: str
    masked: str
    expected: tuple[Kind, ...] = ()
    """The kinds of what is marked, each as often as it is."""
    missed: tuple[Kind, ...] = ()
    """The kinds of what is marked and was not wholly found."""
    needless: tuple[Kind, ...] = ()
    """The kinds of what was found where nothing is marked."""


def load(name: str) -> list[dict[str, Any]]:
    """The rows of one part of the set."""
    path = Path(__file__).parent / "masking_set" / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def unmarked(marked: str) -> tuple[str, list[Piece]]:
    """A text without its marks, and the marked pieces."""
    text, position, pieces = "", 0, []
    for match in _MARK.finditer(marked):
        text += marked[position : match.start()]
        start = len(text)
        text += match["text"]
        pieces.append(Piece(kind=Kind(match["kind"]), start=start, end=len(text)))
        position = match.end()
    return text + marked[position:], pieces


def judge(row: dict[str, Any]) -> Judged:
    """Judge one row, a single text or the turns of a conversation."""
    if "text" in row:
        text, pieces = unmarked(row["text"])
        return _judged(row["text"], mask(text), *_compared(text, pieces, find(text)), pieces)
    marked, masked = [], []
    expected: list[Piece] = []
    missed: list[Kind] = []
    needless: list[Kind] = []
    reader = Reader()
    for heard, kind, said in _exchanges(row["turns"]):
        (heard_text, heard_pieces), (said_text, said_pieces) = unmarked(heard), unmarked(said)
        turn = reader.turn(heard_text, said_text, kind)
        more_missed, more_needless = _compared(heard_text, heard_pieces, turn.heard_found)
        shown = [p.kind for p in said_pieces if said_text[p.start : p.end] in turn.said]
        missed += [*more_missed, *shown]
        needless += more_needless
        if not said_pieces and turn.said != said_text:
            needless.append(Kind.PHONE)
        expected += [*heard_pieces, *said_pieces]
        marked += [heard, said]
        masked += [turn.heard, turn.said]
    return _judged(" | ".join(marked), " | ".join(masked), missed, needless, expected)


def _judged(
    marked: str, masked: str, missed: Sequence[Kind], needless: Sequence[Kind], pieces: list[Piece]
) -> Judged:
    return Judged(
        marked=marked,
        masked=masked,
        expected=tuple(piece.kind for piece in pieces),
        missed=tuple(missed),
        needless=tuple(needless),
    )


def _exchanges(turns: Sequence[dict[str, str]]) -> Iterator[tuple[str, str, str]]:
    """What was heard, how, and what was said to it; the first thing is said to nothing."""
    heard, kind = "", "none"
    for turn in turns:
        if "agent" in turn:
            yield heard, kind, turn["agent"]
            heard, kind = "", "none"
        else:
            kind = "keys" if "keys" in turn else "speech"
            heard = turn["keys"] if "keys" in turn else turn["caller"]
    if heard:
        yield heard, kind, ""


def _compared(
    text: str, pieces: Sequence[Piece], found: Sequence[Found]
) -> tuple[list[Kind], list[Kind]]:
    """The kinds of the pieces that are not wholly found, and of what was found needlessly."""
    hidden = {index for one in found for index in range(one.start, one.end)}
    marked = {index for piece in pieces for index in range(piece.start, piece.end)}
    missed = [
        piece.kind
        for piece in pieces
        if any(text[i].isalnum() and i not in hidden for i in range(piece.start, piece.end))
    ]
    needless = [
        one.kind
        for one in found
        if sum(text[i].isalnum() and i not in marked for i in range(one.start, one.end)) > _SLACK
        or not marked & set(range(one.start, one.end))
    ]
    return missed, needless


def measure(rows: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], list[Judged]]:
    """All figures of some rows, and each judged; a time is that of masking one sentence."""
    judged = [judge(row) for row in rows]
    expected = Counter(kind for one in judged for kind in one.expected)
    missed = Counter(kind for one in judged for kind in one.missed)
    needless = Counter(kind for one in judged for kind in one.needless)
    wrong = sum(bool(one.needless) for one in judged)
    times = sorted(_times(rows))
    figures = {
        "sentences": len(judged),
        "without_personal_data": sum(not one.expected for one in judged),
        "pieces": expected.total(),
        "recall": 1 - missed.total() / max(1, expected.total()),
        "false_positives": wrong / max(1, len(judged)),
        "recall_by_kind": {
            kind: 1 - missed[kind] / count for kind, count in sorted(expected.items())
        },
        "false_positives_by_kind": dict(sorted(needless.items())),
        "ms_p50": times[len(times) // 2],
        "ms_p95": times[int(len(times) * 0.95)],
        "ms_max": times[-1],
    }
    return figures, judged


def _times(rows: Sequence[dict[str, Any]]) -> Iterator[float]:
    texts = [unmarked(row["text"])[0] for row in rows if "text" in row]
    for text in texts:
        best = float("inf")
        for _ in range(_ROUNDS):
            started = time.perf_counter()
            mask(text)
            best = min(best, (time.perf_counter() - started) * 1000)
        yield best


def masking(
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Also write the figures to this file.")
    ] = None,
) -> None:
    """Measure how much personal data is found, how much else, and milliseconds a sentence."""
    parts = {name: measure(load(name))[0] for name in SETS}
    both, _ = measure([row for name in SETS for row in load(name)])
    table = Table(title="Masking")
    table.add_column("figure")
    for name in (*SETS, "both"):
        table.add_column(name, justify="right")
    columns = [*parts.values(), both]
    for figure, value in both.items():
        if not isinstance(value, dict):
            table.add_row(figure, *(f"{column[figure]:.4g}" for column in columns))
    for kind in both["recall_by_kind"]:
        values = (column["recall_by_kind"].get(kind) for column in columns)
        table.add_row(f"recall {kind}", *("" if v is None else f"{v:.4g}" for v in values))
    Console().print(table)
    if json_path is not None:
        figures = {**both, **parts}
        json_path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
