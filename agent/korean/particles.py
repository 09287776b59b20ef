"""Particles that depend on the sound before them: 은/는, 이/가, 을/를, 과/와, 으로/로 and more."""

from agent.korean.spoken import to_spoken

_RIEUL = 8

_PAIRS = {
    "은": ("은", "는"),
    "이": ("이", "가"),
    "을": ("을", "를"),
    "과": ("과", "와"),
    "으로": ("으로", "로"),
    "이에요": ("이에요", "예요"),
    "이라": ("이라", "라"),
    "이나": ("이나", "나"),
    "이랑": ("이랑", "랑"),
    "이고": ("이고", "고"),
    "이며": ("이며", "며"),
    "아": ("아", "야"),
}
_FORMS = {form: pair for pair in _PAIRS.values() for form in pair}


def final_consonant(written: str) -> int:
    """The final consonant with which `written` is said: 0 for none, 1 to 27 in Unicode's order.

    Digits and Latin letters count as they are said ("5G" ends like 지). Text that says nothing
    counts as ending in a vowel.
    """
    for character in reversed(to_spoken(written)):
        if "가" <= character <= "힣":
            return (ord(character) - 0xAC00) % 28
    return 0


def particle(written: str, form: str) -> str:
    """The right one of the pair to which `form` belongs, after `written`: ("14GB", "은") is "는".

    `form` may be either member of a pair. Raises ValueError for a particle that has no pair.
    """
    if form not in _FORMS:
        raise ValueError(f"{form!r} does not depend on the sound before it")
    with_final, without = _FORMS[form]
    final = final_consonant(written)
    if final == 0 or (with_final == "으로" and final == _RIEUL):
        return without
    return with_final


def with_particle(written: str, form: str) -> str:
    """`written` followed by the right particle: ("5G 슬림", "는") is "5G 슬림은"."""
    return written + particle(written, form)
