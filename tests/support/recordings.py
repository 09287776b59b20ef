"""Recordings that tests make and read."""

from pathlib import Path

from storage.recordings.files import Recording, RecordingWriter, recording_name
from storage.recordings.format import interleave
from tests.support.keys import VAULT

RECORDING = recording_name("sample", "CA1")
"""Whose recording tests make."""


def write(path: Path, caller: bytes, agent: bytes, *, name: str = RECORDING) -> None:
    """A finished recording of two channels of the same length, µ-law."""
    writer = RecordingWriter(path, VAULT, name)
    writer.append(interleave(caller, agent))
    writer.finish()


def channels(path: Path, name: str = RECORDING) -> tuple[bytes, bytes]:
    """The caller and the agent of a finished recording, µ-law."""
    with Recording.open(path, VAULT, name) as recording:
        assert recording.complete
        stereo = b"".join(recording.read())
    return stereo[0::2], stereo[1::2]
