"""The sentences on which the demo recogniser is trained: written target and spoken input.

Written targets are canonical: `5G 슬림`, `이월 10GB`, `50,000원`, `010-1234-5678`, `1Mbps`,
`400kbps`, `만 65세`, `12살` (for 열두 살), `25%`, `24개월`, `2년`, `1955년 1월 30일`, `550130`,
`3시 30분`, `OTT`, `디즈니+`. Sentences end without punctuation. Hesitations stay as words
("음 저기"). Other small numbers stay words ("두 번째", "한 달").
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterator

from scripts.bench.turn_taking.script import utterances
from scripts.demo_stt.everyday import EVERYDAY, EVERYDAY_SLOTS
from scripts.demo_stt.figures import FIGURES
from scripts.demo_stt.grammar import PAUSE, Pair, Slot, expand, tidy_written
from scripts.demo_stt.heldout import held_out
from scripts.demo_stt.lists import read_lists, words
from scripts.demo_stt.names import NAMES

SLOTS: dict[str, Slot] = {**FIGURES, **NAMES, **EVERYDAY_SLOTS}

_WEIGHTS = {
    "price": 1.5,
    "data": 1.5,
    "change": 1.3,
    "recommend": 1.5,
    "follow_up": 1.5,
    "identity": 4.0,
    "phone_number": 9.0,
    "handoff": 1.5,
    "yes_no": 1.6,
    "backchannel": 2.0,
    "control": 3.0,
}
_EVERYDAY_SHARE = 0.14
_SCRAMBLED_SHARE = 0.06
_TWO_SENTENCES_SHARE = 0.06
_CLAUSE_SHARE = 0.11
_PAUSED_SHARE = 0.11
_CUT_SHARE = 0.05
_OPENERS = words("openers")
_SHORTEST_GUARDED = 5
_SHORTEST_WITHIN = 8


def _lines(text: str) -> list[str]:
    return [line for line in text.strip().splitlines() if line]


_TOPICS = read_lists("templates.txt")
_TOPIC_NAMES = list(_TOPICS)
_TOPIC_WEIGHTS = [_WEIGHTS.get(topic, 1.0) for topic in _TOPIC_NAMES]
_EVERYDAY = _lines(EVERYDAY)
_BEGINNINGS = read_lists("clauses.txt")


def topics() -> dict[str, list[str]]:
    """The templates of every topic."""
    return _TOPICS


def compact(text: str) -> str:
    """`text` without spaces, for comparison with the held-out sentences."""
    return text.replace(" ", "")


def _sounds(text: str) -> str:
    """The syllables of a spoken form, without spaces and commas."""
    return re.sub(r"[^가-힣]", "", text)


_GUARDED = tuple(
    key for key in (compact(pair.written) for pair in held_out()) if len(key) >= _SHORTEST_GUARDED
)


def _guarded_turns() -> dict[str, list[str]]:
    """What the callers of `bench turns` say, by the first syllables: training asks often."""
    found: dict[str, list[str]] = defaultdict(list)
    for utterance in utterances():
        key = _sounds(utterance.text)
        if len(key) >= _SHORTEST_GUARDED and "{" not in utterance.text:
            found[key[:_SHORTEST_GUARDED]].append(key)
    return dict(found)


_GUARDED_TURNS = _guarded_turns()


def is_held_out(pair: Pair) -> bool:
    """Whether a held-out sentence of some length occurs within `pair`.

    So do the utterances of `bench turns`; the shorter ones count only where they are all that is
    said, for without 괜찮습니다 in longer sentences the recogniser would never learn the word.
    """
    text = compact(pair.written)
    return any(key in text for key in _GUARDED) or _is_scripted_turn(_sounds(pair.spoken))


def _is_scripted_turn(said: str) -> bool:
    for start in range(len(said) - _SHORTEST_GUARDED + 1):
        for key in _GUARDED_TURNS.get(said[start : start + _SHORTEST_GUARDED], ()):
            if (said.startswith(key, start) and len(key) >= _SHORTEST_WITHIN) or key == said:
                return True
    return False


def _joined(first: Pair, second: Pair, pause: str) -> Pair:
    return Pair(f"{first.written} {second.written}", f"{first.spoken}{pause} {second.spoken}")


def _topical(rng: random.Random) -> Pair:
    topic = rng.choices(_TOPIC_NAMES, _TOPIC_WEIGHTS)[0]
    pair = expand(rng.choice(_TOPICS[topic]), SLOTS, rng)
    if rng.random() < 0.16:
        opener = rng.choice(_OPENERS)
        pair = _joined(Pair(opener, opener), pair, rng.choice(["", ",", "...,"]))
    return pair


def _scrambled(rng: random.Random) -> Pair:
    """Words of two sentences in random order, where both forms have as many words."""
    words: list[Pair] = []
    for _ in range(2):
        pair = _topical(rng)
        written, spoken = pair.written.split(), re.sub(f"[,{PAUSE}]", "", pair.spoken).split()
        if written == spoken:
            words += [Pair(word, word) for word in written]
        else:
            words.append(pair)
    rng.shuffle(words)
    words = words[: rng.randint(2, 6)]
    return Pair(" ".join(p.written for p in words), " ".join(p.spoken for p in words))


def _clause(rng: random.Random) -> Pair:
    """The beginning of a sentence, as far as a pause."""
    return expand(rng.choice(_BEGINNINGS["clauses"]), SLOTS, rng)


def _paused(rng: random.Random) -> Pair:
    """A beginning, a pause, and what comes after it."""
    if rng.random() < 0.5:
        rest = expand(rng.choice(_BEGINNINGS["tails"]), SLOTS, rng)
    else:
        rest = _topical(rng)
    pair = _joined(_clause(rng), rest, f" {PAUSE}")
    return _joined(_clause(rng), pair, f" {PAUSE}") if rng.random() < 0.15 else pair


def _cut(rng: random.Random) -> Pair:
    """The first words of a sentence, where both forms have the same words."""
    while True:
        pair = _topical(rng)
        words = pair.written.split()
        if len(words) > 1 and words == pair.spoken.split():
            text = " ".join(words[: rng.randint(1, len(words) - 1)])
            return Pair(text, text)


def _everyday(rng: random.Random) -> Pair:
    return expand(rng.choice(_EVERYDAY), SLOTS, rng)


def _two_sentences(rng: random.Random) -> Pair:
    return _joined(_topical(rng), _topical(rng), rng.choice([",", "."]))


_KINDS: dict[Slot, float] = {
    _everyday: _EVERYDAY_SHARE,
    _scrambled: _SCRAMBLED_SHARE,
    _two_sentences: _TWO_SENTENCES_SHARE,
    _clause: _CLAUSE_SHARE,
    _paused: _PAUSED_SHARE,
    _cut: _CUT_SHARE,
}
_KINDS[_topical] = 1 - sum(_KINDS.values())


def sentence(rng: random.Random) -> Pair:
    """One random sentence, or the beginning of one, that is not held out."""
    while True:
        (kind,) = rng.choices(list(_KINDS), list(_KINDS.values()))
        pair = kind(rng)
        pair = Pair(tidy_written(pair.written), pair.spoken)
        if pair.written and not is_held_out(pair):
            return pair


def sentences(seed: int) -> Iterator[Pair]:
    """Endless random sentences, the same ones for the same `seed`."""
    rng = random.Random(seed)
    while True:
        yield sentence(rng)
