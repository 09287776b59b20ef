"""Which recogniser a name means: the shipped demo model, a hub name or id, or a folder."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import ctranslate2
from faster_whisper import available_models, download_model

from voice.stt.transcriber import TranscriptionError

DEMO_FOLDER = Path(__file__).resolve().parents[2] / "models" / "demo-stt"

Context = Literal["auto", "full", "short"]
Device = Literal["auto", "cpu", "cuda"]
ComputeType = Literal[
    "auto",
    "int8",
    "int8_float32",
    "int8_float16",
    "int8_bfloat16",
    "float16",
    "bfloat16",
    "float32",
]

FULL_WINDOW = 3_000
"""The log-mel frames of the window on which stock checkpoints were trained: 30 s."""

_SHORT_WINDOW = 360
"""Stock checkpoints lose much on Korean telephone speech below 350 frames."""

_TRAINED_SHORT = 40
"""A model that was trained on windows of every length needs no more than the speech itself."""

_STOCK_WINDOW_S = 30
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")

_DEMO_UNSURE_BELOW = -0.35
"""Measured: `python -m scripts.demo_stt.unsure`."""

_STOCK_UNSURE_BELOW = -1.0
"""Whisper's own threshold; stock checkpoints were not measured here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """A model, and how to run it."""

    path_or_name: str
    """A CTranslate2 folder, a name that faster-whisper knows, or a hub id."""
    device: str
    """`cpu` or `cuda`."""
    compute_type: str
    """CTranslate2's name of the arithmetic: `int8`, `float16`."""
    final_frames: int
    """Log-mel frames that the encoder is given at least for a final, if the model has so many."""
    partial_frames: int
    """The same for a partial."""
    side_by_side: bool
    """Whether every thread recognises an utterance of its own; else all work on one at a time."""
    prompts: bool
    """Whether it was trained with a prompt before the text, so that hotwords mean something."""
    unsure_below: float
    """The mean log probability of the tokens under which a text is more guessed than heard."""


def resolve(
    name: str,
    *,
    device: Device = "auto",
    compute_type: ComputeType = "auto",
    context: Context = "auto",
) -> ModelChoice:
    """The model that the setting `STT_MODEL` means, and how the others say it is run.

    `demo` is the shipped one; `auto` is large-v3-turbo on a GPU and small on a CPU; otherwise a
    folder with a CTranslate2 model, a name such as `small`, or a hub id. Fetches nothing.

    `device` auto is the GPU where there is one, but the CPU for `demo`; `compute_type` auto is
    float16 there and int8 on a CPU. `context` full gives the encoder its whole window always,
    short no more than the speech needs; auto asks the folder what the model was trained on: whole
    windows for the finals of stock checkpoints, short ones for their partials.

    Raises TranscriptionError with the code "stt-model-unavailable" where there is no such folder,
    "stt-model-unknown" for a name that means nothing, and "stt-device-unavailable" for a GPU that
    is not there.
    """
    gpu = ctranslate2.get_cuda_device_count() > 0
    if device == "cuda" and not gpu:
        raise TranscriptionError(
            "stt-device-unavailable",
            "STT_DEVICE=cuda, but CTranslate2 finds no GPU here. Install CUDA, or set STT_DEVICE "
            "to cpu or auto.",
        )
    if device == "auto":
        device = "cuda" if gpu and name != "demo" else "cpu"
    if compute_type == "auto":
        compute_type = "float16" if device == "cuda" else "int8"
    demo = name == "demo"
    if name == "auto":
        name = "large-v3-turbo" if device == "cuda" else "small"
    folder = DEMO_FOLDER if demo else Path(name).expanduser()
    here = (folder / "model.bin").is_file()
    if not here:
        _check_hub_name(name, folder)
    trained_short = here and _window_s(folder) < _STOCK_WINDOW_S
    shortest = _TRAINED_SHORT if trained_short else _SHORT_WINDOW
    short_final = context == "short" or (context == "auto" and trained_short)
    return ModelChoice(
        path_or_name=str(folder) if here else name,
        device=device,
        compute_type=compute_type,
        final_frames=shortest if short_final else FULL_WINDOW,
        partial_frames=FULL_WINDOW if context == "full" else shortest,
        side_by_side=trained_short and device == "cpu",
        prompts=not trained_short,
        unsure_below=_DEMO_UNSURE_BELOW if demo else _STOCK_UNSURE_BELOW,
    )


def fetch(choice: ModelChoice) -> Path:
    """The folder with the weights of `choice`: what is here already, else from the hub.

    Raises TranscriptionError with the code "stt-model-unavailable".
    """
    if Path(choice.path_or_name).is_dir():
        return Path(choice.path_or_name)
    try:
        return Path(download_model(choice.path_or_name, local_files_only=True))
    except (OSError, ValueError):
        pass  # Not here yet.
    try:
        return Path(download_model(choice.path_or_name))
    except (OSError, ValueError) as error:
        raise _unavailable(choice.path_or_name, str(error)) from error


def _check_hub_name(name: str, folder: Path) -> None:
    """Raises TranscriptionError where `name` cannot be a model of the hub."""
    if name == "demo" or name.startswith((".", "/", "~")) or folder.is_dir():
        raise _unavailable(name, f"{folder} holds no CTranslate2 model (no model.bin)")
    if name not in available_models() and not _HUB_ID.fullmatch(name):
        known = ", ".join(available_models())
        raise TranscriptionError(
            "stt-model-unknown",
            f"STT_MODEL={name!r} is neither demo, auto, a folder, a hub id (owner/name) "
            f"nor one of: {known}",
        )


def _window_s(folder: Path) -> int:
    """The seconds of audio that a model was made for; a model trained for short ones says so."""
    try:
        settings = json.loads((folder / "preprocessor_config.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return _STOCK_WINDOW_S
    return int(settings.get("chunk_length", _STOCK_WINDOW_S))


def _unavailable(name: str, reason: str) -> TranscriptionError:
    return TranscriptionError(
        "stt-model-unavailable",
        f"The recogniser {name!r} cannot be loaded: {reason}. Connect this machine to the hub "
        "once, or set STT_MODEL to a folder that holds a CTranslate2 Whisper model, or to `demo` "
        "for the shipped model, which understands synthetic voices only.",
    )
