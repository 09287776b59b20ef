"""Slots of names: plans and families in all their usual spoken forms, and people."""

import random

from agent.korean.numbers import sino
from scripts.demo_stt.grammar import Pair, Slot
from scripts.demo_stt.lists import words

_FIVE_G = ("오지", "오지", "파이브지", "파이브지", "파이브 지")
_SURNAMES = (
    "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진지엄채원천방공"
    "현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모탁국어은편용"
)
_GIVEN_FIRST = (
    "민서지현수영정은재성준하윤도시예주유다채승우태경진상동기혜미연선희나소가인규한철광종명병용형원"
)
_GIVEN_SECOND = (
    "수영희민준현우진호연아윤서은정미숙자경석훈철환원성재빈혁주인나라린솔람규식욱섭기태범찬율후별"
)
_COMMON = words("full names")

_FAMILIES = words("families")
_VARIANTS = words("variants")
_SIZES = (
    [("심플", size) for size in (110, 70, 50, 30)]
    + [("슬림", size) for size in (14, 5)]
    + [("이월", size) for size in (21, 10, 4)]
    + [("슬림 이월", size) for size in (21, 10, 4)]
)


def five_g(rng: random.Random) -> Pair:
    """5G itself."""
    return Pair("5G", rng.choice(_FIVE_G))


def _with_five_g(pair: Pair, rng: random.Random, share: float) -> Pair:
    if rng.random() >= share:
        return pair
    prefix = five_g(rng)
    return Pair(f"{prefix.written} {pair.written}", f"{prefix.spoken} {pair.spoken}")


def family(rng: random.Random) -> Pair:
    """A plan family, with or without 5G before it."""
    kind = rng.random()
    if kind < 0.1:
        pair = Pair("Y틴", "와이틴")
    elif kind < 0.17:
        pair = Pair("Y", "와이")
    else:
        name = rng.choice(_FAMILIES)
        pair = Pair(name, name)
    return _with_five_g(pair, rng, 0.45)


def variant(rng: random.Random) -> Pair:
    """One plan of a family."""
    kind = rng.random()
    if kind < 0.22:
        number = rng.choice([30, 36, 46, 69, rng.randint(10, 99)])
        return Pair(f"요고 {number}", f"요고{rng.choice(['', ' '])} {sino(number)}")
    if kind < 0.55:
        name, size = rng.choice(_SIZES)
        if rng.random() < 0.15:
            size = rng.randint(1, 150)
        unit = rng.choice([" 기가", "기가", " 기가바이트"])
        return _with_five_g(Pair(f"{name} {size}GB", f"{name} {sino(size)}{unit}"), rng, 0.2)
    if kind < 0.67:
        letter, said = rng.choice([("A", "에이"), ("B", "비"), ("C", "씨")])
        return _with_five_g(Pair(f"시니어 {letter}형", f"시니어 {said}형"), rng, 0.15)
    if kind < 0.76:
        name = rng.choice(["베이직", "슬림"])
        return _with_five_g(Pair(f"Y {name}", f"와이 {name}"), rng, 0.2)
    if kind < 0.82:
        return _with_five_g(Pair("Y틴", "와이틴"), rng, 0.2)
    name = rng.choice(_VARIANTS)
    return _with_five_g(Pair(name, name), rng, 0.2)


def plan(rng: random.Random) -> Pair:
    """A family or one plan, now and then followed by 요금제."""
    pair = family(rng) if rng.random() < 0.5 else variant(rng)
    if rng.random() < 0.3:
        pair = Pair(f"{pair.written} 요금제", f"{pair.spoken} 요금제")
    return pair


def person(rng: random.Random) -> Pair:
    """A Korean name."""
    if rng.random() < 0.2:
        name = rng.choice(_COMMON)
    else:
        name = rng.choice(_SURNAMES[:20] if rng.random() < 0.6 else _SURNAMES)
        name += rng.choice(_GIVEN_FIRST)
        if rng.random() < 0.94:
            name += rng.choice(_GIVEN_SECOND)
    return Pair(name, name)


def latin(rng: random.Random) -> Pair:
    """A word that is written in Latin letters."""
    return Pair(
        *rng.choice(
            [
                ("OTT", "오티티"),
                ("OTT", "오티티"),
                ("KT", "케이티"),
                ("LTE", "엘티이"),
                ("USIM", "유심"),
                ("eSIM", "이심"),
                ("VIP", "브이아이피"),
                ("VVIP", "브이브이아이피"),
                ("TV", "티브이"),
                ("PC", "피시"),
                ("SMS", "에스엠에스"),
            ]
        )
    )


NAMES: dict[str, Slot] = {
    "five_g": five_g,
    "family": family,
    "variant": variant,
    "plan": plan,
    "person": person,
    "latin": latin,
}
