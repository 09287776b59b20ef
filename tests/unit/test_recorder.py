"""The recorder: what it has written when a process is killed, and what it does when it cannot."""

import logging
from pathlib import Path

import pytest

from storage.recordings.files import Recording, RecordingWriter
from tests.support.keys import VAULT
from tests.support.recordings import RECORDING, channels
from tests.support.virtual_time import run_virtual
from voice.audio.recording import SAMPLE_RATE, StereoRecorder, _writer

FRAME = 160


def recorder(path: Path) -> StereoRecorder:
    return StereoRecorder(RecordingWriter(path, VAULT, RECORDING))


def feed(one: StereoRecorder, frames: int) -> None:
    """Frames of 20 ms, as a call gives them."""
    for number in range(frames):
        if one.caller(bytes([number % 100]) * FRAME):
            one.flush()


def written() -> None:
    """Waits for the writer's thread."""
    _writer.submit(lambda: None).result()


def test_less_than_a_second_is_missing_at_any_moment(tmp_path: Path) -> None:
    async def main() -> None:
        one = recorder(tmp_path / "one.yrec")
        for _ in range(200):
            feed(one, 1)
            written()
            if one.samples > SAMPLE_RATE:
                with Recording.open(one.path, VAULT, RECORDING) as recording:
                    assert one.samples - recording.frames < 0.7 * SAMPLE_RATE
        await one.finish()
        assert len(channels(one.path)[0]) == 200 * FRAME

    run_virtual(main())


def test_the_agents_chunks_stand_where_they_were_played(tmp_path: Path) -> None:
    """A chunk is known when its last sample has been played, 200 ms after its first."""

    async def main() -> None:
        one = recorder(tmp_path / "one.yrec")
        for number in range(150):
            if number % 10 == 0 and number:
                one.agent((number - 10) * FRAME, bytes([number]) * 10 * FRAME)
            feed(one, 1)
        await one.finish()
        _, agent = channels(one.path)
        for number in range(10, 150, 10):
            begins = (number - 10) * FRAME
            assert agent[begins : begins + 10 * FRAME] == bytes([number]) * 10 * FRAME

    run_virtual(main())


def test_words_after_the_callers_last_sample_are_kept(tmp_path: Path) -> None:
    async def main() -> None:
        one = recorder(tmp_path / "one.yrec")
        feed(one, 10)
        one.agent(0, b"\x10" * 8_000)
        await one.finish()
        caller, agent = channels(one.path)
        assert caller[1_600:] == b"\xff" * 6_400
        assert agent == b"\x10" * 8_000

    run_virtual(main())


def test_a_full_disk_is_told_once_and_the_call_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        one = recorder(tmp_path / "one.yrec")
        feed(one, 40)
        written()
        append = RecordingWriter.append

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(RecordingWriter, "append", full)
        feed(one, 100)
        written()
        assert one.failed
        monkeypatch.setattr(RecordingWriter, "append", append)
        feed(one, 100)
        await one.finish()
        with Recording.open(one.path, VAULT, RECORDING) as recording:
            assert not recording.complete
            assert 0 < recording.frames < 40 * FRAME, "nothing comes after the hole"

    with caplog.at_level(logging.ERROR):
        run_virtual(main())
    assert [record.getMessage() for record in caplog.records] == [
        "the recording one.yrec cannot be written from here on"
    ]
