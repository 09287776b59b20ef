"""How long a pause may last before the turn is over, from what was said before it.

Korean tells its endings: a sentence is over with its verb's final ending, and goes on after a
connective ending, a particle or a filler. A number is over with its last digit.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from agent.actions import Expectation

Patience = Callable[[str | None, Expectation], int]
"""Text before the pause (None while unknown) and what was asked, to milliseconds of silence."""

Morphemes = Callable[[str], Sequence[tuple[str, str]]]
"""Korean text to its morphemes, each as form and part of speech (Sejong tags, as Kiwi's)."""

SHORT_ANSWER_MS = 300
"""After `네` or `아니요` where that was asked."""
FINAL_MS = 320
"""After a final ending, or the last digit of a number."""
SOFT_MS = 560
"""After an ending with which sentences end or pause: `-는데요`, `-거든요`."""
UNKNOWN_MS = 660
"""After a noun, and while nothing is recognised yet."""
UNCLEAR_MS = 1_000
"""After speech of which no word was understood."""
UNFINISHED_MS = 1_300
"""After a connective, a particle or a filler."""
IN_NUMBER_MS = 1_500
"""Within a number."""

_ANSWERS = frozenset(
    (
        "네", "예", "응", "네네", "예예", "그래", "그래요", "맞아요", "맞습니다", "좋아요",
        "좋습니다", "아니", "아니요", "아니오", "아뇨", "됐어요", "괜찮아요", "괜찮습니다",
        "싫어요", "그럼요", "물론이죠",
    )
)  # fmt: skip
_FILLERS = frozenset(
    (
        "음", "어", "그", "저", "아", "에", "흠", "뭐", "저기", "저기요", "그게", "그게요", "이게",
        "뭐더라", "뭐였더라", "뭐지", "뭐랄까", "뭐냐", "글쎄", "글쎄요", "있잖아요", "있잖아",
        "근데요", "그런데요", "그러니까요", "잠시만요", "잠깐만요", "잠시만", "잠깐만", "가만있자",
        "여보세요",
    )
)  # fmt: skip
_CONNECTIVES = frozenset(
    ("고", "보고", "는데", "은데", "ᆫ데", "데", "던데", "면", "면서", "니까", "지만")
)
"""Endings that Kiwi takes for something else where nothing follows them."""

_SOFT_ENDINGS = ("거든요", "거든", "구요", "고요")
_UNFINISHED_TAGS = frozenset(
    (
        "EC", "ETM", "ETN", "EP", "JKS", "JKC", "JKG", "JKO", "JKB", "JKQ", "JC", "JX", "MAG",
        "MAJ", "MM", "IC", "XPN",
    )
)  # fmt: skip
_COMPLETE_AS_SAID = frozenset(
    (
        "얼마", "왜", "빨리", "다시", "천천히", "아직", "어떻게",
    )
)  # fmt: skip
"""Adverbs and the like with which people do end."""

_WORDS = (
    (_FILLERS - _ANSWERS, UNFINISHED_MS),
    (_ANSWERS, UNKNOWN_MS),
    (_COMPLETE_AS_SAID, SOFT_MS),
)

_DIGITS = re.compile(r"(?P<digits>\d[\d-]*)(?P<joint>에|국에|번에|다시|의)?$")
_DATE_BEGUN = re.compile(r"\d{1,4}(?:년|월)$")
_DATE_COMPLETE = re.compile(r"\d{1,2}월 ?\d{1,2}일$")
_MOBILE = re.compile(r"010\d{8}|01[16-9]\d{7,8}")
_MOBILE_DIGITS = 11
_LEAP_YEAR = 2000
_PUNCTUATION = re.compile(r"[.,?!~…]")


@dataclass(frozen=True, slots=True)
class FixedPatience:
    """A plain timer: every pause may last as long as every other."""

    wait_ms: int

    def __call__(self, text: str | None, expects: Expectation) -> int:
        """See Patience."""
        del text, expects
        return self.wait_ms


@dataclass(frozen=True, slots=True)
class KoreanPatience:
    """Waits as the last words let expect."""

    morphemes: Morphemes

    def __call__(self, text: str | None, expects: Expectation) -> int:
        """See Patience; `text` is in written form."""
        if text is None:
            return UNKNOWN_MS
        bare = " ".join(_PUNCTUATION.sub(" ", text).split())
        if not bare:
            return UNCLEAR_MS
        if expects is Expectation.YES_NO and bare.rsplit(" ", 1)[-1] in _ANSWERS:
            return SHORT_ANSWER_MS
        if expects is Expectation.NUMBER and bare.rsplit(" ", 1)[-1] in _ANSWERS:
            return UNFINISHED_MS  # 네, and then the number.
        number_ms = _number_patience(bare, expects)
        return number_ms if number_ms is not None else self._after_words(bare)

    def _after_words(self, text: str) -> int:
        last = text.rsplit(" ", 1)[-1]
        for words, wait_ms in _WORDS:
            if last in words:
                return wait_ms
        (form, tag), (_, before) = self._ending(text)
        if form in {"요", "이요"}:  # after a particle Kiwi takes 요 for many things
            return SOFT_MS if before == "EC" else FINAL_MS
        # `몰랐어서` is mostly a misheard `몰랐어`.
        soft = form.endswith(_SOFT_ENDINGS) or (form == "어서" and before == "EP")
        if soft:
            return SOFT_MS
        if tag in _UNFINISHED_TAGS or form in _CONNECTIVES:
            return UNFINISHED_MS
        return FINAL_MS if tag == "EF" else UNKNOWN_MS

    def _ending(self, text: str) -> tuple[tuple[str, str], tuple[str, str]]:
        """The last morpheme and the one before it, inflections' kinds (`VV-I`) left out."""
        found = [("", ""), ("", ""), *self.morphemes(text)]
        last, before = found[-1], found[-2]
        return (last[0], last[1].split("-")[0]), (before[0], before[1].split("-")[0])


def _number_patience(text: str, expects: Expectation) -> int | None:
    """The wait after a number that is being said digit by digit; None after other words."""
    if expects is Expectation.NUMBER:
        if _DATE_COMPLETE.search(text):
            return FINAL_MS
        if _DATE_BEGUN.search(text):
            return IN_NUMBER_MS
        said = re.sub(r"\D", "", text)
        if len(said) >= _MOBILE_DIGITS and text[-1].isdigit():
            # All of them, or more by mishearing; words may stand between: 010 다음에 1234.
            return FINAL_MS if _is_mobile(said) else UNKNOWN_MS
    match = _DIGITS.search(text)
    if match is None:
        return None
    digits = match["digits"].replace("-", "")
    if expects is not Expectation.NUMBER and not digits.startswith("0"):
        return None
    complete = _is_mobile(digits) if "-" in match["digits"] else _is_complete(digits)
    return FINAL_MS if complete and not match["joint"] else IN_NUMBER_MS


def _is_complete(digits: str) -> bool:
    """Whether digits are a whole mobile number or a whole date of birth."""
    return _is_mobile(digits) or (len(digits) in (6, 8) and _is_date(digits))


def _is_mobile(digits: str) -> bool:
    return _MOBILE.fullmatch(digits) is not None


def _is_date(digits: str) -> bool:
    if len(digits) == 8 and digits[:2] not in {"19", "20"}:
        return False
    try:
        date(_LEAP_YEAR, int(digits[-4:-2]), int(digits[-2:]))
    except ValueError:
        return False
    return True
