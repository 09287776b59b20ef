"""`yeoboseyo bench search`: whether the right passage comes first for what callers ask."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from agent.hearing import Hearing
from knowledge.errors import KnowledgeError
from knowledge.service import Knowledge
from scripts.bench.searching.baselines import DEPTH, Baseline, VectorsOnly, WhitespaceBm25
from scripts.bench.searching.figures import Answered, best_threshold, figures
from scripts.bench.searching.questions import (
    HALVES,
    Question,
    QuestionsError,
    load_questions,
    place,
)
from scripts.ingest import ingest_catalog
from settings import Settings

_WARMING = 5
"""Questions asked before the clock counts."""


async def _ours(
    knowledge: Knowledge, questions: Sequence[Question], hearing: Hearing
) -> list[Answered]:
    documents = {document.id: document for document in knowledge.documents}
    for question in questions[:_WARMING]:
        await knowledge.retriever.search(hearing.written(question.q), limit=DEPTH)
    answered = []
    for question in questions:
        started = time.perf_counter()
        found = await knowledge.retriever.search(hearing.written(question.q), limit=DEPTH)
        ms = (time.perf_counter() - started) * 1000
        names = [passage.id for passage in found.passages]
        answered.append(
            Answered(
                question=question,
                place=place(question, [documents[name] for name in names]),
                confidence=float(found.known),
                known=found.known,
                best=names[0] if names else "",
                ms=ms,
            )
        )
    return answered


def _theirs(
    knowledge: Knowledge, questions: Sequence[Question], baseline: Baseline, hearing: Hearing
) -> list[Answered]:
    """A baseline's answers, with the threshold that is best on these very questions."""
    documents = {document.id: document for document in knowledge.documents}
    for question in questions[:_WARMING]:
        baseline.search(hearing.written(question.q))
    answered = []
    for question in questions:
        started = time.perf_counter()
        found = baseline.search(hearing.written(question.q))
        ms = (time.perf_counter() - started) * 1000
        answered.append(
            Answered(
                question=question,
                place=place(question, [documents[name] for name, _ in found]),
                confidence=found[0][1] if found else 0.0,
                known=bool(found),
                best=found[0][0] if found else "",
                ms=ms,
            )
        )
    least = best_threshold(answered)
    return [replace(one, known=one.confidence >= least) for one in answered]


def measure(
    knowledge: Knowledge, questions: Sequence[Question]
) -> tuple[dict[str, float], list[Answered]]:
    """All figures of a set of questions, and what ours answered.

    Every search is given the words as the agent writes them down before it searches.
    """
    hearing = Hearing(knowledge.catalog)
    ours = asyncio.run(_ours(knowledge, questions, hearing))
    vectors = VectorsOnly(knowledge.embedder, knowledge.index)
    words = WhitespaceBm25(knowledge.documents)
    measured: dict[str, float] = {
        "questions": len(questions),
        "unknown": sum(question.unknown for question in questions),
        **figures(ours),
    }
    for prefix, baseline in (("chroma_only_", vectors), ("whitespace_bm25_", words)):
        theirs = figures(_theirs(knowledge, questions, baseline, hearing))
        measured |= {f"{prefix}{name}": value for name, value in theirs.items()}
    return measured, ours


def _show(answered: Sequence[Answered], console: Console) -> None:
    for one in answered:
        question = one.question
        label = question.faq or question.plan or question.family or "unknown"
        if question.unknown != (not one.known) or (one.place != 1 and not question.unknown):
            said = "known" if one.known else "unknown"
            line = f"{question.q}  [{label}]  →  {one.best}, {said}, place {one.place}"
            console.print(line, markup=False, highlight=False)


def search(
    questions_path: Annotated[
        Path | None,
        typer.Option("--questions", help="Ask these instead, one JSON object a line; see below."),
    ] = None,
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Also write the figures to this file.")
    ] = None,
    show: Annotated[
        bool, typer.Option(help="Also print what went wrong; never of the check half.")
    ] = False,
) -> None:
    """Measure search: ours, Chroma's vectors alone and whitespace BM25, in one run.

    A question is {"q": …, "family": id or null, "plan": id or null, "faq": id or null}; all null
    means that our knowledge does not hold it.

    What counts as a hit: for `faq` that entry; for `plan` the plan's passage, or an entry about
    that one plan; for `family` the family's pages, its plans' passages, or an entry that names it
    and at most one other. With several labels any of them counts, but a family beside a plan only
    says whose plan it is. Ranks are over questions that have an answer, whether or not the
    search took itself to know it; `unknown_f1` is the F1 of refusing. The other two searches get
    the threshold that is best on the very questions.

    Without `--questions`, the product's own are asked of the sample catalogue; `check_` marks the
    half that nothing is tuned on.
    """
    console = Console()
    measured: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings()
        halves = {"": questions_path} if questions_path else HALVES
        if questions_path is None:
            settings = settings.model_copy(
                update={"data_dir": Path(scratch), "organization": "sample", "chroma_url": None}
            )
        try:
            knowledge = ingest_catalog(settings)
            try:
                for half, path in halves.items():
                    of_half, answered = measure(knowledge, load_questions(path, knowledge.catalog))
                    prefix = "check_" if half == "check" else ""
                    measured |= {f"{prefix}{name}": value for name, value in of_half.items()}
                    if show and half != "check":
                        _show(answered, console)
            finally:
                knowledge.close()
        except (KnowledgeError, QuestionsError) as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(2) from error
    table = Table(title="Search")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name, value in measured.items():
        table.add_row(name, f"{value:g}")
    console.print(table)
    if json_path is not None:
        json_path.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
