"""Finds the words in which callers show their mood, as they said them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from storage.privacy import mask
from storage.records import MoodWords, Turn

_MOOD = re.compile(
    r"짜증|화가? ?[나났]|열 ?받|답답|황당|어이 ?없|속상|실망|불편|불만|억울|걱정|급해|급한데"
    r"|바빠|바쁜데|힘들|지겹|너무하|말이 ?안 ?[돼되]|몇 ?번|왜 ?이렇게|빨리 ?좀|제대로 ?좀"
    r"|장난|사기|미치|죽겠|고마|고맙|감사|친절|좋네|좋아요|다행|최고예요|만족|편하네|미안|죄송"
)


def mood_in(turns: Sequence[Turn]) -> Iterable[MoodWords]:
    """The clauses of the caller in which such words stand, personal data masked."""
    for turn in turns:
        if turn.input_kind != "speech":
            continue
        for clause in re.split(r"[.?!,]", turn.heard):
            if _MOOD.search(clause):
                yield MoodWords(words=mask(clause.strip()), turn=turn.index)
