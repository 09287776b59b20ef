"""Which model a name means, and what is said when its weights cannot be had. No network."""

import json
from pathlib import Path

import ctranslate2
import pytest

from voice.stt import models
from voice.stt.models import ModelChoice, fetch, resolve
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
    assert choice == ModelChoice(
        path_or_name=str(models.DEMO_FOLDER), device="cpu", compute_type="int8", full_window=False
    )
    assert fetch(choice) == models.DEMO_FOLDER


@pytest.mark.parametrize(
    ("count", "name", "device", "compute_type"),
    [(0, "small", "cpu", "int8"), (1, "large-v3-turbo", "cuda", "float16")],
)
def test_auto_follows_the_hardware(
    gpus: list[int], count: int, name: str, device: str, compute_type: str
) -> None:
    gpus[0] = count
    assert resolve("auto") == ModelChoice(
        path_or_name=name, device=device, compute_type=compute_type, full_window=True
    )


@pytest.mark.parametrize("name", ["small", "large-v3-turbo", "somebody/whisper-ko-phone"])
def test_hub_names_and_ids_have_full_windows(gpus: list[int], name: str) -> None:
    assert resolve(name).path_or_name == name
    assert resolve(name).full_window


@pytest.mark.parametrize(("chunk_length", "full"), [(None, True), (30, True), (12, False)])
def test_a_folder_says_what_windows_it_was_trained_on(
    gpus: list[int], tmp_path: Path, chunk_length: int | None, full: bool
) -> None:
    folder = _folder(tmp_path / "model", chunk_length=chunk_length)
    choice = resolve(str(folder))
    assert choice.path_or_name == str(folder)
    assert choice.full_window is full


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
