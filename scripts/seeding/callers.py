"""What invented callers say, and why they phone: scripts of whole calls.

`{plan}` and `{other}` are plans' names; in scripts of a customer the caller's own number and date
of birth stand for those of whoever phones.
"""

from __future__ import annotations

from dataclasses import dataclass

PLACEHOLDER_NAME = "홍길동"
PLACEHOLDER_PHONE = "+821000009999"
PLACEHOLDER_SPOKEN = "010-0000-9999"


@dataclass(frozen=True, kw_only=True)
class Script:
    """One caller's side of a call."""

    lines: tuple[str, ...]
    weight: float
    own: bool = False
    """Whether it is about the caller's own contract, so that a customer phones."""
    borrowed: bool = False
    """Whether the customer phones from another line, and says the number."""


PLANS = (
    "slim-14", "rollover-10", "simple-30", "basic", "senior-a", "yogo-36", "yteen", "choice-basic",
    "simple-70", "special",
)  # fmt: skip
"""What callers ask about, where the catalogue has it; ids."""

GOODBYE = "아니요, 없어요. 감사합니다."
"""What a caller answers who is asked for more."""

GENERAL = (
    Script(lines=("{plan} 요금이 얼마예요?", "데이터는 얼마나 줘요?", "네, 감사합니다."), weight=9),
    Script(
        lines=("{plan} 요금제 알려 주세요.", "통화는 무제한이에요?", "알겠습니다. 감사합니다."),
        weight=7,
    ),
    Script(
        lines=("{plan}하고 {other} 비교해 주세요.", "그럼 어떤 게 더 싸요?", "네, 고맙습니다."),
        weight=7,
    ),
    Script(lines=("{plan}하고 {other} 중에 데이터 많은 게 뭐예요?", "네 알겠습니다."), weight=4),
    Script(
        lines=(
            "요금제 추천해 주세요.",
            "데이터를 많이 쓰는 편이에요.",
            "한 칠만 원 안으로요.",
            "네, 생각해 볼게요. 감사합니다.",
        ),
        weight=7,
    ),
    Script(
        lines=(
            "부모님 요금제 좀 알아보려고요.",
            "일흔두 살이세요.",
            "제일 싼 걸로요.",
            "네 감사합니다.",
        ),
        weight=5,
    ),
    Script(
        lines=("중학생 아이 요금제 뭐가 있어요?", "그중에 제일 싼 게 뭐예요?", "네, 알겠어요."),
        weight=5,
    ),
    Script(
        lines=("제일 싼 요금제가 뭐예요?", "그건 데이터가 몇 기가예요?", "감사합니다."), weight=5
    ),
    Script(lines=("데이터 무제한 요금제 있어요?", "얼마예요?", "네 감사합니다."), weight=5),
    Script(lines=("로밍 요금은 얼마예요?", "일본도 돼요?", "네, 감사합니다."), weight=5),
    Script(lines=("약정 할인은 어떻게 받아요?", "위약금도 있어요?", "알겠습니다."), weight=4),
    Script(lines=("가족 결합 할인 되나요?", "네, 감사합니다."), weight=4),
    Script(lines=("유심은 어떻게 바꿔요?", "네, 알겠습니다."), weight=2),
    Script(
        lines=("휴대폰을 잃어버렸는데 어떻게 해요?", "네, 정지부터 할게요. 감사합니다."), weight=3
    ),
    Script(
        lines=("요금이 왜 이렇게 많이 나왔어요? 짜증 나네요.", "상담원 연결해 주세요."), weight=4
    ),
    Script(lines=("아니, 몇 번을 전화하는 거예요. 사람 바꿔 주세요.",), weight=3),
    Script(lines=("상담원 연결해 주세요.",), weight=5),
    Script(
        lines=("인터넷도 같이 하면 할인돼요?", "{plan}도 되나요?", "상담원하고 얘기할게요."),
        weight=3,
    ),
    Script(lines=("여보세요?", "아, 아니에요. 끊을게요."), weight=2),
    Script(lines=("오늘 날씨 어때요?", "{plan} 얼마예요?", "네, 고마워요."), weight=1),
    Script(lines=(), weight=3),
)

OWN = (
    Script(
        lines=("제 요금제가 뭐예요?", "데이터는 몇 기가예요?", "네, 감사합니다."),
        weight=9,
        own=True,
    ),
    Script(
        lines=(
            "제가 쓰는 요금제보다 싼 거 있어요?",
            "그건 데이터가 얼마예요?",
            "생각해 보고 다시 전화할게요.",
        ),
        weight=5,
        own=True,
    ),
    Script(lines=("저한테 맞는 요금제 추천해 주세요.", "네, 감사합니다."), weight=6, own=True),
    Script(
        lines=(
            "{plan} 요금제로 바꾸고 싶어요.",
            "네, 신청해 주세요.",
            "{born}이요.",
            "네 감사합니다.",
        ),
        weight=6,
        own=True,
    ),
    Script(
        lines=("제 요금제 좀 알려 주세요.", "{phone}이요.", "{born}입니다.", "네, 감사합니다."),
        weight=5,
        own=True,
        borrowed=True,
    ),
    Script(lines=("제 요금제 얼마예요?", "너무 비싸네요. 상담원 바꿔 주세요."), weight=4, own=True),
)

OPENINGS = (
    "",
    "",
    "",
    "",
    "저기요, ",
    "안녕하세요. ",
    "네, ",
    "아 네, ",
    "음, ",
    "그, ",
    "여보세요? ",
)
"""Before a caller's first words."""
