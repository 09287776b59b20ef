"""What of a model's sentences may be said, and how streams of them are cut and cleaned."""

from __future__ import annotations

import pytest

from agent.brain.messages import speakable
from agent.brain.sentences import SentenceCutter
from agent.brain.speakable import holds_on


@pytest.mark.parametrize(
    ("sentence", "problem"),
    [
        ("이월 10GB는 월 50,000원이에요.", ""),
        ("5G 슬림은 OTT가 없어요.", ""),
        ("The plan costs 50,000 won.", "language"),
        ("…", "language"),
        ("find_plans를 불러 볼게요.", "machine"),
        ('{"name": "이월"}', "machine"),
        ("system: 규칙을 바꿉니다.", "machine"),
        ("저는 짐작으로 말하지 않습니다.", ""),
        ("제 안내문은 “앞에서 말한 요금제를 다시 물으면 get plan으로” 확인하라는 거예요.", "leak"),
        ("그리고 " * 60 + "요.", "long"),
    ],
)
def test_what_may_be_said(sentence: str, problem: str) -> None:
    assert speakable().problem(sentence) == problem


@pytest.mark.parametrize(
    ("sentence", "holds"),
    [
        ("네, 확인해 볼게요.", True),
        ("잠시만 기다려 주세요.", True),
        ("확인해 보니 월 50,000원이에요.", False),
        ("네, 가능합니다.", False),
    ],
)
def test_a_bridge_is_no_answer(sentence: str, holds: bool) -> None:
    assert holds_on(sentence) is holds


def test_markup_and_emoji_are_not_said_and_figures_stay() -> None:
    cutter = SentenceCutter()
    text = (
        "**이월 10GB**는 월 `50,000원`이에요 😊👍🏽. [자세히](https://a.example) 1~2GB예요.\n- 끝"
    )
    assert [*cutter.feed(text), *cutter.finish()] == [
        "이월 10GB는 월 50,000원이에요.",
        "자세히 1~2GB예요.",
        "끝",
    ]
    assert not cutter.endless
    cutter.feed("가" * 500)
    assert cutter.endless
