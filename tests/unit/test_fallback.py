"""The fallback chain of voices: whoever fails, the caller hears a whole sentence."""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.virtual_time import run_virtual
from voice.tts.fallback import FallbackSynthesizer
from voice.tts.synthesizer import SynthesisError, Synthesizer

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


def test_a_first_voice_in_time_speaks_alone() -> None:
    first, second = Scripted(1.4, b"a", 1.4, b"b", 1.4), Scripted(b"second")
    both = FallbackSynthesizer(first, second)
    assert _say(both)[0] == b"ab"
    assert (both.switches, second.asked, first.closed) == (0, [], 1)


@pytest.mark.parametrize(
    ("steps", "after_s"),
    [([_failure()], 0), ([1.0, _failure()], 1.0), ([1.6, b"late"], 1.5), ([60.0], 1.5)],
)
def test_a_first_voice_without_audio_leaves_the_whole_sentence(
    steps: list[bytes | float | Exception], after_s: float
) -> None:
    first, second = Scripted(*steps), Scripted(b"second")
    both = FallbackSynthesizer(first, second)
    audio, took_s = _say(both)
    assert audio == b"second"
    assert took_s == pytest.approx(after_s)
    assert (both.switches, second.asked, first.closed) == (1, [TEXT], 1)


def test_the_first_chunk_and_the_next_have_their_own_time() -> None:
    first, second = Scripted(2.9, b"a", 0.4, b"b", 0.6, b"late"), Scripted(b"second")
    both = FallbackSynthesizer(first, second, first_chunk_s=3.0, next_chunk_s=0.5)
    audio, took_s = _say(both)
    assert audio == b"absecond"
    assert took_s == pytest.approx(3.8)


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
    both = FallbackSynthesizer(Scripted(said[:80], said[80:], *failing), second)
    assert _say(both)[0] == said + b"second"
    assert (both.switches, second.asked) == (1, [rest])


WORDS = st.lists(
    st.text(st.sampled_from("가나다라마바,.?"), min_size=1, max_size=8).filter(
        lambda word: any(sign.isalpha() for sign in word)
    ),
    min_size=1,
    max_size=12,
)


@given(WORDS, st.floats(0, 1), st.sampled_from([" ", "  ", "\n"]))
def test_no_word_is_lost_and_at_most_one_is_said_twice(
    words: list[str], share: float, space: str
) -> None:
    text = space.join(words)
    said = bytes(max(1, int(share * BEAT_BYTES * sum(map(len, words)))))
    second = Scripted()
    _say(FallbackSynthesizer(Scripted(said, _failure()), second), text)
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
    both = FallbackSynthesizer(first, second)
    for _ in range(30):
        _say(both, text)
    first.steps = (bytes(round(9.9 * beat_bytes)), _failure())
    _say(both, text)
    assert second.asked == ["자차 카타 파하"]


def test_a_switch_is_logged_once_without_the_text(caplog: pytest.LogCaptureFixture) -> None:
    both = FallbackSynthesizer(Scripted(bytes(4_000), _failure()), Scripted(b"second"))
    with caplog.at_level(logging.DEBUG, logger="voice"):
        _say(both)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "tts-busy" in record.getMessage()
    assert "0.50 s" in record.getMessage()
    assert not re.search("[가-힣]", caplog.text)


def test_when_both_fail_the_error_is_the_seconds() -> None:
    both = FallbackSynthesizer(Scripted(_failure()), Scripted(_failure("tts-failed")))
    with pytest.raises(SynthesisError, match="tts-failed"):
        _say(both)


def test_nothing_to_say_is_no_failure() -> None:
    second = Scripted(b"second")
    both = FallbackSynthesizer(Scripted(), second)
    assert _say(both, "")[0] == b""
    assert (both.switches, second.asked) == (0, [])


@pytest.mark.parametrize("steps", [[b"a", 60.0], [60.0, b"a"]])
def test_cancelling_stops_the_voice_and_is_no_switch(steps: list[bytes | float]) -> None:
    first, second = Scripted(*steps), Scripted(b"second")
    both = FallbackSynthesizer(first, second)

    async def main() -> None:
        async with asyncio.timeout(1):
            async for _ in both.stream(TEXT):
                pass

    with pytest.raises(TimeoutError):
        run_virtual(main())
    assert (first.closed, both.switches, second.asked) == (1, 0, [])


def test_closing_stops_whichever_voice_speaks() -> None:
    first, second = Scripted(b"a", _failure()), Scripted(b"b", 60.0)
    both = FallbackSynthesizer(first, second)

    async def main() -> None:
        chunks = both.stream(TEXT)
        assert [await anext(chunks), await anext(chunks)] == [b"a", b"b"]
        await chunks.aclose()

    run_virtual(main())
    assert (first.closed, second.closed) == (1, 1)
