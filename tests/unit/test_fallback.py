"""The fallback chain of voices: whoever fails, the caller hears a whole sentence."""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.breaker import FAILURES, FIRST_PAUSE_S, State
from tests.support.virtual_time import run_virtual
from voice.tts.fallback import LATE_S, SILENCE_S, FallbackSynthesizer, VoiceGauge
from voice.tts.synthesizer import Continuation, SynthesisError, Synthesizer

TEXT = "고객님은 지금 오지 슬림 요금제를 쓰고 계세요."
BEAT_BYTES = 1_600
"""0.2 s: the fallback's first guess."""


class Scripted:
    """A voice that takes its steps: audio is given, a number waited for, an error raised."""

    def __init__(self, *steps: bytes | float | Exception) -> None:
        self.steps = steps
        self.asked: list[str] = []
        self.closed = 0

    async def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """See Synthesizer."""
        self.asked.append(text)
        try:
            for step in self.steps:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, bytes):
                    yield step
                else:
                    await asyncio.sleep(step)
        finally:
            self.closed += 1


def _failure(code: str = "tts-busy") -> SynthesisError:
    return SynthesisError(code, "busy", retryable=True)


def _say(synthesizer: Synthesizer, text: str = TEXT) -> tuple[bytes, float]:
    """The audio, and the seconds it took."""

    async def main() -> tuple[bytes, float]:
        audio = b"".join([chunk async for chunk in synthesizer.stream(text)])
        return audio, asyncio.get_running_loop().time()

    return run_virtual(main())


def _row(*voices: Synthesizer) -> FallbackSynthesizer:
    return FallbackSynthesizer([(f"voice{place}", voice) for place, voice in enumerate(voices)])


def _failures(voices: FallbackSynthesizer) -> list[dict[str, int]]:
    async def main() -> list[dict[str, int]]:
        return [dict(gauge.failures) for gauge in voices.gauges()]

    return run_virtual(main())


HALF_S = bytes(4_000)
SECOND = bytes(8_000)


def test_a_first_voice_in_time_speaks_alone() -> None:
    first, second = Scripted(1.1, SECOND, 1.5, HALF_S, HALF_S, HALF_S, 0.2), Scripted(b"second")
    both = _row(first, second)
    assert _say(both)[0] == SECOND + 3 * HALF_S
    assert (_failures(both), second.asked, first.closed) == ([{}, {}], [], 1)


@pytest.mark.parametrize(
    ("steps", "after_s", "code"),
    [
        ([_failure()], 0, "tts-busy"),
        ([1.0, _failure()], 1.0, "tts-busy"),
        ([1.3, b"late"], SILENCE_S, "tts-late"),
        ([60.0], SILENCE_S, "tts-late"),
        ([0.5], 0.5, "tts-cut"),
    ],
)
def test_a_first_voice_without_audio_leaves_the_whole_sentence(
    steps: list[bytes | float | Exception], after_s: float, code: str
) -> None:
    first, second = Scripted(*steps), Scripted(b"second")
    both = _row(first, second)
    audio, took_s = _say(both)
    assert audio == b"second"
    assert took_s == pytest.approx(after_s)
    assert (_failures(both), second.asked, first.closed) == ([{code: 1}, {}], [TEXT], 1)


@pytest.mark.parametrize(
    ("dead", "after_s"),
    [
        ([[60.0]], SILENCE_S),
        ([[60.0], [60.0]], SILENCE_S),
        ([[60.0], [60.0], [60.0]], SILENCE_S),
        ([[0.1, _failure()], [60.0]], SILENCE_S),
        ([[60.0], [0.1, _failure()]], SILENCE_S / 2 + 0.1),
    ],
)
def test_all_voices_before_the_last_share_one_silence(
    dead: list[list[bytes | float | Exception]], after_s: float
) -> None:
    last = Scripted(SECOND)
    audio, took_s = _say(_row(*(Scripted(*steps) for steps in dead), last))
    assert (audio, last.asked) == (SECOND, [TEXT])
    assert took_s == pytest.approx(after_s)


def test_a_silence_in_the_middle_is_shared_as_well() -> None:
    first, second, last = Scripted(HALF_S, 60.0), Scripted(60.0), Scripted(HALF_S)
    audio, took_s = _say(_row(first, second, last))
    assert audio == 2 * HALF_S
    assert took_s == pytest.approx(0.5 + SILENCE_S)


@pytest.mark.parametrize(("ahead", "after_s"), [(1, 1 + LATE_S), (2, 2 + LATE_S), (9, 3 + LATE_S)])
def test_audio_that_lies_ahead_is_time_to_wait(ahead: int, after_s: float) -> None:
    second = Scripted(HALF_S)
    audio, took_s = _say(_row(Scripted(*[SECOND] * ahead, 60.0), second))
    assert audio == SECOND * ahead + HALF_S
    assert took_s == pytest.approx(after_s)


