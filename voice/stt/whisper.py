"""Whisper through faster-whisper: the recogniser of all calls, one a process."""

import asyncio
import copy
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from faster_whisper import WhisperModel
from numpy.typing import NDArray

from voice.audio import mulaw
from voice.audio.resample import Floats, resample, to_float
from voice.stt.models import ModelChoice, fetch
from voice.stt.queue import RecogniserGauge, RecognitionQueue
from voice.stt.rejection import Stage, is_audible, rejected_by, voiced_seconds
from voice.stt.transcriber import Effort, Transcript, TranscriptionError

_LINE_HZ = 8_000
_MODEL_HZ = 16_000
_BEAM_SIZE = {Effort.PARTIAL: 1, Effort.FINAL: 5}
_STEP_FRAMES = 40
_SPARE_FRAMES = 10
_TOKENS_A_SECOND = 20
_SPARE_TOKENS = 20
_PROMPT_MARKS = 8
"""Tokens around the hotwords in a prompt: language, task and the like, with some to spare."""


class _TrimmedWhisper(WhisperModel):  # type: ignore[misc]
    """A WhisperModel whose encoder sees no more padding than the model needs.

    faster-whisper pads every window to 3000 frames; the encoder's time grows with them. Stock
    weights want them all for the best text; a model trained on short windows does not, and its
    positions end at its own window.
    """

    def __init__(self, folder: Path, choice: ModelChoice, *, threads: int) -> None:
        side_by_side = threads if choice.side_by_side else 1
        super().__init__(
            str(folder),
            device=choice.device,
            compute_type=choice.compute_type,
            cpu_threads=threads // side_by_side,
            num_workers=side_by_side,
        )
        self._frames = choice.final_frames
        # faster-whisper suppresses the first token of " -". Where every character is a token,
        # that is the space itself.
        first = self.hf_tokenizer.encode(" -", add_special_tokens=False).ids[:1]
        self.suppressed = [] if self.hf_tokenizer.decode(first) == " " else [-1]

    def with_frames(self, frames: int) -> "_TrimmedWhisper":
        """The same weights behind an encoder that is given at least `frames` log-mel frames."""
        view = copy.copy(self)
        view._frames = frames
        return view

    def encode(self, features: NDArray[np.float32]) -> Any:
        """The encoder's output for log-mel `features` of shape (mels, 3000)."""
        content = np.flatnonzero(features.any(axis=0))
        frames = int(content[-1]) + 1 + _SPARE_FRAMES if content.size else 0
        frames = max(math.ceil(frames / _STEP_FRAMES) * _STEP_FRAMES, self._frames)
        if frames // 2 == len(features):
            # CTranslate2 takes an encoder output with as many positions as there are mel bands
            # for log-mel features, and encodes it once more.
            frames += _STEP_FRAMES
        frames = min(frames, self.feature_extractor.nb_max_frames)
        return super().encode(np.ascontiguousarray(features[:, :frames]))


def _unchanged(text: str) -> str:
    return text


