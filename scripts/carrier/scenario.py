"""Scenario files: one scripted caller a YAML document, checked before anything runs."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from storage.records import HandoffReason, Outcome, Verification

SEOUL = ZoneInfo("Asia/Seoul")

_Number = Annotated[str, StringConstraints(pattern=r"^(\+[1-9][0-9]{6,14}|[A-Za-z]{1,20})?$")]
"""E.164; a carrier's word such as `anonymous`; or empty."""
_Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
_Count = Annotated[int, Field(ge=0)]
_Within = Annotated[int, Field(gt=0, le=60_000)]


class _Strict(BaseModel):
    """No unknown field, no silent conversion: `caller: +8210…` without quotes is a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Audio(_Strict):
    """The caller's voice, in audio and live modes."""

    voice: str = "ko+f2"
    rate: int = Field(160, ge=80, le=450)
    pitch: int = Field(50, ge=0, le=99)
    snr_db: float = Field(30.0, ge=-10, le=100)
    seed: int = 0


class TurnExpectation(_Strict):
    """What must be true of the reply to one turn."""

    says: tuple[_Text, ...] = ()
    says_any: tuple[_Text, ...] = ()
    not_says: tuple[_Text, ...] = ()
    tools: tuple[_Text, ...] | None = None
    within_ms: _Within | None = None
    reply: Literal["continues", "stops"] | None = None


class DuringReply(_Strict):
    """Words into the reply of the turn before."""

    after_ms: int = Field(ge=0, le=60_000)
    """Since the reply's first audio."""
    say: _Text
    spoken: _Text | None = None


class Turn(_Strict):
    """One thing that the caller does: exactly one of say, press, silence and during_reply."""

    say: _Text | None = None
    spoken: _Text | None = None
    asr: Annotated[str, StringConstraints(max_length=500)] | None = None
    """What the recogniser makes of it, in text mode; empty where it recognises nothing."""
    press: Annotated[str, StringConstraints(pattern=r"^[0-9*#]{1,30}$")] | None = None
    silence: float | None = Field(None, gt=0, le=600)
    """Seconds."""
    during_reply: DuringReply | None = None
    expect: TurnExpectation = TurnExpectation()

    @model_validator(mode="after")
    def _one_action(self) -> "Turn":
        actions = (self.say, self.press, self.silence, self.during_reply)
        if sum(action is not None for action in actions) != 1:
            raise ValueError("a turn is exactly one of say, press, silence and during_reply")
        if self.say is None and (self.spoken is not None or self.asr is not None):
            raise ValueError("spoken and asr belong beside say")
        return self


class Heard(_Strict):
    """How well the caller was understood."""

    cer_max: float = Field(ge=0, le=1)
    """Character error rate over the call."""


class DatabaseExpectation(_Strict):
    """What must be stored after the call."""

    handoffs: _Count | None = None
    change_requests: _Count | None = None
    customers_unchanged: bool | None = None


class Expectation(_Strict):
    """What must be true of the call."""

    outcome: Outcome | None = None
    handoff_reason: HandoffReason | None = None
    verification: Verification | None = None
    heard: Heard | None = None
    summary_mentions: tuple[_Text, ...] = ()
    database: DatabaseExpectation = DatabaseExpectation()


class Scenario(_Strict):
    """One scripted caller."""

    id: Annotated[str, StringConstraints(pattern=r"^\S(.{0,118}\S)?$")]
    caller: _Number = ""
    """E.164; empty is withheld."""
    called: _Number = "+8215880000"
    today: date = Field(default_factory=lambda: datetime.now(SEOUL).date())
    """In Seoul; without it the day on which it is run."""
    brain: Literal["local", "openai"] = "local"
    audio: Audio = Audio()
    turns: tuple[Turn, ...]
    """Empty for a caller who hangs up after the greeting."""
    expect: Expectation = Expectation()


class ScenarioError(Exception):
    """A scenario file cannot be used; the message names file, document and field."""


def load(paths: Iterable[Path]) -> list[Scenario]:
    """The scenarios of files and folders (`*.yaml`, `*.yml`), sorted by path.

    Raises ScenarioError with every fault that was found, a line each.
    """
    scenarios: list[Scenario] = []
    faults: list[str] = []
    places: dict[str, str] = {}
    for file in _files(paths, faults):
        for place, document in _documents(file, faults):
            try:
                scenario = Scenario.model_validate_json(json.dumps(document, default=str))
            except ValidationError as error:
                faults += [f"{place}: {_fault(detail)}" for detail in error.errors()]
                continue
            if scenario.id in places:
                faults.append(f"{place}: id: {scenario.id} is also in {places[scenario.id]}")
            places[scenario.id] = place
            scenarios.append(scenario)
    if not scenarios and not faults:
        faults.append("no scenario found")
    if faults:
        raise ScenarioError("\n".join(faults))
    return scenarios


def _files(paths: Iterable[Path], faults: list[str]) -> Iterator[Path]:
    """Each file once, though a folder and a file in it may both be named."""
    seen: set[Path] = set()
    for path in paths:
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.suffix in {".yaml", ".yml"})
        elif path.is_file():
            files = [path]
        else:
            faults.append(f"{path}: no such file or folder")
            continue
        yield from (file for file in files if file.resolve() not in seen)
        seen.update(file.resolve() for file in files)


def _documents(file: Path, faults: list[str]) -> Iterator[tuple[str, Any]]:
    """Where each document stands, and the document."""
    try:
        documents = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    except UnicodeDecodeError as error:
        faults.append(f"{file}: not UTF-8: {error}")
        return
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        faults.append(f"{file}{line}: no YAML: {getattr(error, 'problem', error)}")
        return
    for number, document in enumerate(documents, start=1):
        if document is not None:
            yield f"{file}: document {number}", document


def _fault(detail: Any) -> str:
    field = ".".join(str(part) for part in detail["loc"])
    message = re.sub(r"^Value error, ", "", str(detail["msg"]))
    return f"{field}: {message}" if field else message
