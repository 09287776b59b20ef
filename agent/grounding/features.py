"""Checks claims in words: 이월됩니다, 무제한이에요, 가입하실 수 있어요, 가장 저렴해요."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from agent.grounding.amounts import figures_in, told_figures
from agent.grounding.evidence import Evidence
from agent.grounding.mentions import Mention, about
from agent.korean.figures import Unit
from knowledge.catalog.model import Catalog, EligibilityKind, Plan
from knowledge.compare import is_eligible

_NO = re.compile(
    r"없|않|아니|안\s?(?:되|돼|됩|나와|드|주|줘|맞)|불가|못|제외|빠(?:지|져|집)|못\s?하|말고|빼고|않|힘들|어렵"
)
_NOT_SAID = re.compile(
    r"여부|궁금|알려|말씀|찾아|찾으|원하|필요하|골라|고르시려|확인|비교|인지|는지|을지|ㄹ지|어떠|어때"
)
"""Behind a feature: it is asked after or looked for, not claimed."""
_CUT = re.compile(
    r"[,.!?]|고 |지만|며 |는데 |니다만|으며|면서|(?<=[없있되않하])는 |인 |라서? |어서 "
)
_JOINS = re.compile(
    r"가입(?:이|은|도)?\s?(?:하실|할|되실)?\s?(?:수\s?(?:는|도|가)?\s?)?"
    r"(?P<how>있|없|가능|불가|돼|됩|되|안|대상|못|어렵)"
)
_ON_CONDITION = re.compile(
    r"이면|시면|있으면|셔야|이어야|해야|에서|매장|온라인|고객센터|등록증|복지카드"
    r"|이하|이상|만 가입|전용|신 분|인 분|대신"
)
_MEETS = re.compile(r"이하|이상|등록증|복지카드|외국인 고객|장애인 고객")
"""The condition of a plan: who meets it may join, never may not."""
_BEST = re.compile(
    r"(?:가장|제일|최고로|최저)\s?(?P<how>저렴|싸|싼|비싸|비싼|많|큰|크|빠르|빨라|빠른|적|낮)"
)
_NAMED_BEHIND = re.compile(r"[한은른]?\s?(?:건|것은|게|쪽은|요금제는)\s")
"""`가장 많은 건 심플이에요`: said of the plan behind, whatever was named before."""
_FREE = re.compile(r"무료|공짜")
_GENERIC = frozenset((Path(__file__).parent / "generic.txt").read_text(encoding="utf-8").split())
"""Words in plans' notes that set no plan apart."""

Holds = Callable[[Plan], bool]


@dataclass(frozen=True)
class Claim:
    """A feature claimed or denied in a text."""

    feature: str
    holds: bool
    start: int
    end: int


@dataclass(frozen=True)
class _Feature:
    name: str
    pattern: re.Pattern[str]
    of: Holds


