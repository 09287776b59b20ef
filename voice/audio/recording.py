"""The stereo recording of a call: caller left, agent right, 8 kHz, written as the call goes."""

import asyncio
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import numpy as np

from voice.audio import mulaw

SAMPLE_RATE = 8_000
_FLUSH_BYTES = 2 * SAMPLE_RATE
_BYTES_PER_FRAME = 4

_writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recording")


def _header(data_bytes: int) -> bytes:
    """A WAV header for stereo 16-bit PCM."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + data_bytes,
        b"WAVE",
        b"fmt ",
        16,
        1,
        2,
        SAMPLE_RATE,
        SAMPLE_RATE * _BYTES_PER_FRAME,
        _BYTES_PER_FRAME,
        16,
        b"data",
        data_bytes,
    )


class _WavFile:
    """The file itself; used in the writer's thread only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._bytes = 0

    def append(self, caller: bytes, agent: bytes) -> None:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("wb")
            self._file.write(_header(0))
        stereo = np.stack((mulaw.decode(caller), mulaw.decode(agent)), axis=1)
        data = stereo.astype("<i2").tobytes()
        self._file.write(data)
        self._bytes += len(data)
        # The header is kept true, so that a recording cut short still plays.
        self._file.seek(0)
        self._file.write(_header(self._bytes))
        self._file.seek(0, 2)
        self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class StereoRecorder:
    """Both sides of one call on one time line: milliseconds, or samples, since the stream began.

    Audio is handed to a writer thread about every two seconds; memory holds no more than that.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = _WavFile(path)
        self._caller = bytearray()
        self._agent = bytearray()
        self._base = 0
        """Samples written already."""
        self._pending: asyncio.Future[None] | None = None

    def caller(self, audio: bytes) -> bool:
        """Appends caller audio (µ-law, gapless); True when `flush` should be called."""
        self._caller += audio
        return len(self._caller) >= _FLUSH_BYTES

    def agent(self, at_sample: int, audio: bytes) -> None:
        """Places agent audio (µ-law) that was played from `at_sample` on."""
        gap = at_sample - self._base - len(self._agent)
        if gap > 0:
            self._agent += bytes([mulaw.SILENCE]) * gap
        self._agent += audio

    def flush(self) -> None:
        """Hands what both sides have up to the caller's latest sample to the writer."""
        size = len(self._caller)
        if not size:
            return
        caller = bytes(self._caller)
        self._caller.clear()
        agent = bytes(self._agent[:size])
        del self._agent[:size]
        agent += bytes([mulaw.SILENCE]) * (size - len(agent))
        self._base += size
        self._submit(caller, agent)

    async def finish(self) -> None:
        """Writes the rest, agent audio past the caller's last sample included, and closes.

        Raises:
            OSError: the file could not be written.
        """
        missing = len(self._agent) - len(self._caller)
        if missing > 0:
            self._caller += bytes([mulaw.SILENCE]) * missing
        self.flush()
        loop = asyncio.get_running_loop()
        if self._pending is not None:
            await self._pending
        await loop.run_in_executor(_writer, self._file.close)

    def _submit(self, caller: bytes, agent: bytes) -> None:
        # One writer thread keeps the order, so awaiting the last write awaits them all.
        loop = asyncio.get_running_loop()
        self._pending = loop.run_in_executor(_writer, self._file.append, caller, agent)
