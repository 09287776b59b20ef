"""The policy: who may have what, at every level of verification."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.policy import ENOUGH, MAX_FAILURES, PROVEN, STAKES, Stake, Standing, decide, stake_of
from agent.toolspecs import TOOLS
from storage.records import Verification

LEVELS = st.sampled_from(list(Verification))
STANDINGS = st.builds(
    Standing, verification=LEVELS, failures=st.integers(0, 5), on_behalf=st.booleans()
)
PUBLIC = sorted(tool for tool, stake in STAKES.items() if stake is Stake.PUBLIC)

N, C, S, B = (
    Verification.NONE, Verification.CALLER_ID, Verification.SPOKEN_NUMBER,
    Verification.SECOND_FACTOR,
)  # fmt: skip


@pytest.mark.parametrize(
    ("stake", "level", "code"),
    [
        (Stake.PUBLIC, N, "ok"),
        (Stake.PUBLIC, C, "ok"),
        (Stake.PUBLIC, S, "ok"),
        (Stake.PUBLIC, B, "ok"),
        (Stake.IDENTITY, N, "ok"),
        (Stake.IDENTITY, C, "ok"),
        (Stake.IDENTITY, S, "ok"),
        (Stake.IDENTITY, B, "ok"),
        (Stake.PERSONAL, N, "needs_phone_number"),
        (Stake.PERSONAL, C, "ok"),
        (Stake.PERSONAL, S, "needs_birth_date"),
        (Stake.PERSONAL, B, "ok"),
        (Stake.CHANGE, N, "needs_phone_number"),
        (Stake.CHANGE, C, "needs_birth_date"),
        (Stake.CHANGE, S, "needs_birth_date"),
        (Stake.CHANGE, B, "ok"),
    ],
)
def test_what_is_at_stake_decides_what_is_enough(
    stake: Stake, level: Verification, code: str
) -> None:
    tools = [tool for tool in STAKES if stake_of(tool, {}) is stake]
    assert tools
    for tool in tools:
        assert decide(tool, {}, Standing(verification=level)).code == code
    if stake is not Stake.IDENTITY:
        assert (level in ENOUGH[stake]) is (code == "ok")


@given(st.sampled_from(PUBLIC), STANDINGS)
def test_plan_facts_and_a_human_are_for_anybody(tool: str, standing: Standing) -> None:
    assert decide(tool, {}, standing).allowed


@pytest.mark.parametrize("described", [{"age": 70}, {"who": "senior"}, {"age": 8, "who": "self"}])
def test_a_recommendation_for_someone_described_is_not_personal(
    described: dict[str, object],
) -> None:
    standing = Standing(verification=Verification.NONE, failures=9, on_behalf=True)
    assert decide("recommend_plans", described, standing).allowed


@given(st.integers(MAX_FAILURES, 10), st.sampled_from(sorted(set(Verification) - PROVEN)))
def test_too_many_failures_lock(failures: int, level: Verification) -> None:
    standing = Standing(verification=level, failures=failures)
    for tool, stake in STAKES.items():
        code = decide(tool, {}, standing).code
        assert code == ("ok" if stake is Stake.PUBLIC else "verification_locked")


@given(LEVELS, st.integers(0, 5))
def test_who_speaks_for_somebody_else_reaches_no_account(
    level: Verification, failures: int
) -> None:
    standing = Standing(verification=level, failures=failures, on_behalf=True)
    for tool, stake in STAKES.items():
        given_ = {"phone": "01012345678"} if stake is Stake.IDENTITY else {}
        allowed = decide(tool, given_, standing).allowed
        assert allowed is (stake is Stake.PUBLIC)


@given(st.text(max_size=20), STANDINGS)
def test_what_is_no_tool_is_refused(name: str, standing: Standing) -> None:
    if name not in TOOLS:
        assert decide(name, {}, standing).code == "unknown_tool"


def test_the_policy_knows_every_tool_and_no_other() -> None:
    assert set(STAKES) == set(TOOLS)
    assert set(ENOUGH) == set(Stake)