class Features:
    """The features that plans of one catalogue have or lack."""

    def __init__(self, catalog: Catalog, nouns: Callable[[str], Sequence[str]]) -> None:
        self._nouns = nouns
        self._features = (*_FIXED, *_from_notes(catalog, nouns))
        self._of = {feature.name: feature.of for feature in self._features}
        self._families = {family.id: family.plans for family in catalog.families}
        self.claims_in = lru_cache(maxsize=4096)(self._claims_in)

    def missing(
        self,
        text: str,
        shown: str,
        mentions: Sequence[Mention],
        evidence: Evidence,
        *,
        subject: frozenset[str],
        told: str,
    ) -> list[str]:
        """The claims of a sentence that no fact bears out; `shown` is it without its names."""
        if text.rstrip().endswith("?"):
            return []
        claims = self.claims_in(shown)
        places = [(item.start, item.end) for item in figures_in(shown)]
        places += [(claim.start, claim.end) for claim in claims]
        found = []
        for claim in claims:
            named = about(mentions, places, claim.start, claim.end, text)
            if not named:
                behind = [m for m in mentions if m.start >= claim.end]
                named = behind[0].plan_ids if behind else frozenset()
            whose = named or (subject if not mentions else frozenset())
            if not self._borne_out(claim, whose, evidence):
                found.append(f"claim:{claim.feature}:{'yes' if claim.holds else 'no'}")
        found += self._free(shown, evidence)
        found += _joining(text, shown, mentions, evidence, subject=subject, told=told)
        found += _superlatives(text, shown, mentions, evidence, self._siblings)
        return found

    def _free(self, shown: str, evidence: Evidence) -> list[str]:
        """`무료` said of what no fact says it of."""
        if not _FREE.search(shown):
            return []
        notes = (note for plan in evidence.plans for note in plan.notes)
        pages = (part for fact in evidence.general for part in re.split(r"[.,]", fact.text))
        borne_out = any(
            noun in shown
            for text in (*notes, *pages)
            if _FREE.search(text)
            for noun in self._nouns(text)
            if len(noun) > 1 and noun not in _GENERIC
        )
        return [] if borne_out else ["claim:무료:yes"]

    def _siblings(self, plan: Plan) -> list[Plan]:
        return [other for other in self._families[plan.family_id] if other is not plan]

    def _claims_in(self, shown: str) -> tuple[Claim, ...]:
        places = sorted(
            (match.start(), match.end(), feature.name)
            for feature in self._features
            for match in feature.pattern.finditer(shown)
        )
        claims = []
        for index, (start, end, name) in enumerate(places):
            following = [place for place, _, _ in places[index + 1 :] if place >= end]
            stop = min(following[0] if following else len(shown), len(shown))
            cut = _CUT.search(shown, end, stop)
            scope = shown[end : cut.start() if cut else stop]
            if _NOT_SAID.search(scope):
                continue
            claims.append(Claim(name, not _NO.search(scope), start, end))
        return tuple(claims)

    def _borne_out(self, claim: Claim, whose: frozenset[str], evidence: Evidence) -> bool:
        right = self._of[claim.feature]
        if whose:
            plans = [plan for plan in evidence.plans if plan.id in whose]
            plans = plans or list(evidence.told_of(whose))
            return any(right(plan) == claim.holds for plan in plans)
        if any(right(plan) == claim.holds for plan in evidence.plans):
            return True
        return any(
            (claim.feature, claim.holds)
            in {(c.feature, c.holds) for c in self.claims_in(fact.text)}
            or (claim.holds and claim.feature in fact.text)
            for fact in evidence.general
        )


def _from_notes(catalog: Catalog, nouns: Callable[[str], Sequence[str]]) -> list[_Feature]:
    """What the notes of some plans speak of: 멤버십, 쿠폰, 넷플릭스, 국제전화."""
    families = {family.id: family for family in catalog.families}
    words = {
        noun
        for plan in catalog.plans
        for note in plan.notes
        for noun in nouns(note)
        if len(noun) > 1 and noun not in _GENERIC and not noun.isdigit()
    }

    def spoken_of(word: str) -> Holds:
        pattern = _word(word)
        if word.isascii() or word in ("멤버십",):
            return lambda plan: any(pattern.search(note) for note in plan.notes)
        return lambda plan: any(
            pattern.search(note)
            for other in families[plan.family_id].plans
            if other is plan or "선택" in "".join(plan.notes)
            for note in other.notes
        )

    return [_Feature(word, _word(word), spoken_of(word)) for word in sorted(words)]


def _word(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])")


def _notes_say(word: str) -> Holds:
    return lambda plan: any(word in note for note in plan.notes)


_FIXED = (
    _Feature("이월", re.compile(r"이월|넘어[가와]"), _notes_say("이월")),
    _Feature(
        "무제한",
        re.compile(r"(?<!통화가 )(?<!통화도 )(?<!통화는 )(?<!문자가 )(?<!통화 )(?<!전화 )무제한"),
        lambda plan: plan.data_gb is None,
    ),
    _Feature(
        "속도 제한",
        re.compile(r"속도(?:가|는|를)?\s?(?:제한|느려|줄어)"),
        lambda plan: plan.throttle_kbps is not None,
    ),
    _Feature(
        "선택약정",
        re.compile(r"선택\s?약정(?:\s?(?:25\s?%)?\s?할인)?"),
        lambda plan: plan.discounted_fee_krw is not None,
    ),
    _Feature(
        "무약정",
        re.compile(r"무약정|(?<!선택)(?<!선택 )약정(?:이|은|도)?\s?없"),
        lambda plan: plan.discounted_fee_krw is None,
    ),
    _Feature(
        "온라인 전용",
        re.compile(r"온라인\s?(?:전용|에서만|으로만)"),
        lambda plan: plan.eligibility.kind is EligibilityKind.ONLINE,
    ),
    _Feature(
        "누구나",
        re.compile(r"누구나|나이\s?제한이?\s?없"),
        lambda plan: plan.eligibility.kind in (EligibilityKind.ANYONE, EligibilityKind.ONLINE),
    ),
    *(
        _Feature(word, re.compile(word), _notes_say(word))
        for word in ("웨이브", "왓챠", "쿠팡", "유튜브 프리미엄", "애플 ?TV", "스포티비")
    ),
)


