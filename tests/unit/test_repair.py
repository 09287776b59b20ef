"""Words of the trade that were misheard are mended, and no others."""

import pytest

from knowledge.repair import Repair

REPAIR = Repair(["로밍", "데이터", "요금제", "테더링", "유심", "심플", "5G"])


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("로민 하루 얼마", "로밍 하루 얼마"),
        ("데이타가 없어요", "데이터가 없어요"),
        ("요금재 종류", "요금제 종류"),
        ("테더닝 되나요", "테더링 되나요"),
        ("심풀 요금제", "심플 요금제"),
        ("로밍 요금제", "로밍 요금제"),
        ("로켓 발사 데굴데굴", "로켓 발사 데굴데굴"),
        ("", ""),
    ],
)
def test_one_jamo_off_is_mended(heard: str, meant: str) -> None:
    assert REPAIR(heard) == meant
