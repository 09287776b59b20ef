"""What the pages make of a call, which they are given masked or in the clear."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.show import call_detail, call_line, clock_time, length
from storage.recordings.files import file_within
from storage.records import (
    AnsweredQuestion,
    Customer,
    Handoff,
    HandoffReason,
    HandoffStatus,
    Outcome,
    StoredCall,
    Verification,
)
from tests.support.calls import NOW, ORGANIZATION, summary, turn

NAME, MIDDLE = "김철수", "1234"
TELLING = f"{NAME}이고 010-{MIDDLE}-5678, 010{MIDDLE}5678, +8210{MIDDLE}5678이에요"
"""Says who it is, in every way that is written."""


def _call(**changes: Any) -> StoredCall:
    values: dict[str, Any] = {
        "id": 1,
        "organization_id": ORGANIZATION,
        "call_sid": "CA1",
        "caller": f"+8210{MIDDLE}5678",
        "called": "+8215880000",
        "started_at": NOW,
        "ended_at": NOW + timedelta(seconds=95),
        "outcome": Outcome.HANDED_OFF,
        "handoff_reason": HandoffReason.POLICY,
        "verification": Verification.SPOKEN_NUMBER,
        "customer": Customer(
            id=1,
            organization_id=ORGANIZATION,
            name=NAME,
            phone=f"+8210{MIDDLE}5678",
            born=date(1979, 3, 14),
            plan_id="rollover-10",
            since=date(2019, 5, 2),
        ),
        "recording_path": None,
        "summary": summary(
            reason=TELLING,
            text=TELLING,
            follow_ups=(TELLING,),
            questions=(AnsweredQuestion(question=TELLING, answer=TELLING, fact_ids=(), turn=0),),
        ),
        "turns": (
            turn(0, heard=TELLING, said=TELLING),
            turn(1, heard=f"010{MIDDLE}5678", input_kind="keys", said=TELLING, interrupted=True),
        ),
    }
    return StoredCall(**(values | changes))


HANDOFF = Handoff(
    requested_at=NOW,
    reason=HandoffReason.POLICY,
    status=HandoffStatus.ANSWERED,
    summary_text=TELLING,
)


def _texts(value: Any) -> Iterator[str]:
    """All text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item)


def test_what_is_given_is_shown() -> None:
    shown = call_detail(_call(), HANDOFF, NOW, plan_names={})

    assert (shown.line.customer, shown.line.caller) == (NAME, "010-1234-5678")
    assert shown.text == shown.handoff_summary == shown.questions[0].answer == TELLING
    assert shown.exchanges[1].heard is not None
    assert shown.exchanges[1].heard.text == "01012345678"


def test_a_masked_number_stays_as_it_is() -> None:
    assert call_line(_call(caller="010-****-5678"), NOW).caller == "010-****-5678"
    assert call_line(_call(caller=""), NOW).caller == "번호 표시 제한"


def test_one_key_is_a_choice_and_stays() -> None:
    call = _call(turns=(turn(0, heard="2", input_kind="keys"),))

    heard = call_detail(call, None, NOW, plan_names={}).exchanges[0].heard

    assert heard is not None
    assert heard.text == "2"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0초"), (59.4, "59초"), (59.6, "1분 00초"), (3725, "62분 05초")]
)
def test_length(seconds: float, shown: str) -> None:
    assert length(_call(ended_at=NOW + timedelta(seconds=seconds))) == shown


def test_clocks_that_went_back_show_no_negative_length() -> None:
    assert length(_call(ended_at=NOW - timedelta(seconds=5))) == "0초"


@given(st.integers(0, 10_000_000))
def test_times_in_a_call(milliseconds: int) -> None:
    minutes, seconds = map(int, clock_time(milliseconds).split(":"))

    assert (minutes * 60 + seconds) == milliseconds // 1000
    assert seconds < 60


def test_what_was_said_before_the_first_sound_begins_at_zero() -> None:
    assert clock_time(-400) == "00:00"


@given(st.lists(st.sampled_from(["..", "calls", "a.wav", "", ".", "/", "~", "\x00"]), max_size=6))
def test_paths_never_lead_out(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    root = tmp_path_factory.mktemp("outside")
    data = root / "data"
    for folder in (root, root / "calls", data, data / "calls"):
        folder.mkdir(exist_ok=True)
        (folder / "a.wav").touch()

    found = file_within(data, "/".join(parts))

    assert found is None or Path(found).is_relative_to(data.resolve())
