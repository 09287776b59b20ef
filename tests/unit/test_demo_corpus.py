"""The demo recogniser's sentences: both forms are what they claim, and none is held out."""

import random
import re
from itertools import islice

import pytest

from scripts.bench.turn_taking.script import utterances
from scripts.demo_stt import corpus
from scripts.demo_stt.corpus import SLOTS, compact, is_held_out, sentences, topics
from scripts.demo_stt.grammar import Pair, expand
from scripts.demo_stt.heldout import held_out
from scripts.demo_stt.vocabulary import SOUNDS, SPECIALS, Vocabulary, sounds

_SAMPLE = 6000


@pytest.fixture(scope="module")
def sample() -> list[Pair]:
    return list(islice(sentences(7), _SAMPLE))


def test_the_same_seed_gives_the_same_sentences(sample: list[Pair]) -> None:
    assert list(islice(sentences(7), 50)) == sample[:50]
    assert list(islice(sentences(8), 50)) != sample[:50]


def test_sentences_are_varied(sample: list[Pair]) -> None:
    assert len({pair.written for pair in sample}) > 0.8 * _SAMPLE


def test_both_forms_hold_only_what_they_may(sample: list[Pair]) -> None:
    for pair in sample:
        assert re.fullmatch(r"[가-힣 ,./]+", pair.spoken), pair
        assert re.fullmatch(r"[가-힣0-9A-Za-z ,+%-]+", pair.written), pair


def test_no_held_out_sentence_is_trained_on(sample: list[Pair]) -> None:
    held = [compact(pair.written) for pair in held_out()]
    for pair in sample:
        text = compact(pair.written)
        assert text not in held
        assert not any(len(key) >= 5 and key in text for key in held)


def test_a_held_out_sentence_is_recognised_within_a_longer_one() -> None:
    pair = held_out()[0]
    assert is_held_out(Pair("음 " + pair.written, "음, " + pair.spoken))
    assert not is_held_out(Pair("요금이 얼마예요", "요금이 얼마예요"))


def test_no_turn_of_the_turn_taking_set_is_trained_on(sample: list[Pair]) -> None:
    turns = {re.sub("[^가-힣]", "", u.text) for u in utterances() if "{" not in u.text}
    turns = {turn for turn in turns if len(turn) >= 5}
    assert len(turns) > 500
    for pair in sample:
        assert re.sub("[^가-힣]", "", pair.spoken) not in turns, pair


def test_a_scripted_turn_is_recognised_in_its_spoken_form() -> None:
    spoken = "제가 스물아홉인데, 와이 요금제 되나요"
    assert is_held_out(Pair("제가 29살인데 Y 요금제 되나요", spoken))
    assert is_held_out(Pair("저기 제가 29살인데 Y 요금제 되나요", "저기, " + spoken))
    assert not is_held_out(Pair("Y 요금제 되나요", "와이 요금제 되나요"))
    # A short one is held out only as a whole: its words are needed elsewhere.
    assert is_held_out(Pair("네 하나만 더요", "네, 하나만 더요"))
    assert not is_held_out(Pair("네 하나만 더요 네", "네, 하나만 더요, 네"))


def test_there_are_enough_held_out_sentences_of_all_kinds() -> None:
    held = held_out()
    assert len(held) >= 200
    assert len({pair.written for pair in held}) == len(held)
    assert sum("010-" in pair.written for pair in held) >= 12
    assert all(re.fullmatch(r"[가-힣 ,.]+", pair.spoken) for pair in held)


@pytest.mark.parametrize("topic", list(topics()))
def test_every_template_expands(topic: str) -> None:
    rng = random.Random(1)
    for template in topics()[topic]:
        for _ in range(20):
            pair = expand(template, SLOTS, rng)
            assert "@" not in pair.written + pair.spoken
            assert not re.search(r"[\[\]{}|<>]", pair.written + pair.spoken), template


def test_particles_and_pairs_follow_the_spoken_form() -> None:
    slots = {"plan": lambda _rng: Pair("5G", "오지")}
    pair = expand("{plan}@은 <OTT|오티티>@이 [돼요]", slots, random.Random(0))
    assert pair == Pair("5G는 OTT가 돼요", "오지는 오티티가 돼요")


def test_the_vocabulary_holds_what_is_written(sample: list[Pair]) -> None:
    vocabulary = Vocabulary.of("".join(pair.written for pair in sample))
    for pair in sample[:300]:
        ids = vocabulary.encode(pair.written)
        assert len(ids) == len(pair.written)
        assert vocabulary.decode(ids) == pair.written


def test_the_vocabulary_is_in_the_order_that_ctranslate2_expects() -> None:
    vocabulary = Vocabulary.of("가나다")
    assert vocabulary.tokens[-len(SPECIALS) :] == SPECIALS
    assert vocabulary.tokens[-len(SPECIALS) - 1] == ""
    assert len(set(vocabulary.tokens)) == len(vocabulary.tokens)
    assert vocabulary.decode(vocabulary.encode("똠")) == "똠"


def test_the_sounds_are_open_syllables_and_finals() -> None:
    assert sounds("가") == [1]
    assert sounds("힣, 각") == [SOUNDS - 28, SOUNDS - 1, 1, 400]


def test_the_corpus_is_documented() -> None:
    assert "010-1234-5678" in (corpus.__doc__ or "")
