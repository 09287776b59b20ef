"""From a checkpoint to `models/demo-stt`: CTranslate2, int8. Needs torch."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from ctranslate2.converters.transformers import WhisperLoader

from scripts.demo_stt.examples import HOP, MELS, WINDOW_S
from scripts.demo_stt.model import DemoModel
from scripts.demo_stt.vocabulary import KOREAN, Vocabulary

_N_FFT = 400


def load(checkpoint: Path) -> tuple[DemoModel, Vocabulary, dict[str, Any]]:
    """The averaged model of a checkpoint, its vocabulary and the rest of its state."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    vocabulary = Vocabulary(tuple(state["tokens"]))
    model = DemoModel(vocabulary, **state["shape"])
    model.load_state_dict(state["model"])
    return model.eval(), vocabulary, state


def export(checkpoint: Path, folder: Path) -> None:
    """Write the model, its tokenizer and its feature settings into `folder`.

    A model card (README.md) that lies there is kept.
    """
    model, vocabulary, _ = load(checkpoint)
    whisper = model.whisper
    whisper.generation_config.suppress_tokens = []
    whisper.generation_config.begin_suppress_tokens = []
    whisper.generation_config.lang_to_id = {KOREAN: vocabulary.id(KOREAN)}
    heads = whisper.config.decoder_attention_heads
    whisper.generation_config.alignment_heads = [[1, head] for head in range(heads)]
    ids = {token: index for index, token in enumerate(vocabulary.tokens)}
    with torch.no_grad():
        spec = WhisperLoader()(whisper, SimpleNamespace(get_vocab=lambda: ids))
        spec.validate()
        spec.optimize(quantization="int8")
    folder.mkdir(parents=True, exist_ok=True)
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    spec.save(str(new))
    (new / "tokenizer.json").write_text(vocabulary.tokenizer_json(), encoding="utf-8")
    settings = {
        "feature_size": MELS,
        "hop_length": HOP,
        "n_fft": _N_FFT,
        "sampling_rate": 16_000,
        "chunk_length": WINDOW_S,
    }
    (new / "preprocessor_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    for file in new.iterdir():
        file.replace(folder / file.name)
    new.rmdir()
