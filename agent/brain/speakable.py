"""What of a chat model's sentences may be said to a caller at all; figures are checked later."""

from __future__ import annotations

import re

from agent.grounding.evidence import squeeze

_LONGEST = 160
"""Characters of one sentence; nobody follows more by ear."""
_SHINGLE = 14
"""So many signs in a row from the prompt are no coincidence."""
_HANGUL = re.compile(r"[가-힣]")
_MACHINE = re.compile(r"[a-z]+_[a-z]+|[{}<>\[\]=]|https?:|(?:system|assistant|user)\s*:", re.I)
_HOLDS = re.compile(
    r"(?:확인|조회|검색|살펴|알아|찾아)\s?(?:해\s?)?(?:볼게요|보겠습니다|보고\s|드릴게요|드리겠습니다)"
    r"|잠시만|잠깐만|기다려"
)
_DIGIT = re.compile(r"\d")


def holds_on(sentence: str) -> bool:
    """Whether a sentence only bridges the wait and is no answer, such as `확인해 볼게요.`"""
    return bool(_HOLDS.search(sentence)) and not _DIGIT.search(sentence)


class Speakable:
    """Decides on one model's sentences; knows the instructions that nobody is to hear."""

    def __init__(self, instructions: str) -> None:
        secret = squeeze(instructions)
        self._secret = {
            secret[start : start + _SHINGLE] for start in range(len(secret) - _SHINGLE + 1)
        }

    def problem(self, sentence: str) -> str:
        """Why it may not be said: `language`, `long`, `machine` or `leak`; empty if it may."""
        if not _HANGUL.search(sentence):
            return "language"
        if len(sentence) > _LONGEST:
            return "long"
        if _MACHINE.search(sentence):
            return "machine"
        squeezed = squeeze(sentence)
        shingles = (
            squeezed[start : start + _SHINGLE] for start in range(len(squeezed) - _SHINGLE + 1)
        )
        return "leak" if any(shingle in self._secret for shingle in shingles) else ""
