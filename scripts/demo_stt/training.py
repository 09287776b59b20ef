"""Training of the demo model within a budget of wall time. Needs torch.

A second process makes examples; every example serves twice, each time with other masks and
another length of empty context after it.
"""

import copy
import math
import multiprocessing
import os
import random
import time
from collections.abc import Iterator
from itertools import islice
from multiprocessing.queues import Queue
from pathlib import Path

import torch
from torch import Tensor

from scripts.demo_stt import audio, corpus
from scripts.demo_stt.everyday import SYLLABLES
from scripts.demo_stt.examples import FRAMES, MELS, Example, Examples
from scripts.demo_stt.heldout import held_out
from scripts.demo_stt.model import DemoModel
from scripts.demo_stt.scoring import edits, normalized
from scripts.demo_stt.vocabulary import Vocabulary

_BATCH = 32
_CHUNK = 640
_FRAME_STEP = 40  # few different shapes: a CPU compiles its kernels for each one anew
_WARM_UP_STEPS = 200
_EMA_EVERY = 4
_EMA_DECAY = 0.995
_LOG_EVERY = 50
_SAVE_EVERY_S = 300
_DEV_SIZE = 96
_EASY = 9_000
_VOCABULARY_SAMPLE = 60_000


def build_vocabulary() -> Vocabulary:
    """The vocabulary of the corpus, the held-out sentences' characters included."""
    sample = (pair.written for pair in islice(corpus.sentences(0), _VOCABULARY_SAMPLE))
    characters = {*"".join(sample), *SYLLABLES, *"".join(p.written for p in held_out())}
    return Vocabulary.of(characters)


def _produce(vocabulary: Vocabulary, seed: int, easy: int, queue: "Queue[list[Example]]") -> None:
    os.nice(3)
    torch.set_num_threads(1)
    source = iter(Examples(vocabulary, seed=seed, voices=audio.training_voices(), easy=easy))
    while True:
        queue.put(list(islice(source, 64)))


def _batches(queue: "Queue[list[Example]]", rng: random.Random) -> Iterator[list[Example]]:
    """Batches of similar length, each example in two of them."""
    previous: list[Example] = []
    while True:
        fresh: list[Example] = []
        while len(fresh) < _CHUNK:
            fresh += queue.get()
        pool = sorted(fresh + previous, key=lambda e: e.mel.shape[1] + rng.uniform(0, 20))
        starts = list(range(0, len(pool), _BATCH))
        rng.shuffle(starts)
        for start in starts:
            yield pool[start : start + _BATCH]
        previous = fresh