def _joining(
    text: str,
    shown: str,
    mentions: Sequence[Mention],
    evidence: Evidence,
    *,
    subject: frozenset[str],
    told: str,
) -> list[str]:
    """Whether somebody may join, said without the condition or of one age."""
    found = []
    for match in _JOINS.finditer(shown):
        cut = _CUT.search(shown, match.end())
        scope = shown[match.start() : cut.start() if cut else len(shown)]
        if _NOT_SAID.search(scope) or "가입일" in shown:
            continue
        holds = not _NO.search(scope)
        named = about(mentions, [], match.start(), match.end(), text)
        whose = named or (subject if not mentions else frozenset())
        plans = [p for p in evidence.plans if not whose or p.id in whose]
        plans = plans or list(evidence.told_of(whose))
        before = shown[: match.start()]
        ages = [
            i for i in figures_in(before) if i.figure.unit is Unit.AGE and _alone(before, i.end)
        ]
        told_ages = [f for f in told_figures(told) if f.unit is Unit.AGE]
        if ages and plans:
            age = int(ages[-1].figure.value)
            right = any(is_eligible(p, age=age) == holds for p in plans if p.eligibility.age)
            limited = any(p.eligibility.age for p in plans)
            wrong = not right if limited else not holds
        elif ages or _ON_CONDITION.search(before):
            barred = all(_open(p) for p in plans) or _MEETS.search(before)
            wrong = not holds and bool(plans) and bool(barred) and not ages
        elif holds:
            wrong = bool(plans) and not any(
                _open(p)
                or any(is_eligible(p, age=int(f.value)) for f in told_ages)
                or _aged(p, evidence)
                for p in plans
            )
        else:
            wrong = bool(plans) and all(_open(p) for p in plans)
        if wrong:
            found.append(f"claim:가입:{'yes' if holds else 'no'}")
    return found


def _alone(before: str, end: int) -> bool:
    return not re.match(r"\s?(?:이상|이하|미만|초과|까지|부터)", before[end:])


def _open(plan: Plan) -> bool:
    return plan.eligibility.kind in (EligibilityKind.ANYONE, EligibilityKind.ONLINE)


def _aged(plan: Plan, evidence: Evidence) -> bool:
    """Whether the customer of a fact is of the plan's age."""
    ages = [
        int(item.figure.value)
        for fact in evidence.general
        if fact.id.startswith("customer:")
        for item in figures_in(fact.text)
        if item.figure.unit is Unit.AGE and _alone(fact.text, item.end)
    ]
    return any(is_eligible(plan, age=age) for age in ages)


def _superlatives(
    text: str,
    shown: str,
    mentions: Sequence[Mention],
    evidence: Evidence,
    family_of: Callable[[Plan], list[Plan]],
) -> list[str]:
    """`가장 저렴해요` of a plan beside which a cheaper one was retrieved, or is in its family."""
    found = []
    for match in _BEST.finditer(shown):
        behind = [m for m in mentions if m.start >= match.end()]
        if behind and _NAMED_BEHIND.match(shown, match.end()):
            named = behind[0].plan_ids
        else:
            named = about(mentions, [], match.start(), match.end(), text)
            named = named or (behind[0].plan_ids if behind else frozenset())
        said = [plan for plan in evidence.plans if plan.id in named]
        if not said or len(named) > 1:
            continue
        plan = said[0]
        others = [p for p in evidence.plans if p is not plan] or family_of(plan)
        alike = [p for p in others if p.family_id == plan.family_id] if "중" in shown else others
        if "무제한" in shown:
            alike = [p for p in alike if p.data_gb is None]
        data = "데이터" in shown[max(0, match.start() - 8) : match.end() + 8] or "GB" in shown
        if any(_beats(other, plan, match["how"], data=data) for other in alike):
            found.append(f"claim:가장 {match['how']}:yes")
    return found


def _beats(other: Plan, plan: Plan, how: str, *, data: bool) -> bool:
    endless = 10**6
    if how in ("저렴", "싸", "싼", "낮"):
        online = other.eligibility.kind is EligibilityKind.ONLINE
        fair = not online or plan.eligibility.kind is EligibilityKind.ONLINE
        return other.fee_krw < plan.fee_krw and fair and _open(other) >= _open(plan)
    if how in ("비싸", "비싼"):
        return other.fee_krw > plan.fee_krw
    if how in ("많", "큰", "크") and data:
        return (other.data_gb or endless) > (plan.data_gb or endless)
    return False
