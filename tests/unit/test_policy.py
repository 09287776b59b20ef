"""The policy: who may have what, at every level of verification."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.policy import MAX_FAILURES, PUBLIC_TOOLS, decide
from agent.toolspecs import TOOLS
from storage.records import Verification

LEVELS = st.sampled_from(list(Verification))
FAILURES = st.integers(0, 5)


@given(st.sampled_from(sorted(PUBLIC_TOOLS)), LEVELS, FAILURES)
def test_plan_facts_and_a_human_are_for_anybody(
    tool: str, level: Verification, failures: int
) -> None:
    assert decide(tool, {}, verification=level, failures=failures).allowed


@pytest.mark.parametrize(
    ("level", "code"),
    [
        (Verification.NONE, "needs_phone_number"),
        (Verification.CALLER_ID, "ok"),
        (Verification.SPOKEN_NUMBER, "needs_birth_date"),
        (Verification.SECOND_FACTOR, "ok"),
    ],
)
@pytest.mark.parametrize("tool", ["get_customer", "recommend_plans"])
def test_account_data_needs_proof(tool: str, level: Verification, code: str) -> None:
    assert decide(tool, {}, verification=level, failures=0).code == code


def test_a_recommendation_for_an_age_is_not_personal() -> None:
    decision = decide("recommend_plans", {"age": 70}, verification=Verification.NONE, failures=0)
    assert decision.allowed


@given(st.sampled_from(["verify_caller", "get_customer"]), st.integers(MAX_FAILURES, 10))
def test_too_many_failures_lock(tool: str, failures: int) -> None:
    decision = decide(tool, {}, verification=Verification.NONE, failures=failures)
    assert decision.code == "verification_locked"


@given(st.text(max_size=20), LEVELS, FAILURES)
def test_what_is_no_tool_is_refused(name: str, level: Verification, failures: int) -> None:
    if name not in TOOLS:
        decision = decide(name, {}, verification=level, failures=failures)
        assert decision.code == "unknown_tool"


def test_the_policy_knows_every_tool() -> None:
    for name in TOOLS:
        assert decide(name, {}, verification=Verification.SECOND_FACTOR, failures=0).allowed
