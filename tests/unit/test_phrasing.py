"""Long sentences are parted where a speaker would breathe, and nowhere else."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.korean.phrasing import phrases
from agent.korean.spoken import to_spoken
from knowledge.catalog.loader import load_catalog, sample_catalog_path
from tests.support.golden import golden_pairs
from voice.tts.phrased import PhrasedSynthesizer

_CATALOG = load_catalog(sample_catalog_path())
_GOLDEN = golden_pairs(Path(__file__).parent / "golden" / "spoken.tsv")


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        (
            "데이터는 매달 10GB를 드리고, 다 쓰신 뒤에도 1Mbps로 계속 쓰실 수 있어요.",
            ["데이터는 매달 십 기가를 드리고,", "다 쓰신 뒤에도 일 메가로 계속 쓰실 수 있어요."],
        ),
        (
            "월 50,000원인데 선택약정을 하시면 월 37,500원이에요. 신청해 드릴까요?",
            [
                "월 오만 원인데",
                "선택약정을 하시면",
                "월 삼만 칠천오백 원이에요.",
                "신청해 드릴까요?",
            ],
        ),
        ("네, 알겠습니다.", ["네, 알겠습니다."]),
        ("죄송합니다, 번호를 끝까지 듣지 못했어요.", ["죄송합니다, 번호를 끝까지 듣지 못했어요."]),
        (
            "요고 36과 최고 요금제를 비교해 드릴게요.",
            ["요고 삼십육과 최고 요금제를 비교해 드릴게요."],
        ),
        ("필요 없는 요금제보다 화면 크기를 봅니다.", ["필요 없는 요금제보다 화면 크기를 봅니다."]),
        (
            "남기신 번호 010-1234-5678로 상담원이 전화를 드릴게요.",
            ["남기신 번호 공일공, 일이삼사, 오육칠팔로 상담원이 전화를 드릴게요."],
        ),
        ("5G 슬림(이월) 요금제가 알맞아요.", ["파이브지 슬림, 이월, 요금제가 알맞아요."]),
        ("", []),
        ("  ", []),
    ],
)
def test_examples(written: str, parts: list[str]) -> None:
    assert phrases(to_spoken(written)) == parts


@pytest.mark.parametrize(
    "name", [text for plan in _CATALOG.plans for text in (plan.name, plan.full_name)]
)
def test_no_plan_is_parted(name: str) -> None:
    said = to_spoken(name)
    parts = phrases(
        to_spoken(f"지금 쓰고 계시는 {name} 요금제는 여기까지입니다. 더 궁금하신 거 있으세요?")
    )
    assert any(said in part for part in parts)
    assert len(parts) == 2


@pytest.mark.parametrize(
    "spoken", [said for _, said in _GOLDEN if len(said) < 20 and said[-1] not in "?!."]
)
def test_no_figure_is_parted(spoken: str) -> None:
    assert any(spoken in part for part in phrases(f"안내해 드린 것은 {spoken} 가운데 하나였습니다"))


@given(st.lists(st.sampled_from([to_spoken(faq.answer) for faq in _CATALOG.faqs]), max_size=3))
def test_parts_are_the_text_again(answers: list[str]) -> None:
    spoken = " ".join(answers)
    parts = phrases(spoken)
    assert " ".join(parts) == spoken
    assert all(sum(sign.isalnum() for sign in part) >= 6 for part in parts)


@given(st.text(max_size=80))
def test_nothing_is_lost_of_any_text(text: str) -> None:
    assert "".join("".join(phrases(text)).split()) == "".join(text.split())


class _Repeating:
    """A voice that says the text itself."""

    def __init__(self) -> None:
        self.closed = 0

    async def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """See Synthesizer."""
        try:
            yield text.encode()
            yield b"|"
        finally:
            self.closed += 1


async def test_a_voice_is_asked_phrase_by_phrase() -> None:
    voice = _Repeating()
    text = "월 오만 원인데 선택약정을 하시면 더 저렴해요."
    chunks = [chunk async for chunk in PhrasedSynthesizer(voice).stream(text)]
    assert b"".join(chunks).decode() == "월 오만 원인데|선택약정을 하시면 더 저렴해요.|"
    assert voice.closed == 2


async def test_a_stopped_voice_is_asked_nothing_more() -> None:
    voice = _Repeating()
    stream = PhrasedSynthesizer(voice).stream("월 오만 원인데 선택약정을 하시면 더 저렴해요.")
    await anext(stream)
    await stream.aclose()
    assert voice.closed == 1
