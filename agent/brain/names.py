"""Reads the names of plans and families in what a caller says, and which of them are not meant."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from agent.korean.figures import Unit, find_figures
from knowledge.catalog.model import Catalog, Family, Plan
from knowledge.lexicon import Lexicon, Mention

_REJECTED = re.compile(
    r"^(?:\s*요금제)?(?:은|는|이|가|를|을)?\s*(?:말고|아니고|아니라|아니구|대신|빼고|제외)"
)
_ALL_BEFORE = re.compile(r"(?:그거|그건|그게|이거|저거)\s*(?:말고|아니고|아니라|빼고)")
_JOINED = re.compile(r"\s?(?:요금제)?(?:이랑|랑|하고|과|와|보다)\s")
_CORRECTION = re.compile(
    r"(?<=\S)[\s,.]+(?:아\s?)?(?:아니(?:다|야|구나|지|요)?|참|아참)[,.]?\s+(?=\S)"
)
_PARTICLE = (
    r"(?:은|는|이|가|을|를|로|으로|도|의|에|랑|이랑|하고|보다|요|이요|과|와|나|이나|\s|[,.?!]|$)"
)


@dataclass(frozen=True, kw_only=True)
class Named:
    """The names in one utterance."""

    plans: tuple[Plan, ...]
    """In the order in which they were said."""
    families: tuple[Family, ...]
    rejected: tuple[str, ...]
    """Ids of plans and families that the caller does not mean: `슬림 말고`."""
    rest: str
    """The text with the names blanked: `이월 요금제` asks nothing about carrying over."""


class NameReader:
    """Finds names, and what they are called for short, in one catalogue."""

    def __init__(self, *, catalog: Catalog, lexicon: Lexicon) -> None:
        self._catalog = catalog
        self._lexicon = lexicon
        tails: dict[str, Plan] = {}
        # `베이직` alone is the plan whose whole name it is before any that ends in it
        for plan in sorted(catalog.plans, key=lambda plan: not plan.name.startswith("5G ")):
            head, _, tail = plan.name.rpartition(" ")
            if head and re.fullmatch(r"[가-힣]{3,}|[A-Z]형", tail):
                tails.setdefault(tail, plan)
        self._tails = tuple(
            (re.compile(rf"(?<![가-힣A-Za-z])(?:{_said(tail)})(?={_PARTICLE})"), plan)
            for tail, plan in tails.items()
        )

    def read(self, text: str, *, within: str | None) -> Named:
        """The names in `text`; `within` is the family spoken of, whose plans go by less."""
        mentions = self._mentions(text, within)
        rejected = {m for m in mentions if _REJECTED.match(text[m.end :])}
        for match in _ALL_BEFORE.finditer(text):
            rejected |= {m for m in mentions if m.end <= match.start()}
        kept = [m for m in mentions if m not in rejected]
        plans = [p for m in kept if m.kind == "plan" and (p := self._catalog.plan(m.id))]
        families = [f for m in kept if m.kind == "family" and (f := self._catalog.family(m.id))]
        meant = {plan.id for plan in plans} | {family.id for family in families}
        narrowed = {plan.family_id for plan in plans}
        return Named(
            plans=tuple(dict.fromkeys(plans)),
            families=tuple(f for f in dict.fromkeys(families) if f.id not in narrowed),
            rejected=tuple(dict.fromkeys(m.id for m in rejected if m.id not in meant)),
            rest=_without(text, mentions),
        )

    def corrected(self, text: str) -> str:
        """What is meant by `심플 칠십 기가 아니 삼십 기가`: what follows 아니, its family kept."""
        match = _CORRECTION.search(text)
        if match is None:
            return text
        before, after = text[: match.start()], text[match.end() :]
        named = self._lexicon.find(before)
        if not named:
            return text
        if self._lexicon.find(after):
            return after
        sized = any(found.figure.unit is Unit.GB for found in find_figures(after))
        if not sized and not self._lexicon.find(after, within=self._family_of(named[-1])):
            return text
        first = re.split(r"\d|\s", named[-1].text.strip())[0]
        return f"{first} {after}"

    def _mentions(self, text: str, within: str | None) -> list[Mention]:
        found, talked_of = list(self._lexicon.find(text)), within
        families = {self._family_of(m) for m in found}
        joined = any(m.kind == "family" and _JOINED.match(text, m.end) for m in found)
        if joined:
            within = None  # `초이스랑 스페셜`: each by itself
        elif len(families) == 1:
            within = families.pop()  # `초이스 중에 프리미엄`
        if within and len(families) < 2:
            ids = {m.id for m in found}
            pairs = any(_JOINED.match(text, m.end) for m in found)
            found += [
                m
                for m in self._lexicon.find(_without(text, found), within=within)
                if m.id not in ids or not (pairs or _JOINED.match(text, m.end))
            ]  # `스페셜이랑 초이스 스페셜`: two plans, not one of them twice
        if spoken := self._spoken_of(text, found, talked_of):
            found = spoken
        for pattern, plan in self._tails:
            for match in pattern.finditer(text):
                free = all(match.end() <= m.start or m.end <= match.start() for m in found)
                if free and not any(m.id == plan.id for m in found):
                    start, end = match.span()
                    mention = Mention(kind="plan", id=plan.id, start=start, end=end, text=match[0])
                    found.append(mention)
        return sorted(found, key=lambda mention: mention.start)

    def _spoken_of(
        self, text: str, found: list[Mention], within: str | None
    ) -> list[Mention] | None:
        """`슬림은요?` after 복지 베이직 means 복지 슬림, not the family that is called so."""
        family = self._catalog.family(within) if within else None
        if family is None or len(found) != 1 or found[0].kind != "family":
            return None
        mention = found[0]
        plan = next((p for p in family.plans if p.name.endswith(f" {mention.text}")), None)
        if plan is None or text[mention.end :].lstrip().startswith("요금제"):
            return None
        return [replace(mention, kind="plan", id=plan.id)]

    def _family_of(self, mention: Mention) -> str:
        plan = self._catalog.plan(mention.id) if mention.kind == "plan" else None
        return plan.family_id if plan else mention.id


_LETTERS = {"A": "에이", "B": "비", "C": "씨|시"}


def _said(tail: str) -> str:
    """A tail as it is written and, for `A형`, as it is heard."""
    return f"(?:{tail[0]}|{tail[0].lower()}|{_LETTERS[tail[0]]})형" if tail[0] in _LETTERS else tail


def _without(text: str, mentions: list[Mention]) -> str:
    for mention in mentions:
        text = f"{text[: mention.start]}{' ' * (mention.end - mention.start)}{text[mention.end :]}"
    return text
