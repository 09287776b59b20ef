"""Whisper through faster-whisper: the recogniser of all calls, one a process."""

import asyncio
import math
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from faster_whisper import WhisperModel
from numpy.typing import NDArray

from voice.audio import mulaw
from voice.audio.resample import Floats, resample, to_float
from voice.stt.models import ModelChoice, fetch
from voice.stt.rejection import is_audible, is_invented, voiced_seconds
from voice.stt.transcriber import Transcript, TranscriptionError

_LINE_HZ = 8_000
_MODEL_HZ = 16_000
_BEAM_SIZE = 5
_STEP_FRAMES = 40
_SPARE_FRAMES = 10
_TOKENS_A_SECOND = 20
_SPARE_TOKENS = 20
_MOST_TOKENS = 400


class _TrimmedWhisper(WhisperModel):  # type: ignore[misc]
    """A WhisperModel whose encoder sees no more padding than the model needs.

    faster-whisper pads every window to 3000 frames; the encoder's time grows with them. Stock
    weights need them all (`full_window`); a model trained on short windows does not, and its
    positions end at its own window.
    """

    def __init__(self, folder: Path, choice: ModelChoice, *, cpu_threads: int) -> None:
        super().__init__(
            str(folder),
            device=choice.device,
            compute_type=choice.compute_type,
            cpu_threads=cpu_threads,
        )
        self._full_window = choice.full_window
        # faster-whisper suppresses the first token of " -". Where every character is a token,
        # that is the space itself.
        first = self.hf_tokenizer.encode(" -", add_special_tokens=False).ids[:1]
        self.suppressed = [] if self.hf_tokenizer.decode(first) == " " else [-1]

    def encode(self, features: NDArray[np.float32]) -> Any:
        """The encoder's output for log-mel `features` of shape (mels, 3000)."""
        if self._full_window:
            return super().encode(features)
        content = np.flatnonzero(features.any(axis=0))
        frames = int(content[-1]) + 1 + _SPARE_FRAMES if content.size else _STEP_FRAMES
        frames = math.ceil(frames / _STEP_FRAMES) * _STEP_FRAMES
        if frames // 2 == len(features):
            # CTranslate2 takes an encoder output with as many positions as there are mel bands
            # for log-mel features, and encodes it once more.
            frames += _STEP_FRAMES
        frames = min(frames, self.feature_extractor.nb_max_frames)
        return super().encode(np.ascontiguousarray(features[:, :frames]))


class WhisperTranscriber:
    """A Transcriber over one Whisper model, which serves all calls from a thread of its own."""

    def __init__(self, choice: ModelChoice, *, cpu_threads: int = 2) -> None:
        """Loads the model, which takes time. Raises TranscriptionError "stt-model-unavailable"."""
        folder = fetch(choice)
        try:
            self._model = _TrimmedWhisper(folder, choice, cpu_threads=cpu_threads)
        except (RuntimeError, ValueError, OSError) as error:
            raise TranscriptionError(
                "stt-model-unavailable", f"The recogniser in {folder} does not load: {error}"
            ) from error
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="whisper")

    async def warm(self) -> None:
        """Recognise a second of noise, so that the first caller does not wait for the set-up."""
        noise = np.random.default_rng(0).integers(-2000, 2000, _LINE_HZ).astype(np.int16)
        await self.transcribe(mulaw.encode(noise))

    async def transcribe(self, audio: bytes) -> Transcript:
        """Recognise one utterance of 8 kHz µ-law; see Transcriber."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, self.recognise, audio)

    def close(self) -> None:
        """Let the thread end; what was asked before is finished."""
        self._worker.shutdown(wait=False)

    def recognise(self, audio: bytes) -> Transcript:
        """As `transcribe`, in the calling thread."""
        began = time.perf_counter()
        text, avg_logprob, no_speech_prob = "", 0.0, 1.0
        pcm = to_float(mulaw.decode(audio))
        voiced_s = voiced_seconds(pcm, _LINE_HZ)
        if is_audible(voiced_s):
            text, avg_logprob, no_speech_prob = self._decode(resample(pcm, _LINE_HZ, _MODEL_HZ))
            if is_invented(
                text, voiced_s=voiced_s, avg_logprob=avg_logprob, no_speech_prob=no_speech_prob
            ):
                text, avg_logprob = "", 0.0
        return Transcript(
            text=text,
            avg_logprob=avg_logprob,
            no_speech_prob=no_speech_prob,
            audio_s=len(audio) / _LINE_HZ,
            elapsed_s=time.perf_counter() - began,
        )

    def _decode(self, pcm: Floats) -> tuple[str, float, float]:
        """Text, mean log probability and no-speech probability of 16 kHz audio."""
        try:
            segments, _ = self._model.transcribe(
                pcm,
                language="ko",
                beam_size=_BEAM_SIZE,
                temperature=0.0,
                condition_on_previous_text=False,
                max_new_tokens=min(
                    _MOST_TOKENS,
                    _SPARE_TOKENS + int(len(pcm) / _MODEL_HZ * _TOKENS_A_SECOND),
                ),
                without_timestamps=True,
                suppress_tokens=self._model.suppressed,
                no_speech_threshold=None,
                log_prob_threshold=None,
                compression_ratio_threshold=None,
            )
            parts = list(segments)
        except (RuntimeError, ValueError) as error:
            raise TranscriptionError("stt-failed", str(error), retryable=True) from error
        if not parts:
            return "", 0.0, 1.0
        text = " ".join(part.text.strip() for part in parts)
        return (
            text,
            float(np.mean([part.avg_logprob for part in parts])),
            min(part.no_speech_prob for part in parts),
        )
