"""Reads one call turn by turn and hides what is personal, split over turns or not; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from storage.privacy.births import valid_day
from storage.privacy.context import named_last
from storage.privacy.finding import find
from storage.privacy.kinds import Found, Kind
from storage.privacy.masking import hide, mask
from storage.privacy.numerals import numbers

_ASKS = re.compile(
    r"말씀해|말해|눌러|누르|알려\s?주|불러|입력|어떻게\s?되|여쭤|확인해\s?주|주시겠|부탁드|적어|남겨"
)
_GOES_ON = re.compile(
    r"이어서|계속|다시|나머지|마저|끝까지|말씀하세요|들리|듣고|천천히|상세|뒷자리|앞자리|다음|잠시만"
)
_NODS = re.compile(r"\s*(?:네|예|음|아)?[,.\s]*(?:네|예)?[,.\s]*")
_LEADS_TO = re.compile(
    r"(?:번호|주소|생년월일|생일|카드|계좌|메일|이름|성함)(?:가|는|은|이|요|가요|는요|은요)?[.,\s]*$"
)
_SENTENCE = re.compile(r"[^.?!]+[.?!]?")
_SECRETS = 12
"""Numbers of a call that are remembered, to be hidden where the agent repeats them."""
_LEAST_REPEATED = 3


@dataclass(frozen=True, kw_only=True)
class MaskedTurn:
    """A turn's words without what is personal."""

    heard: str
    said: str
    intended: str
    kinds: tuple[Kind, ...]
    """What was found, each once, in order."""
    heard_found: tuple[Found, ...] = ()
    """Where it stands in what was heard."""


class Reader:
    """What one call is known to speak of; give it the turns in order.

    To go on with a call that was begun elsewhere, give it the turns so far, masked or clear.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        """`names` are those of the people who are known to be spoken of."""
        self.names = list(names)
        self._expects: Kind | None = None
        self._pending = False
        self._secrets: list[str] = []

    @property
    def expects(self) -> Kind | None:
        """What the next words of the caller are asked for."""
        return self._expects

    def turn(
        self, heard: str, said: str, kind: str = "speech", *, intended: str | None = None
    ) -> MaskedTurn:
        """One turn: what was `heard` (`kind` speech, keys or none), then `said` to it.

        `intended` is what would have been said without an interruption.
        """
        found = _keyed(heard, self._expects) if kind == "keys" else self._found(heard)
        self._remember(heard, found)
        begun = self._named(heard, found)
        whole = said if intended is None else intended
        self._next(whole, begun)
        kinds = dict.fromkeys(
            one.kind for one in (*found, *self._repeated(said), *self._repeated(whole))
        )
        return MaskedTurn(
            heard=self._settled(hide(heard, found), kind=kind),
            said=self._agent(said),
            intended=self._agent(whole),
            kinds=tuple(kinds),
            heard_found=tuple(found),
        )

    def _found(self, heard: str) -> list[Found]:
        return find(heard, expects=self._expects, pending=self._pending)

    def _settled(self, text: str, *, kind: str) -> str:
        return text if kind == "keys" else mask(text, names=self.names)

    def _agent(self, text: str) -> str:
        while True:
            hidden = hide(text, self._repeated(text))
            if hidden == text:
                return mask(text, names=self.names)
            text = hidden

    def _repeated(self, text: str) -> list[Found]:
        """What is personal in the agent's words, and what it repeats of the caller's."""
        found = find(text)
        for run in numbers(text):
            atoms = [atom for atom in run if not atom.counted]
            digits = "".join(atom.value for atom in atoms)
            if len(digits) < _LEAST_REPEATED or not any(digits in s for s in self._secrets):
                continue
            start, end = atoms[0].start, atoms[-1].end
            if not any(one.start < end and start < one.end for one in found):
                spoken = any(atom.spoken for atom in atoms)
                found.append(Found(kind=Kind.PHONE, start=start, end=end, spoken=spoken))
        return sorted(found, key=lambda one: one.start)

    def _remember(self, heard: str, found: Sequence[Found]) -> None:
        given = ""
        for run in numbers(heard):
            for atom in run:
                if any(one.start <= atom.start < one.end for one in found):
                    given += atom.value
        if not given:
            self._pending = False if found else self._pending
            return
        if self._pending and self._secrets:
            self._secrets[-1] += given
        else:
            self._secrets.append(given)
            del self._secrets[:-_SECRETS]
        self._pending = True

    def _named(self, heard: str, found: Sequence[Found]) -> Kind | None:
        """What the caller has begun to tell: its name, or its first digits."""
        if _LEADS_TO.search(heard) and not found:
            return named_last(heard)
        if found and found[-1].kind is Kind.PHONE and len(self._secrets[-1:]) and self._pending:
            return Kind.PHONE if len(self._secrets[-1]) < 10 else None
        return None

    def _next(self, said: str, begun: Kind | None) -> None:
        """What the agent's words ask for, or leave to be gone on with."""
        asked = None
        for sentence in _SENTENCE.findall(said):
            if _ASKS.search(sentence) and (kind := named_last(_before_asking(sentence))):
                asked = kind
            elif "?" in sentence and not _GOES_ON.search(sentence):
                asked = None
        if asked and not (_GOES_ON.search(said) and self._expects and asked is Kind.PHONE):
            if asked is not self._expects:
                self._pending = False
            self._expects = asked
        elif _GOES_ON.search(said) or _NODS.fullmatch(said):
            self._expects = self._expects or begun
        else:
            self._expects = None
            self._pending = False


def _before_asking(sentence: str) -> str:
    asking = [match.start() for match in _ASKS.finditer(sentence)]
    return sentence[: asking[-1]] if asking else sentence


def _keyed(keys: str, expects: Kind | None) -> list[Found]:
    """Keyed digits are a number from two on; one key alone is a choice."""
    digits = re.sub(r"\D", "", keys)
    if len(digits) < 2:
        return []
    found = find(keys, expects=expects)
    kind = found[0].kind if found else expects
    if kind is None:
        kind = Kind.BIRTH_DATE if valid_day(digits) else Kind.PHONE
    return [Found(kind=kind, start=0, end=len(keys))]
