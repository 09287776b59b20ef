"""Which recogniser a name means: the shipped demo model, a hub name or id, or a folder."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
from faster_whisper import available_models, download_model

from voice.stt.transcriber import TranscriptionError

DEMO_FOLDER = Path(__file__).resolve().parents[2] / "models" / "demo-stt"

_STOCK_WINDOW_S = 30
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """A model, and how to run it."""

    path_or_name: str
    """A CTranslate2 folder, a name that faster-whisper knows, or a hub id."""
    device: str
    """`cpu` or `cuda`."""
    compute_type: str
    """CTranslate2's name of the arithmetic: `int8`, `float16`."""
    full_window: bool
    """Whether the encoder always needs its full 30 s, as stock checkpoints do."""


def resolve(name: str) -> ModelChoice:
    """The model that the setting `STT_MODEL` means.

    `demo` is the shipped one; `auto` is large-v3-turbo on a GPU and small on a CPU; otherwise a
    folder with a CTranslate2 model, a name such as `small`, or a hub id. Fetches nothing.
    Raises TranscriptionError with the code "stt-model-unavailable" where there is no such folder,
    and "stt-model-unknown" for a name that means nothing.
    """
    gpu = ctranslate2.get_cuda_device_count() > 0
    if name == "auto":
        name = "large-v3-turbo" if gpu else "small"
    folder = DEMO_FOLDER if name == "demo" else Path(name).expanduser()
    device, compute_type = ("cuda", "float16") if gpu else ("cpu", "int8")
    if (folder / "model.bin").is_file():
        return ModelChoice(
            path_or_name=str(folder),
            device="cpu" if name == "demo" else device,
            compute_type="int8" if name == "demo" else compute_type,
            full_window=_window_s(folder) >= _STOCK_WINDOW_S,
        )
    if name == "demo" or name.startswith((".", "/", "~")) or folder.is_dir():
        raise _unavailable(name, f"{folder} holds no CTranslate2 model (no model.bin)")
    if name not in available_models() and not _HUB_ID.fullmatch(name):
        known = ", ".join(available_models())
        raise TranscriptionError(
            "stt-model-unknown",
            f"STT_MODEL={name!r} is neither demo, auto, a folder, a hub id (owner/name) "
            f"nor one of: {known}",
        )
    return ModelChoice(
        path_or_name=name, device=device, compute_type=compute_type, full_window=True
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
