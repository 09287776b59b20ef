"""What a recogniser prints where nobody spoke: rules that turn it into silence."""

import re
from collections.abc import Sequence
from enum import StrEnum

import numpy as np

from voice.audio.resample import Floats

_FRAME_S = 0.02
_VOICED_DBFS = -50.0
_MIN_VOICED_S = 0.08
_MAX_CHARACTERS_A_SECOND = 30.0
_IMPROBABLE = -0.5
_SHORT_S = 3.0
_REPEATED = re.compile(r"(\D{1,6}?)\1{5,}")
_MARKS = re.compile(r"[\s.,?!~]")
_RECITED = 3
"""So many hotwords in the prompt's order, and nothing else, are the prompt and not a caller."""

# What Whisper learned from subtitles. 감사합니다 alone is not among them: callers say it.
_SUBTITLES = frozenset(
    {
        "시청해주셔서감사합니다",
        "시청해주셔서고맙습니다",
        "끝까지시청해주셔서감사합니다",
        "구독과좋아요부탁드립니다",
        "구독과좋아요알림설정부탁드립니다",
        "좋아요와구독부탁드립니다",
        "다음영상에서만나요",
        "다음영상에서뵙겠습니다",
        "다음시간에만나요",
        "오늘영상은여기까지입니다",
        "한글자막by",
        "한글자막제공",
        "자막제공",
        "자막by",
        "광고를포함하고있습니다",
        "유료광고를포함하고있습니다",
    }
)
_NEWS = re.compile(r"(?:MBC|KBS|SBS|YTN|JTBC)뉴스.{0,12}(?:입니다)?")


class Stage(StrEnum):
    """A stage of the defence; they are asked in this order."""

    QUIET = "quiet"
    """Too little sound for a syllable: nothing was recognised at all."""
    NO_SPEECH = "no-speech"
    """The model itself holds it for no speech."""
    SUBTITLES = "subtitles"
    """Short, improbable, and a line that Whisper learned from subtitles."""
    RATE = "rate"
    """More characters than anybody says in the time."""
    REPETITION = "repetition"
    """A loop."""
    HOTWORDS = "hotwords"
    """The prompt read out."""
    UNSURE = "unsure"
    """More guessed than heard: speech perhaps, but nothing that could be understood."""


def voiced_seconds(pcm: Floats, sample_rate: int) -> float:
    """How long `pcm` of shape (n,), range ±1, is louder than -50 dBFS."""
    size = int(_FRAME_S * sample_rate)
    count = len(pcm) // size
    if count == 0:
        return 0.0
    power = np.mean(np.square(pcm[: count * size].reshape(count, size)), axis=1)
    return float(np.count_nonzero(power > 10 ** (_VOICED_DBFS / 10))) * _FRAME_S


def is_audible(voiced_s: float) -> bool:
    """Whether there is enough sound for a syllable."""
    return voiced_s >= _MIN_VOICED_S


def rejected_by(
    text: str,
    *,
    voiced_s: float,
    avg_logprob: float,
    no_speech_prob: float,
    unsure_below: float,
    hotwords: Sequence[str] = (),
) -> Stage | None:
    """The first stage for which `text` is more likely invented than said; None: it was said.

    `avg_logprob` is the mean log probability of its tokens, `unsure_below` the model's floor for
    it, `hotwords` the names in the prompt, in its order.
    """
    improbable = avg_logprob < _IMPROBABLE
    bare = _bare(text)
    if not bare:
        return None
    learned = bare in _SUBTITLES or _NEWS.fullmatch(bare) is not None
    recited = _recited(bare, [_bare(word) for word in hotwords])
    found = {
        Stage.NO_SPEECH: no_speech_prob > 0.9 or (no_speech_prob > 0.5 and improbable),
        Stage.SUBTITLES: learned and improbable and voiced_s < _SHORT_S,
        Stage.RATE: len(bare) > max(8.0, voiced_s * _MAX_CHARACTERS_A_SECOND),
        Stage.REPETITION: _REPEATED.search(bare) is not None,
        Stage.HOTWORDS: recited >= _RECITED or (recited > 0 and improbable),
        Stage.UNSURE: avg_logprob < unsure_below,
    }
    return next((stage for stage, applies in found.items() if applies), None)


def _bare(text: str) -> str:
    return _MARKS.sub("", text)


def _recited(bare: str, hotwords: Sequence[str]) -> int:
    """How many hotwords in a row `bare` consists of; 0 when of anything else."""
    for start in range(len(hotwords)):
        rest = bare
        for count, word in enumerate(hotwords[start:], start=1):
            if not rest.startswith(word):
                break
            rest = rest.removeprefix(word)
            if not rest:
                return count
    return 0
