"""The playout's books: never far ahead, never dry, and exact about what was heard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.playing import marks_in, play, say
from voice.events import CarrierCommand, ClearAudio, PlaceMark, PlayAudio
from voice.playout import FRAME_BYTES, LEAD_S, MARK_MARGIN_S, Playout

SECOND = b"\x10" * 8_000


def audio_in(commands: list[CarrierCommand]) -> int:
    return sum(len(c.payload) for c in commands if isinstance(c, PlayAudio))


def test_sends_about_a_second_ahead_and_the_mark_last() -> None:
    playout = Playout()
    say(playout, "안녕하세요.", SECOND * 3)
    now = 10.0
    sent = audio_in(playout.advance(now))
    assert sent == 8_000
    marks: list[str] = []
    while not marks:
        due = playout.next_due(now)
        assert due is not None
        assert due > now
        now = due
        commands = playout.advance(now)
        sent += audio_in(commands)
        assert sent / 8_000 - (now - 10.0) <= LEAD_S + 0.2
        marks = marks_in(commands)
    assert sent == 24_000
    assert playout.busy
    assert playout.mark_reached(marks[0])
    assert not playout.busy
    assert playout.take_heard().said == "안녕하세요."
    assert playout.counters.late_chunks == 0


def test_odd_endings_are_padded_to_whole_frames() -> None:
    playout = Playout()
    say(playout, "네.", b"\x10" * 250)
    (chunk, mark) = playout.advance(0.0)
    assert isinstance(chunk, PlayAudio)
    assert chunk.payload == b"\x10" * 250 + b"\xff" * 70
    assert isinstance(mark, PlaceMark)


def test_audio_that_comes_in_pieces_waits_for_a_whole_frame() -> None:
    playout = Playout()
    playout.open("네.")
    playout.append(b"\x10" * 100)
    assert playout.advance(0.0) == []
    playout.append(b"\x10" * 100)
    (chunk,) = playout.advance(0.0)
    assert isinstance(chunk, PlayAudio)
    assert len(chunk.payload) == FRAME_BYTES


def test_a_piece_of_a_frame_is_not_asked_for_again_and_again() -> None:
    playout = Playout()
    playout.open("네.")
    playout.append(b"\x10" * 250)
    playout.advance(0.0)
    assert playout.next_due(0.0) is None
    playout.complete()
    assert playout.next_due(0.0) == 0.0


def test_a_late_voice_is_counted() -> None:
    playout = Playout()
    playout.open("하나 둘")
    playout.append(SECOND)
    playout.advance(0.0)
    playout.append(SECOND)
    playout.complete()
    playout.advance(1.5)
    assert playout.counters.late_chunks == 1


def test_clear_keeps_only_the_words_that_were_heard() -> None:
    playout = Playout()
    say(playout, "첫 문장입니다.", SECOND)
    say(playout, "두 번째 문장은 여기에서 끊깁니다.", SECOND * 2)
    marks = [mark for now in (0.0, 0.5, 1.0, 1.5) for mark in marks_in(playout.advance(now))]
    assert playout.mark_reached(marks[0])
    assert playout.clear(2.0) == [ClearAudio()]
    assert playout.take_heard().said == "첫 문장입니다. 두 번째 문장은…"
    assert not playout.busy
    assert not playout.mark_reached("p2")


def test_what_had_not_begun_was_not_heard() -> None:
    playout = Playout()
    say(playout, "하나.", SECOND)
    say(playout, "둘.", SECOND)
    playout.advance(0.0)
    playout.clear(0.0)
    assert playout.take_heard().said == ""


def test_a_lost_mark_is_given_up_after_its_audio() -> None:
    playout = Playout()
    say(playout, "네.", SECOND)
    playout.advance(0.0)
    due = playout.next_due(0.0)
    assert due is not None
    assert due <= 1.0 + MARK_MARGIN_S
    playout.advance(1.0 + MARK_MARGIN_S - 0.01)
    assert playout.busy
    playout.advance(1.0 + MARK_MARGIN_S)
    assert not playout.busy
    assert playout.take_heard().said == "네."
    assert playout.counters.given_up_marks == 1


def test_the_recording_gets_what_was_played_and_no_more() -> None:
    playout = Playout()
    say(playout, "안녕하세요.", SECOND * 3)
    playout.advance(5.0)
    playout.clear(5.5)
    played = playout.take_played(9.0)
    assert played[0].at == 5.0
    assert sum(len(part.audio) for part in played) == 4_000


def speech(*seconds: float) -> bytes:
    """Words of the given lengths with 60 ms of quiet after each."""
    return b"".join(b"\x10" * round(8_000 * length) + b"\xff" * 480 for length in seconds)


def sent_audio(commands: list[CarrierCommand]) -> bytes:
    return b"".join(c.payload for c in commands if isinstance(c, PlayAudio))


def test_a_pause_takes_everything_back_and_resumes_with_the_word_that_was_cut() -> None:
    playout = Playout()
    audio = speech(0.5, 0.5, 0.5)
    say(playout, "하나 둘 셋", audio)
    play(playout, 10.0, 10.8)
    assert playout.pause(10.8) == [ClearAudio()]
    assert playout.pause(10.9) == []
    assert playout.advance(11.0) == []
    assert playout.next_due(11.0) is None
    assert playout.busy
    playout.resume()
    again = sent_audio(play(playout, 11.0, 13.0))
    second_word = round(0.56 * 8_000)
    assert len(audio) - len(again) == pytest.approx(second_word, abs=FRAME_BYTES)
    assert audio.endswith(again.rstrip(b"\xff") + audio[len(audio.rstrip(b"\xff")) :])
    assert playout.counters.late_chunks == 0


def test_a_pause_after_a_hole_takes_back_no_more_than_was_not_played() -> None:
    playout = Playout()
    playout.open("하나 둘 셋 넷")
    playout.append(SECOND)
    play(playout, 0.0, 2.0)
    playout.append(SECOND)
    playout.complete()
    play(playout, 2.0, 2.1)
    playout.pause(2.1)
    playout.resume()
    assert len(sent_audio(play(playout, 3.0, 5.0))) >= 0.9 * 8_000, "1.1 s of two had been played"


def test_marks_of_audio_that_was_taken_back_prove_nothing() -> None:
    playout = Playout()
    say(playout, "하나 둘 셋", speech(0.5))
    (mark,) = marks_in(playout.advance(0.0))
    playout.pause(0.2)
    assert not playout.mark_reached(mark)
    playout.resume()
    (other,) = marks_in(playout.advance(0.5))
    assert other != mark
    assert playout.mark_reached(other)
    assert playout.take_heard().said == "하나 둘 셋"


def test_what_was_played_before_a_pause_stays_heard() -> None:
    playout = Playout()
    say(playout, "첫 문장입니다.", SECOND)
    say(playout, "두 번째 문장은 여기에서 끊깁니다.", speech(0.5, 0.5, 0.5, 0.5))
    play(playout, 0.0, 2.2)
    playout.pause(2.2)
    assert playout.saying(2.3) == "두 번째 문장은 여기에서 끊깁니다."
    assert playout.clear(2.5) == [], "the carrier has nothing left"
    assert playout.take_heard().said == "첫 문장입니다. 두 번째 문장은…"


def test_what_a_resume_would_say_again_was_heard_before_it() -> None:
    playout = Playout()
    say(playout, "하나 둘 셋 넷", SECOND)
    playout.advance(0.0)
    playout.pause(0.5)
    playout.clear(0.6)
    assert playout.take_heard().said == "하나…"


def test_a_pause_after_the_last_word_holds_nothing_up() -> None:
    playout = Playout()
    say(playout, "네.", SECOND)
    playout.advance(0.0)
    playout.pause(1.1)
    assert not playout.busy
    assert not playout.paused
    assert playout.take_heard().said == "네."


def test_what_was_played_is_remembered_for_its_echo() -> None:
    playout = Playout()
    say(playout, "안녕하세요.", speech(1.0))
    play(playout, 5.0, 6.5)
    playout.take_played(6.5)
    assert playout.silent_for(6.06) == pytest.approx(0.0, abs=0.001)
    assert playout.silent_for(7.06) == pytest.approx(1.0, abs=0.001)
    heard = playout.played_since(4.5, 6.5)
    assert len(heard) == 2 * 8_000
    assert heard[:4_000] == b"\xff" * 4_000
    assert heard[4_000:12_000] == b"\x10" * 8_000
    assert playout.played_since(5.25, 5.5) == b"\x10" * 2_000


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("say"), st.integers(1, 20_000)),
            st.tuples(st.just("wait"), st.integers(0, 3_000)),
            st.tuples(st.just("clear"), st.just(0)),
            st.tuples(st.just("pause"), st.just(0)),
            st.tuples(st.just("resume"), st.just(0)),
            st.tuples(st.just("marks"), st.just(0)),
        ),
        max_size=40,
    )
)
def test_whatever_happens_the_books_balance(steps: list[tuple[str, int]]) -> None:
    playout = Playout()
    now = 0.0
    marks: list[str] = []
    sent_commands: list[CarrierCommand] = []
    given_bytes = 0
    sent = taken_back = 0
    for kind, amount in steps:
        if kind == "say":
            say(playout, "문장입니다.", b"\x10" * amount)
            given_bytes += amount + (-amount % FRAME_BYTES)
        elif kind == "wait":
            now += amount / 1_000
        elif kind == "clear":
            playout.clear(now)
            assert not playout.busy
        elif kind == "pause":
            taken_back += audio_in(sent_commands) if playout.pause(now) else 0
            sent_commands.clear()
        elif kind == "resume":
            playout.resume()
        else:
            for name in marks:
                playout.mark_reached(name)
            marks.clear()
        commands = playout.advance(now)
        sent += audio_in(commands)
        sent_commands += commands
        marks += marks_in(commands)
        assert sent - taken_back <= given_bytes
        assert all(len(c.payload) % 160 == 0 for c in commands if isinstance(c, PlayAudio))
        due = playout.next_due(now)
        assert due is None or due >= now
        assert playout.busy == (due is not None or playout.paused)
    assert sum(len(part.audio) for part in playout.take_played(now + 100)) <= sent
