"""Whether masking finds what is personal in the golden set, and leaves the rest."""

from __future__ import annotations

from scripts.bench.masking import SETS, judge, load, measure


def test_nearly_all_personal_data_is_found_and_nearly_nothing_else() -> None:
    rows = [row for name in SETS for row in load(name)]
    figures, judged = measure(rows)
    for one in judged:
        if one.missed or one.needless:
            print(f"missed {one.missed}, needless {one.needless}: {one.marked} -> {one.masked}")

    assert figures["sentences"] >= 440
    assert 0.45 <= figures["without_personal_data"] / figures["sentences"] <= 0.55
    assert figures["recall"] >= 0.99
    assert figures["false_positives"] <= 0.01
    assert figures["ms_p50"] < 1


def test_the_sets_have_no_sentence_twice() -> None:
    rows = [str(row) for name in SETS for row in load(name)]

    assert len(rows) == len(set(rows))


def test_a_missed_and_a_needless_piece_are_told() -> None:
    missed = judge({"text": "제 비밀 암호는 {account:가나다}예요"})
    needless = judge({"text": "제 번호는 010-1234-5678이에요"})

    assert missed.missed == ("account",)
    assert needless.needless == ("phone",)
