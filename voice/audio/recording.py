"""The stereo recording of a call: caller left, agent right, 8 kHz, sealed as the call goes."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from storage.recordings.files import RecordingWriter
from storage.recordings.format import RATE, interleave
from voice.audio import mulaw

logger = logging.getLogger(__name__)

SAMPLE_RATE = RATE
_STEP = RATE * 2 // 5
"""So many samples are handed on at once: with what is held back, well below a second."""
_HELD_BACK = RATE // 4
"""Samples that wait for the agent's side, which is known when a chunk of it has been played."""

_writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recording")


class StereoRecorder:
    """Both sides of one call on one time line: milliseconds, or samples, since it began.

    Audio is handed to a writer thread as it comes; what a killed process takes with it is less
    than a second. Where the file cannot be written the call goes on, and `failed` tells it.
    """

    def __init__(self, file: RecordingWriter) -> None:
        self._file = file
        self._caller = bytearray()
        self._agent = bytearray()
        self._base = 0
        """Samples handed to the writer already."""
        self.failed = False
        """Whether some of it could not be written; then nothing more of it is."""

    @property
    def path(self) -> Path:
        """Where it is written."""
        return self._file.path

    @property
    def samples(self) -> int:
        """How long the recording is, with what was not handed on yet."""
        return self._base + max(len(self._caller), len(self._agent))

    @property
    def duration_ms(self) -> int:
        """The same in milliseconds."""
        return self.samples * 1000 // SAMPLE_RATE

    def caller(self, audio: bytes) -> bool:
        """Appends caller audio (µ-law, gapless); True when `flush` should be called."""
        self._caller += audio
        return len(self._caller) >= _STEP + _HELD_BACK

    def agent(self, at_sample: int, audio: bytes) -> None:
        """Places agent audio (µ-law) that was played from `at_sample` on."""
        gap = at_sample - self._base - len(self._agent)
        if gap > 0:
            self._agent += bytes([mulaw.SILENCE]) * gap
        self._agent += audio

    def flush(self) -> None:
        """Hands on what both sides have, but for the last moment of it."""
        self._hand_on(len(self._caller) - _HELD_BACK)

    def pause(self) -> None:
        """The stream is over: what another one brings goes behind what either side has."""
        self._even()

    async def finish(self) -> None:
        """Writes the rest, agent audio past the caller's last sample included, and closes."""
        self._even()
        self._hand_on(len(self._caller))
        # One writer thread keeps the order: when this is done, all is.
        await asyncio.get_running_loop().run_in_executor(_writer, self._finish)

    def _even(self) -> None:
        missing = len(self._agent) - len(self._caller)
        if missing > 0:
            self._caller += bytes([mulaw.SILENCE]) * missing

    def _hand_on(self, size: int) -> None:
        if size <= 0:
            return
        caller, agent = bytes(self._caller[:size]), bytes(self._agent[:size])
        del self._caller[:size]
        del self._agent[:size]
        self._base += size
        asyncio.get_running_loop().run_in_executor(_writer, self._append, caller, agent)

    # In the writer's thread

    def _append(self, caller: bytes, agent: bytes) -> None:
        if self.failed:
            return
        try:
            silence = bytes([mulaw.SILENCE]) * (len(caller) - len(agent))
            self._file.append(interleave(caller, agent + silence))
        except OSError:
            self._fail()

    def _finish(self) -> None:
        if self.failed:
            return
        try:
            self._file.finish()
        except OSError:
            self._fail()

    def _fail(self) -> None:
        self.failed = True
        logger.exception("the recording %s cannot be written from here on", self._file.path.name)
        with suppress(OSError):
            self._file.abandon()
