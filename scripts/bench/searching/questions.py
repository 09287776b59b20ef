"""Reads labelled questions, one JSON object a line, and says which passages answer them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    StringConstraints,
    ValidationError,
    model_validator,
)

from knowledge.catalog.model import Catalog
from knowledge.passages import Document

HALVES = {half: Path(__file__).parent / f"{half}.jsonl" for half in ("main", "check")}
"""The questions that come with the product: tuned on, and never looked at."""

_LABELS = ("family", "plan", "faq")
_FAMILIES = 2
"""An entry that names more families than this is an overview, about none of them."""


class QuestionsError(Exception):
    """A file of questions is missing or wrong; the message names line and field."""


class Question(BaseModel):
    """One question as a caller asks it, with what answers it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    q: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    family: str | None = None
    plan: str | None = None
    faq: str | None = None

    @model_validator(mode="after")
    def _labelled(self) -> Question:
        if not self.model_fields_set & set(_LABELS):
            raise ValueError("family, plan and faq: at least one must be there, null or an id")
        return self

    @property
    def unknown(self) -> bool:
        """True when our knowledge does not hold the answer."""
        return self.family is None and self.plan is None and self.faq is None

    def answered_by(self, document: Document) -> bool:
        """Whether a passage answers the question, by its labels; any one of them is enough.

        - `faq`: that entry alone.
        - `plan`: the plan's own passage, or an entry that is about that one plan.
        - `family`: the family's pages, its plans' passages, or an entry that names it and at most
          one other family. Beside a plan the family only says whose plan it is.
        """
        is_entry = document.kind == "faq"
        if self.faq is not None and document.id == f"faq:{self.faq}":
            return True
        if self.plan is not None:
            return document.plan_id == self.plan or (is_entry and document.plans == {self.plan})
        if self.family is None or self.family not in document.families:
            return False
        return not is_entry or len(document.families) <= _FAMILIES


def load_questions(path: Path, catalog: Catalog) -> tuple[Question, ...]:
    """The questions of a JSON-lines file; empty lines are passed over.

    Raises:
        QuestionsError: the file cannot be read, holds nothing, or a line is wrong.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionsError(f"{path}: {error}") from error
    known = {
        "family": {family.id for family in catalog.families},
        "plan": {plan.id for plan in catalog.plans},
        "faq": {entry.id for entry in catalog.faqs},
    }
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{path}: line {number}"
        question = _parse(line, where)
        for label in _LABELS:
            wanted = getattr(question, label)
            if wanted is not None and wanted not in known[label]:
                raise QuestionsError(f"{where}: {label}: the catalogue has no {wanted!r}")
        found.append(question)
    if not found:
        raise QuestionsError(f"{path}: no questions")
    return tuple(found)


def _parse(line: str, where: str) -> Question:
    try:
        return Question.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "(whole line)"
        raise QuestionsError(f"{where}: {field}: {first['msg']}") from error


def place(question: Question, documents: Sequence[Document]) -> int | None:
    """The place of the first passage that answers, from 1; None where none does."""
    places = (at for at, d in enumerate(documents, start=1) if question.answered_by(d))
    return next(places, None)
