"""The script of the turn-taking benchmark: enough of it, pauses where people pause, two halves."""

import re
from collections import Counter

from agent.actions import Expectation
from scripts.bench.turn_taking.script import overlaps, replies, utterances

_DIGITS = "공영빵일이삼사오육칠팔구"
_FILLERS = ("음", "어", "그", "저기", "그게", "뭐냐", "다시", "아니고")
_CONNECTIVES = (
    "데", "고", "면", "서", "니까", "더니", "다가", "지", "라", "때", "거", "건", "게", "보다",
)  # fmt: skip
_PARTICLES = (
    "은", "는", "이", "가", "을", "를", "에", "도", "로", "랑", "만", "한테", "부터",
)  # fmt: skip


def test_there_are_enough_utterances_of_each_type() -> None:
    counts = Counter(utterance.expects for utterance in utterances())
    assert sum(counts.values()) >= 700
    assert set(counts) == set(Expectation)
    assert min(counts.values()) >= 150
    assert len({utterance.text for utterance in utterances()}) == len(utterances())


def test_the_halves_share_no_sentence_and_are_about_equal() -> None:
    halves = Counter(utterance.half for utterance in utterances())
    assert min(halves.values()) >= 340
    for kind in Expectation:
        of_kind = Counter(u.half for u in utterances() if u.expects is kind)
        assert min(of_kind.values()) >= 60


def test_about_two_in_five_utterances_may_pause() -> None:
    paused = sum("|" in utterance.template for utterance in utterances())
    assert 0.33 <= paused / len(utterances()) <= 0.45


def test_utterances_are_speech_after_a_question() -> None:
    for utterance in utterances():
        assert re.fullmatch(r"[가-힣 |{}a-z]+", utterance.template), utterance
        assert "  " not in utterance.text, utterance
        assert utterance.question.endswith(("?", ".")), utterance


def test_callers_pause_only_after_connectives_particles_fillers_and_digits() -> None:
    for utterance in utterances():
        for before in utterance.template.split("|")[:-1]:
            word = before.split()[-1]
            digits = re.fullmatch(rf"[{_DIGITS}백천십유시하나]+[년월생]*", word)
            joined = word.endswith(_CONNECTIVES + _PARTICLES)
            assert word in _FILLERS or joined or digits, utterance


def test_overlaps_of_every_kind() -> None:
    kinds = Counter(overlap.kind for overlap in overlaps())
    assert kinds["backchannel"] >= 15
    assert kinds["stop"] >= 15
    assert kinds["question"] >= 15
    assert kinds["answer"] >= 3
    assert {reply.expects for reply in replies()} == {Expectation.OPEN, Expectation.YES_NO}
    assert all(not r.text.endswith("?") for r in replies() if r.expects is Expectation.OPEN)