def collate(batch: list[Example], *, extra: int) -> tuple[Tensor, Tensor]:
    """The log-mel of a batch, zero after each example and `extra` frames more; and lengths."""
    frames = torch.tensor([example.mel.shape[1] for example in batch])
    length = -(-(int(frames.max()) + extra) // _FRAME_STEP) * _FRAME_STEP
    length = min(length, FRAMES)
    mel = torch.zeros(len(batch), MELS, length)
    for row, example in enumerate(batch):
        mel[row, :, : example.mel.shape[1]] = torch.from_numpy(example.mel).float()
    return mel, frames


def _mask(mel: Tensor, frames: Tensor, rng: random.Random) -> None:
    """Blank a band or a short stretch of some examples, in place.

    Little of it: no example comes more than twice, so the model does not learn them by heart.
    """
    for row in range(len(mel)):
        if rng.random() < 0.3:
            width = rng.randint(1, 10)
            start = rng.randint(0, MELS - width)
            mel[row, start : start + width, : int(frames[row])] = 0
        if rng.random() < 0.2:
            width = rng.randint(1, 5)
            start = rng.randint(0, max(0, int(frames[row]) - width))
            mel[row, :, start : start + width] = 0


def _extra(rng: random.Random) -> int:
    """Frames of empty context after the longest of a batch: mostly below a second."""
    return rng.randint(0, 500) if rng.random() < 0.06 else rng.randint(0, 40)


class Trainer:
    """One run; what it learns lies in `folder`."""

    def __init__(
        self,
        folder: Path,
        *,
        minutes: float,
        width: int,
        layers: int,
        seed: int,
        rate: float,
        start: Path | None = None,
    ) -> None:
        """`rate` is the highest learning rate; it falls to zero over `minutes`.

        With `start`, a checkpoint, training goes on from there, in its shape and vocabulary.
        """
        self._rate = rate
        self._folder = folder
        self._budget_s = minutes * 60
        self._seed = seed
        self._easy = _EASY if start is None else 0
        torch.manual_seed(seed)
        state = start and torch.load(start, map_location="cpu", weights_only=True)
        self._shape = state["shape"] if state else {"width": width, "layers": layers}
        self.vocabulary = Vocabulary(tuple(state["tokens"])) if state else build_vocabulary()
        self.model = DemoModel(self.vocabulary, **self._shape)
        self._optimizer = torch.optim.AdamW(
            self.model.parameters(), betas=(0.9, 0.98), weight_decay=0.02, fused=True
        )
        if state:
            self.model.load_state_dict(state["raw"])
            if "optimizer" in state:
                self._optimizer.load_state_dict(state["optimizer"])
        self._average = copy.deepcopy(self.model)

    def run(self) -> None:
        """Train until the time is over; prints progress, saves regularly."""
        rng = random.Random(self._seed)
        context = multiprocessing.get_context("spawn")
        queue: Queue[list[Example]] = context.Queue(12)
        maker = context.Process(
            target=_produce,
            args=(self.vocabulary, self._seed + 1, self._easy, queue),
            daemon=True,
        )
        maker.start()
        dev = self._development()
        parameters = sum(p.numel() for p in self.model.whisper.parameters())
        print(
            f"{parameters / 1e6:.2f} M parameters, {len(self.vocabulary.tokens)} tokens", flush=True
        )
        started = saved = time.monotonic()
        sums, waited = torch.zeros(2), 0.0
        batches = _batches(queue, rng)
        step = 0
        while (elapsed := time.monotonic() - started) < self._budget_s:
            before = time.monotonic()
            batch = next(batches)
            waited += time.monotonic() - before
            sums += self._step(batch, step, elapsed / self._budget_s, rng)
            step += 1
            if step % _LOG_EVERY == 0:
                text, ctc = (sums / _LOG_EVERY).tolist()
                print(
                    f"{elapsed / 60:6.2f} min  step {step:6d}  text {text:.3f}  ctc {ctc:.3f}  "
                    f"waited {waited:.1f} s",
                    flush=True,
                )
                sums, waited = torch.zeros(2), 0.0
            if time.monotonic() - saved > _SAVE_EVERY_S:
                self._save(step, dev)
                saved = time.monotonic()
        self._save(step, dev)
        maker.terminate()

    def _development(self) -> list[Example]:
        source = Examples(self.vocabulary, seed=99, voices=audio.DEV_VOICES, perturb=False)
        return sorted(islice(source, _DEV_SIZE), key=lambda example: example.mel.shape[1])

    def _step(self, batch: list[Example], step: int, progress: float, rng: random.Random) -> Tensor:
        warm = min(1.0, (step + 1) / _WARM_UP_STEPS)
        rate = self._rate * warm * 0.5 * (1 + math.cos(math.pi * progress))
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        mel, frames = collate(batch, extra=_extra(rng))
        _mask(mel, frames, rng)
        with torch.autocast("cpu", torch.bfloat16):
            text, ctc = self.model.loss(
                mel, frames, [e.tokens for e in batch], [e.sounds for e in batch]
            )
        self._optimizer.zero_grad(set_to_none=True)
        (text + ctc).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self._optimizer.step()
        if step % _EMA_EVERY == 0:
            decay = min(_EMA_DECAY, step / (step + 40))
            with torch.no_grad():
                torch._foreach_lerp_(
                    list(self._average.parameters()), list(self.model.parameters()), 1 - decay
                )
        return torch.stack([text.detach(), ctc.detach()])

    def _save(self, step: int, dev: list[Example]) -> None:
        wrong = total = exact = invented = 0
        for start in range(0, len(dev), 16):
            batch = dev[start : start + 16]
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                texts = self._average.greedy(collate(batch, extra=40)[0])
            for example, ids in zip(batch, texts, strict=True):
                said, heard = normalized(example.written), normalized(self.vocabulary.decode(ids))
                if not said:
                    invented += len(heard)
                    continue
                wrong += edits(said, heard)
                total += len(said)
                exact += said == heard
        print(
            f"step {step}: dev CER {wrong / total:.3f}, exact {exact}/{len(dev)}, "
            f"invented {invented}",
            flush=True,
        )
        self._folder.mkdir(parents=True, exist_ok=True)
        state = {
            "shape": self._shape,
            "step": step,
            "tokens": self.vocabulary.tokens,
            "model": self._average.state_dict(),
            "raw": self.model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }
        torch.save(state, self._folder / "checkpoint.tmp")
        (self._folder / "checkpoint.tmp").replace(self._folder / "checkpoint.pt")
