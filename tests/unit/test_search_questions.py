"""The labelled questions of `bench search`: what is read, refused, and counted as a hit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from knowledge.catalog.loader import load_catalog, sample_catalog_path
from knowledge.lexicon import Lexicon
from knowledge.passages import build_documents
from scripts.bench.searching.figures import Answered, best_threshold, figures, unknown_f1
from scripts.bench.searching.questions import (
    HALVES,
    Question,
    QuestionsError,
    load_questions,
    place,
)

CATALOG = load_catalog(sample_catalog_path())
DOCUMENTS = {document.id: document for document in build_documents(CATALOG, Lexicon(CATALOG))}


def _line(**labels: object) -> str:
    return json.dumps({"q": "얼마예요?", "family": None, "plan": None, "faq": None} | labels)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "(whole line): Invalid JSON"),
        ("[]", "(whole line)"),
        ('{"family": null}', "q: Field required"),
        (_line(q=""), "q: String should have at least 1 character"),
        (_line(q=3), "q: Input should be a valid string"),
        (_line(plan=30), "plan: Input should be a valid string"),
        (_line(plan="yogo-31"), "plan: the catalogue has no 'yogo-31'"),
        (_line(answer="yes"), "answer: Extra inputs are not permitted"),
        ('{"q": "얼마예요?"}', "family, plan and faq: at least one must be there"),
    ],
)
def test_a_wrong_line_is_named_with_its_field(tmp_path: Path, line: str, problem: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(f"{_line()}\n\n{line}\n", encoding="utf-8")
    with pytest.raises(QuestionsError) as caught:
        load_questions(path, CATALOG)
    assert f"{path}: line 3: " in str(caught.value)
    assert problem in str(caught.value)


def test_a_missing_or_empty_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(QuestionsError, match="No such file"):
        load_questions(tmp_path / "none.jsonl", CATALOG)
    (tmp_path / "empty.jsonl").write_text("\n", encoding="utf-8")
    with pytest.raises(QuestionsError, match="no questions"):
        load_questions(tmp_path / "empty.jsonl", CATALOG)


def test_labels_may_be_left_out_beside_another(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('\ufeff{"q": "이월 10기가", "plan": "rollover-10"}\n', encoding="utf-8")
    assert load_questions(path, CATALOG) == (Question(q="이월 10기가", plan="rollover-10"),)


@pytest.mark.parametrize(
    ("labels", "document", "hit"),
    [
        ({"faq": "roaming-cost"}, "faq:roaming-cost", True),
        ({"faq": "roaming-cost"}, "faq:roaming-included", False),
        ({"plan": "yogo-30"}, "plan:yogo-30", True),
        ({"plan": "yogo-30"}, "family:yogo-direct#about", False),
        ({"plan": "y-basic"}, "faq:membership-coffee", True),
        ({"plan": "rollover-4"}, "faq:rollover-plans", False),
        ({"family": "5g-senior"}, "family:5g-senior#join", True),
        ({"family": "5g-senior"}, "plan:senior-a", True),
        ({"family": "5g-senior"}, "faq:senior-plans", True),
        ({"family": "5g-junior"}, "faq:minor-plans", True),
        ({"family": "5g-slim"}, "faq:join-list", False),
        ({"family": "5g-slim"}, "family:5g-simple#about", False),
        ({"family": "5g-slim", "plan": "slim-14"}, "plan:slim-5", False),
        ({"family": "5g-senior", "faq": "senior-age"}, "family:5g-senior#join", True),
        ({}, "faq:roaming-cost", False),
    ],
)
def test_what_counts_as_a_hit(labels: dict[str, str], document: str, hit: bool) -> None:
    assert Question(q="?", **{"faq": None, **labels}).answered_by(DOCUMENTS[document]) is hit


def test_places_and_figures() -> None:
    asked = Question(q="로밍", faq="roaming-cost")
    foreign = Question(q="날씨", faq=None)
    ranked = [DOCUMENTS[name] for name in ("faq:roaming-join", "faq:roaming-cost")]
    assert place(asked, ranked) == 2
    assert place(asked, ranked[:1]) is None

    def answered(question: Question, at: int | None, *, known: bool, ms: float) -> Answered:
        return Answered(
            question=question, place=at, confidence=float(known), known=known, best="", ms=ms
        )

    measured = figures(
        [
            answered(asked, 1, known=True, ms=1),
            answered(asked, 2, known=True, ms=1),
            answered(asked, None, known=False, ms=1),
            answered(asked, 1, known=True, ms=1),
            answered(foreign, None, known=False, ms=5),
        ]
    )
    assert measured == {
        "recall_at_1": 0.5, "recall_at_5": 0.75, "mrr": 0.625, "unknown_f1": 0.6667,
        "ms_p95": 4.2,
    }  # fmt: skip


def test_the_threshold_of_the_others_is_the_best_there_is() -> None:
    answered = [
        Answered(
            question=Question(q="?", faq=None if strange else "roaming-cost"),
            place=1, confidence=confidence, known=True, best="", ms=1,
        )
        for confidence, strange in ((0.1, True), (0.2, False), (0.3, True), (0.4, False))
    ]  # fmt: skip
    assert best_threshold(answered) == 0.4
    assert unknown_f1([(False, False)]) == 1.0


def test_the_product_asks_enough_and_nothing_twice() -> None:
    halves = {half: load_questions(path, CATALOG) for half, path in HALVES.items()}
    asked = [question for questions in halves.values() for question in questions]
    assert len(asked) >= 250
    assert len({question.q for question in asked}) == len(asked)
    for questions in halves.values():
        assert sum(question.unknown for question in questions) >= 30
        labels = [q.plan for q in questions if q.plan] + [q.family for q in questions if q.family]
        wanted = {plan.id for plan in CATALOG.plans} | {family.id for family in CATALOG.families}
        assert set(labels) == wanted
    wordings = {wording for e in CATALOG.faqs for wording in (e.question, *e.also)}
    assert not wordings & {question.q for question in asked}
