"""E-mail addresses as they are written, and said: `에이치케이 골뱅이 네이버 닷컴`; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storage.privacy.kinds import Found, Kind

_WRITTEN = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@"
    r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}"
)
_PROVIDER = (
    r"네이버|지\s?메일|구글|다음|한\s?메일|핫\s?메일|카카오|네이트|야후|아웃룩|아이클라우드"
    r"|[A-Za-z0-9-]{2,30}|[가-힣]{1,8}"
)
_DOT = r"(?:점|쩜|닷|\.)"
_ENDING = (
    rf"\s?{_DOT}\s?(?:컴|넷|씨오|코|오알지|케이알|com|net|co|kr|org)(?:\s?{_DOT}\s?(?:케이알|kr))?"
)
_AT = re.compile(
    rf"골뱅이(?:\s?(?:{_PROVIDER})(?:{_ENDING})?)?|(?:엣|앳|@)\s?(?:{_PROVIDER}){_ENDING}"
)
_DOMAIN_ONLY = re.compile(rf"(?<![가-힣A-Za-z0-9])(?:{_PROVIDER}){_ENDING}")
_WORD = re.compile(r"[^\s]+")
_LETTERS = (
    "더블유|더블류|에이치|에이|비|씨|시|디|이|에프|쥐|지|아이|제이|케이|엘|엠|엔|오|피|큐|알|에스|티|유"
    "|브이|엑스|와이|제트|제드"
)
_SPELLED = re.compile(
    rf"(?:{_LETTERS}|[공영일이삼사오육륙칠팔구십백천A-Za-z0-9._-]|언더\s?바|점|쩜|대시|하이픈"
    r"|하나|둘|셋|넷)+"
)
_LEADS = re.compile(r".*(?:은|는|요|가|로|메일이|주소|주소가|이메일|메일|고|제|거든)$")
_MOST_WORDS = 8
_COPULA = re.compile(r"(?:이?[에예]요|이?요|입니다|이?고요?|이?거든요?|인데요?)[.,]?$")


def mails_in(text: str, *, asked: bool) -> Iterator[Found]:
    """E-mail addresses; `asked` where the text answers the question for one, perhaps in part."""
    for match in _WRITTEN.finditer(text):
        yield Found(kind=Kind.EMAIL, start=match.start(), end=match.end())
    at_all = False
    for match in _AT.finditer(text):
        at_all = True
        yield Found(
            kind=Kind.EMAIL, start=_local_start(text, match.start()), end=match.end(), spoken=True
        )
    if asked and not at_all:
        yield from _part(text)


def _local_start(text: str, at: int) -> int:
    """Where the part before the 골뱅이 begins: words of it go back to the one that leads to it."""
    words = list(_WORD.finditer(text, max(0, at - 80), at))
    start = at
    for count, word in enumerate(reversed(words[-_MOST_WORDS:])):
        spelled = _SPELLED.fullmatch(word[0])
        if not spelled and (count > 0 or _LEADS.match(word[0])):
            break
        start = word.start()
    return start


def _part(text: str) -> Iterator[Found]:
    """What was said of an address so far: spelled words, or the domain."""
    if domain := _DOMAIN_ONLY.search(text):
        yield Found(kind=Kind.EMAIL, start=domain.start(), end=domain.end(), spoken=True)
        return
    words = list(_WORD.finditer(text))
    if not 1 <= len(words) <= _MOST_WORDS:
        return
    kept = [w for w in words if w[0] not in ("네", "예", "음", "어", "그", "저")]
    bare = [_COPULA.sub("", word[0]) for word in kept]
    spelled = [bool(_SPELLED.fullmatch(word)) and len(word) > 1 for word in bare]
    if kept and any(spelled) and sum(spelled) * 2 >= len(kept):
        end = kept[-1].start() + len(bare[-1])
        yield Found(kind=Kind.EMAIL, start=kept[0].start(), end=end, spoken=True)
