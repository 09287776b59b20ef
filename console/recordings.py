"""Plays recordings to a browser as WAV, any part of them, without holding one in memory.

Who may listen, and that it is noted, is decided by the page before it comes here.
"""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fastapi import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from storage.errors import StorageError
from storage.recordings.files import Recording, file_within, recording_name
from storage.recordings.format import RATE
from storage.records import StoredRecording
from storage.vault import Vault

HEADER_BYTES = 44
_FRAME_BYTES = 4
"""Two channels of 16 bits."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, kw_only=True)
class Player:
    """Opens recordings for browsers."""

    data_dir: Path
    vault: Vault
    pcm: Callable[[bytes], bytes]
    """Turns µ-law into 16-bit little-endian samples."""

    async def play(self, request: Request, recording: StoredRecording, filename: str) -> Response:
        """The recording, or the part that the request asks for.

        Raises:
            HTTPException: 404 without a file, 409 while it is not finished, 416.
            StorageError: `damaged`, also where a finished one was cut, `unknown_key`.
        """
        if not recording.finished:
            raise HTTPException(409)
        path = await asyncio.to_thread(file_within, self.data_dir, recording.path)
        if path is None:
            raise HTTPException(404)
        name = recording_name(recording.organization_id, recording.call_sid)
        frames, version = await asyncio.to_thread(self._frames, path, name)
        size = HEADER_BYTES + frames * _FRAME_BYTES
        etag = f'"{version:x}"'
        headers = {
            "Cache-Control": "private, no-store",
            "Accept-Ranges": "bytes",
            "ETag": etag,
            "Content-Disposition": f'inline; filename="{filename}"',
        }
        asked = request.headers.get("range", "")
        if request.headers.get("if-range", etag) != etag:
            asked = ""
        part = byte_range(asked, size)
        if part is None:
            start, end = 0, size
        else:
            start, end = part
            if start >= end:
                raise HTTPException(416, headers={"Content-Range": f"bytes */{size}"})
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        headers["Content-Length"] = str(end - start)
        return StreamingResponse(
            self._stream(path, name, start, end),
            status_code=200 if part is None else 206,
            headers=headers,
            media_type="audio/wav",
        )

    def _frames(self, path: Path, name: str) -> tuple[int, int]:
        """How many there are, and what tells the file from those that took its place."""
        with Recording.open(path, self.vault, name) as recording:
            if not recording.complete:
                raise StorageError("damaged", "the end of a finished recording is missing")
            return recording.frames, path.stat().st_ino

    def _stream(self, path: Path, name: str, start: int, end: int) -> Iterator[bytes]:
        """The WAV's bytes from `start` up to `end`; iterated in threads, a segment at a time."""
        with Recording.open(path, self.vault, name) as recording:
            if start < HEADER_BYTES:
                yield wav_header(recording.frames)[start:end]
            start, end = max(0, start - HEADER_BYTES), max(0, end - HEADER_BYTES)
            first = start // _FRAME_BYTES
            at = first * _FRAME_BYTES
            for stereo in recording.read(first, -(-end // _FRAME_BYTES)):
                samples = self.pcm(stereo)
                yield samples[max(0, start - at) : end - at]
                at += len(samples)


def byte_range(asked: str, size: int) -> tuple[int, int] | None:
    """The first byte and the one behind the last of a Range header, the same where there is none.

    None where the whole is to be sent: nothing is asked for, or several parts, or nonsense.
    """
    found = _RANGE.fullmatch(asked.strip())
    if found is None or found[1] == found[2] == "":
        return None
    if not found[1]:
        return max(0, size - int(found[2])), size
    start = int(found[1])
    end = min(size, int(found[2]) + 1) if found[2] else size
    if found[2] and int(found[2]) < start:
        return None
    return min(start, size), max(end, min(start, size))


def wav_header(frames: int) -> bytes:
    """The header of a WAV of so many stereo frames of 16-bit PCM."""
    data_bytes = frames * _FRAME_BYTES
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        HEADER_BYTES - 8 + data_bytes,
        b"WAVE",
        b"fmt ",
        16,
        1,
        2,
        RATE,
        RATE * _FRAME_BYTES,
        _FRAME_BYTES,
        16,
        b"data",
        data_bytes,
    )