class WhisperTranscriber:
    """A Transcriber over one Whisper model, which serves all calls from threads of its own."""

    def __init__(
        self,
        choice: ModelChoice,
        *,
        cpu_threads: int = 2,
        written: Callable[[str], str] = _unchanged,
        hotwords: Sequence[str] = (),
    ) -> None:
        """Loads the model, which takes time.

        `written` brings an accepted text into its written form; it is called in several threads.
        `hotwords` are names to listen for; a model that knows no prompts goes without.
        Raises TranscriptionError "stt-model-unavailable".
        """
        folder = fetch(choice)
        try:
            model = _TrimmedWhisper(folder, choice, threads=cpu_threads)
        except (RuntimeError, ValueError, OSError) as error:
            raise TranscriptionError(
                "stt-model-unavailable", f"The recogniser in {folder} does not load: {error}"
            ) from error
        self._choice = choice
        self._models = {
            Effort.FINAL: model,
            Effort.PARTIAL: model.with_frames(choice.partial_frames),
        }
        self._written = written
        self._hotwords = tuple(hotwords) if choice.prompts else ()
        self._prompt = ", ".join(self._hotwords)
        self._most_tokens = model.max_length - _prompt_tokens(model, self._prompt)
        self._workers = cpu_threads if choice.side_by_side else 1
        self._threads = ThreadPoolExecutor(self._workers, thread_name_prefix="whisper")
        self._queue = RecognitionQueue(self._work, workers=self._workers)

    async def warm(self) -> None:
        """Recognise a second of noise, so that the first caller does not wait for the set-up."""
        noise = np.random.default_rng(0).integers(-2000, 2000, _LINE_HZ).astype(np.int16)
        audio = mulaw.encode(noise)
        for effort in Effort:
            await asyncio.gather(*(self._work(audio, effort) for _ in range(self._workers)))

    async def transcribe(self, audio: bytes, effort: Effort = Effort.FINAL) -> Transcript:
        """Recognise one utterance of 8 kHz µ-law; see Transcriber."""
        return await self._queue.transcribe(audio, effort)

    def gauge(self) -> RecogniserGauge:
        """How it is doing; call it in the event loop."""
        return self._queue.gauge(asyncio.get_running_loop().time())

    async def close(self) -> None:
        """Finish what was accepted, refuse the rest, let the threads end."""
        await self._queue.close()
        self._threads.shutdown(wait=False)

    def recognise(self, audio: bytes, effort: Effort = Effort.FINAL) -> Transcript:
        """As `transcribe`, in the calling thread and past the queue."""
        began = time.perf_counter()
        text, avg_logprob, no_speech_prob = "", 0.0, 1.0
        stage: Stage | None = Stage.QUIET
        pcm = to_float(mulaw.decode(audio))
        voiced_s = voiced_seconds(pcm, _LINE_HZ)
        if is_audible(voiced_s):
            text, avg_logprob, no_speech_prob = self._decode(
                resample(pcm, _LINE_HZ, _MODEL_HZ), effort
            )
            stage = rejected_by(
                text,
                voiced_s=voiced_s,
                avg_logprob=avg_logprob,
                no_speech_prob=no_speech_prob,
                unsure_below=self._choice.unsure_below,
                hotwords=self._hotwords,
            )
        guess = self._written(text) if stage in (None, Stage.UNSURE) else ""
        return Transcript(
            text=guess if stage is None else "",
            avg_logprob=avg_logprob if stage is None else 0.0,
            no_speech_prob=no_speech_prob,
            audio_s=len(audio) / _LINE_HZ,
            elapsed_s=time.perf_counter() - began,
            rejected=stage or "",
            guess=guess,
        )

    def _work(self, audio: bytes, effort: Effort) -> asyncio.Future[Transcript]:
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._threads, self.recognise, audio, effort)

    def _decode(self, pcm: Floats, effort: Effort) -> tuple[str, float, float]:
        """Text, mean log probability and no-speech probability of 16 kHz audio."""
        model = self._models[effort]
        try:
            segments, _ = model.transcribe(
                pcm,
                language="ko",
                beam_size=_BEAM_SIZE[effort],
                # One temperature: else an improbable window is decoded up to six times.
                temperature=0.0,
                condition_on_previous_text=False,
                max_new_tokens=min(
                    self._most_tokens,
                    _SPARE_TOKENS + int(len(pcm) / _MODEL_HZ * _TOKENS_A_SECOND),
                ),
                without_timestamps=True,
                suppress_tokens=model.suppressed,
                hotwords=self._prompt or None,
                # The defence decides, and counts; faster-whisper would drop windows unseen.
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


def _prompt_tokens(model: _TrimmedWhisper, prompt: str) -> int:
    """How much of the decoder's length goes to the prompt; faster-whisper cuts it at half."""
    count = len(model.hf_tokenizer.encode(f" {prompt}", add_special_tokens=False).ids)
    return int(min(count, model.max_length // 2)) + _PROMPT_MARKS
