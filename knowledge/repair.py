"""Mends words of the trade that a recogniser misheard: `로민` is `로밍`, `요금재` is `요금제`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from knowledge.jamo import distance, to_jamo

_MIN_JAMO = 5
"""Shorter words are too near to others."""
_FARTHEST = 1.0
"""In jamo; sounds that telephone lines blur count half."""
_RUN = re.compile(r"[가-힣]+")


class Repair:
    """Replaces what begins a word and is one jamo off a word that we know."""

    def __init__(self, words: Iterable[str]) -> None:
        whole = {word for word in words if _RUN.fullmatch(word)}
        self._words = tuple(
            (word, to_jamo(word))
            for word in sorted(whole, key=lambda word: (-len(word), word))
            if len(to_jamo(word)) >= _MIN_JAMO
        )
        self._known: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        """The text with misheard words mended; everything else, and its length, stays."""
        return _RUN.sub(lambda run: self._mended(run[0]), text)

    def _mended(self, run: str) -> str:
        if run not in self._known:
            if len(self._known) > 4096:
                self._known.clear()
            self._known[run] = self._mend(run)
        return self._known[run]

    def _mend(self, run: str) -> str:
        if any(run.startswith(word) for word, _ in self._words):
            return run
        for word, jamo in self._words:
            heard = to_jamo(run[: len(word)])
            near = len(run) >= len(word) and abs(len(heard) - len(jamo)) <= _FARTHEST
            if near and distance(heard, jamo) <= _FARTHEST:
                return word + run[len(word) :]
        return run
