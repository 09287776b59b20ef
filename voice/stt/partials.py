"""The stable beginning of an utterance's partial transcripts: pure."""


class StablePrefix:
    """What the last two partials agree on, word by word.

    It may shrink: a partial recognises the whole utterance anew, so a word that the latest one
    withdraws was never said, and a stop word or a name must not live on in it. Whoever acts on it
    acts on something that can be taken back; the final transcript has the last word.
    """

    def __init__(self) -> None:
        self._before: list[str] = []

    def push(self, text: str) -> str:
        """Takes the next partial; the words with which it and the one before begin alike.

        A word counts only as a whole: `요금` is no beginning of `요금제`. Spaces come out single.
        """
        words = text.split()
        count = 0
        for word, before in zip(words, self._before, strict=False):
            if word != before:
                break
            count += 1
        self._before = words
        return " ".join(words[:count])

    def reset(self) -> None:
        """Begins another utterance."""
        self._before = []
