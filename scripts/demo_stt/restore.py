"""From `models/demo-stt` back to a checkpoint from which training can go on. Needs torch.

The export keeps eight bits a weight, which is enough to go on from; it drops the CTC head, which
is learned anew here while the rest stands still.
"""

import json
import struct
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from scripts.demo_stt import audio
from scripts.demo_stt.examples import Examples
from scripts.demo_stt.model import DemoModel
from scripts.demo_stt.training import collate
from scripts.demo_stt.vocabulary import Vocabulary

_TYPES = ("<f4", "i1", "<i2", "<i4", "<f2")
_HEAD_STEPS = 250
_HEAD_BATCH = 24
_HEAD_RATE = 4e-3


def _string(file: BinaryIO) -> str:
    (length,) = struct.unpack("<H", file.read(2))
    return file.read(length).rstrip(b"\0").decode()


def _numbers(file: BinaryIO, form: str) -> tuple[int, ...]:
    return struct.unpack("<" + form, file.read(struct.calcsize("<" + form)))


def read_weights(data: bytes) -> dict[str, NDArray[np.float32]]:
    """The weights of a CTranslate2 `model.bin` (version 6) by name, eight bits made floats."""
    file = BytesIO(data)
    _numbers(file, "I")
    _string(file)
    _numbers(file, "I")
    raw: dict[str, NDArray[np.float32]] = {}
    for _ in range(*_numbers(file, "I")):
        name = _string(file)
        (rank,) = _numbers(file, "B")
        shape = _numbers(file, f"{rank}I")
        kind, size = _numbers(file, "BI")
        values = np.frombuffer(file.read(size), dtype=_TYPES[kind])
        raw[name] = values.reshape(shape).astype(np.float32)
    scales = {name: raw.pop(name) for name in list(raw) if name.endswith("_scale")}
    for name, scale in scales.items():
        weight = name.removesuffix("_scale")
        if weight in raw:
            raw[weight] = raw[weight] / scale.reshape(-1, *[1] * (raw[weight].ndim - 1))
    return raw


def _attention(weights: dict[str, Tensor], ours: str, theirs: str) -> dict[str, Tensor]:
    """One attention's projections; CTranslate2 joins those that read the same input."""
    joined = [weights[f"{theirs}/linear_{i}/weight"] for i in range(3) if _has(weights, theirs, i)]
    biases = [weights[f"{theirs}/linear_{i}/bias"] for i in range(3) if _has(weights, theirs, i)]
    width = joined[-1].shape[0]
    matrices, shifts = torch.cat(joined).split(width), torch.cat(biases).split(width)
    found = {}
    for name, matrix, shift in zip(("q", "k", "v", "out"), matrices, shifts, strict=True):
        found[f"{ours}.{name}_proj.weight"] = matrix
        if name != "k":
            found[f"{ours}.{name}_proj.bias"] = shift
    return found


def _has(weights: dict[str, Tensor], attention: str, index: int) -> bool:
    return f"{attention}/linear_{index}/weight" in weights


def _norm(weights: dict[str, Tensor], ours: str, theirs: str) -> dict[str, Tensor]:
    return {
        f"{ours}.weight": weights[f"{theirs}/gamma"],
        f"{ours}.bias": weights[f"{theirs}/beta"],
    }


def whisper_state(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The state of transformers' Whisper from CTranslate2's weights."""
    found = {
        "model.decoder.embed_tokens.weight": weights["decoder/embeddings/weight"],
        "proj_out.weight": weights["decoder/embeddings/weight"],
    }
    for conv in ("conv1", "conv2"):
        found[f"model.encoder.{conv}.weight"] = weights[f"encoder/{conv}/weight"]
        found[f"model.encoder.{conv}.bias"] = weights[f"encoder/{conv}/bias"]
    for part in ("encoder", "decoder"):
        found[f"model.{part}.embed_positions.weight"] = weights[
            f"{part}/position_encodings/encodings"
        ]
        found |= _norm(weights, f"model.{part}.layer_norm", f"{part}/layer_norm")
        layer = 0
        while f"{part}/layer_{layer}/ffn/linear_0/weight" in weights:
            ours, theirs = f"model.{part}.layers.{layer}", f"{part}/layer_{layer}"
            attentions = [("self_attn", "self_attention"), ("encoder_attn", "attention")]
            for name, other in attentions[: 1 if part == "encoder" else 2]:
                found |= _attention(weights, f"{ours}.{name}", f"{theirs}/{other}")
                found |= _norm(weights, f"{ours}.{name}_layer_norm", f"{theirs}/{other}/layer_norm")
            for index in (0, 1):
                for kind in ("weight", "bias"):
                    found[f"{ours}.fc{index + 1}.{kind}"] = weights[
                        f"{theirs}/ffn/linear_{index}/{kind}"
                    ]
            found |= _norm(weights, f"{ours}.final_layer_norm", f"{theirs}/ffn/layer_norm")
            layer += 1
    return found


def _learn_head(model: DemoModel, vocabulary: Vocabulary) -> None:
    """Teaches the CTC head to read what the encoder says."""
    model.requires_grad_(False)
    model.sounds.requires_grad_(True)
    optimizer = torch.optim.AdamW(model.sounds.parameters(), lr=_HEAD_RATE)
    examples = iter(Examples(vocabulary, seed=11, voices=audio.training_voices()))
    for step in range(_HEAD_STEPS):
        batch = list(islice(examples, _HEAD_BATCH))
        mel, frames = collate(batch, extra=0)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            hidden = model.encode(mel)
        scores = functional.log_softmax(model.sounds(hidden.float()), -1).transpose(0, 1)
        loss = functional.ctc_loss(
            scores,
            torch.tensor([sound for e in batch for sound in e.sounds], dtype=torch.long),
            (frames + 1) // 2,
            torch.tensor([len(e.sounds) for e in batch]),
            zero_infinity=True,
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 50 == 0:
            print(f"head step {step}: loss {loss.item():.3f}", flush=True)
    model.requires_grad_(True)


def restore(folder: Path, checkpoint: Path) -> None:
    """Writes the model in `folder` as a checkpoint that `train --start` goes on from."""
    raw = read_weights((folder / "model.bin").read_bytes())
    weights = {name: torch.from_numpy(value.copy()) for name, value in raw.items()}
    vocabulary = Vocabulary(tuple(json.loads((folder / "vocabulary.json").read_text("utf-8"))))
    layers = sum(name.endswith("self_attention/linear_0/weight") for name in raw) - 2
    shape = {"width": len(raw["encoder/layer_norm/beta"]), "layers": layers}
    model = DemoModel(vocabulary, **shape)
    model.whisper.load_state_dict(whisper_state(weights))
    _learn_head(model, vocabulary)
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    state = model.state_dict()
    torch.save(
        {"shape": shape, "step": 0, "tokens": vocabulary.tokens, "model": state, "raw": state},
        checkpoint,
    )
