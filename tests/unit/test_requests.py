"""Requests that code answers: a human in any phrasing, again, slower, yes and no."""

from __future__ import annotations

import pytest

from agent.requests import says_no, says_yes, wants_human, wants_repeat, wants_slower


@pytest.mark.parametrize(
    "text",
    [
        "상담원 연결해 주세요", "상담원 바꿔 주세요", "상담원", "상담원이요", "상담사 연결",
        "직원이랑 통화하고 싶어요", "사람이랑 얘기하고 싶어요", "사람 바꿔줘", "담당자 바꿔",
        "기계 말고 사람이요", "AI 말고 상담원 연결", "아니 상담원 바꿔달라고요",
        "상담원하고 통화할게요", "빨리 상담원 좀", "연결해 주세요", "상담언 연걸해주세요",
        "그냥 사람 연결해줘요", "진짜 사람이랑 통화하고 싶은데요", "상담사님 좀 바꿔주세요",
        "직원 연결 부탁드립니다", "상담 연결해 주세요", "상담원한테 직접 물어볼게요",
        "로봇하고는 말 안 해 사람 연결해", "상담원 말고는 안 되겠어요 상담원 연결해 주세요",
    ],
)  # fmt: skip
def test_a_human_is_wanted(text: str) -> None:
    assert wants_human(text)
    assert wants_human(text.replace(" ", ""))


@pytest.mark.parametrize(
    "text",
    [
        "상담원 말고 그냥 알려주세요", "상담원 연결하지 마세요", "상담원 연결 안 해도 돼요",
        "상담원은 됐어요", "상담원이세요?", "사람이에요 기계예요", "상담원 몇 시까지 해요",
        "외국 사람이 쓸 요금제 추천해 주세요", "우리 집사람이 쓸 건데요", "요금 상담하고 싶어요",
        "이월 10기가 얼마예요", "데이터 연결이 안 돼요", "상담원 연결 필요 없어요",
        "두 사람이 같이 쓸 수 있어요?", "상담원 말고 요금제 추천해 주세요",
        "사람들이 제일 많이 쓰는 요금제가 뭐예요", "",
    ],
)  # fmt: skip
def test_no_human_is_wanted(text: str) -> None:
    assert not wants_human(text)


@pytest.mark.parametrize(
    "text", ["다시 한번요", "뭐라고요", "네?", "다시 말해 주세요", "못 들었어요", "한 번 더요"]
)
def test_again(text: str) -> None:
    assert wants_repeat(text)


@pytest.mark.parametrize("text", ["심플 다시 알려 주세요", "다시 전화할게요", "네", "데이터는요?"])
def test_not_again(text: str) -> None:
    assert not wants_repeat(text)


def test_slower() -> None:
    assert wants_slower("좀 천천히 말해 주세요")
    assert not wants_slower("속도가 느려요")


@pytest.mark.parametrize(
    "text", ["네", "예", "네 그렇게 해 주세요", "응", "그래요", "좋아요", "ㅇㅇ"]
)
def test_yes(text: str) -> None:
    assert says_yes(text)
    assert not says_no(text)


@pytest.mark.parametrize(
    "text",
    ["내 요금제 이름이 뭐예요", "그럼 요금은 얼마예요", "네 얼마예요?", "그러면 슬림은요"],
)
def test_a_question_takes_no_offer(text: str) -> None:
    assert not says_yes(text)


@pytest.mark.parametrize("text", ["아니요", "아뇨 괜찮아요", "됐어요", "없어요", "아니요 없어요"])
def test_no(text: str) -> None:
    assert says_no(text)
    assert not says_yes(text)
