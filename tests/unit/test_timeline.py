"""Audio is placed by its timestamps: stalls, bursts, losses and duplicates change nothing."""

from hypothesis import given
from hypothesis import strategies as st

from voice.turns.timeline import MAX_FILLED_GAP_MS, Lookback, Timeline

FRAME = bytes(range(160))


def test_frames_in_order_pass_unchanged() -> None:
    timeline = Timeline()
    heard = b"".join(timeline.add(FRAME, at) for at in (40, 60, 80))
    assert heard == FRAME * 3
    assert timeline.now_ms == 60


def test_a_short_gap_is_filled_with_silence() -> None:
    timeline = Timeline()
    timeline.add(FRAME, 0)
    assert timeline.add(FRAME, 60) == b"\xff" * 320 + FRAME
    assert timeline.filled_ms == 40


def test_a_long_gap_is_jumped_over() -> None:
    timeline = Timeline()
    timeline.add(FRAME, 0)
    assert timeline.add(FRAME, 20 + MAX_FILLED_GAP_MS + 20) == FRAME
    assert timeline.add(FRAME, 40 + MAX_FILLED_GAP_MS + 20) == FRAME
    assert timeline.now_ms == 60


def test_duplicates_and_latecomers_are_dropped() -> None:
    timeline = Timeline()
    timeline.add(FRAME, 0)
    timeline.add(FRAME, 20)
    assert timeline.add(FRAME, 0) == b""
    assert timeline.add(FRAME, 30) == FRAME[80:]
    assert timeline.duplicates == 1


def test_without_timestamps_audio_is_appended() -> None:
    timeline = Timeline()
    assert timeline.add(FRAME, -1) + timeline.add(FRAME, -1) == FRAME * 2


@given(st.lists(st.integers(0, 400).map(lambda n: n * 20), min_size=1, max_size=80))
def test_the_clock_never_runs_back_and_counts_what_was_given(stamps: list[int]) -> None:
    timeline = Timeline()
    total = 0
    for stamp in stamps:
        before = timeline.now_ms
        total += len(timeline.add(FRAME, stamp))
        assert timeline.now_ms >= before
    assert timeline.now_ms * 8 == total


def test_lookback_cuts_by_stream_time_after_forgetting() -> None:
    lookback = Lookback(keep_ms=100)
    for value in range(50):
        lookback.append(bytes([value]) * 160)
    lookback.forget(900)
    assert lookback.cut(800, 840) == bytes([40]) * 160 + bytes([41]) * 160
    assert lookback.cut(0, 820) == bytes([40]) * 160
