"""The sentences that are known before any call, in spoken form: these may be kept as audio."""

from collections.abc import Iterator
from string import Formatter

from agent import lines
from agent.brain import frequent as of_brain
from agent.brain.sentences import in_sentences
from agent.korean.spoken import to_spoken
from knowledge.catalog.model import Catalog
from voice import phrases


def prompts(organization_name: str) -> list[str]:
    """All fixed lines of the call and of the agent but those with a caller's name in them."""
    return list(
        dict.fromkeys(
            to_spoken(line.format(organization=organization_name))
            for line in (*_lines(lines), *_lines(phrases))
            if _fields(line) <= {"organization"}
        )
    )


def frequent(catalog: Catalog) -> list[str]:
    """The sentences of the answers to frequent questions, and what is asked most of the plans."""
    answers = (sentence for entry in catalog.faqs for sentence in in_sentences(entry.answer))
    return list(dict.fromkeys(map(to_spoken, (*answers, *of_brain.sentences(catalog)))))


def _lines(module: object) -> Iterator[str]:
    """The constants of a module of lines, each a sentence or several."""
    for name, value in vars(module).items():
        if name.isupper():
            yield from (value,) if isinstance(value, str) else value


def _fields(line: str) -> set[str]:
    """What is filled into a line."""
    return {name for _, name, _, _ in Formatter().parse(line) if name is not None}
