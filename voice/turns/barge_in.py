"""Decides, while the agent speaks, whether the caller means to interrupt.

A fifth of a second of voice pauses the reply. What was said then decides: a backchannel or noise
lets it go on, anything else stops it.
"""

import re
from enum import Enum, StrEnum, auto

from agent.actions import Expectation
from knowledge.jamo import distance, to_jamo

PAUSE_VOICED_MS = 96
"""Voiced audio from which the reply pauses: three windows of the VAD."""

MEANT_VOICED_MS = 192
"""Voiced audio from which words are meant to interrupt; shorter ones only if they say so."""

STOP_VOICED_MS = 1_600
"""Voiced audio that no backchannel lasts, however slowly it is said."""

UNHEARD_VOICED_MS = 320
"""Voiced audio that is taken for words where none could be recognised in time."""

_BACKCHANNELS = frozenset(
    (
        "네", "예", "응", "음", "어", "아", "오", "와", "흠", "에", "하", "넵", "네에", "예에",
        "아하", "그래", "그래요", "그렇군", "그렇군요", "그렇구나", "그렇구나요", "그러시군요",
        "그렇죠", "그쵸", "그러네요", "그렇네요", "그럼요", "맞아", "맞아요", "맞습니다",
        "알겠어요", "알겠습니다", "진짜요", "정말요", "좋네요", "오케이",
    )
)  # fmt: skip
_MISHEARD = 0.35
"""Share of its jamo by which a guess may differ from a backchannel of three syllables or more."""

_MISSPELT = 0.2
"""The same for a clear text, and one of four syllables or more."""

_LONG = tuple(to_jamo(word) for word in _BACKCHANNELS if len(word) >= 4)
_LONGER = tuple(to_jamo(word) for word in _BACKCHANNELS if len(word) >= 3)
_ANSWERS = re.compile(
    r"(?:아|음|어)?(?:네|예|응|어|넵|그래요?|맞아요?|맞습니다|좋아요|그럼요|아니요?|아뇨|아니오)+"
)
_STOP_WORD = re.compile(
    r"잠깐|잠시만|그만|스톱|스탑|멈춰|멈추|상담[원사]|사람|됐어|됐고|됐습|아니(?!면|라면|어도)|아뇨"
    r"|여보세요|저기요|취소|기다려|조용"
)


class Verdict(StrEnum):
    """What the reply should do."""

    PAUSE = "pause"
    RESUME = "resume"
    """The caller did not mean to interrupt."""
    STOP = "stop"


class _State(Enum):
    LISTENING = auto()
    PAUSED = auto()
    DISMISSED = auto()
    STOPPED = auto()


class BargeIn:
    """A state machine for one utterance after another; synchronous, without a clock."""

    def __init__(self) -> None:
        self._state = _State.LISTENING
        self._judged_ms = 0

    @property
    def paused(self) -> bool:
        """Whether the reply waits for a verdict."""
        return self._state is _State.PAUSED

    @property
    def dismissed(self) -> bool:
        """Whether the utterance, as far as it was judged, was not meant to interrupt."""
        return self._state is _State.DISMISSED

    def begin(self) -> None:
        """A new utterance begins."""
        self._state = _State.LISTENING
        self._judged_ms = 0

    def voiced(self, voiced_ms: int) -> Verdict | None:
        """So much of the utterance has been heard, with or without words so far."""
        unjudged_ms = voiced_ms - self._judged_ms
        if self.paused and unjudged_ms >= STOP_VOICED_MS:
            return self._stop()
        if self._undecided and not self.paused and unjudged_ms >= PAUSE_VOICED_MS:
            self._state = _State.PAUSED
            return Verdict.PAUSE
        return None

    def partial(self, text: str) -> Verdict | None:
        """Two partial transcripts agree on `text` while the caller goes on speaking."""
        return self._stop() if self.paused and not is_backchannel(text) else None

    def heard(
        self, text: str, voiced_ms: int, expects: Expectation, *, guessed: bool = False
    ) -> Verdict | None:
        """The caller is silent after `text`; `expects` is what the reply is asking just now.

        `guessed` says that the text is what the words may have been.
        """
        beside = may_be_backchannel(text) if guessed else is_backchannel(text)
        long_enough = voiced_ms - self._judged_ms >= MEANT_VOICED_MS
        if not self._undecided or (self.dismissed and not long_enough):
            return None
        answered = expects is Expectation.YES_NO and is_answer(text)
        if answered or is_stop_word(text) or (long_enough and not beside):
            return self._stop()
        return self.dismiss(voiced_ms)

    def ended(self, voiced_ms: int) -> Verdict | None:
        """The utterance is over, or takes too long; what was not recognised is judged by length."""
        if not self._undecided:
            return None
        if voiced_ms - self._judged_ms >= UNHEARD_VOICED_MS:
            return self._stop()
        return self.dismiss(voiced_ms)

    def dismiss(self, voiced_ms: int) -> Verdict | None:
        """What was heard so far, `voiced_ms` of it, was not meant to interrupt."""
        was_paused = self.paused
        self._state = _State.DISMISSED
        self._judged_ms = voiced_ms
        return Verdict.RESUME if was_paused else None

    @property
    def _undecided(self) -> bool:
        return self._state is not _State.STOPPED

    def _stop(self) -> Verdict:
        self._state = _State.STOPPED
        return Verdict.STOP


def is_backchannel(text: str) -> bool:
    """Whether `text` only tells that one listens; so does a text without a word.

    Long ones may be one or two sounds off, 그러쿤요 or 알겠슴니다; short ones mean something else.
    """
    return all(
        word in _BACKCHANNELS or _repeated(word) or _near(word, _LONG, _MISSPELT)
        for word in _words(text)
    )


def may_be_backchannel(guess: str) -> bool:
    """Whether a text that was more guessed than heard sounds like a backchannel.

    `아 에서 요` was 알겠어요.
    """
    return is_backchannel(guess) or _near("".join(_words(guess)), _LONGER, _MISHEARD)


def _near(word: str, known: tuple[str, ...], share: float) -> bool:
    heard = to_jamo(word)
    return any(distance(heard, meant) <= share * len(meant) for meant in known)


def is_stop_word(text: str) -> bool:
    """Whether `text` holds a word that asks us to be quiet, or for somebody else."""
    return _STOP_WORD.search("".join(_words(text))) is not None


def is_answer(text: str) -> bool:
    """Whether `text` is a yes or a no, and nothing else."""
    return _ANSWERS.fullmatch("".join(_words(text))) is not None


def _repeated(word: str) -> bool:
    """네네, 예예예, 음음."""
    return len(set(word)) == 1 and word[0] in _BACKCHANNELS


def _words(text: str) -> list[str]:
    return re.sub(r"[^\w\s]", " ", text).split()