def test_a_voice_that_does_not_keep_real_time_is_not_listened_to_for_long() -> None:
    # Every chunk is heard for 0.1 s, and the caller then waits for 0.45 s.
    trickling: list[bytes | float | Exception] = [bytes(800), 0.55] * 60
    second = Scripted(HALF_S)
    audio, took_s = _say(_row(Scripted(*trickling), second))
    # Three chunks, two holes, and what is left of the silence after the third.
    assert took_s == pytest.approx(3 * 0.1 + SILENCE_S)
    assert audio == bytes(3 * 800) + HALF_S


def test_audio_that_ends_far_too_early_was_cut() -> None:
    first, second = Scripted(bytes(7 * BEAT_BYTES)), Scripted(HALF_S)
    both = _row(first, second)
    _say(both)
    assert (_failures(both), second.asked) == (
        [{"tts-cut": 1}, {}],
        ["오지 슬림 요금제를 쓰고 계세요."],
    )


def test_the_third_voice_says_what_the_second_left() -> None:
    first = Scripted(bytes(round(8.5 * BEAT_BYTES)), _failure())
    second = Scripted(bytes(5 * BEAT_BYTES), _failure())
    last = Scripted(HALF_S)
    _say(_row(first, second, last))
    assert second.asked == ["오지 슬림 요금제를 쓰고 계세요."]
    assert last.asked == ["요금제를 쓰고 계세요."]


@pytest.mark.parametrize("between", [[], [Scripted(_failure())]])
def test_whoever_goes_on_says_with_which_words(between: list[Scripted]) -> None:
    first = Scripted(bytes(round(8.5 * BEAT_BYTES)), _failure())
    row = _row(first, *between, Scripted(HALF_S, SECOND))

    async def main() -> list[str | None]:
        return [
            chunk.rest if isinstance(chunk, Continuation) else None
            async for chunk in row.stream(TEXT)
        ]

    assert run_virtual(main()) == [None, "오지 슬림 요금제를 쓰고 계세요.", None]


def test_whoever_says_all_of_it_goes_on_with_nothing() -> None:
    async def main() -> list[bytes]:
        return [chunk async for chunk in _row(Scripted(_failure()), Scripted(HALF_S)).stream(TEXT)]

    (chunk,) = run_virtual(main())
    assert type(chunk) is bytes


def test_a_dead_voice_is_not_asked_at_every_turn() -> None:
    first, second = Scripted(60.0), Scripted(SECOND)
    both = _row(first, second)

    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        waits = []
        for _ in range(6):
            began = loop.time()
            async with aclosing(both.stream(TEXT)) as chunks:
                await anext(chunks)
                waits.append(loop.time() - began)
                async for _ in chunks:
                    pass
        first.steps = (SECOND, SECOND, SECOND)
        await asyncio.sleep(FIRST_PAUSE_S)
        async for _ in both.stream(TEXT):
            pass
        assert both.gauges()[0] == VoiceGauge(
            name="voice0",
            state=State.CLOSED,
            sentences=1,
            failures={"tts-late": FAILURES},
            passed_over=3,
        )
        return waits

    assert run_virtual(main()) == pytest.approx([SILENCE_S] * FAILURES + [0.0] * 3)
    assert len(first.asked) == FAILURES + 1


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        (SynthesisError("tts-unauthorized", "no"), 1),
        (SynthesisError("tts-quota-exceeded", "no"), 1),
        (SynthesisError("tts-refused", "no"), FAILURES),
        (SynthesisError("tts-busy", "no", retryable=True), FAILURES),
        (SynthesisError("tts-busy", "no", retryable=True, retry_after_s=60), 1),
    ],
)
def test_how_often_an_error_is_asked_for(error: SynthesisError, asked: int) -> None:
    first = Scripted(error)
    both = _row(first, Scripted(SECOND))

    async def main() -> None:
        for _ in range(10):
            async for _ in both.stream(TEXT):
                pass

    run_virtual(main())
    assert len(first.asked) == asked


def test_a_voice_that_is_left_alone_takes_no_share() -> None:
    dead, slow, last = Scripted(SynthesisError("tts-unauthorized", "no")), Scripted(), Scripted()
    slow.steps = last.steps = (SECOND, SECOND, SECOND)
    row = _row(slow, dead, last)

    async def main() -> None:
        async def say() -> bytes:
            return b"".join([chunk async for chunk in row.stream(TEXT)])

        slow.steps = (_failure(),)
        await say()
        slow.steps = (1.1, b"\x01" * 24_000)
        assert await say() == b"\x01" * 24_000

    run_virtual(main())


