"""Makes true sentences wrong: another figure, another plan's name, the opposite said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent.guard import grounding_of
from tests.support.agents import catalog

_NUMBER = re.compile(
    r"(\d[\d,]*)(?=\s?(원|GB|Mbps|kbps|분|세|%|개월|종|회선|장(?=[ 을이])|년|월|일|배))"
)
_WRONG = {
    "원": (1000, 10_000, -3000), "GB": (1, 7, 50), "Mbps": (2,), "kbps": (150,), "분": (50, 300),
    "세": (1, 5), "%": (5, 25), "개월": (6,), "종": (1,), "회선": (1,), "장": (1,), "년": (1,),
    "월": (1,), "일": (1,), "배": (1,),
}  # fmt: skip
_TURNED = (
    ("이월돼요", "이월되지 않아요"), ("이월되지 않아요", "이월돼요"),
    ("이월해 쓰실 수 있어요", "이월해 쓰실 수 없어요"), ("이월하실 수 있", "이월하실 수 없"),
    ("무제한이에요", "무제한이 아니에요"),
    ("무제한으로 쓰실 수 있어요", "무제한으로 쓰실 수 없어요"),
    ("속도 제한이 없어요", "속도 제한이 있어요"), ("할인은 없어요", "할인은 있어요"),
    ("할인이 없어요", "할인이 있어요"), ("가입하실 수 있어요", "가입하실 수 없어요"),
    ("가입하실 수 있습니다", "가입하실 수 없습니다"), ("가입 대상이 아니에요", "가입 대상이에요"),
    ("OTT 혜택이 없어요", "OTT 혜택이 있어요"), ("등급 혜택이 없어요", "등급 혜택이 있어요"),
    ("더 비싸", "더 저렴하"), ("저렴해요", "비싸요"), ("더 많", "더 적"), ("이하", "이상"),
    ("이상이시면", "이하이시면"), ("넷플릭스", "웨이브"), ("VVIP", "VIP"), ("티빙", "넷플릭스"),
    ("가장 저렴", "가장 비싸"), ("무약정 요금제라", "24개월 약정 요금제라"),
)  # fmt: skip
_CONTRAST = re.compile(r"이하|이상|초과|미만|대로|예산")


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A sentence made wrong."""

    kind: str
    """`figure`, `name`, `invented` or `polarity`."""
    text: str


def mutants(text: str) -> Iterator[Mutant]:
    """The wrong sentences that one true sentence gives."""
    names = grounding_of(catalog()).names
    mentions = [mention for mention in names.find(text) if mention.proper]
    for match in _NUMBER.finditer(text):
        named = any(m.start <= match.start() < m.end for m in mentions)
        if named or _CONTRAST.match(text[match.end() + len(match[2]) :].lstrip()):
            continue
        value = int(match[1].replace(",", ""))
        for change in _WRONG[match[2]]:
            if value + change > 0:
                yield Mutant(
                    kind="figure",
                    text=f"{text[: match.start()]}{value + change:,}{text[match.end() :]}",
                )
    for mention in mentions[:1]:
        for name in ("골드 플러스", "5G 맥스", "슬림 33GB"):
            yield Mutant(kind="invented", text=text[: mention.start] + name + text[mention.end :])
        other = "초이스 프리미엄" if "초이스" not in mention.name else "주니어 슬림"
        yield Mutant(kind="name", text=text[: mention.start] + other + text[mention.end :])
    for right, wrong in _TURNED:
        if right in text:
            yield Mutant(kind="polarity", text=text.replace(right, wrong, 1))
