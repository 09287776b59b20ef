"""General Korean, recombined at random: keeps the decoder from learning whole sentences."""

import random

from scripts.demo_stt.grammar import Pair, Slot
from scripts.demo_stt.lists import words

_PEOPLE = words("people")
_THINGS = words("things")
_VERBS = words("verb stems")
_ENDINGS = words("verb endings")
_ADVERBS = words("adverbs")
_STATES = words("states")
_CONNECTIVES = words("connectives")
_PLACES = words("places")
_JOINTS = (
    "@은",
    "@이",
    "@을",
    "@과",
    "@으로",
    "@이랑",
    "도",
    "만",
    "에",
    "에서",
    "까지",
    "부터",
    "의",
    "",
)
SYLLABLES = (
    "가각간갈감갑강개객거건걸검겁게겨격견결경계고곡곤골공과관광괴교구국군굴궁권귀규균그극근글금급기긴길깊나"
    "난날남납내너널네녀년념노논농뇌누눈느는능니다단달담답당대덕도독돈동두둔뒤드득등디라락란람랑래량려력련렬"
    "령로록론롱료루류륙률르리린림립마막만말망매맥면명모목몰무문물미민밀바박반발밤방배백버번벌범법변별병보복"
    "본봉부북분불비빈빙사산살삼상새색생서석선설성세소속손송수숙순술숨스습승시식신실심십아악안알암압앙애액야"
    "약양어억언얼엄업에여역연열염영예오옥온올와완왕외요욕용우운울원월위유육윤은을음응의이익인일임입자작잔잠"
    "장재쟁저적전절점접정제조족존종좌주죽준줄중즉증지직진질집징차착찬참창채책처척천철첨청체초촉총최추축춘출"
    "충취측층치친침칭카코쾌타탁탄탈탐탑태택터토통퇴투트특파판팔패편평폐포폭표품풍프피필하학한할함합항해핵행"
    "향허험혁현혈협형혜호혹혼홍화확환활황회획효후훈휴흉흑흥희"
)


def word(rng: random.Random) -> Pair:
    """One general noun."""
    text = rng.choice(rng.choice([_PEOPLE, _THINGS, _THINGS, _THINGS, _PLACES]))
    return Pair(text, text)


def predicate(rng: random.Random) -> Pair:
    """A verb with an ending, or a state."""
    verb = rng.choice(_VERBS) + rng.choice(_ENDINGS)
    text = rng.choice(_STATES) if rng.random() < 0.4 else verb
    return Pair(text, text)


def adverb(rng: random.Random) -> Pair:
    """An adverb of time, place or manner, or a conjunction."""
    text = rng.choice(_ADVERBS)
    return Pair(text, text)


def joint(rng: random.Random) -> Pair:
    """A particle after a noun, as a mark for the template language."""
    text = rng.choice(_JOINTS)
    return Pair(text, text)


def syllables(rng: random.Random) -> Pair:
    """A made-up word of one to four syllables."""
    text = "".join(rng.choice(SYLLABLES) for _ in range(rng.choice([1, 2, 2, 2, 3, 3, 4])))
    return Pair(text, text)


def clause_end(rng: random.Random) -> Pair:
    """A verb that lets expect more: a connective ending."""
    text = rng.choice(_VERBS) + rng.choice(_CONNECTIVES)
    return Pair(text, text)


EVERYDAY_SLOTS: dict[str, Slot] = {
    "clause_end": clause_end,
    "word": word,
    "predicate": predicate,
    "adverb": adverb,
    "joint": joint,
    "syllables": syllables,
}

EVERYDAY = """
{adverb} {word}{joint} {word}{joint} {predicate}
{word}{joint} {adverb} {predicate}
{word}{joint} {predicate}
{adverb} {word}{joint} {word}{joint} {adverb} {predicate}
{word} {word} {word}
{word} {adverb} {predicate} {word}
{predicate} {adverb} {word}{joint}
{syllables} {syllables} {word} {syllables}
{syllables}{joint} {predicate}
{syllables} {syllables}
{adverb} {predicate}
"""
