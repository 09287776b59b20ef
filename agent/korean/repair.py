"""Repairs words that a recogniser misheard by one sound: `데이커` is 데이터, `추청` is 추천."""

from __future__ import annotations

import re
from functools import lru_cache

from knowledge.jamo import distance, to_jamo

WORDS = (
    "요금", "요금제", "데이터", "얼마", "추천", "비교", "할인", "무제한", "테더링", "핫스팟",
    "멤버십", "로밍", "해지", "위약금", "이월", "약정", "가입", "변경", "상담원", "상담사", "연결",
    "제일", "가장", "저렴한", "청구", "분실", "통화", "속도", "다시", "고맙", "감사", "넷플릭스",
)  # fmt: skip
"""Words that carry what callers want."""

_ORDINARY = frozenset(
    [
        "요즘",
        "조금",
        "지금",
        "그럼",
        "여름",
        "이름",
        "하나",
        "거의",
        "이거",
        "저거",
        "그거",
        "정말",
        "진짜",
        "가지",
        "아마",
        "엄마",
        "어머",
        "설마",
        "하지",
        "해도",
        "먼저",
        "가전",
        "가정",
        "자기",
        "제가",
        "제발",
        "감자",
        "결혼",
        "연말",
        "연결",
        "이런",
        "이번",
        "다섯",
        "속초",
        "분식",
        "무료",
        "약속",
        "통하",
        "해주",
        "해줘",
        "해도",
        "해요",
        "하자",
        "해서",
    ]
)
"""Words that sound alike and mean themselves."""
_NEAR = 1.0
"""Jamo that may differ; sounds that telephone lines blur count half."""


def repair(text: str) -> str:
    """The text with misheard words put right at the starts of its words; others stay."""
    return re.sub(r"[가-힣]{2,}", lambda match: _repaired(match[0]), text)


@lru_cache(maxsize=4096)
def _repaired(word: str) -> str:
    if any(word.startswith(known) for known in (*WORDS, *_ORDINARY)):
        return word
    ranked = sorted(
        (distance(to_jamo(word[: len(known)]), to_jamo(known)), -len(known), known)
        for known in WORDS
        if len(word) >= len(known)
    )
    if not ranked or ranked[0][0] > _NEAR:
        return word
    best, known = ranked[0][0], ranked[0][2]
    rivals = {other for near, _, other in ranked if near <= best and not known.startswith(other)}
    return word if rivals - {known} else known + word[len(known) :]
