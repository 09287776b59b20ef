"""Cuts text into sentences, a stream of it as soon as each is whole."""

from __future__ import annotations

import re

_END = re.compile(r"[.?!…]+[\"'”’)]*(?=\s)|\n+")
_MARKS = re.compile(r"[*_#`>|]+|^\s*(?:[-•]|\d+\.)\s+")
_SENTENCE = re.compile(r"[^.?!]+(?:\.(?=\d)[^.?!]+)*[.?!]")


def in_sentences(text: str) -> list[str]:
    """The sentences of a written answer that is there as a whole."""
    return [match[0].strip() for match in _SENTENCE.finditer(text)] or [text]


class SentenceCutter:
    """Feed it pieces of text; it gives back whole sentences, free of markup."""

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, piece: str) -> list[str]:
        """The sentences that this piece completes; an end counts once a space follows."""
        self._rest += piece
        sentences = []
        while match := _END.search(self._rest):
            sentences.append(self._rest[: match.end()])
            self._rest = self._rest[match.end() :]
        return [clean for sentence in sentences if (clean := _clean(sentence))]

    def finish(self) -> list[str]:
        """What is left when the stream has ended well."""
        rest, self._rest = _clean(self._rest), ""
        return [rest] if rest else []


def _clean(sentence: str) -> str:
    return re.sub(r"\s+", " ", _MARKS.sub("", sentence)).strip()
