"""Reads golden files of pairs: what goes in, tab, what comes out where that differs."""

from __future__ import annotations

from pathlib import Path


def golden_pairs(path: Path) -> list[tuple[str, str]]:
    """The pairs in the file's order; lines that begin with `#` are headings."""
    pairs = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            given, _, expected = line.partition("\t")
            pairs.append((given, expected or given))
    return pairs