@pytest.mark.parametrize("failing", [[_failure()], [60.0]])
@pytest.mark.parametrize(
    ("beats", "rest"),
    [
        (0.1, TEXT),
        (4.5, TEXT),
        (5.0, "지금 오지 슬림 요금제를 쓰고 계세요."),
        (8.0, "오지 슬림 요금제를 쓰고 계세요."),
        (13.9, "요금제를 쓰고 계세요."),
        (500.0, "계세요."),
    ],
)
def test_a_first_voice_that_fails_in_the_middle_leaves_the_rest(
    failing: list[float | Exception], beats: float, rest: str
) -> None:
    said = bytes(round(beats * BEAT_BYTES))
    second = Scripted(b"second")
    assert _say(_row(Scripted(said[:80], said[80:], *failing), second))[0] == said + b"second"
    assert second.asked == [rest]


WORDS = st.lists(
    st.text(st.sampled_from("가나다라마바,.?"), min_size=1, max_size=8).filter(
        lambda word: any(sign.isalpha() for sign in word)
    ),
    min_size=1,
    max_size=12,
)


@settings(deadline=None)
@given(WORDS, st.floats(0, 1), st.sampled_from([" ", "  ", "\n"]))
def test_no_word_is_lost_and_at_most_one_is_said_twice(
    words: list[str], share: float, space: str
) -> None:
    text = space.join(words)
    said = bytes(max(1, int(share * BEAT_BYTES * sum(map(len, words)))))
    second = Scripted()
    _say(_row(Scripted(said, _failure()), second), text)
    (rest,) = second.asked
    assert text.endswith(rest)
    again = len(re.findall(r"\S+", rest))
    assert rest.split() == words[len(words) - again :]
    ends = [BEAT_BYTES * sum(map(len, words[: count + 1])) for count in range(len(words))]
    whole = sum(end <= len(said) for end in ends)
    assert whole - 1 <= len(words) - again <= whole


@pytest.mark.parametrize("beat_bytes", [900, 2_400])
def test_the_pace_of_the_first_voice_is_learned(beat_bytes: int) -> None:
    text = "가나 다라 마바 사아 자차 카타 파하"
    first, second = Scripted(bytes(14 * beat_bytes)), Scripted()
    both = _row(first, second)
    for _ in range(30):
        _say(both, text)
    first.steps = (bytes(round(9.9 * beat_bytes)), _failure())
    _say(both, text)
    assert second.asked == ["자차 카타 파하"]


def test_a_switch_is_logged_once_without_the_text(caplog: pytest.LogCaptureFixture) -> None:
    both = _row(Scripted(bytes(4_000), _failure()), Scripted(b"second"))
    with caplog.at_level(logging.DEBUG, logger="voice"):
        _say(both)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "tts-busy" in record.getMessage()
    assert "0.50 s" in record.getMessage()
    assert not re.search("[가-힣]", caplog.text)


def test_when_both_fail_the_error_is_the_seconds() -> None:
    both = _row(Scripted(_failure()), Scripted(_failure("tts-failed")))
    with pytest.raises(SynthesisError, match="tts-failed"):
        _say(both)
    assert _failures(both) == [{"tts-busy": 1}, {"tts-failed": 1}]


@pytest.mark.parametrize("text", ["", " ", "…"])
def test_nothing_to_say_asks_nobody(text: str) -> None:
    first, second = Scripted(), Scripted()
    both = _row(first, second)
    assert _say(both, text)[0] == b""
    assert (first.asked, second.asked, _failures(both)) == ([], [], [{}, {}])


@pytest.mark.parametrize("steps", [[b"a", 60.0], [60.0, b"a"]])
def test_cancelling_stops_the_voice_and_is_no_switch(steps: list[bytes | float]) -> None:
    first, second = Scripted(*steps), Scripted(b"second")
    both = _row(first, second)

    async def main() -> None:
        async with asyncio.timeout(0.5):
            async for _ in both.stream(TEXT):
                pass

    with pytest.raises(TimeoutError):
        run_virtual(main())
    assert (first.closed, _failures(both), second.asked) == (1, [{}, {}], [])


def test_closing_stops_whichever_voice_speaks() -> None:
    first, second = Scripted(b"a", _failure()), Scripted(b"b", 60.0)
    both = _row(first, second)

    async def main() -> None:
        chunks = both.stream(TEXT)
        assert [await anext(chunks), await anext(chunks)] == [b"a", b"b"]
        await chunks.aclose()

    run_virtual(main())
    assert (first.closed, second.closed) == (1, 1)
