"""What of a call is personal, hidden: the turns in their order, and texts that are written of them.

The readable columns hold what comes out of here; `storage.privacy` knows what is personal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import phonenumbers

from storage.privacy import Found, Kind, Reader, find, mask, mask_name
from storage.privacy.numerals import numbers
from storage.records import Summary, Turn

_MOBILE_DIGITS = 11


@dataclass(frozen=True, kw_only=True)
class MaskedTurn:
    """A turn's personal fields, masked."""

    heard: str
    intended: str
    said: str
    tools: list[dict[str, Any]]
    kinds: tuple[str, ...]
    """The kinds of personal data that were found."""


class CallMasker:
    """Masks the turns of one call. It must be given all of them, in their order."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        """Of customers who may be spoken of; whoever has the rows adds them before a turn."""
        self._reader = Reader()
        self._begun = ""
        """Digits of a telephone number that is being told over several turns."""

    def phones(self, turn: Turn) -> tuple[str, ...]:
        """The telephone numbers of the next turn, E.164; to be asked once, before it is masked."""
        heard = find(turn.heard, expects=self._reader.expects, pending=bool(self._begun))
        told = [*self._told(turn.heard, heard), *_whole(turn.said, find(turn.said))]
        return tuple(dict.fromkeys(told))

    def turn(self, turn: Turn) -> MaskedTurn:
        """The next turn, masked."""
        self._reader.names = sorted(self.names)
        masked = self._reader.turn(turn.heard, turn.said, turn.input_kind, intended=turn.intended)
        return MaskedTurn(
            heard=masked.heard,
            intended=masked.intended,
            said=masked.said,
            tools=[self._inside(asdict(tool)) for tool in turn.tools],
            kinds=tuple(map(str, masked.kinds)),
        )

    def text(self, text: str) -> str:
        """A text that was written of the call, masked."""
        return mask(text, names=self.names)

    def _told(self, text: str, found: Sequence[Found]) -> Iterator[str]:
        for digits in _digits(text, found):
            if number := _e164(digits) or _e164(self._begun + digits):
                self._begun = ""
                yield number
            else:
                joined = self._begun + digits
                self._begun = joined if len(joined) < _MOBILE_DIGITS else ""

    def _inside(self, value: Any) -> Any:
        """The same with all text in it masked."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self._inside(item) for key, item in value.items()}
        return [self._inside(item) for item in value] if isinstance(value, list | tuple) else value


def mask_names(text: str, names: Iterable[str]) -> str:
    """The text with these names masked; those of one letter would hit ordinary words."""
    for name in names:
        if len(name) > 1:
            text = text.replace(name, mask_name(name))
    return text


def masked_summary(summary: Summary, names: Iterable[str]) -> Summary:
    """A summary with whatever its writer left open masked; its customer's name too."""
    known = {*names, summary.customer_name or ""}

    def text(words: str) -> str:
        return mask(words, names=known)

    return replace(
        summary,
        reason=text(summary.reason),
        questions=tuple(
            replace(one, question=text(one.question), answer=text(one.answer))
            for one in summary.questions
        ),
        follow_ups=tuple(map(text, summary.follow_ups)),
        customer_name=mask_name(summary.customer_name) if summary.customer_name else None,
        text=text(summary.text),
        sentences=tuple(replace(one, text=text(one.text)) for one in summary.sentences),
        mood=tuple(replace(one, words=text(one.words)) for one in summary.mood),
    )


def _whole(text: str, found: Sequence[Found]) -> Iterator[str]:
    yield from filter(None, map(_e164, _digits(text, found)))


def _digits(text: str, found: Sequence[Found]) -> Iterator[str]:
    """The digits of the telephone numbers found in a text, with a plus where one stands."""
    for one in found:
        if one.kind is Kind.PHONE:
            atoms = [atom for run in numbers(text[one.start : one.end]) for atom in run]
            plus = "+" if atoms and atoms[0].plus else ""
            yield plus + "".join(atom.value for atom in atoms)


def _e164(digits: str) -> str | None:
    try:
        number = phonenumbers.parse(digits, "KR")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
