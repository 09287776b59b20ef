"""Reads which of several plans is meant by its rank: 제일 싼, 둘째로 많은, 한 단계 아래, 중간."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from agent.brain.keywords import Sign, Topic
from agent.brain.understand import Frame
from agent.selection import data_of
from knowledge.catalog.model import Plan


class Kind(StrEnum):
    """How a rank is told."""

    BEST = "best"
    """The first, second, … from one end."""
    STEP = "step"
    """The next one from the plan spoken of."""
    MIDDLE = "middle"


@dataclass(frozen=True, kw_only=True)
class Rank:
    """A place in an order of plans."""

    kind: Kind
    by_data: bool = False
    by_sharing: bool = False
    upwards: bool = False
    """Towards the dearer, or the one with more data."""
    place: int = 0
    """From that end, of the best."""

    def order(self, plans: Sequence[Plan]) -> list[Plan]:
        """The plans in this order, the one meant first at place 0."""
        sign = -1 if self.upwards else 1
        if self.by_sharing:
            return sorted(plans, key=lambda plan: (sign * plan.sharing_gb, plan.fee_krw))
        if self.by_data:
            return sorted(plans, key=lambda plan: (sign * data_of(plan), plan.fee_krw))
        return sorted(plans, key=lambda plan: (sign * plan.fee_krw, -data_of(plan)))


_UNIT = r"(?:한|하나|1|두|2)?(?:단계|칸|급|등급|단)"
_STEP_UP = re.compile(
    rf"{_UNIT}(?:만|더|정도)*(?:위|윗|높|올|비싼|큰|많|업)|(?:바로)?(?:윗|위에?)(?:거|것|건|껀|꺼|걸|단계)|바로위|하나위|고위"
    r"|(?:더|보다)(?:좋은|나은)(?:거|것|건|걸|게|요금제)"
)
_STEP_DOWN = re.compile(
    rf"{_UNIT}(?:만|더|정도)*(?:아래|밑|낮|내|싼|저렴|작|적|다운)"
    r"|(?:바로|고|하나|그)(?:아래|아랫|밑)|(?:아랫|아래에?|밑에?|밑의)(?:거|것|건|껀|꺼|걸)"
)
_NEXT_BEST = re.compile(
    r"(?:그|고)?다음(?:으로|에|번)?(?:에)?(?:데이터|데이타|요금)?(?:가|이)?(?=싼|저렴|비싼|많|적|큰|작|높|낮)"
)
_PLACE = re.compile(
    r"(?:(?P<second>둘째|두번째|2번째|두째)|(?P<third>셋째|세번째|3번째)|(?P<fourth>넷째|네번째|4번째))(?:로|로는)?"
    r"(?:데이터|데이타|요금|용량|값)?(?:가|이)?(?=싼|싸|저렴|비싼|비싸|많|적|큰|작|높|낮|넉넉)"
)
_PLACES = {"second": 1, "third": 2, "fourth": 3}
_MIDDLE = re.compile(
    r"중간(?:거|것|건|꺼|쯤|정도|급|짜리|요금|에있|은|$)|가운데(?:거|것|건|꺼|요금)"
)
_BARE = re.compile(r"^(?:그럼|그중에|아니|그|저)*(?:작은|큰|적은|많은)(?:거|것|건|걸|쪽|거로|걸로)")
_MUCH = re.compile(r"많은|많이|큰|넉넉")
_SUPERLATIVE = re.compile(r"가장|제일|젤|재일")
_LARGEST = re.compile(r"(?:가장|제일|젤|재일)(?:큰|많|넉넉)")
_SMALLEST = re.compile(r"(?:가장|제일|젤|재일)(?:작은|적은|작|적)(?!게)")
_MORE = re.compile(r"(?:더|보다|좀|조금)(?:데이터|데이타|용량)?(?:가|이)?(?:더)?(?:큰|많|넉넉)")
_LESS = re.compile(
    r"(?:더|보다|좀|조금)(?:데이터|데이타|용량)?(?:가|이)?(?:더)?(?:작은|적은)(?:거|건|것|걸|요)"
)
_MEASURED = re.compile(r"더|보다|좀|조금|비싸[요네다서노지]|비싼데|부담|모자|부족")
_DATA = re.compile(r"데이터|데이타|용량|기가|많|큰|작|적은|넉넉")
_MORE_OF_IT = re.compile(r"많|큰|비싼|비싸|높|넉넉")


def rank_in(frame: Frame) -> Rank | None:
    """The rank that an utterance tells, if any."""
    text = frame.rest
    if match := _PLACE.search(text):
        after = text[match.end() : match.end() + 2]
        place = next(place for name, place in _PLACES.items() if match[name])
        return Rank(kind=Kind.BEST, by_data=_by_data(after), upwards=_upwards(after), place=place)
    if match := _NEXT_BEST.search(text):
        after = text[match.end() : match.end() + 2]
        return Rank(kind=Kind.STEP, by_data=_by_data(after), upwards=_away(after))
    if _STEP_UP.search(text):
        return Rank(kind=Kind.STEP, upwards=True)
    if _STEP_DOWN.search(text):
        return Rank(kind=Kind.STEP)
    if _MIDDLE.search(text):
        return Rank(kind=Kind.MIDDLE)
    return _superlative(frame) or _comparative(frame)


def says_step(frame: Frame) -> bool:
    """True where one step is said in so many words, rather than `더 싼 거`."""
    patterns = (_STEP_UP, _STEP_DOWN, _NEXT_BEST)
    return any(pattern.search(frame.rest) for pattern in patterns)


def _superlative(frame: Frame) -> Rank | None:  # noqa: PLR0911 - a case a line
    text = frame.rest
    more = _MORE.search(text) and not _SUPERLATIVE.search(text)
    if Topic.SHARING in frame.asked and _MUCH.search(text):
        return Rank(kind=Kind.BEST, by_sharing=True, upwards=True)
    if bare := _BARE.search(text):
        return Rank(kind=Kind.BEST, by_data=True, upwards=bool(_MORE_OF_IT.search(bare[0])))
    if (frame.has(Sign.MOST_DATA) and not more) or _LARGEST.search(text):
        return Rank(kind=Kind.BEST, by_data=True, upwards=True)
    if frame.has(Sign.LEAST_DATA) or (_SMALLEST.search(text) and "요금" not in text):
        return Rank(kind=Kind.BEST, by_data=True)
    if frame.has(Sign.PRICIEST) and not frame.has(Sign.CHEAPEST):
        return Rank(kind=Kind.BEST, upwards=True)
    if frame.has(Sign.CHEAPEST) and not frame.has(Sign.PRICIEST):
        return Rank(kind=Kind.BEST)
    return None


def _comparative(frame: Frame) -> Rank | None:
    """`더 싼 거` goes on from the plan spoken of; `싼 거`, `많은 거` picks the end of the list."""
    measured = _MEASURED.search(frame.rest)
    kind = Kind.STEP if measured else Kind.BEST
    if frame.has(Sign.MORE_DATA) or _MORE.search(frame.rest):
        return Rank(kind=kind, by_data=True, upwards=True)
    if _LESS.search(frame.rest):
        return Rank(kind=Kind.STEP, by_data=True)
    if frame.has(Sign.PRICIER):
        return Rank(kind=kind, upwards=True)
    return Rank(kind=kind) if frame.has(Sign.CHEAPER) else None


def _by_data(word: str) -> bool:
    return bool(_DATA.search(word))


def _upwards(word: str) -> bool:
    return bool(_MORE_OF_IT.search(word))


def _away(word: str) -> bool:
    """`그다음 싼 거` is dearer than the cheapest, `그다음 많은 거` holds less than the most."""
    return not _upwards(word)
