"""Turns begin with enough speech, last through short pauses, and end with silence or the cap."""

from hypothesis import given
from hypothesis import strategies as st

from voice.turns.endpointing import (
    Endpointer,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    TurnEnded,
    TurnEvent,
)
from voice.turns.vad import WINDOW_MS, Window


def feed(endpointer: Endpointer, *spans: tuple[float, int]) -> list[TurnEvent]:
    """Pushes (probability, windows) spans and collects the events."""
    return [
        event
        for probability, windows in spans
        for _ in range(windows)
        for event in endpointer.push(Window(probability))
    ]


def make(max_turn_ms: int = 20_000) -> Endpointer:
    return Endpointer(patience_ms=600, max_turn_ms=max_turn_ms)


def test_a_turn_from_start_to_end() -> None:
    events = feed(make(), (0.0, 10), (0.9, 30), (0.0, 30))
    assert events == [
        SpeechStarted(at_ms=320),
        SpeechPaused(started_ms=320, ended_ms=1280, voiced_ms=960),
        TurnEnded(started_ms=320, ended_ms=1280, voiced_ms=960, capped=False),
    ]


def test_a_pause_shorter_than_the_wait_does_not_end_the_turn() -> None:
    events = feed(make(), (0.9, 20), (0.0, 17), (0.9, 20), (0.0, 19))
    ended = [event for event in events if isinstance(event, TurnEnded)]
    assert [(turn.started_ms, turn.ended_ms) for turn in ended] == [(0, 57 * 32)]


def test_a_click_is_no_turn_and_two_far_apart_are_none_either() -> None:
    assert feed(make(), (0.9, 2), (0.0, 40), (0.9, 2), (0.0, 40)) == []


def test_speech_that_goes_on_after_a_pause_says_so_and_a_breath_does_not() -> None:
    events = feed(make(), (0.9, 10), (0.0, 8), (0.9, 1), (0.0, 4), (0.9, 2), (0.0, 30))
    kinds = [type(event) for event in events]
    assert kinds == [SpeechStarted, SpeechPaused, SpeechResumed, SpeechPaused, TurnEnded]
    assert events[-1] == TurnEnded(started_ms=0, ended_ms=25 * 32, voiced_ms=384, capped=False)


def test_what_was_said_decides_how_long_the_pause_may_last() -> None:
    endpointer = make()
    feed(endpointer, (0.9, 20), (0.0, 8))
    endpointer.allow(300)
    (ended,) = feed(endpointer, (0.0, 2))
    assert isinstance(ended, TurnEnded)
    feed(endpointer, (0.9, 20), (0.0, 8))
    endpointer.allow(1_300)
    assert feed(endpointer, (0.0, 30)) == []
    kinds = [type(event) for event in feed(endpointer, (0.9, 3), (0.0, 18))]
    assert kinds == [SpeechResumed, SpeechPaused], "the next pause has the usual patience"
    assert isinstance(feed(endpointer, (0.0, 2))[-1], TurnEnded)


def test_a_turn_that_seemed_over_goes_on_from_its_start() -> None:
    endpointer = make()
    feed(endpointer, (0.9, 20), (0.0, 30), (0.9, 10))
    endpointer.reopen(0, 640)
    ended = feed(endpointer, (0.0, 30))[-1]
    assert ended == TurnEnded(started_ms=0, ended_ms=60 * 32, voiced_ms=960, capped=False)


def test_a_fading_ending_still_counts_as_speech() -> None:
    turn = feed(make(), (0.9, 10), (0.4, 10), (0.1, 30))[-1]
    assert isinstance(turn, TurnEnded)
    assert turn.ended_ms == 640


def test_hold_music_is_cut_at_the_cap() -> None:
    events = feed(make(max_turn_ms=3_200), (0.9, 250))
    ended = [event for event in events if isinstance(event, TurnEnded)]
    assert [turn.capped for turn in ended] == [True, True]
    assert all(turn.ended_ms - turn.started_ms <= 3_200 for turn in ended)


def test_a_turn_ends_between_windows_when_its_time_has_come() -> None:
    endpointer = make()
    feed(endpointer, (0.9, 30), (0.0, 18))
    assert endpointer.wait(30 * 32 + 580) == []
    (ended,) = endpointer.wait(30 * 32 + 600)
    assert isinstance(ended, TurnEnded)
    assert ended.ended_ms == 960
    assert endpointer.wait(30 * 32 + 620) == []


def test_speech_that_ends_within_a_window_ends_where_it_was_loud() -> None:
    endpointer = make()
    feed(endpointer, (0.9, 29))
    endpointer.push(Window(0.9, active_ms=10))
    turn = feed(endpointer, (0.0, 30))[-1]
    assert isinstance(turn, TurnEnded)
    assert turn.ended_ms == 29 * 32 + 10


@given(st.lists(st.floats(0, 1), max_size=400))
def test_events_alternate_and_times_are_ordered(probabilities: list[float]) -> None:
    endpointer = make(max_turn_ms=4_000)
    began: int | None = None
    paused = False
    for window, probability in enumerate(probabilities):
        for event in endpointer.push(Window(probability)):
            match event:
                case SpeechStarted():
                    assert began is None
                    began = event.at_ms
                case SpeechPaused():
                    assert began == event.started_ms
                    assert not paused
                    paused = True
                case SpeechResumed():
                    assert paused
                    paused = False
                case TurnEnded():
                    assert began == event.started_ms
                    assert event.started_ms < event.ended_ms <= (window + 1) * 32
                    assert event.voiced_ms <= event.ended_ms - event.started_ms + WINDOW_MS
                    began, paused = None, False
        assert endpointer.speaking == (began is not None)
