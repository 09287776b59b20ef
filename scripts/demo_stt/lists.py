"""The data files of the demo corpus: lists below headings."""

from pathlib import Path


def read_lists(name: str) -> dict[str, list[str]]:
    """The lines below each `# heading` of the file `name` in this folder.

    Blocks are separated by an empty line; the first one says what the file is.
    """
    found: dict[str, list[str]] = {}
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    for block in text.strip().split("\n\n")[1:]:
        heading, *lines = block.strip().splitlines()
        found[heading.removeprefix("# ")] = lines
    return found


_WORDS = read_lists("words.txt")


def words(heading: str) -> list[str]:
    """The words below a heading of `words.txt`, separated there by bars."""
    return "|".join(_WORDS[heading]).split("|")
