"""How long a text takes to say: its beats, and how long the beats of a voice are."""

_PAUSES = frozenset(",.?!…")
_PRIOR_BEAT_S = 0.2
_PRIOR_BEATS = 20
"""How much the first guess weighs: as much as one sentence."""


def beats(text: str) -> int:
    """How long it takes to say `text`, in spoken form: a syllable or a punctuation mark each."""
    return sum(sign.isalnum() or sign in _PAUSES for sign in text)


class Pace:
    """How fast somebody speaks: a slow guess at first, then what was shown.

    Who takes a voice for slower than it is believes less to have been said: a word heard twice is
    better than one that was not heard.
    """

    def __init__(self) -> None:
        self._learned_s = _PRIOR_BEAT_S * _PRIOR_BEATS
        self._learned_beats = _PRIOR_BEATS

    @property
    def beat_s(self) -> float:
        """Seconds a beat."""
        return self._learned_s / self._learned_beats

    def beats_in(self, seconds: float) -> float:
        """How many beats are said in so many seconds."""
        return seconds * self._learned_beats / self._learned_s

    def learn(self, said_beats: int, took_s: float) -> None:
        """A text of so many beats was said to its end in so many seconds."""
        self._learned_beats += said_beats
        self._learned_s += took_s
