"""How far a sentence has come: which of its words lie in so much of its audio."""

import math
from bisect import bisect_right
from functools import cached_property
from itertools import pairwise

from agent.korean.spoken import to_spoken
from voice.pace import beats


class Progress:
    """One sentence's: every voice that says some of it is taken to do so at an even pace.

    It is measured as it is said, in beats (`voice.pace`): `55,000원` has five.
    """

    def __init__(self, text: str) -> None:
        """`text` is the written form."""
        self._text = text
        self._switches: list[tuple[int, int]] = []
        """Where another voice went on: the byte, and the beats before it."""

    @cached_property
    def beats(self) -> int:
        """How long all of it takes to say."""
        return beats(to_spoken(self._text))

    @property
    def voices(self) -> int:
        """How many voices have said some of it."""
        return 1 + len(self._switches)

    def go_on(self, at: int, rest: str) -> None:
        """From byte `at` on, another voice says `rest`, the end of the spoken form.

        What was said of the words in `rest` before does not count.
        """
        self._switches.append((at, self.beats - beats(rest)))

    def expected_end(self, begins: int, beat_bytes: float) -> int:
        """The byte at which the last voice should have said all, at so many bytes a beat.

        The sentence begins at byte `begins`.
        """
        start, before = [(begins, 0), *self._switches][-1]
        return start + math.ceil((self.beats - before) * beat_bytes)

    def words(self, played: int, *, begins: int, ends: int) -> list[str]:
        """The words that lie as a whole in the first `played` bytes.

        The sentence begins at byte `begins`, and its last voice has said it at byte `ends`.
        """
        said = 0.0
        for (start, before), (end, after) in pairwise(
            [(begins, 0), *self._switches, (ends, self.beats)]
        ):
            if start < min(played, end):
                said = before + (min(played, end) - start) * (after - before) / (end - start)
        words = self._text.split(" ")
        # How a word is said depends on its neighbours: so beginnings are measured, not words.
        whole = bisect_right(
            range(1, len(words) + 1),
            said,
            key=lambda count: beats(to_spoken(" ".join(words[:count]))),
        )
        return words[:whole] if said else []
