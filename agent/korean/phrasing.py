"""Where a long spoken sentence may be parted, so that a voice can begin before it has it all."""

import re

_FEWEST_SYLLABLES = 6
"""What is shorter than this is no phrase: it would sound cut off."""

# Only endings that finish a clause: a comma alone may stand within a telephone number or a
# plan's name, and 고 alone ends nouns too (요고, 최고).
_END = re.compile(
    r"(?:[.?!]+|(?:니다|[어아해여세에예네데가나지려돼워줘]요|[하되있없시이리쓰받주았었였겠많않]고"
    r"|며|[는은인한]데|지만|[하되시으이라]면|니까|[어아해라여워]서|거나),?)(?=\s)"
)


def phrases(spoken: str) -> list[str]:
    """The parts of a text in spoken form, in order; joined by spaces they are the text again.

    Parted after final and connective endings only, never within a figure, a plan's name or a
    telephone number. Every part has six syllables or more, but for a text that has fewer.
    """
    parts, start = [], 0
    for match in _END.finditer(spoken):
        done, left = spoken[start : match.end()], spoken[match.end() :]
        if min(_syllables(done), _syllables(left)) >= _FEWEST_SYLLABLES:
            parts.append(done.strip())
            start = match.end()
    rest = spoken[start:].strip()
    return [*parts, rest] if rest else parts


def _syllables(text: str) -> int:
    return sum("가" <= sign <= "힣" for sign in text)
