"""Cuts text into sentences, a stream of it as soon as each is whole."""

from __future__ import annotations

import re
import unicodedata

_END = re.compile(r"[.?!…]+[\"'”’)]*(?=\s)|\n+")
_MARKS = re.compile(r"[*#`>|]+|~{2,}|(?<!\w)_+|_+(?!\w)|^\s*(?:[-•]|\d+\.)\s+")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_ENDLESS = 400
"""Characters without an end of a sentence; nobody would wait for it."""
_UNSAID = frozenset({"So", "Sk", "Cs", "Co", "Cn", "Cf", "Mn", "Me"})
"""Emoji and what joins and colours them."""
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

    @property
    def endless(self) -> bool:
        """Whether a sentence has become so long that its end is not worth waiting for."""
        return len(self._rest) > _ENDLESS

    def finish(self) -> list[str]:
        """What is left when the stream has ended well."""
        rest, self._rest = _clean(self._rest), ""
        return [rest] if rest else []


def _clean(sentence: str) -> str:
    text = _MARKS.sub("", _LINK.sub(r"\1", sentence))
    text = "".join(sign for sign in text if unicodedata.category(sign) not in _UNSAID)
    return re.sub(r"\s+([.?!…]|$)|\s+", lambda gap: gap[1] or " ", text).strip()
