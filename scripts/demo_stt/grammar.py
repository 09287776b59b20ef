"""A small template language whose sentences have two forms: written target and spoken input.

[a|b|]      one of the alternatives, the last one empty; they nest
{name}      a slot, drawn from a lexicon of functions
<5G|오지>    written `5G`, spoken `오지`
@은         은 or 는 (likewise 이, 을, 과, 으로, 이에요, 이랑, 이나) by the sound before it
"""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

PAUSE = "/"
"""In the spoken form: here the speaker stops for a while."""


@dataclass(frozen=True)
class Pair:
    """One sentence or phrase."""

    written: str
    """What the recogniser shall print."""
    spoken: str
    """What espeak-ng is given: Hangul, commas, and PAUSE where it is silent for longer."""


Slot = Callable[[random.Random], Pair]

_PARTICLES = {
    "이에요": ("이에요", "예요"),
    "으로": ("으로", "로"),
    "이랑": ("이랑", "랑"),
    "이나": ("이나", "나"),
    "은": ("은", "는"),
    "이": ("이", "가"),
    "을": ("을", "를"),
    "과": ("과", "와"),
}
_MARK = re.compile("(?P<before>.)@(?P<name>" + "|".join(_PARTICLES) + ")")
_TOKEN = re.compile(r"\{(?P<slot>[a-z_]+)\}|<(?P<written>[^|>]*)\|(?P<spoken>[^>]*)>")


def _final(syllable: str) -> int:
    """The index of the final consonant: 0 for none, 8 for ㄹ."""
    return (ord(syllable) - 0xAC00) % 28 if "가" <= syllable <= "힣" else 0


def _choose(template: str, rng: random.Random) -> str:
    """`template` with every bracket replaced by one of its alternatives."""
    while True:
        close = template.find("]")
        if close < 0:
            return template
        start = template.rindex("[", 0, close)
        options = _split(template[start + 1 : close])
        template = template[:start] + rng.choice(options) + template[close + 1 :]


def _split(text: str) -> list[str]:
    """The alternatives of a bracket; a bar inside <…> is not one that separates."""
    options, depth, current = [], 0, ""
    for character in text:
        depth += {"<": 1, ">": -1}.get(character, 0)
        if character == "|" and depth == 0:
            options.append(current)
            current = ""
        else:
            current += character
    return [*options, current]


def expand(template: str, slots: Mapping[str, Slot], rng: random.Random) -> Pair:
    """One random sentence of `template`. Raises KeyError for an unknown slot."""
    chosen = _choose(template, rng)
    written, spoken, position = "", "", 0
    for token in _TOKEN.finditer(chosen):
        literal = chosen[position : token.start()]
        slot = token["slot"]
        pair = slots[slot](rng) if slot else Pair(token["written"], token["spoken"])
        written, spoken = _join(written, spoken, Pair(literal, literal))
        written, spoken = _join(written, spoken, pair)
        position = token.end()
    written, spoken = _join(written, spoken, Pair(chosen[position:], chosen[position:]))
    return Pair(tidy_written(written), " ".join(spoken.split()))


def _join(written: str, spoken: str, pair: Pair) -> tuple[str, str]:
    """Append `pair`, its leading particle marks decided by the spoken text before them."""
    said = spoken + pair.spoken
    print_ = written + pair.written
    while mark := _MARK.search(said):
        final = _final(mark["before"])
        with_final, without = _PARTICLES[mark["name"]]
        form = without if final == 0 or (mark["name"] == "으로" and final == 8) else with_final
        said = said[: mark.start() + 1] + form + said[mark.end() :]
        print_ = print_.replace("@" + mark["name"], form, 1)
    return print_, said


def tidy_written(text: str) -> str:
    """A written target: single spaces, no punctuation but that inside figures."""
    text = re.sub(r"[.?!]+(?=\s|$)|,(?!\d{3})", " ", text)
    return " ".join(text.split())
