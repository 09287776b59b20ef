"""`yeoboseyo bench guard`: whether true sentences pass and wrong ones do not, and the cost.

The sentences are the FAQ's answers and every plan's price, each beside the facts that a turn
retrieves; the wrong ones are the same with one figure or one plan's name changed.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from agent.brain.sentences import in_sentences
from agent.facts import Fact, plan_fact
from agent.guard import Guard, Known, grounding_of, plain_fact
from knowledge.catalog.loader import load_catalog, sample_catalog_path
from knowledge.catalog.model import Catalog

_FIGURE = re.compile(r"\d[\d,]*(?=원|GB|Mbps|kbps|분|종|회선)")
_PASSAGES = 3
"""Facts that a search gives beside the right one, at most."""
_INVENTED = "골드 플러스"


def _true(catalog: Catalog) -> Iterator[tuple[str, Known]]:
    """Sentences with what was retrieved for them."""
    facts = [Fact(id=f"faq:{e.id}", text=f"{e.question} {e.answer}") for e in catalog.faqs]
    for index, entry in enumerate(catalog.faqs):
        known = Known(facts=facts[index : index + _PASSAGES])
        for sentence in in_sentences(entry.answer):
            yield sentence, known
    plans = catalog.plans
    for index, plan in enumerate(plans):
        beside = plans[index : index + _PASSAGES]
        yield plain_fact(plan), Known(facts=tuple(map(plan_fact, beside)))


def _wrong(sentence: str, catalog: Catalog) -> Iterator[str]:
    mentions = [m for m in grounding_of(catalog).names.find(sentence) if m.proper]
    for match in _FIGURE.finditer(sentence):
        if not any(m.start <= match.start() < m.end for m in mentions):
            value = int(match[0].replace(",", ""))
            changed = value + 1000 if value >= 1000 else value + 1
            yield f"{sentence[: match.start()]}{changed:,}{sentence[match.end() :]}"
    if mentions and _FIGURE.search(sentence, mentions[0].end):
        yield sentence[: mentions[0].start] + _INVENTED + sentence[mentions[0].end :]


def measure(catalog: Catalog) -> dict[str, float]:
    """All figures; a sentence's time is that of its first check."""
    guard = Guard(catalog)
    guard.judge("월 1원이에요.", Known(facts=()))  # the analyser is loaded once a process
    times, approved, caught, made = [], 0, 0, 0
    sentences = list(_true(catalog))
    for sentence, known in sentences:
        started = time.perf_counter()
        found = guard.judge(sentence, known)
        times.append((time.perf_counter() - started) * 1000)
        approved += found.verdict != "ungrounded"
        for wrong in _wrong(sentence, catalog):
            made += 1
            caught += guard.judge(wrong, known).verdict == "ungrounded"
    times.sort()
    return {
        "sentences": len(sentences),
        "approved": approved / len(sentences),
        "wrong": made,
        "caught": caught / made,
        "ms_p50": times[len(times) // 2],
        "ms_p95": times[int(len(times) * 0.95)],
        "ms_max": times[-1],
    }


def guard(
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Also write the figures to this file.")
    ] = None,
) -> None:
    """Measure grounding over the sample catalogue: approved, caught, milliseconds a sentence."""
    measured = measure(load_catalog(sample_catalog_path()))
    table = Table(title="Guard")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name, value in measured.items():
        table.add_row(name, f"{value:.4g}")
    Console().print(table)
    if json_path is not None:
        json_path.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
