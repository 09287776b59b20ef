"""What was heard of a sentence: exact when all of its audio is there, else never too much."""

from collections.abc import Sequence
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from agent.korean.spoken import to_spoken
from tests.support.playing import marks_in, play, say
from voice.pace import beats
from voice.playout import FRAME_BYTES, Playout

SECOND = b"\x10" * 8_000
LONG = "고객님은 지금 오지 슬림 요금제를 쓰고 계시고, 데이터는 절반이 남아 있어요."
LONGEST_BEATS = 8
WORDS = st.lists(
    st.builds(
        "{}{}".format,
        st.text(st.sampled_from("가나다라마바"), min_size=1, max_size=LONGEST_BEATS),
        st.sampled_from(["", "", ","]),
    ),
    min_size=1,
    max_size=12,
)
GREETING = "안녕하세요, 여보세요 모바일입니다. 무엇을 도와드릴까요?"


def heard_at(
    played_s: float,
    given: bytes,
    text: str,
    *,
    whole: bool = False,
    before: Sequence[tuple[str, bytes]] = (),
    breath: bytes = b"",
) -> str:
    """What was heard of `text` at a time after its beginning, when so much of it was given."""
    playout = Playout()
    now = 0.0
    for other, audio in before:
        say(playout, other, audio)
        for mark in marks_in(play(playout, now, now + len(audio) / 8_000)):
            playout.mark_reached(mark)
        now += len(audio) / 8_000 + 1
    playout.take_heard()
    playout.open(text)
    playout.append(breath)
    playout.append(given)
    if whole:
        playout.complete()
    play(playout, now, now + played_s)
    playout.clear(now + played_s)
    return playout.take_heard().said


def whole_words(text: str, beat_bytes: int, played: int) -> int:
    """How many words lie in `played` bytes of a voice that says all beats in the same time."""
    words = text.split()
    begins = accumulate((beats(word) for word in words), initial=0)
    ends = (begin + beats(word.rstrip(",")) for begin, word in zip(begins, words, strict=False))
    return sum(end * beat_bytes <= played for end in ends)


def whole_frames(size: int) -> int:
    return size - size % FRAME_BYTES


def count(heard: str) -> int:
    """Words."""
    return len(heard.split())


def test_what_has_not_come_was_not_heard() -> None:
    # 2.4 s of six have come and one has been played: three of 29 beats, and a bit.
    assert heard_at(1.0, SECOND * 2 + SECOND[:3_200], LONG) == "고객님은…"
    assert heard_at(2.4, SECOND * 2 + SECOND[:3_200], LONG) == "고객님은 지금 오지 슬림…"


def test_the_breath_before_a_sentence_is_no_part_of_it() -> None:
    breath = b"\xff" * 4_000
    assert heard_at(0.7, SECOND, "하나 둘 셋 넷", whole=True, breath=breath) == ""
    assert heard_at(1.0, SECOND, "하나 둘 셋 넷", whole=True, breath=breath) == "하나…"


def test_words_are_measured_as_they_are_said() -> None:
    # Eight of 14 beats, but twelve of 20 signs.
    text = "월 55,000원이고 통화는 무제한"
    assert to_spoken(text) == "월 오만 오천 원이고 통화는 무제한"
    assert heard_at(0.58, SECOND, text, whole=True) == "월 55,000원이고…"


def test_a_hole_in_the_audio_is_not_heard() -> None:
    playout = Playout()
    playout.open("하나 둘 셋 넷")
    playout.append(SECOND)
    play(playout, 0.0, 2.0)
    playout.append(SECOND)
    playout.complete()
    playout.advance(2.0)
    playout.clear(2.1)
    assert playout.take_heard().said == "하나…", "1.1 s of two, and not 2.1"


def test_a_sentence_that_nobody_could_end_was_cut() -> None:
    playout = Playout()
    playout.open(LONG)
    playout.append(SECOND * 2)
    playout.complete(whole=False)
    (mark,) = marks_in(play(playout, 0.0, 3.0))
    assert playout.mark_reached(mark)
    assert playout.take_heard().said == "고객님은 지금 오지 슬림…"


def test_another_voice_counts_from_the_word_with_which_it_goes_on() -> None:
    def heard(seconds: float) -> str:
        playout = Playout()
        playout.open(LONG)
        # The first voice says seven beats slowly, the second goes on with the fourth word fast.
        playout.append(SECOND * 2)
        playout.go_on("오지 슬림 요금제를 쓰고 계시고, 데이터는 절반이 남아 있어요.")
        playout.append(SECOND * 2 + SECOND[: 24 * 100 - 100])
        playout.complete()
        play(playout, 0.0, seconds)
        playout.clear(seconds)
        return playout.take_heard().said

    assert heard(1.9) == "고객님은…"
    assert heard(2.01) == "고객님은 지금…"
    assert heard(2.01 + 2 * 0.1) == "고객님은 지금 오지…"
    assert heard(2.01 + 8 * 0.1) == "고객님은 지금 오지 슬림 요금제를…"


@given(
    words=WORDS,
    beat_bytes=st.integers(400, 1_600),
    given_share=st.floats(0, 1),
    played_share=st.floats(0, 1),
    learned=st.integers(0, 3),
)
def test_no_more_is_heard_than_a_steady_voice_has_said(
    words: list[str], beat_bytes: int, given_share: float, played_share: float, learned: int
) -> None:
    text = " ".join([*words, "끝."])
    audio = b"\x10" * (beats(text) * beat_bytes)
    given_bytes = whole_frames(round(len(audio) * given_share))
    played_s = given_bytes * played_share / 8_000
    played = round(played_s * 8_000)
    before = [(GREETING, b"\x10" * (beats(GREETING) * beat_bytes))] * learned
    said = heard_at(played_s, audio[:given_bytes], text, before=before)
    assert count(said) <= whole_words(text, beat_bytes, played)
    assert text.startswith(said.removesuffix("…"))
    earlier = heard_at(played_s / 2, audio[:given_bytes], text, before=before)
    assert said.startswith(earlier.removesuffix("…"))
    no_more_ahead = audio[: whole_frames(played + FRAME_BYTES - 1)]
    assert heard_at(played_s, no_more_ahead, text, before=before) == said
    once_complete = heard_at(played_s, audio, text, whole=True, before=before)
    assert count(once_complete) == whole_words(text, beat_bytes, played)


@given(words=WORDS, beat_bytes=st.integers(1_600, 2_400), played_share=st.floats(0, 1))
def test_a_voice_slower_than_expected_is_soon_known_to_a_word(
    words: list[str], beat_bytes: int, played_share: float
) -> None:
    text = " ".join([*words, "끝."])
    audio = b"\x10" * (beats(text) * beat_bytes)
    played_s = len(audio) * played_share / 8_000
    played = round(played_s * 8_000)
    before = [(GREETING, b"\x10" * (beats(GREETING) * beat_bytes))] * 5
    said = heard_at(played_s, audio[:played], text, before=before)
    a_word_more = played + LONGEST_BEATS * beat_bytes
    assert count(said) <= whole_words(text, beat_bytes, a_word_more)
