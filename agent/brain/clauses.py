"""Cuts what a caller says into the questions it holds: `얼마고, 위약금은 어떻게 돼요?` are two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agent.brain.amounts import read_amounts
from agent.brain.keywords import PHRASES, Sign
from agent.brain.state import State
from agent.brain.understand import Frame, Reader

_END = re.compile(
    r"(?<=[가-힣?])[.?!]\s+|[,]?\s+(?:아\s?)?(?:그리고|그리구|또\s?하나|하나\s?더|근데|그런데)[,]?\s+"
)
_AND = re.compile(
    r"(?P<asks>(?:얼마|몇\s?\S{1,4}?|뭐|뭔지|무엇|어떻게|어떤|언제|어디|누가|되|돼|있|없|주)\S{0,4}?)"
    r"(?:고|구)(?:요)?,?\s+(?!싶|나서|나면|난|있|계시|해서)"
)
_TO_TELL = re.compile(
    r"(?:가르쳐|알려|말씀해|말해|설명해|보여)\s?(?:주시|주|달라)(?:고|구)요?,?\s+"
)


def clauses_in(text: str) -> tuple[str, ...]:
    """The clauses that may each ask something of their own; the text itself where there is one."""
    cuts = sorted(
        {match.end() for pattern in (_END, _AND, _TO_TELL) for match in pattern.finditer(text)}
    )
    parts = [text[start:end].strip() for start, end in zip([0, *cuts], [*cuts, None], strict=True)]
    return tuple(part for part in parts if part)


def questions_in(text: str, reader: Reader, state: State) -> tuple[Frame, ...]:
    """The questions of a turn, each understood by itself; one, unless several ask other things.

    What only asks more of the same plan stays one question, and so does what only leads up to
    it: `아들이 열 살인데, 뭐가 있어요?`.
    """
    whole = reader.read(text, within=state.family_id)
    if people := _people(whole, reader):
        return people
    if pair := _beside(whole, reader, state):
        return pair
    parts = clauses_in(whole.text)
    if len(parts) < 2:
        return (whole,)
    frames: list[Frame] = []
    waiting = ""
    within = state.family_id
    for part in parts:
        waiting = f"{waiting} {part}".strip()
        frame = reader.read(waiting, within=within)
        if frame.plans or frame.families:
            within = (frame.plans[0].family_id if frame.plans else frame.families[0].id) or within
        if not _asks(frame):
            continue
        frames.append(_of_same_age(frame, frames))
        waiting = ""
    if len(frames) < 2 or (all(_of_plan(frame) for frame in frames) and _one_subject(frames)):
        return (whole,)
    return tuple(frames)


def _of_same_age(frame: Frame, before: Sequence[Frame]) -> Frame:
    """`아들이 열다섯인데 뭐가 필요해요, 그리고 요금제는 뭐가 있어요`: still for the son."""
    told = next((other for other in reversed(before) if other.age is not None), None)
    seeks = frame.has(Sign.WHICH_PLANS, Sign.RECOMMEND) and not frame.named
    if told is None or frame.age is not None or not seeks:
        return frame
    return replace(frame, age=told.age, age_told=told.age_told)


def _asks(frame: Frame) -> bool:
    """Whether a clause asks something by itself."""
    if frame.has(*_ALONE):
        return frame.has(Sign.ASKS) or "?" in frame.text
    if not (frame.topics or frame.has(*_SEEKING)):
        return False
    return frame.has(Sign.ASKS) or "?" in frame.text or bool(frame.asked)


def _of_plan(frame: Frame) -> bool:
    """Whether a clause asks for nothing but figures of a plan."""
    return not frame.has(*_OTHER_MATTERS)


def _one_subject(frames: Sequence[Frame]) -> bool:
    return not any(frame.named for frame in frames[1:])


_ALONE = (
    Sign.FAQ, Sign.BILL, Sign.RECOMMEND, Sign.COMPARE, Sign.CHEAPEST, Sign.NOT_KNOWN,
)  # fmt: skip
_SEEKING = (Sign.CHEAPER, Sign.MOST_DATA, Sign.UNLIMITED, Sign.HISTORY, Sign.MINE)
_OTHER_MATTERS = (
    Sign.FAQ, Sign.BILL, Sign.RECOMMEND, Sign.COMPARE, Sign.CHEAPEST, Sign.CHEAPER,
    Sign.PRICIEST, Sign.MOST_DATA, Sign.MORE_DATA, Sign.HISTORY, Sign.CHANGE, Sign.MINE,
    Sign.NOT_KNOWN,
)  # fmt: skip


def _beside(whole: Frame, reader: Reader, state: State) -> tuple[Frame, ...]:
    """`요고 36 요금이랑 가입 방법`: a figure of a plan, and beside it another matter."""
    parts = _BESIDE.split(whole.text, maxsplit=1)
    if len(parts) != 2 or not whole.has(Sign.FAQ, Sign.BILL) or not whole.asked:
        return ()
    first, second = (reader.read(part, within=state.family_id) for part in parts)
    other = second.has(Sign.FAQ, Sign.BILL) and not second.asked and not second.named
    return (first, second) if first.asked and not first.has(Sign.FAQ) and other else ()


def _people(whole: Frame, reader: Reader) -> tuple[Frame, ...]:
    """Two people, each with an age: `67세 어머니랑 10살 아들 요금제`, one question for each."""
    if whole.named or not whole.age_told:
        return ()
    ages = read_amounts(whole.text).ages
    relatives = {match[0] for match in PHRASES["relative"].finditer(whole.text)}
    several = len(relatives) >= 2 or bool(_TWO_OF_THEM.search(whole.text))
    if len(ages) != 2 or not several or ages[0].years == ages[1].years:
        return ()
    cuts = [match.end() for match in _BESIDE.finditer(whole.text)]
    cut = next((end for end in cuts if ages[0].start < end <= ages[1].start), None)
    if cut is None and _TWO_OF_THEM.search(whole.text):
        cut = ages[1].start
    if cut is None:
        return ()
    parts = (f"{whole.text[:cut].strip()} 요금제 추천", f"{whole.text[cut:].strip()} 요금제 추천")
    return tuple(reader.read(part) for part in parts)


_TWO_OF_THEM = re.compile(
    r"(?:아들|딸|아이|애|손주|손자)(?:가|이|만)?\s?(?:둘|두\s?명)|형제|남매|자매"
)
_BESIDE = re.compile(
    r"(?:이랑|랑|하고|과|와|이고|고|,)\s+|\s+(?=(?:딸|아들|어머니|아버지|엄마|아빠|할머니|할아버지)(?:는|은|도))"
)
