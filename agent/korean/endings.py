"""The sounds on which words end, and which form of a particle follows them: 은/는, 이/가, 을/를."""

_RIEUL = 8

_PAIRS = {
    "은": ("은", "는"),
    "이": ("이", "가"),
    "을": ("을", "를"),
    "과": ("과", "와"),
    "으로": ("으로", "로"),
    "이에요": ("이에요", "예요"),
    "이었": ("이었", "였"),
    "이라": ("이라", "라"),
    "이나": ("이나", "나"),
    "이랑": ("이랑", "랑"),
    "이고": ("이고", "고"),
    "이며": ("이며", "며"),
    "아": ("아", "야"),
}
_FORMS = {form: pair for pair in _PAIRS.values() for form in pair}


def final_consonant(spoken: str) -> int:
    """The final consonant of the last syllable: 0 for none, 1 to 27 in Unicode's order.

    Text without a syllable counts as ending in a vowel.
    """
    for character in reversed(spoken):
        if "가" <= character <= "힣":
            return (ord(character) - 0xAC00) % 28
    return 0


def agreeing(final: int, form: str) -> str:
    """The right one of the pair to which `form` belongs, after the consonant `final`.

    `form` may be either member of a pair. Raises ValueError for a particle that has no pair.
    """
    if form not in _FORMS:
        raise ValueError(f"{form!r} does not depend on the sound before it")
    with_final, without = _FORMS[form]
    if final == 0 or (with_final == "으로" and final == _RIEUL):
        return without
    return with_final
