"""Numerals and the particles after them."""

import pytest

from agent.korean.numbers import by_digit, decimal, native, sino
from agent.korean.particles import particle, with_particle


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "영"),
        (1, "일"),
        (10, "십"),
        (11, "십일"),
        (110, "백십"),
        (1000, "천"),
        (10_000, "만"),
        (11_000, "만 천"),
        (55_000, "오만 오천"),
        (110_000, "십일만"),
        (100_010_000, "일억 일만"),
        (12_345_678, "천이백삼십사만 오천육백칠십팔"),
    ],
)
def test_sino(number: int, said: str) -> None:
    assert sino(number) == said


@pytest.mark.parametrize(
    ("number", "said", "counting"),
    [
        (1, "하나", "한"),
        (3, "셋", "세"),
        (20, "스물", "스무"),
        (21, "스물하나", "스물한"),
        (65, "예순다섯", "예순다섯"),
    ],
)
def test_native(number: int, said: str, counting: str) -> None:
    assert native(number) == said
    assert native(number, before_counter=True) == counting


def test_numbers_without_a_reading_are_refused() -> None:
    with pytest.raises(ValueError, match="no native reading"):
        native(100)
    with pytest.raises(ValueError, match="no Sino-Korean reading"):
        sino(-1)


def test_digits_and_decimals() -> None:
    assert by_digit("010") == "공일공"
    assert decimal("1,234.05") == "천이백삼십사 점 영오"


@pytest.mark.parametrize(
    ("written", "form", "result"),
    [
        ("5G 슬림", "는", "5G 슬림은"),
        ("14GB", "을", "14GB를"),
        ("50,000원", "예요", "50,000원이에요"),
        ("5G", "이에요", "5G예요"),
        ("서울", "으로", "서울로"),
        ("매장", "로", "매장으로"),
        ("요고 36", "와", "요고 36과"),
        ("KT", "이", "KT가"),
        ("25%", "은", "25%는"),
        ("010-1234-5678", "로", "010-1234-5678로"),
        ("", "은", "는"),
    ],
)
def test_particles_follow_the_sound(written: str, form: str, result: str) -> None:
    assert with_particle(written, form) == result


def test_a_particle_without_a_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="does not depend"):
        particle("집", "에서")
