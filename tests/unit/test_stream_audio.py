"""Sound in chunks comes out as if it had come at once: no seams, no aliases, an even level."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from voice.audio.resample import level_dbfs, resample, to_float, to_int16
from voice.audio.stream import TARGET_DBFS, StreamLevel, StreamResampler
from voice.tts.espeak import SAMPLE_RATE, Espeak, trim

Samples = NDArray[np.int16]
_SOURCE_HZ = 24_000
_ODD_CHUNKS = (1, 7, 331, 1024, 4099, 33)


def _tone(hz: float, seconds: float, rate: int, amplitude: float = 0.5) -> Samples:
    time = np.arange(round(seconds * rate)) / rate
    return to_int16((amplitude * np.sin(2 * np.pi * hz * time)).astype(np.float32))


def _chunks(pcm: Samples, sizes: tuple[int, ...] = _ODD_CHUNKS) -> list[Samples]:
    parts, start, turn = [], 0, 0
    while start < len(pcm):
        size = sizes[turn % len(sizes)]
        parts.append(pcm[start : start + size])
        start, turn = start + size, turn + 1
    return parts


def _through(stage: StreamResampler | StreamLevel, parts: list[Samples]) -> Samples:
    return np.concatenate([*(stage.push(part) for part in parts), stage.flush()])


def _elsewhere_db(pcm: Samples, hz: float, rate: int = 8_000) -> float:
    """The power beside the tone of `hz`, in dB of the tone's; the ends are left out."""
    inner = to_float(pcm[rate // 10 : -rate // 10])
    spectrum = np.abs(np.fft.rfft(inner * np.blackman(len(inner)))) ** 2
    at = np.fft.rfftfreq(len(inner), 1 / rate)
    near = np.abs(at - hz) < 30
    return float(10 * np.log10(spectrum[~near].sum() / spectrum[near].sum()))


@pytest.mark.parametrize("hz", [200.0, 440.0, 1000.0, 2500.0, 3300.0])
@pytest.mark.parametrize("source_hz", [16_000, 22_050, 24_000, 44_100])
def test_a_tone_in_odd_chunks_has_no_energy_elsewhere(hz: float, source_hz: int) -> None:
    line = _through(StreamResampler(source_hz), _chunks(_tone(hz, 2.0, source_hz)))
    assert _elsewhere_db(line, hz) < -60
    assert level_dbfs(to_float(line[800:-800])) == pytest.approx(
        20 * np.log10(0.5 / 2**0.5), abs=0.2
    )


def test_a_seam_would_be_seen() -> None:
    tone = _tone(440, 2.0, _SOURCE_HZ)
    pieces = [to_int16(resample(to_float(part), _SOURCE_HZ, 8_000)) for part in _chunks(tone)]
    assert _elsewhere_db(np.concatenate(pieces), 440) > -40


@pytest.mark.parametrize("hz", [4_600.0, 6_000.0, 7_560.0, 11_000.0])
def test_what_the_line_cannot_carry_is_not_folded_into_it(hz: float) -> None:
    line = _through(StreamResampler(_SOURCE_HZ), _chunks(_tone(hz, 1.0, _SOURCE_HZ)))
    assert level_dbfs(to_float(line[800:-800])) < -70


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.integers(40, 5_000), min_size=1, max_size=12),
    st.sampled_from([8_000, 16_000, 22_050, 24_000]),
)
def test_chunks_do_not_matter(sizes: list[int], source_hz: int) -> None:
    noise = np.random.default_rng(1).integers(-9_000, 9_000, 6_000).astype(np.int16)
    at_once = _through(StreamResampler(source_hz), [noise])
    assert np.array_equal(
        _through(StreamResampler(source_hz), _chunks(noise, tuple(sizes))), at_once
    )
    assert len(at_once) == pytest.approx(len(noise) * 8_000 / source_hz, abs=1)
    level = _through(StreamLevel(), [noise])
    assert len(level) == len(noise)
    assert np.array_equal(_through(StreamLevel(), _chunks(noise, tuple(sizes))), level)


def test_the_first_audio_comes_soon() -> None:
    resampler, level = StreamResampler(_SOURCE_HZ), StreamLevel()
    pushed = 0
    for chunk in _chunks(_tone(440, 1.0, _SOURCE_HZ), (240,)):
        pushed += len(chunk)
        if level.push(resampler.push(chunk)).size:
            break
    # The filter works in blocks of its own; voices send audio faster than it plays.
    assert pushed / _SOURCE_HZ <= 0.1


def test_nothing_is_nothing() -> None:
    assert _through(StreamResampler(_SOURCE_HZ), []).size == 0
    assert _through(StreamLevel(), []).size == 0


@pytest.fixture(scope="module")
def speech() -> NDArray[np.float32]:
    """Nine seconds or so of a voice, at 8 kHz."""
    text = "안녕하세요. 이월 십 기가는 월 오만 원이에요. 다른 요금제도 안내해 드릴까요? " * 2
    pcm = to_float(Espeak().synthesize(text, voice="ko+f2"))
    return resample(trim(pcm), SAMPLE_RATE, 8_000)


@pytest.mark.parametrize("gain_db", [-20, -10, 0, 4])
def test_speech_of_any_level_comes_to_the_one_of_the_line(
    speech: NDArray[np.float32], gain_db: float
) -> None:
    scaled = to_int16(speech * np.float32(10 ** (gain_db / 20)))
    first = StreamLevel()
    even = _through(first, _chunks(scaled))
    assert level_dbfs(to_float(even[24_000:])) == pytest.approx(TARGET_DBFS, abs=2)
    # The next sentence of that voice has it from its beginning.
    second = _through(StreamLevel(gain=first.gain), _chunks(scaled))
    assert level_dbfs(to_float(second)) == pytest.approx(TARGET_DBFS, abs=2)


def test_a_level_makes_no_seams() -> None:
    quiet = _tone(440, 3.0, 8_000, amplitude=0.02)
    even = _through(StreamLevel(), _chunks(quiet))
    assert level_dbfs(to_float(even[-8_000:])) == pytest.approx(TARGET_DBFS, abs=0.5)
    assert _elsewhere_db(even, 440) < -60


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.floats(0.01, 10), st.integers(0, 99))
def test_a_level_never_clips(loudness: list[float], gain: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    bursts = [amplitude * rng.uniform(-1, 1, int(rng.integers(1, 400))) for amplitude in loudness]
    pcm = to_int16(np.concatenate(bursts).astype(np.float32))
    assert int(np.abs(_through(StreamLevel(gain=gain), [pcm]).astype(int)).max()) <= 0.96 * 32768


def test_a_pause_is_not_lifted() -> None:
    hiss = to_int16(np.random.default_rng(2).normal(0, 0.0005, 24_000).astype(np.float32))
    assert level_dbfs(to_float(_through(StreamLevel(), [hiss]))) == pytest.approx(-66, abs=1)
