"""Loads a catalogue folder: one Markdown page a plan family, and `faq.yaml`, all validated."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from knowledge.catalog.model import Catalog, Eligibility, EligibilityKind, Family, FaqEntry, Plan
from knowledge.errors import CatalogError

Model = TypeVar("Model", bound=BaseModel)

FAQ_FILE = "faq.yaml"
_AGE_KINDS = {EligibilityKind.MAX_AGE, EligibilityKind.MIN_AGE}

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Page(BaseModel):
    """Base of what the files hold: unknown fields are errors, numbers are not guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Eligibility(_Page):
    kind: Annotated[EligibilityKind, Field(strict=False)]
    age: Annotated[int, Field(ge=0, le=120)] | None = None
    text: Text

    @model_validator(mode="after")
    def _age_where_it_counts(self) -> _Eligibility:
        if (self.age is not None) != (self.kind in _AGE_KINDS):
            raise ValueError("age belongs to max_age and min_age, and only there")
        return self


class _Plan(_Page):
    id: Slug
    name: Text
    fee_krw: Annotated[int, Field(gt=0)]
    data_gb: Annotated[int, Field(gt=0)] | Literal["unlimited"]
    throttle_kbps: Annotated[int, Field(gt=0)] | None
    sharing_gb: Annotated[int, Field(ge=0)]
    extra_minutes: Annotated[int, Field(ge=0)]
    eligibility: _Eligibility
    notes: tuple[Text, ...] = Field(default=(), strict=False)
    aliases: tuple[Text, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _throttle_unless_unlimited(self) -> _Plan:
        if (self.data_gb == "unlimited") != (self.throttle_kbps is None):
            raise ValueError("throttle_kbps is null for unlimited plans, and only for them")
        return self


class _Family(_Page):
    sample: bool
    as_of: date
    id: Slug
    name: Text
    aliases: tuple[Text, ...] = Field(default=(), strict=False)
    contract_discount: bool
    plans: tuple[_Plan, ...] = Field(min_length=1, strict=False)


class _Faq(_Page):
    id: Slug
    category: Text
    question: Text
    answer: Text
    needs_human: bool
    also: tuple[Text, ...] = Field(default=(), strict=False)


class _FaqFile(_Page):
    sample: bool
    as_of: date
    entries: tuple[_Faq, ...] = Field(strict=False)


def sample_catalog_path() -> Path:
    """The folder of the sample catalogue that the product ships with."""
    return Path(__file__).parent / "sample"


def catalog_files(folder: Path) -> tuple[Path, ...]:
    """The files that make a catalogue, pages first; whatever else lies there is left alone."""
    return (*sorted(folder.glob("*.md")), folder / FAQ_FILE)


def discounted_fee_krw(fee_krw: int) -> int:
    """The fee with 선택약정 25 % off, rounded down to 10 won."""
    return fee_krw * 3 // 40 * 10


def load_catalog(folder: Path) -> Catalog:
    """Load and validate a catalogue folder; families come in the order of their file names.

    Raises:
        CatalogError: `catalog-missing`, `catalog-unreadable`, `catalog-invalid` or
            `catalog-inconsistent`; the message names the file and, where there is one, the field.
    """
    *pages, faq_path = catalog_files(folder)
    if not pages:
        raise CatalogError("catalog-missing", f"{folder}: no family pages (*.md)")
    loaded = [_load_family(page) for page in pages]
    faq_file = _validated(_FaqFile, _yaml(_read(faq_path), faq_path), faq_path)
    headers = {(head.sample, head.as_of) for head, _ in loaded}
    headers.add((faq_file.sample, faq_file.as_of))
    if len(headers) > 1:
        raise CatalogError(
            "catalog-inconsistent", f"{folder}: sample and as_of differ between files"
        )
    families = tuple(family for _, family in loaded)
    _refuse_repeats(folder, "family id", (family.id for family in families))
    _refuse_repeats(folder, "plan id", (plan.id for f in families for plan in f.plans))
    _refuse_repeats(faq_path, "entry id", (entry.id for entry in faq_file.entries))
    return Catalog(
        sample=faq_file.sample,
        as_of=faq_file.as_of,
        families=families,
        faqs=tuple(
            FaqEntry(
                id=entry.id,
                category=entry.category,
                question=entry.question,
                answer=entry.answer,
                needs_human=entry.needs_human,
                also=entry.also,
            )
            for entry in faq_file.entries
        ),
    )


def _load_family(path: Path) -> tuple[_Family, Family]:
    head, body = _front_matter(_read(path), path)
    page = _validated(_Family, _yaml(head, path), path)
    plans = tuple(
        Plan(
            id=plan.id,
            family_id=page.id,
            family_name=page.name,
            name=plan.name,
            fee_krw=plan.fee_krw,
            discounted_fee_krw=discounted_fee_krw(plan.fee_krw) if page.contract_discount else None,
            data_gb=None if plan.data_gb == "unlimited" else plan.data_gb,
            throttle_kbps=plan.throttle_kbps,
            sharing_gb=plan.sharing_gb,
            extra_minutes=plan.extra_minutes,
            eligibility=Eligibility(
                kind=plan.eligibility.kind,
                age=plan.eligibility.age,
                text=plan.eligibility.text,
            ),
            notes=plan.notes,
            aliases=plan.aliases,
        )
        for plan in page.plans
    )
    family = Family(
        id=page.id,
        name=page.name,
        plans=plans,
        aliases=page.aliases,
        sections=_sections(body, path),
    )
    return page, family


def _read(path: Path) -> str:
    try:
        return unicodedata.normalize("NFC", path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CatalogError("catalog-missing", f"{path}: no such file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError("catalog-unreadable", f"{path}: {error}") from error


def _front_matter(text: str, path: Path) -> tuple[str, str]:
    match = re.fullmatch(r"---\n(.*?)\n---\n(.*)", text, flags=re.DOTALL)
    if match is None:
        raise CatalogError("catalog-invalid", f"{path}: no YAML front matter between --- lines")
    return match[1], match[2]


def _sections(body: str, path: Path) -> tuple[tuple[str, str], ...]:
    parts = re.split(r"^## +(.+)$", body, flags=re.MULTILINE)
    sections = tuple(
        (heading.strip(), re.sub(r"\s+", " ", text).strip())
        for heading, text in zip(parts[1::2], parts[2::2], strict=True)
    )
    if not sections or not all(text for _, text in sections):
        raise CatalogError("catalog-invalid", f"{path}: needs `## ` sections, each with text")
    _refuse_repeats(path, "heading", (heading for heading, _ in sections))
    return sections


def _yaml(text: str, path: Path) -> object:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise CatalogError("catalog-invalid", f"{path}: not YAML: {error}") from error


def _validated(model: type[Model], data: object, path: Path) -> Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "(whole)"
        raise CatalogError(
            "catalog-invalid",
            f"{path}: {field}: {first['msg']} ({error.error_count()} in this file)",
        ) from error


def _refuse_repeats(path: Path, what: str, values: Iterable[str]) -> None:
    repeated = [value for value, count in Counter(values).items() if count > 1]
    if repeated:
        raise CatalogError(
            "catalog-inconsistent", f"{path}: {what} repeated: {', '.join(repeated)}"
        )
