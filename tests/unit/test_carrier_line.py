"""The carrier's playout buffer: what is heard, which marks are echoed when, what is late."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.carrier.errors import RefusedError
from scripts.carrier.line import Line

SECOND = b"\x7f" * 8000
TENTH = b"\x7f" * 800


def test_audio_plays_in_order_and_in_real_time() -> None:
    line = Line()
    line.add_audio(SECOND, 10.0)
    line.add_audio(TENTH, 10.5)
    assert [(run.started_at, run.ended_at) for run in line.runs] == [(10.0, 11.1)]
    assert line.playing(11.09)
    assert not line.playing(11.1)
    assert line.max_buffered_s == pytest.approx(1.0)


def test_a_mark_is_due_when_what_stands_before_it_has_played() -> None:
    line = Line()
    line.add_audio(SECOND, 10.0)
    line.add_mark("a", 10.1)
    line.add_audio(SECOND, 10.2)
    line.add_mark("b", 10.3)
    assert line.due(10.99) == []
    assert line.due(11.0) == ["a"]
    assert line.due(11.5) == []
    assert line.playing(12.0)
    assert line.due(12.0) == ["b"]
    assert not line.playing(12.0)


def test_a_mark_is_due_at_once_when_nothing_is_buffered() -> None:
    line = Line()
    line.add_mark("a", 5.0)
    assert line.due(5.0) == ["a"]
    line.add_audio(TENTH, 6.0)
    line.add_mark("b", 7.0)
    assert line.due(7.0) == ["b"]


def test_clear_drops_what_has_not_played_and_echoes_every_mark() -> None:
    line = Line()
    line.add_audio(SECOND, 10.0)
    line.add_mark("a", 10.0)
    line.add_audio(SECOND, 10.0)
    line.add_mark("b", 10.0)
    line.clear(10.25)
    assert line.due(10.25) == ["a", "b"]
    assert [(len(run.audio), run.cleared) for run in line.runs] == [(2000, True)]
    line.add_audio(TENTH, 10.25)
    assert [run.started_at for run in line.runs] == [10.0, 10.25]
    assert line.underruns == 0


def test_clear_before_anything_was_heard() -> None:
    line = Line()
    line.add_audio(SECOND, 10.0)
    line.clear(10.0)
    assert line.runs == []
    assert not line.playing(10.0)


@pytest.mark.parametrize(
    ("gap_s", "underruns"), [(0.0, 0), (0.0005, 0), (0.05, 1), (0.39, 1), (0.41, 0), (5.0, 0)]
)
def test_an_underrun_is_a_short_gap_in_the_middle(gap_s: float, underruns: int) -> None:
    line = Line()
    line.add_audio(TENTH, 10.0)
    line.add_audio(TENTH, 10.1 + gap_s)
    assert line.underruns == underruns
    assert line.underrun_s == pytest.approx(gap_s if underruns else 0.0)


def test_no_underrun_after_a_mark_or_a_clear() -> None:
    line = Line()
    line.add_audio(TENTH, 10.0)
    line.add_mark("end of sentence", 10.0)
    line.add_audio(TENTH, 10.2)
    line.clear(10.25)
    line.add_audio(TENTH, 10.5)
    assert line.underruns == 0


def test_ten_minutes_are_too_much() -> None:
    line = Line()
    for _ in range(600):
        line.add_audio(SECOND, 0.0)
    with pytest.raises(RefusedError) as caught:
        line.add_audio(SECOND, 0.0)
    assert caught.value.number == 31931


ACTION = st.tuples(
    st.sampled_from(["audio", "mark", "clear", "wait"]), st.integers(min_value=1, max_value=400)
)


@given(st.lists(ACTION, max_size=60))
def test_every_mark_is_echoed_once_in_order_and_nothing_plays_twice(
    actions: list[tuple[str, int]],
) -> None:
    line, now, sent, placed = Line(), 0.0, 0, 0
    echoed: list[str] = []
    for kind, amount in actions:
        if kind == "audio":
            line.add_audio(b"\x00" * amount, now)
            sent += amount
        elif kind == "mark":
            line.add_mark(str(placed), now)
            placed += 1
        elif kind == "clear":
            line.clear(now)
        else:
            now += amount / 1000
        echoed += line.due(now)
    echoed += line.due(now + 60)
    assert echoed == [str(number) for number in range(placed)]
    assert sum(len(run.audio) for run in line.runs) <= sent
    for before, after in zip(line.runs, line.runs[1:], strict=False):
        assert before.ended_at <= after.started_at + 1 / 8000
