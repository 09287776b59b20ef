"""espeak-ng as a library within this process: the voice that needs no key and no network.

The library has one global state a process (voice, parameters, callback), so every call holds
one lock. Constants are those of espeak-ng's `speak_lib.h`.
"""

import asyncio
import ctypes
import re
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

from voice.audio import mulaw
from voice.audio.resample import Floats, resample, set_level, to_float, to_int16
from voice.tts.synthesizer import SynthesisError

SAMPLE_RATE = 22_050
"""Hertz, of what espeak-ng makes."""

_AUDIO_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_RATE, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4

_LINE_RATE = 8_000
_LEVEL_DBFS = -20.0
_SILENCE_THRESHOLD = 0.004
_FADE_S = 0.005
_GAP_S = 0.22
_CHUNK_BYTES = 800
_SENTENCE = re.compile(r"[^.?!。\n]+[.?!。\n]*")

_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class Espeak:
    """The library itself: synchronous, safe to call from any thread, one voice at a time."""

    _lock = threading.Lock()
    _library: ctypes.CDLL | None = None
    _voice = ""
    _parts: ClassVar[list[bytes]] = []

    @classmethod
    def _loaded(cls) -> ctypes.CDLL:
        """The initialised library; the caller holds the lock."""
        if cls._library is not None:
            return cls._library
        try:
            library = ctypes.CDLL(espeakng_loader.get_library_path())
        except OSError as error:
            raise SynthesisError(
                "tts-engine-missing", f"espeak-ng does not load: {error}"
            ) from error
        data = str(espeakng_loader.get_data_path()).encode()
        rate = library.espeak_Initialize(_AUDIO_SYNCHRONOUS, 0, data, _DONT_EXIT)
        if rate != SAMPLE_RATE:
            raise SynthesisError("tts-engine-missing", f"espeak-ng does not start: {rate}")
        library.espeak_SetSynthCallback(_collect)
        # It is seeded with the time of day: without this no recording of a test comes out twice.
        library.espeak_ng_SetRandSeed(1)
        cls._library = library
        return library

    def synthesize(
        self,
        text: str,
        *,
        voice: str = "ko",
        rate_wpm: int = 160,
        pitch: int = 50,
        pitch_range: int = 50,
    ) -> NDArray[np.int16]:
        """The audio of `text`: shape (n,) at 22,050 Hz, espeak's own silences included.

        `voice` is a language with an optional variant ("ko+f2"), `rate_wpm` 80 to 450 words a
        minute, `pitch` and `pitch_range` 0 to 99. Raises SynthesisError with the code
        "tts-voice-unknown" or "tts-failed".
        """
        with Espeak._lock:
            library = self._loaded()
            if voice != Espeak._voice:
                if library.espeak_SetVoiceByName(voice.encode()) != 0:
                    raise SynthesisError("tts-voice-unknown", f"espeak-ng has no voice {voice!r}")
                Espeak._voice = voice
            for parameter, value in (
                (_RATE, rate_wpm),
                (_VOLUME, 100),
                (_PITCH, pitch),
                (_RANGE, pitch_range),
            ):
                library.espeak_SetParameter(parameter, value, 0)
            Espeak._parts = []
            data = text.encode()
            failed = library.espeak_Synth(
                data, ctypes.c_size_t(len(data) + 1), 0, 0, 0, _CHARS_UTF8, None, None
            )
            if failed:
                raise SynthesisError("tts-failed", f"espeak-ng returned {failed}", retryable=True)
            return np.frombuffer(b"".join(Espeak._parts), dtype=np.int16)

    @staticmethod
    def variants() -> list[str]:
        """The names that may follow "ko+", sorted."""
        folder = Path(str(espeakng_loader.get_data_path())) / "voices" / "!v"
        return sorted(file.name for file in folder.iterdir())


def _append(samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int | None) -> int:
    if samples and count > 0:
        Espeak._parts.append(ctypes.string_at(samples, count * 2))
    return 0


_collect = _Callback(_append)


def trim(pcm: Floats, *, threshold: float = _SILENCE_THRESHOLD, keep: int = 0) -> Floats:
    """`pcm` without the quiet (below `threshold`) at both ends, but for `keep` samples of it."""
    loud = np.flatnonzero(np.abs(pcm) > threshold)
    if loud.size == 0:
        return pcm[:0]
    return pcm[max(0, int(loud[0]) - keep) : int(loud[-1]) + 1 + keep]


def _fade(pcm: Floats, samples: int) -> Floats:
    faded = pcm.copy()
    count = min(samples, len(pcm) // 2)
    ramp = np.linspace(0, 1, count, dtype=np.float32)
    faded[:count] *= ramp
    faded[len(faded) - count :] *= ramp[::-1]
    return faded


class EspeakSynthesizer:
    """A Synthesizer over Espeak: one sentence at a time, in a thread of its own."""

    _worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="espeak")

    def __init__(self, *, voice: str = "ko+f2", rate_wpm: int = 160, pitch: int = 50) -> None:
        self._espeak = Espeak()
        self._voice = voice
        self._rate_wpm = rate_wpm
        self._pitch = pitch

    async def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """Say `text`; see Synthesizer. The audio is at about -20 dBFS."""
        loop = asyncio.get_running_loop()
        gap = b""
        for sentence in _SENTENCE.findall(text):
            audio = await loop.run_in_executor(self._worker, self._speak, sentence.strip())
            if not audio:
                continue
            audio = gap + audio
            for start in range(0, len(audio), _CHUNK_BYTES):
                yield audio[start : start + _CHUNK_BYTES]
            gap = bytes([mulaw.SILENCE]) * int(_GAP_S * _LINE_RATE)

    def _speak(self, sentence: str) -> bytes:
        """One sentence as 8 kHz µ-law, without silence around it."""
        if not sentence:
            return b""
        pcm = to_float(
            self._espeak.synthesize(
                sentence, voice=self._voice, rate_wpm=self._rate_wpm, pitch=self._pitch
            )
        )
        voiced = trim(pcm, keep=int(0.01 * SAMPLE_RATE))
        if voiced.size == 0:
            return b""
        line = set_level(resample(voiced, SAMPLE_RATE, _LINE_RATE), _LEVEL_DBFS)
        return mulaw.encode(to_int16(_fade(line, int(_FADE_S * _LINE_RATE))))
