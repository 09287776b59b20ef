"""The prompts, as versioned templates: a change of wording is a new file."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

ANSWER = "answer.v3"
"""How a caller is answered."""
REPHRASE = "rephrase.v1"
"""How a sentence is asked for in place of one that the facts did not bear out."""
SUMMARY = "summary.v1"
"""How a finished call is summarised."""


def all_prompts() -> dict[str, str]:
    """The texts of the prompts in use, by their names."""
    return {name: template(name) for name in (ANSWER, REPHRASE, SUMMARY)}


@cache
def template(name: str) -> str:
    """The text of a template with its `{fields}`."""
    return files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8")
