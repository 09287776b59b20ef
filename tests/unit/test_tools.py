"""The tools: arguments, results and codes."""

from __future__ import annotations

import pytest

from agent.toolspecs import TOOLS, json_schemas
from knowledge.retriever import Passage
from storage.records import Verification
from tests.support.agents import CUSTOMERS, toolbox

PASSAGE = Passage(
    id="faq:roaming-cost", kind="faq", title="로밍", text="하루종일 로밍은 하루 15,000원입니다.",
    family_id=None, plan_id=None, score=1.0,
)  # fmt: skip


async def test_a_name_finds_its_plan() -> None:
    result = await toolbox().call("find_plans", {"name": "이월 십기가"})
    assert [plan.id for plan in result.plans] == ["rollover-10"]
    assert [fact.id for fact in result.facts] == ["plan:rollover-10"]


@pytest.mark.parametrize(
    ("wishes", "first"),
    [
        ({"sort": "fee"}, "rollover-4"),
        ({"sort": "fee_desc"}, "choice-premium"),
        ({"unlimited": True}, "basic"),
        ({"unlimited": True, "online": True}, "yogo-69"),
        ({"max_fee": 50000, "sort": "data_desc"}, "rollover-10"),
        ({"min_data_gb": 30}, "simple-30"),
        ({"family_id": "5g-senior"}, "senior-c"),
        ({"age": 71, "min_data_gb": 10}, "senior-a"),
        ({"foreigner": True}, "welcome"),
        ({"disabled": True}, "welfare-slim"),
        ({"rollover": True, "sort": "fee"}, "rollover-4"),
        ({"ott": True}, "choice-basic"),
    ],
)
async def test_wishes_find_plans(wishes: dict[str, object], first: str) -> None:
    result = await toolbox().call("find_plans", wishes)
    assert result.plans[0].id == first


async def test_nothing_meets_an_impossible_wish() -> None:
    result = await toolbox().call("find_plans", {"max_fee": 1000})
    assert result.ok
    assert not result.known
    assert result.plans == ()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("find_plans", {"colour": "red"}),
        ("find_plans", {"limit": 99}),
        ("get_plan", {}),
        ("verify_caller", {"born": "hello"}),
        ("hand_off", {"reason": "bored"}),
        ("search_faq", {"query": ""}),
    ],
)
async def test_wrong_arguments_are_a_code(name: str, arguments: dict[str, object]) -> None:
    tools = toolbox()
    assert (await tools.call(name, arguments)).code == "invalid_arguments"
    assert tools.take_used()[0].code == "invalid_arguments"


async def test_unknown_tools_and_plans_are_codes() -> None:
    assert (await toolbox().call("drop_tables")).code == "unknown_tool"
    assert (await toolbox().call("get_plan", {"plan_id": "nope"})).code == "unknown_plan"


@pytest.mark.parametrize(
    ("customer", "best", "keep"),
    [(0, "rollover-10", True), (1, "simple-70", True), (2, "yteen", True),
     (3, "senior-basic", False), (4, "y-basic", False)],
)  # fmt: skip
async def test_each_sample_customer_gets_other_advice(customer: int, best: str, keep: bool) -> None:
    tools = toolbox(CUSTOMERS[customer].phone)
    await tools.call("verify_caller")
    result = await tools.call("recommend_plans")
    assert result.advice is not None
    assert result.advice.best is not None
    assert (result.advice.best.id, result.advice.keep_present) == (best, keep)


async def test_a_number_counts_only_when_it_was_said() -> None:
    tools = toolbox()
    assert (await tools.call("verify_caller", {"phone": "01012345678"})).code == "not_told"
    tools.told.append("공일공 일이삼사 오육칠팔이요")
    assert (await tools.call("verify_caller", {"phone": "010-1234-5678"})).ok
    assert tools.verification is Verification.SPOKEN_NUMBER
    assert tools.customer is None
    assert (await tools.call("get_customer")).code == "needs_birth_date"


async def test_both_factors_in_one_call_of_the_tool() -> None:
    tools = toolbox()
    tools.told += ["010-1234-5678", "1979년 3월 14일"]
    result = await tools.call("verify_caller", {"phone": "01012345678", "born": "19790314"})
    assert result.customer == CUSTOMERS[0]
    assert tools.take_used()[0].arguments == {"phone": "***", "born": "***"}
    assert tools.verification is Verification.SECOND_FACTOR


async def test_a_search_gives_its_passages_as_facts() -> None:
    result = await toolbox(passages=[PASSAGE]).call("search_faq", {"query": "로밍"})
    assert [fact.id for fact in result.facts] == ["faq:roaming-cost"]
    assert "15,000원" in result.for_model()["facts"][0]["text"]
    assert not (await toolbox().call("search_faq", {"query": "달나라"})).known


async def test_a_turn_starts_with_no_facts() -> None:
    tools = toolbox()
    await tools.call("find_plans", {"name": "Y틴"})
    assert tools.facts
    tools.begin_turn()
    assert tools.facts == []
    assert tools.take_used() == ()


def test_every_tool_has_a_schema_that_refuses_the_unknown() -> None:
    schemas = json_schemas()
    assert [schema["function"]["name"] for schema in schemas] == list(TOOLS)
    for schema in schemas:
        assert schema["function"]["description"]
        assert schema["function"]["parameters"]["additionalProperties"] is False
