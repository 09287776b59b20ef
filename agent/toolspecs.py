"""The tools' typed arguments and their JSON schemas, as a model is told of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Who = Literal["self", "child", "teen", "young", "senior", "foreigner", "disabled"]
"""For whom a plan is: the caller, or a group that special plans exist for."""


class Arguments(BaseModel):
    """Base of all arguments: nothing unknown passes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class VerifyCaller(Arguments):
    """전화번호나 생년월일로 고객을 확인합니다. 둘 다 없으면 발신 번호로 확인합니다."""

    phone: str | None = Field(None, max_length=20, description="고객이 말한 휴대폰 번호")
    born: str | None = Field(
        None, pattern=r"^\d{6}(\d{2})?$", description="고객이 말한 생년월일, YYMMDD 또는 YYYYMMDD"
    )


class GetCustomer(Arguments):
    """확인된 고객의 이름, 이용 중인 요금제, 만 나이를 가져옵니다."""


class FindPlans(Arguments):
    """이름이나 조건(예산, 데이터, 나이, 쓰실 분)으로 요금제를 찾습니다."""

    name: str | None = Field(None, max_length=60, description="고객이 말한 요금제 이름")
    family_id: str | None = Field(None, max_length=40)
    max_fee: int | None = Field(None, ge=0, description="월 요금 상한, 원")
    min_fee: int | None = Field(None, ge=0, description="월 요금 하한, 원")
    min_data_gb: int | None = Field(None, ge=0)
    unlimited: bool = Field(False, description="데이터 무제한만")
    rollover: bool = Field(False, description="데이터 이월만")
    ott: bool = Field(False, description="OTT 혜택만")
    age: int | None = Field(None, ge=0, le=130, description="가입할 분의 만 나이")
    online: bool = Field(False, description="온라인 전용도")
    audience: Who | None = Field(None, description="쓰실 분; self는 고객 본인")
    sort: Literal["fee", "fee_desc", "data_desc"] = "fee"
    limit: int = Field(3, ge=1, le=10)


class GetPlan(Arguments):
    """요금제 하나의 자세한 내용을 가져옵니다."""

    plan_id: str = Field(max_length=40)


class ComparePlans(Arguments):
    """요금제 두 개에서 네 개까지 비교합니다."""

    plan_ids: tuple[Annotated[str, Field(max_length=40)], ...] = Field(min_length=2, max_length=4)


class RecommendPlans(Arguments):
    """맞는 요금제를 추천합니다. 나이도 쓰실 분도 없으면 확인된 고객 본인 기준입니다."""

    age: int | None = Field(
        None, ge=0, le=130, description="다른 분을 위한 추천이면 그분의 만 나이"
    )
    who: Who = Field("self", description="쓰실 분; self는 고객 본인")
    data_gb: int | None = Field(None, ge=0, description="한 달에 쓰는 데이터, GB")
    max_fee: int | None = Field(None, ge=0, description="월 예산, 원")

    @property
    def for_other(self) -> bool:
        """Whether it is for someone who is described, so that no account is looked into."""
        return self.age is not None or self.who != "self"


class GetHistory(Arguments):
    """확인된 고객의 지난 통화를 최근 순서로 가져옵니다."""

    limit: int = Field(3, ge=1, le=5)


class RequestPlanChange(Arguments):
    """고객이 그러겠다고 한 요금제로 변경 신청을 접수합니다. 변경은 상담원이 처리합니다."""

    plan_id: str = Field(max_length=40, description="바꾸려는 요금제")


class SearchFaq(Arguments):
    """자주 묻는 질문과 안내 문서를 찾습니다."""

    query: str = Field(min_length=1, max_length=300)


class FindSimilarCases(Arguments):
    """search_faq에 답이 없을 때, 비슷한 지난 상담들에서 무엇으로 답했는지 찾습니다."""

    query: str = Field(min_length=1, max_length=300, description="고객의 질문")


class HandOffTo(Arguments):
    """상담원에게 연결합니다."""

    reason: Literal["caller_request", "cannot_answer", "policy", "failure"]


class End(Arguments):
    """인사를 마친 뒤 통화를 끝냅니다."""

    outcome: Literal["completed", "abandoned"] = "completed"


TOOLS: dict[str, type[Arguments]] = {
    "verify_caller": VerifyCaller,
    "get_customer": GetCustomer,
    "find_plans": FindPlans,
    "get_plan": GetPlan,
    "compare_plans": ComparePlans,
    "recommend_plans": RecommendPlans,
    "search_faq": SearchFaq,
    "find_similar_cases": FindSimilarCases,
    "get_history": GetHistory,
    "request_plan_change": RequestPlanChange,
    "hand_off": HandOffTo,
    "end_call": End,
}


def json_schemas() -> list[dict[str, Any]]:
    """The tools in the form that chat-completions servers take."""
    return [
        {
            "type": "function",
            "function": {
                "name": name,
                "description": (model.__doc__ or "").strip(),
                "parameters": model.model_json_schema(),
            },
        }
        for name, model in TOOLS.items()
    ]
