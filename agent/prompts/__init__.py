"""The prompts, as versioned templates: a change of wording is a new file."""

from __future__ import annotations

from importlib.resources import files

ANSWER = "answer.v1"
"""The prompt in use, for the record of a call."""


def template(name: str) -> str:
    """The text of a template with its `{fields}`."""
    return files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8")
