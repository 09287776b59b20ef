"""The held-out sentences: what the recogniser is measured on and never trained on."""

from functools import cache
from pathlib import Path

from scripts.demo_stt.grammar import Pair

_FILE = Path(__file__).with_name("heldout.tsv")


@cache
def held_out() -> tuple[Pair, ...]:
    """All held-out sentences, in the order of the file `heldout.tsv`.

    A line holds the written form and, where it differs, the spoken one after a tab.
    """
    pairs = []
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            written, _, spoken = line.partition("\t")
            pairs.append(Pair(written, spoken or written))
    return tuple(pairs)
