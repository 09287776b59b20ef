"""pass^k, and what the last line of the JSON file says."""

import pytest

from scripts.carrier.checks import Check
from scripts.evaluate.play import spread
from scripts.evaluate.results import Trial, TurnCheck, pass_hat, successes, summary


def trial(scenario: str, number: int, *, passed: bool) -> Trial:
    check = Check(name="outcome", expected="a", found="b", passed=passed, reason="outcome is b")
    return Trial(
        scenario=scenario,
        trial=number,
        mode="text",
        brain="local",
        audio=None,
        checks=(TurnCheck(turn=None, check=check),),
        transcript=(),
        outcome="completed",
        handoff_reason=None,
        verification="none",
        summary="",
        cer=None,
        seconds=0.1,
    )


@pytest.mark.parametrize(
    ("passed", "k", "value"),
    [
        ([4, 4], 1, 1.0),
        ([4, 2], 1, 0.75),
        ([4, 2], 2, (1 + 1 / 6) / 2),
        ([4, 3, 0], 4, 1 / 3),
        ([3], 4, 0.0),
    ],
)
def test_pass_hat(passed: list[int], k: int, value: float) -> None:
    assert pass_hat(passed, 4, k) == pytest.approx(value)


def test_what_was_not_tried_often_enough_is_unknown() -> None:
    assert pass_hat([1], 1, 4) is None
    assert pass_hat([], 4, 1) is None


def test_the_summary_of_one_trial_leaves_pass_4_open() -> None:
    totals = summary([trial("a", 1, passed=True), trial("b", 1, passed=False)], count=1)
    assert totals["summary"] is True
    assert (totals["scenarios"], totals["pass_1"], totals["pass_4"]) == (2, 0.5, None)


def test_the_summary_tells_every_k_up_to_the_trials() -> None:
    trials = [trial("a", number, passed=number != 3) for number in (1, 2, 3, 4, 5)]
    totals = summary(trials, count=5)
    assert [totals[f"pass_{k}"] for k in (1, 2, 3, 4, 5)] == [0.8, 0.6, 0.4, 0.2, 0.0]
    assert successes(trials) == {"a": 4}


def test_a_trial_as_json() -> None:
    found = trial("a", 2, passed=False).to_json()
    assert (found["scenario"], found["trial"], found["passed"]) == ("a", 2, False)
    assert found["failures"] == ["call: outcome is b"]
    assert found["checks"][0]["name"] == "outcome"


@pytest.mark.parametrize(
    ("count", "wanted", "processes"),
    [(10, None, 1), (200, None, 2), (1000, None, 2), (200, 1, 1), (3, 8, 3)],
)
def test_over_how_many_processes(count: int, wanted: int | None, processes: int) -> None:
    assert spread(count, wanted=wanted, cores=2, worth=60) == processes
