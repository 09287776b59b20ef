"""Which model a name means, and what is said when its weights cannot be had. No network."""

import json
from pathlib import Path

import ctranslate2
import pytest

from voice.stt import models
from voice.stt.models import FULL_WINDOW, fetch, resolve
from voice.stt.transcriber import TranscriptionError


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many GPUs there seem to be."""
    count = [0]
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: count[0])
    return count


def _folder(path: Path, *, chunk_length: int | None) -> Path:
    path.mkdir()
    (path / "model.bin").touch()
    if chunk_length is not None:
        settings = {"chunk_length": chunk_length}
        (path / "preprocessor_config.json").write_text(json.dumps(settings))
    return path


def test_demo_is_the_shipped_folder_on_the_cpu_with_short_windows(gpus: list[int]) -> None:
    gpus[0] = 1
    choice = resolve("demo")
    assert (choice.path_or_name, choice.device, choice.compute_type) == (
        str(models.DEMO_FOLDER),
        "cpu",
        "int8",
    )
    assert choice.final_frames == choice.partial_frames < 100
    assert choice.side_by_side
    assert not choice.prompts
    assert fetch(choice) == models.DEMO_FOLDER


@pytest.mark.parametrize(
    ("count", "name", "device", "compute_type"),
    [(0, "small", "cpu", "int8"), (1, "large-v3-turbo", "cuda", "float16")],
)
def test_auto_follows_the_hardware(
    gpus: list[int], count: int, name: str, device: str, compute_type: str
) -> None:
    gpus[0] = count
    choice = resolve("auto")
    assert (choice.path_or_name, choice.device, choice.compute_type) == (name, device, compute_type)


def test_device_and_arithmetic_can_be_told(gpus: list[int]) -> None:
    gpus[0] = 1
    choice = resolve("auto", device="cpu")
    assert (choice.path_or_name, choice.device, choice.compute_type) == ("small", "cpu", "int8")
    choice = resolve("demo", device="cuda", compute_type="int8_float16")
    assert (choice.device, choice.compute_type) == ("cuda", "int8_float16")
    assert not choice.side_by_side


def test_a_gpu_that_is_not_there_is_an_error_that_says_what_to_do(gpus: list[int]) -> None:
    with pytest.raises(TranscriptionError, match="set STT_DEVICE") as caught:
        resolve("demo", device="cuda")
    assert caught.value.code == "stt-device-unavailable"


@pytest.mark.parametrize("name", ["small", "large-v3-turbo", "somebody/whisper-ko-phone"])
def test_stock_finals_get_full_windows_and_partials_at_least_350_frames(
    gpus: list[int], name: str
) -> None:
    choice = resolve(name)
    assert choice.path_or_name == name
    assert choice.final_frames == FULL_WINDOW
    assert 350 <= choice.partial_frames < FULL_WINDOW
    assert choice.prompts
    assert not choice.side_by_side


@pytest.mark.parametrize(("chunk_length", "short"), [(None, False), (30, False), (12, True)])
def test_a_folder_says_what_windows_it_was_trained_on(
    gpus: list[int], tmp_path: Path, chunk_length: int | None, short: bool
) -> None:
    folder = _folder(tmp_path / "model", chunk_length=chunk_length)
    choice = resolve(str(folder))
    assert choice.path_or_name == str(folder)
    assert (choice.final_frames < FULL_WINDOW) is short
    assert (choice.partial_frames < 350) is short
    assert choice.prompts is not short


@pytest.mark.parametrize("name", ["demo", "small"])
def test_the_context_can_be_told(gpus: list[int], name: str) -> None:
    full = resolve(name, context="full")
    assert (full.final_frames, full.partial_frames) == (FULL_WINDOW, FULL_WINDOW)
    short = resolve(name, context="short")
    assert short.final_frames == short.partial_frames == resolve(name).partial_frames


def test_a_folder_without_a_model_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TranscriptionError, match="set STT_MODEL") as caught:
        resolve(str(tmp_path / "nothing"))
    assert caught.value.code == "stt-model-unavailable"


def test_an_unknown_name_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(TranscriptionError, match=r"large-v3-turbo") as caught:
        resolve("huge")
    assert caught.value.code == "stt-model-unknown"


@pytest.mark.parametrize("problem", [OSError("no route"), ValueError("no such model")])
def test_weights_that_cannot_be_had_are_an_error_that_says_what_to_do(
    gpus: list[int], monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    tried: list[bool] = []

    def refuse(name: str, *, local_files_only: bool = False) -> str:
        tried.append(local_files_only)
        raise problem

    monkeypatch.setattr(models, "download_model", refuse)
    with pytest.raises(TranscriptionError, match="Connect this machine to the hub") as caught:
        fetch(resolve("small"))
    assert caught.value.code == "stt-model-unavailable"
    assert tried == [True, False]


def test_weights_that_are_here_are_not_fetched_again(
    gpus: list[int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def cached(name: str, *, local_files_only: bool = False) -> str:
        assert local_files_only
        return str(tmp_path)

    monkeypatch.setattr(models, "download_model", cached)
    assert fetch(resolve("small")) == tmp_path
