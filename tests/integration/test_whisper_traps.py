"""What faster-whisper and CTranslate2 would do to us: each known trap, on the real libraries."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import faster_whisper
import numpy as np
import pytest
from faster_whisper import WhisperModel

from scripts.bench.stt import utterance
from scripts.demo_stt import audio
from scripts.demo_stt.grammar import Pair
from scripts.demo_stt.heldout import held_out
from voice.audio import mulaw
from voice.stt import whisper
from voice.stt.models import FULL_WINDOW, ModelChoice, resolve
from voice.stt.rejection import Stage
from voice.stt.transcriber import Effort
from voice.stt.whisper import WhisperTranscriber

_PLANS = [f"{name} {size}GB" for name in ("심플", "슬림", "이월") for size in range(10, 99)]
_SENTENCE = Pair("상담원 연결해 주세요", "상담원 연결해 주세요")


class Spy:
    """What reached faster-whisper and the models below it."""

    def __init__(self) -> None:
        self.options: list[dict[str, Any]] = []
        self.prompts: list[list[int]] = []
        self.temperatures: list[list[float]] = []
        self.frames: list[int] = []
        self.loaded: list[dict[str, Any]] = []


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Spy:
    seen = Spy()
    transcribe, generate = WhisperModel.transcribe, WhisperModel.generate_with_fallback
    encode, load = WhisperModel.encode, faster_whisper.transcribe.ctranslate2.models.Whisper

    def spied_transcribe(self: Any, pcm: Any, **options: Any) -> Any:
        seen.options.append(options)
        return transcribe(self, pcm, **options)

    def spied_generate(self: Any, encoded: Any, prompt: Any, tokenizer: Any, options: Any) -> Any:
        seen.prompts.append(prompt)
        seen.temperatures.append(options.temperatures)
        return generate(self, encoded, prompt, tokenizer, options)

    def spied_encode(self: Any, features: Any) -> Any:
        seen.frames.append(features.shape[-1])
        return encode(self, features)

    def spied_load(path: str, **options: Any) -> Any:
        seen.loaded.append(options)
        return load(path, **options)

    monkeypatch.setattr(WhisperModel, "transcribe", spied_transcribe)
    monkeypatch.setattr(WhisperModel, "generate_with_fallback", spied_generate)
    monkeypatch.setattr(WhisperModel, "encode", spied_encode)
    monkeypatch.setattr(faster_whisper.transcribe.ctranslate2.models, "Whisper", spied_load)
    return seen


@pytest.fixture
def speech() -> bytes:
    return utterance(_SENTENCE, "f2", seed="1")


def _noise(seconds: float) -> bytes:
    noise = np.random.default_rng(3).integers(-3000, 3000, int(seconds * 8000))
    return mulaw.encode(noise.astype(np.int16))


@cache
def _talk(seconds: float) -> bytes:
    """Speech without an end; espeak-ng says nothing twice in quite the same way."""
    pcm = audio.speak(held_out()[0].spoken, "f2", random.Random(1), perturb=False)
    line = audio.Line(level_dbfs=-20, snr_db=25, lead_s=0, trail_s=0)
    return audio.on_the_line(np.resize(pcm, int(seconds * 8000)), line, random.Random(1))


def _prompting(choice: ModelChoice) -> ModelChoice:
    return replace(choice, prompts=True)


Make = Callable[..., WhisperTranscriber]


@pytest.fixture
def ears() -> Make:
    """Makes transcribers, of the demo model unless told otherwise."""

    def make(choice: ModelChoice | None = None, **options: Any) -> WhisperTranscriber:
        return WhisperTranscriber(choice or resolve("demo"), **options)

    return make


def test_nothing_is_decoded_twice_at_other_temperatures(spy: Spy, ears: Make) -> None:
    ears().recognise(_talk(3))
    ears().recognise(_noise(3))
    assert spy.temperatures == [[0.0], [0.0]]


@pytest.mark.parametrize(("effort", "beam_size"), [(Effort.PARTIAL, 1), (Effort.FINAL, 5)])
def test_the_options_of_every_request(
    spy: Spy, ears: Make, speech: bytes, effort: Effort, beam_size: int
) -> None:
    heard = ears().recognise(speech, effort)
    assert heard.text == _SENTENCE.written
    (options,) = spy.options
    assert options["beam_size"] == beam_size
    assert options["language"] == "ko"
    assert options["condition_on_previous_text"] is False
    assert options["without_timestamps"] is True
    # Windows that faster-whisper drops by itself are not counted by any stage.
    for threshold in ("no_speech_threshold", "log_prob_threshold", "compression_ratio_threshold"):
        assert options[threshold] is None
    # It would change the feature extractor that all requests share.
    assert "chunk_length" not in options


def test_each_request_leaves_the_shared_feature_extractor_as_it_was(ears: Make) -> None:
    recogniser = ears()
    before = recogniser.recognise(_talk(4)).text
    recogniser.recognise(_talk(15), Effort.PARTIAL)
    recogniser.recognise(_noise(0.5))
    assert recogniser.recognise(_talk(4)).text == before != ""


def test_a_long_window_is_not_told_by_the_one_before(spy: Spy, ears: Make) -> None:
    ears().recognise(_talk(20))
    assert len(spy.prompts) > 1
    assert all(prompt == spy.prompts[0] for prompt in spy.prompts)


def test_the_threads_are_told_and_never_left_to_the_library(spy: Spy, ears: Make) -> None:
    ears(cpu_threads=2)
    ears(replace(resolve("demo"), side_by_side=False), cpu_threads=2)
    told = [(load["intra_threads"], load["inter_threads"]) for load in spy.loaded]
    assert told == [(1, 2), (2, 1)]


def test_device_and_arithmetic_are_handed_on(spy: Spy, ears: Make) -> None:
    ears(resolve("demo", compute_type="float32"))
    (load,) = spy.loaded
    assert (load["device"], load["compute_type"]) == ("cpu", "float32")


def test_padding_is_cut_to_what_the_model_needs(spy: Spy, ears: Make, speech: bytes) -> None:
    frames_of_speech = len(speech) / 8000 / 0.015
    ears().recognise(speech)
    assert frames_of_speech < spy.frames[0] < frames_of_speech + 80


def test_finals_and_partials_have_contexts_of_their_own(
    spy: Spy, ears: Make, speech: bytes
) -> None:
    recogniser = ears(replace(resolve("demo"), final_frames=FULL_WINDOW, partial_frames=360))
    for effort in (Effort.FINAL, Effort.PARTIAL, Effort.FINAL):
        assert recogniser.recognise(speech, effort).text == _SENTENCE.written
    assert spy.frames == [800, 360, 800]  # The demo model ends at 12 s of 15 ms.


def test_a_partial_longer_than_its_shortest_context_is_not_cut(spy: Spy, ears: Make) -> None:
    ears(replace(resolve("demo"), partial_frames=360)).recognise(_talk(8), Effort.PARTIAL)
    assert spy.frames[0] > 8 / 0.015


def test_hotwords_reach_only_models_that_know_prompts(spy: Spy, ears: Make, speech: bytes) -> None:
    assert ears(hotwords=_PLANS).recognise(speech).text == _SENTENCE.written
    ears(_prompting(resolve("demo")), hotwords=_PLANS[:3]).recognise(speech)
    without, with_hotwords = spy.prompts
    assert len(without) < 6
    assert len(with_hotwords) > len(without)
    assert spy.options[1]["hotwords"] == "심플 10GB, 심플 11GB, 심플 12GB"


@pytest.mark.parametrize("seconds", [1, 12, 40])
def test_prompt_and_text_together_fit_the_decoder(spy: Spy, ears: Make, seconds: int) -> None:
    recogniser = ears(_prompting(resolve("demo")), hotwords=_PLANS)
    recogniser.recognise(_talk(seconds))
    (options,) = spy.options
    assert len(spy.prompts[0]) > 200
    assert 20 < options["max_new_tokens"] <= 448 - len(spy.prompts[0])


def test_a_prompt_that_is_read_out_is_no_text(
    monkeypatch: pytest.MonkeyPatch, ears: Make, speech: bytes
) -> None:
    recogniser = ears(_prompting(resolve("demo")), hotwords=_PLANS)
    recital = ("심플 10GB, 심플 11GB, 심플 12GB", -0.05, 0.0)
    monkeypatch.setattr(recogniser, "_decode", lambda *_: recital)
    heard = recogniser.recognise(speech)
    assert (heard.text, heard.rejected) == ("", Stage.HOTWORDS)


def test_the_batched_pipeline_which_ignores_thresholds_is_not_used() -> None:
    assert not hasattr(whisper, "BatchedInferencePipeline")


def test_written_forms_are_made_of_accepted_texts_and_of_guesses(ears: Make, speech: bytes) -> None:
    asked: list[str] = []

    def written(text: str) -> str:
        asked.append(text)
        return f"<{text}>"

    recogniser = ears(written=written)
    assert recogniser.recognise(speech).text == f"<{_SENTENCE.written}>"
    quiet = recogniser.recognise(b"\xff" * 8000)
    assert (quiet.text, quiet.rejected) == ("", Stage.QUIET)
    unsure = ears(replace(resolve("demo"), unsure_below=1.0), written=written).recognise(speech)
    assert (unsure.text, unsure.rejected) == ("", Stage.UNSURE)
    assert unsure.guess == f"<{_SENTENCE.written}>"
    assert asked == [_SENTENCE.written] * 2


async def test_many_at_once_hear_what_each_hears_alone(ears: Make) -> None:
    recogniser = ears()
    audios = [
        utterance(pair, voice, seed=voice) for pair in held_out()[::40] for voice in ("f2", "m3")
    ]
    alone = [recogniser.recognise(data).text for data in audios]
    together = await asyncio.gather(*(recogniser.transcribe(data) for data in audios))
    assert [heard.text for heard in together] == alone
    gauge = recogniser.gauge()
    assert (gauge.finals, gauge.refused) == (len(audios), 0)
    await recogniser.close()


async def test_the_closed_recogniser_has_finished_what_it_accepted(
    ears: Make, speech: bytes
) -> None:
    recogniser = ears()
    tasks = [asyncio.create_task(recogniser.transcribe(speech)) for _ in range(5)]
    await asyncio.sleep(0)
    await recogniser.close()
    assert {task.result().text for task in tasks} == {_SENTENCE.written}
