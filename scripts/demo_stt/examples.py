"""Random training examples: a sentence, a voice and a line as log-mel frames and token ids."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor
from numpy.typing import NDArray

from scripts.demo_stt import audio, corpus
from scripts.demo_stt.nonspeech import non_speech
from scripts.demo_stt.vocabulary import Vocabulary, sounds
from voice.audio.resample import Floats

WINDOW_S = 12
"""The longest audio that the model takes."""
HOP = 240
"""Samples between log-mel frames: 15 ms, which costs a third less to train than Whisper's 10."""
FRAMES = WINDOW_S * audio.MODEL_HZ // HOP
"""Log-mel frames in the longest audio."""
MELS = 80
_NON_SPEECH_SHARE = 0.06
_BABBLE_S = 30
_LONGEST_S = 9.5
_EASY_CHARACTERS = 13
_EASY_VOICES = ("f1", "f3", "m1", "m2", "m7", "Annie")


@dataclass(frozen=True)
class Example:
    """One utterance."""

    mel: NDArray[np.float16]
    """Log-mel frames, shape (80, frames)."""
    tokens: list[int]
    """The written form; empty where there is no speech."""
    sounds: list[int]
    """The spoken form as symbols of the CTC head."""
    written: str
    """The written form as text."""


class Examples:
    """A source of random examples, the same for the same seed."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        seed: int,
        voices: Sequence[str],
        perturb: bool = True,
        easy: int = 0,
    ) -> None:
        """The first `easy` examples are short sentences by few voices on clean lines.

        On them the model finds out which sound stands for which text.
        """
        self._vocabulary = vocabulary
        self._rng = random.Random(seed)
        self._sentences = corpus.sentences(seed)
        self._voices = voices
        self._perturb = perturb
        self._easy = easy
        self._extract = FeatureExtractor(feature_size=MELS, chunk_length=WINDOW_S, hop_length=HOP)
        self._babble = np.zeros(0, np.float32)

    def __iter__(self) -> Iterator[Example]:
        while True:
            example = self._one()
            if example.mel.shape[1] * HOP <= _LONGEST_S * audio.MODEL_HZ:
                yield example

    def _one(self) -> Example:
        rng = self._rng
        if rng.random() < _NON_SPEECH_SHARE:
            return self._example(non_speech(rng, seconds=rng.uniform(0.3, 5.0)), "", "")
        pair = next(self._sentences)
        self._easy -= 1
        easy = self._easy >= 0
        while easy and len(pair.spoken) > _EASY_CHARACTERS:
            pair = next(self._sentences)
        voice = rng.choice(_EASY_VOICES if easy else self._voices)
        speech = audio.speak(pair.spoken, voice, rng, perturb=self._perturb and not easy)
        self._remember(speech)
        line = audio.random_line(rng)
        if easy:
            line = replace(line, level_dbfs=-20.0, snr_db=35.0)
        return self._example(
            audio.on_the_line(speech, line, rng, self._babble), pair.written, pair.spoken
        )

    def _example(self, data: bytes, written: str, spoken: str) -> Example:
        mel = self._extract(audio.received(data))[:, :-1]
        return Example(
            mel.astype(np.float16), self._vocabulary.encode(written), sounds(spoken), written
        )

    def _remember(self, speech: Floats) -> None:
        """Keep the last half minute of speech as the murmur behind the next utterances."""
        keep = _BABBLE_S * audio.LINE_HZ
        self._babble = np.concatenate([self._babble, speech])[-keep:]
