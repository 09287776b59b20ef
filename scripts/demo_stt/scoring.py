"""How far a transcript is from what was said."""

import re
import unicodedata


def normalized(text: str) -> str:
    """NFC without spaces and the marks `.,?!`; what is compared."""
    return re.sub(r"[\s.,?!]", "", unicodedata.normalize("NFC", text))


def edits(said: str, heard: str) -> int:
    """The Levenshtein distance: insertions, deletions and substitutions of characters."""
    row = list(range(len(heard) + 1))
    for count, wanted in enumerate(said, start=1):
        diagonal, row[0] = row[0], count
        for column, got in enumerate(heard, start=1):
            diagonal, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, diagonal + (wanted != got)),
            )
    return row[-1]
