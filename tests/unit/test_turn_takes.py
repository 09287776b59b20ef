"""The takes of the turn-taking benchmark: as drawn, silent in pauses, every frame on its way."""

import random
import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.actions import Expectation
from scripts.bench.turn_taking import takes
from scripts.bench.turn_taking.arrival import FRAME_MS, Arrivals, random_arrivals
from scripts.bench.turn_taking.rendering import FRAME_BYTES, LINE_HZ, Recording, render
from scripts.demo_stt.audio import DEV_VOICES, training_voices
from voice.audio import mulaw
from voice.audio.resample import level_dbfs, to_float

SEEDS = st.integers(0, 2**32)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return render("요금제를 바꾸려고 하는데|음|뭐가 있는지 모르겠어요", "f4", random.Random(3))


def _level(recording: Recording, begin_s: float, end_s: float) -> float:
    samples = to_float(mulaw.decode(recording.audio))
    return level_dbfs(samples[round(begin_s * LINE_HZ) : round(end_s * LINE_HZ)])


def test_nothing_but_noise_lies_around_and_between_the_speech(recording: Recording) -> None:
    idle = level_dbfs(to_float(mulaw.decode(recording.idle)))
    begins, ends = zip(*recording.stretches, strict=True)
    assert len(recording.stretches) == 3
    gaps = zip((0.0, *ends), (*begins, len(recording.audio) / LINE_HZ), strict=True)
    for begin, end in gaps:
        assert 0.2 <= end - begin <= 1.3
        assert _level(recording, begin, end) == pytest.approx(idle, abs=1.5)
    for begin, end in recording.stretches:
        assert _level(recording, begin, end) > idle + 8


def test_speech_ends_where_the_truth_says() -> None:
    # The faintest of it is hidden by the noise.
    clean = render("네 그렇게 할게요", "m6", random.Random(5))
    begin, end = clean.speech_s
    samples = np.abs(to_float(mulaw.decode(clean.audio)))
    noise = float(np.abs(to_float(mulaw.decode(clean.idle))).max())
    loud = np.flatnonzero(samples > 2 * noise)
    assert begin <= loud[0] / LINE_HZ <= begin + 0.03
    assert end - 0.08 <= loud[-1] / LINE_HZ <= end


def test_a_recording_is_whole_frames_and_the_same_each_time(recording: Recording) -> None:
    assert len(recording.audio) % FRAME_BYTES == 0
    assert len(recording.idle) % FRAME_BYTES == 0
    assert len(recording.arrivals.at_ms) == len(recording.audio) // FRAME_BYTES
    again = render("요금제를 바꾸려고 하는데|음|뭐가 있는지 모르겠어요", "f4", random.Random(3))
    # Within a process espeak-ng carries its waves' phase on, so that faint endings differ.
    assert again.arrivals == recording.arrivals
    pairs = zip(again.stretches, recording.stretches, strict=True)
    assert all(a == pytest.approx(b, abs=0.05) for a, b in pairs)


@given(seed=SEEDS, frames=st.integers(1, 400))
def test_frames_arrive_in_order_and_late_by_no_more_than_a_stall(seed: int, frames: int) -> None:
    arrivals = random_arrivals(frames, random.Random(seed))
    assert len(arrivals.at_ms) == frames
    assert all(before <= after for before, after in pairwise(arrivals.at_ms))
    for frame, at_ms in enumerate(arrivals.at_ms):
        assert 0 <= at_ms - (frame + 1) * FRAME_MS <= 800
    assert len(arrivals.lost) <= 3
    assert not arrivals.lost & arrivals.doubled
    assert all(0 <= frame < frames for frame in arrivals.lost | arrivals.doubled)


def test_some_takes_stall_lose_and_double_and_most_only_jitter() -> None:
    rng = random.Random(1)
    drawn = [random_arrivals(200, rng) for _ in range(400)]
    stalled = sum(
        any(at > (frame + 1) * FRAME_MS + 60 for frame, at in enumerate(one.at_ms)) for one in drawn
    )
    assert 0.1 < stalled / len(drawn) < 0.3
    assert 0.2 < sum(bool(one.lost) for one in drawn) / len(drawn) < 0.4
    assert 0.1 < sum(bool(one.doubled) for one in drawn) / len(drawn) < 0.3


@given(seed=SEEDS)
def test_a_number_is_said_in_groups_with_pauses_only_between_them(seed: int) -> None:
    rng = random.Random(seed)
    said = takes.said_form("번호는|{phone}이고 생일은 {birth}입니다", pauses=True, rng=rng)
    assert re.fullmatch(r"번호는\|[가-힣 |]+이고 생일은 [가-힣 |]+입니다", said)
    assert not re.search(r"\|[년일](\||$|입니다)", said)
    assert "|" not in takes.said_form("번호는|{phone}이요", pauses=False, rng=rng)


def test_the_turns_of_a_half_are_its_own_by_its_own_voices(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def remember(text: str, voice: str, _rng: random.Random) -> Recording:
        said.append(f"{voice} {text}")
        return Recording(b"", b"", ((0.0, 1.0),), Arrivals((20.0,)))

    monkeypatch.setattr(takes, "render", remember)
    main, check = takes.turn_takes("main"), takes.turn_takes("check")
    assert len(main) == len(check) == 300
    assert not {one.utterance for one in main} & {one.utterance for one in check}
    assert not {one.voice for one in main} & {one.voice for one in check}
    heard = {*training_voices(), *DEV_VOICES}
    assert not heard & {one.voice for one in main + check}
    for half in (main, check):
        assert {one.utterance.expects for one in half} == set(Expectation)
        paused = sum("|" in one.said for one in half) / len(half)
        assert paused == pytest.approx(takes.PAUSED_SHARE, abs=0.03)
    before = list(said)
    said.clear()
    takes.turn_takes("main")
    takes.turn_takes("check")
    assert said == before


def test_overlaps_of_every_kind_and_echoes_of_every_level() -> None:
    overlaps = takes.overlap_takes("main", share=0.1)
    assert {one.overlap.kind for one in overlaps} == {"backchannel", "stop", "question", "answer"}
    for one in overlaps:
        assert (one.overlap.kind == "answer") == (one.reply.expects is Expectation.YES_NO)
    echoes = takes.echo_takes("main", share=0.1)
    assert {one.attenuation_db for one in echoes} == set(takes.ECHO_DB)
    assert all(0.06 <= one.delay_s <= 0.4 for one in echoes)
