"""Particles after written text, by the sound with which it is said: `14GB는`, `5G 슬림은`."""

from agent.korean import endings
from agent.korean.spoken import to_spoken


def final_consonant(written: str) -> int:
    """The final consonant with which `written` is said: 0 for none, 1 to 27 in Unicode's order.

    Digits and Latin letters count as they are said ("5G" ends like 지). Text that says nothing
    counts as ending in a vowel.
    """
    return endings.final_consonant(to_spoken(written))


def particle(written: str, form: str) -> str:
    """The right one of the pair to which `form` belongs, after `written`: ("14GB", "은") is "는".

    `form` may be either member of a pair. Raises ValueError for a particle that has no pair.
    """
    return endings.agreeing(final_consonant(written), form)


def with_particle(written: str, form: str) -> str:
    """`written` followed by the right particle: ("5G 슬림", "는") is "5G 슬림은"."""
    return written + particle(written, form)
