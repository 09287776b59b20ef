"""Takes the thoughts of reasoning models out of a stream: nobody is to hear them."""

from __future__ import annotations

import re

_TAG = re.compile(r"<(/?)(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_LONGEST_TAG = len("</reasoning>")


class ThoughtFilter:
    """Feed it pieces of an answer; it gives back what stands outside `<think>…</think>`."""

    def __init__(self, *, begun: bool = False) -> None:
        """`begun`: the answer begins in a thought, since the prompt's template has opened it."""
        self._inside = begun
        self._held = ""
        self.unopened = False
        """True once a thought ended that had not begun."""

    @property
    def inside(self) -> bool:
        """Whether a thought is going on."""
        return self._inside

    def feed(self, piece: str) -> str:
        """What of the stream so far is known to be no thought, and was not given before."""
        self._held += piece
        given = ""
        while tag := _TAG.search(self._held):
            before, self._held = self._held[: tag.start()], self._held[tag.end() :]
            if not tag[1]:
                given += "" if self._inside else before
            elif not self._inside:
                # It thought all along: what was not yet given is kept back.
                self.unopened = True
                given = ""
            self._inside = not tag[1]
        keep = self._tag_begins()
        text, self._held = self._held[:keep], self._held[keep:]
        return given + ("" if self._inside else text)

    def finish(self) -> str:
        """What was kept back because it could have been the beginning of a tag."""
        rest, self._held = self._held, ""
        return "" if self._inside else rest

    def _tag_begins(self) -> int:
        """Where the end of what is held may be the beginning of a tag."""
        start = self._held.rfind("<", max(0, len(self._held) - _LONGEST_TAG))
        if start < 0 or ">" in self._held[start:]:
            return len(self._held)
        return start
