"""Checks figures: fees, data, speeds, minutes, ages, and what is reckoned from them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations

from agent.grounding.evidence import Evidence
from agent.grounding.mentions import Mention, about
from agent.korean.figures import Figure, Found, Unit, find_figures, number
from knowledge.catalog.model import EligibilityKind, Plan

_WISH = re.compile(
    r"\s?(?:이하|이상|미만|초과|정도|안|이내|내로|내에서|대|까지|쯤|예산|넘|보다|아래|쓰|사용|짜리"
    r"|인 것)"
)
_GAP = re.compile(
    r"\s?(?:이나|정도|씩|가량|만큼|의)?\s?(?:더|덜|차이|저렴|싸(?!요금)|쌉|싼|비싸|비쌉|비싼|절약|절감|아끼|아낄"
    r"|줄[어여일]|할인|많|적[어은습]|늘|이득)"
)
_MORE = re.compile(r"비싸|비쌉|비싼|많|늘|올라|더 내")
_LESS = re.compile(r"저렴|싸|쌉|싼|절약|절감|아끼|아낄|줄|할인|적|낮|덜|이득")
_GAP_BEFORE = re.compile(r"차이(?:는|가|도)?\s?(?:월\s?)?$")
_DISCOUNTED = re.compile(
    r"선택약정|약정 할인|할인(?:을)? 받|할인된|할인가|할인하면|25\s?%|25퍼센트"
)
_YEAR = re.compile(r"(?:연간|1년|일 년|일년|한 해|12개월|열두 달)[^,]{0,12}$")
_TWO_YEARS = re.compile(r"(?:2년|이 년|이년|24개월)[^,]{0,12}$")
_SUM = re.compile(r"(?:합|모두|총|전부|더하)[^,]{0,12}$")
_SUM_AFTER = re.compile(r"(?:을|를)? (?:합|더)")
_TWICE = re.compile(r"두 (?:분|명|회선|대)|2(?:명|회선|대)|둘이|두분")
_A_DAY = re.compile(r"(?:하루(?:에)?|일|1일)\s?$")
_SHARING = re.compile(r"공유|테더링|핫스팟|쉐어링|나눠|나누어")
_SHARED_AFTER = re.compile(r"(?:까지|를|을|로|씩)?\s?(?:공유|테더링|핫스팟|쉐어링|나눠)")
_CLAUSE = re.compile(r"(?:[,.!?]|(?:이)?고,?|지만,?|며,?|는데,?)\s")
_LIMIT = re.compile(r"\s?(이상|이하|미만|초과|까지|부터)")
_BARE_AMOUNT = re.compile(
    r"(?<![\d,])(?:\d+(?:\.\d+)?|[일이삼사오육칠팔구십백]*)\s?만\s?(?:(?:\d|[일이삼사오육칠팔구])\s?천)?(?![가-힣]?\d)"
)
_CHEAPER_ONE = re.compile(
    r"(?P<how>싼|저렴한|비싼)\s?(?:쪽|거|것|건|게|걸|요금제)(?:은|는|이|가|으로|로)?\s?(?:월\s?)?$"
)
_WITH_BONUS = re.compile(r"더 드려서|더하면|더해서|합치면|합쳐서")
"""`1GB를 더 드려서 매달 10GB`: data and what a note adds to it."""
_LEAST_TOLD = 1000


@lru_cache(maxsize=8192)
def figures_in(text: str) -> tuple[Found, ...]:
    """The figures of a text; facts are read again and again."""
    return find_figures(text)


def told_figures(told: str) -> frozenset[Figure]:
    """What a caller's figures may be said back as; bare amounts are amounts of money."""
    found = {item.figure for item in figures_in(told)}
    for figure in tuple(found):
        if figure.unit is Unit.PLAIN and figure.value >= _LEAST_TOLD:
            found.add(Figure(Unit.WON, figure.value))
    for match in _BARE_AMOUNT.finditer(told):
        value = number(match[0])
        if value is not None and value >= _LEAST_TOLD:
            found.add(Figure(Unit.WON, value))
    return frozenset(found)


def check(
    text: str,
    shown: str,
    mentions: Sequence[Mention],
    evidence: Evidence,
    *,
    subject: frozenset[str],
    told: str,
) -> tuple[list[str], list[str]]:
    """The figures of `shown` (the text with its names blanked) that no fact bears out, and the
    ids of the facts that bear the others out. `subject`: the plan last spoken of, if one."""
    missing, used = [], []
    items = figures_in(shown)
    places = [(item.start, item.end) for item in items]
    echoed = told_figures(told)
    for index, item in enumerate(items):
        named = about(mentions, places, item.start, item.end, text)
        whose = named or _relative(shown[: item.start], evidence) or (
            subject if not mentions else frozenset()
        )  # fmt: skip
        role = _Role(shown, items, index)
        bearers = _bearers(role, whose, evidence)
        if not _at_its_end(role, whose, evidence):
            bearers = []
        if bearers:
            used.append(next((b for b in bearers if b in used), bearers[0]))
        elif not _may_echo(role, echoed, of_plan=bool(named)):
            missing.append(f"{item.figure.unit.value}:{item.figure.value:g}")
    return missing, used


def _at_its_end(role: _Role, whose: frozenset[str], evidence: Evidence) -> bool:
    """Of a range said of several plans (`28,000원부터 38,000원까지`), whether this is that end."""
    match = re.match(r"(부터|까지)", role.whole_after)
    if match is None or len(whose) < 2 or role.figure.unit not in (Unit.WON, Unit.GB):
        return True
    plans = [plan for plan in evidence.plans if plan.id in whose]
    fees = [plan.fee_krw for plan in plans]
    known = fees if role.figure.unit is Unit.WON else [p.data_gb for p in plans if p.data_gb]
    if "부터" not in role.before + role.whole_after or len(plans) < len(whose) or not known:
        return True
    return role.figure.value == (min(known) if match[1] == "부터" else max(known))


class _Role:
    """What one figure counts, read off the words around it."""

    def __init__(self, text: str, items: Sequence[Found], index: int) -> None:
        self.item = items[index]
        self.figure = self.item.figure
        floor = items[index - 1].end if index else 0
        ceiling = items[index + 1].start if index + 1 < len(items) else len(text)
        self.before = text[floor : self.item.start]
        self.clause = _last_clause(text[: self.item.start])
        self.after = text[self.item.end : ceiling]
        self.whole_after = text[self.item.end :]

    @property
    def is_gap(self) -> bool:
        """A difference: `5,000원 더 비싸요`."""
        return bool(_GAP.match(self.after) or _GAP_BEFORE.search(self.before))

    @property
    def sign(self) -> int:
        """1 for more, -1 for less, 0 where it is not said."""
        if re.match(r"\s?차이", self.after):
            return 0
        near = self.after[:14]
        more, less = _MORE.search(near), _LESS.search(near)
        if more and less:
            return 1 if more.start() < less.start() else -1
        return 1 if more else -1 if less else 0

    @property
    def limit(self) -> str:
        """`이상`, `이하` and so on, where it follows."""
        match = _LIMIT.match(self.whole_after)
        return match[1] if match else ""


def _last_clause(before: str) -> str:
    ends = [match.end() for match in _CLAUSE.finditer(before)]
    return before[ends[-1] :] if ends else before


def _bearers(role: _Role, whose: frozenset[str], evidence: Evidence) -> list[str]:
    """The ids of the facts that bear a figure out, the best first."""
    if role.figure.unit is Unit.AGE and role.limit in (
        "이상",
        "이하",
        "미만",
        "초과",
        "까지",
        "부터",
    ):
        return _age_limits(role, whose, evidence)
    held = evidence.holding(role.figure)
    plans = [plan for plan in evidence.plans if not whose or plan.id in whose]
    if whose and held:  # of a name that only a page told of, the page must hold the figure
        plans += [plan for plan in evidence.told_of(whose) if plan not in plans]
    fitting = [f"plan:{plan.id}" for plan in plans if _fits(role, plan, evidence)]
    own = [fact_id for fact_id in fitting if fact_id in evidence.ids]
    if own or not held:
        return own
    if fitting or not whose:
        return held
    return held if not (_of_a_plan(role) or _turned_round(role, plans, evidence)) else []


def _turned_round(role: _Role, plans: Sequence[Plan], evidence: Evidence) -> bool:
    """Whether a difference is right but for its direction: `더 비싸요` of the cheaper plan."""
    if not (role.is_gap and role.sign):
        return False
    money = role.figure.unit is Unit.WON
    pairs = (
        (plan.fee_krw, other.fee_krw) if money else (plan.data_gb, other.data_gb)
        for plan in plans
        for other in evidence.plans
        if other is not plan
    )
    return any(
        own is not None and other is not None and abs(own - other) == role.figure.value
        for own, other in pairs
    )


def _of_a_plan(role: _Role) -> bool:
    """Whether a figure is one that the catalogue holds of each plan, so that it decides."""
    unit = role.figure.unit
    if unit is Unit.WON:
        return not (_A_DAY.search(role.before) or role.is_gap)
    if unit is Unit.GB:
        return not role.is_gap
    return unit is Unit.KBPS or (unit is Unit.MINUTES and "국제" not in role.before)


def _fits(role: _Role, plan: Plan, evidence: Evidence) -> bool:
    """Whether a figure is right of a plan, in the role in which it is said."""
    value, unit = role.figure.value, role.figure.unit
    match unit:
        case Unit.WON:
            return value in _money(role, plan, evidence)
        case Unit.GB:
            return value in _data(role, plan, evidence)
        case Unit.KBPS:
            return value == plan.throttle_kbps
        case Unit.MINUTES if "국제" not in role.before:
            return value == plan.extra_minutes
        case Unit.AGE:
            return False  # without `이하` it is somebody's age, which no plan tells
        case _:
            return Figure(unit, value) in plan_figures(plan)


def _money(role: _Role, plan: Plan, evidence: Evidence) -> Iterator[float]:
    fee, discounted = plan.fee_krw, plan.discounted_fee_krw
    if _A_DAY.search(role.before):
        return
    if role.is_gap:
        if discounted is not None and role.sign <= 0:
            yield fee - discounted
        yield from _gaps(
            ((p.fee_krw, o.fee_krw) for p in (plan,) for o in evidence.plans if o is not p),
            role.sign,
        )
        return
    months = 12 if _YEAR.search(role.before) else 24 if _TWO_YEARS.search(role.before) else 0
    if months:
        yield from (amount * months for amount in (fee, discounted or fee))
        yield from (
            abs(fee - other.fee_krw) * months for other in evidence.plans if other is not plan
        )
        if discounted is not None:
            yield (fee - discounted) * months
        return
    if _SUM.search(role.before) or _SUM_AFTER.match(role.after):
        if _TWICE.search(role.clause):
            yield 2 * fee
        yield from (a.fee_krw + b.fee_krw for a, b in combinations(evidence.plans, 2))
        return
    if discounted is not None and _DISCOUNTED.search(role.clause):
        yield discounted
        return
    if role.whole_after.startswith("대"):
        yield fee // 10_000 * 10_000
    yield fee
    bare = not role.clause.strip(" ·월은는이가에")
    if discounted is not None and (bare or evidence.holding(role.figure)):
        yield discounted


def _data(role: _Role, plan: Plan, evidence: Evidence) -> Iterator[float]:
    sharing = bool(_SHARING.search(role.clause) or _SHARED_AFTER.match(role.after))
    if role.is_gap:
        pairs = (
            (plan.sharing_gb, o.sharing_gb) if sharing else (plan.data_gb, o.data_gb)
            for o in evidence.plans
            if o is not plan
        )  # fmt: skip
        yield from _gaps(((a, b) for a, b in pairs if a is not None and b is not None), role.sign)
    bonus = re.match(r"(?:를|을)? ?(?:더|추가)", role.after)
    added = [f.figure.value for n in plan.notes for f in figures_in(n) if f.figure.unit is Unit.GB]
    if bonus:
        yield from added
    if role.is_gap or bonus:
        return
    if sharing:
        yield plan.sharing_gb
    elif plan.data_gb is not None:
        yield plan.data_gb
        if _WITH_BONUS.search(role.before):
            yield from (plan.data_gb + more for more in added)
    if plan not in evidence.plans and any(_SHARING.search(f.text) for f in evidence.general):
        yield plan.sharing_gb  # a page on sharing need not say it in every sentence


def _gaps(pairs: Iterable[tuple[int, int]], sign: int) -> Iterator[float]:
    for own, other in pairs:
        if sign == 0 or (own - other) * sign > 0:
            yield abs(own - other)


@lru_cache(maxsize=512)
def plan_figures(plan: Plan) -> frozenset[Figure]:
    """The figures in a plan's condition and notes."""
    text = ", ".join((plan.eligibility.text, *plan.notes, "12개월 또는 24개월, 25% 할인"))
    if plan.discounted_fee_krw is None:
        text = ", ".join((plan.eligibility.text, *plan.notes))
    return frozenset(item.figure for item in figures_in(text))


def _age_limits(role: _Role, whose: frozenset[str], evidence: Evidence) -> list[str]:
    """An age with its `이하`: 18세 이하, 18세까지 and 19세 미만 are one."""
    wanted = _limit(role.figure.value, role.limit)
    found = [
        f"plan:{plan.id}"
        for plan in (*evidence.plans, *evidence.told_of(whose))
        if (not whose or plan.id in whose) and wanted in _limits_of(plan)
    ]
    bearing = [i for i in found if i in evidence.ids]
    if bearing or (whose and not found):
        return bearing
    return [
        fact.id
        for fact in evidence.general
        if any(wanted == limit for limit in limits_in(fact.text))
    ]


def _limits_of(plan: Plan) -> set[tuple[str, float]]:
    limits = set(limits_in(", ".join(plan.notes)))
    rule = plan.eligibility
    if rule.age is not None:
        high = rule.kind is EligibilityKind.MAX_AGE
        limits.add(_limit(rule.age, "이하" if high else "이상"))
    return limits


def _limit(age: float, word: str) -> tuple[str, float]:
    match word:
        case "이하" | "까지":
            return ("max", age)
        case "미만":
            return ("max", age - 1)
        case "초과":
            return ("min", age + 1)
        case _:
            return ("min", age)


@lru_cache(maxsize=4096)
def limits_in(text: str) -> tuple[tuple[str, float], ...]:
    """The age limits of a text."""
    return tuple(
        _limit(item.figure.value, match[1])
        for item in figures_in(text)
        if item.figure.unit is Unit.AGE and (match := _LIMIT.match(text, item.end))
    )


def _relative(before: str, evidence: Evidence) -> frozenset[str]:
    """The plan that `더 싼 쪽은` means, of those that were retrieved."""
    match = _CHEAPER_ONE.search(before)
    if match is None or len(evidence.plans) < 2:
        return frozenset()
    pick = max if match["how"] == "비싼" else min
    fee = pick(plan.fee_krw for plan in evidence.plans)
    return frozenset(plan.id for plan in evidence.plans if plan.fee_krw == fee)


def _may_echo(role: _Role, told: frozenset[Figure], *, of_plan: bool) -> bool:
    """Whether a figure that only the caller told is said back as their wish or age.

    `5만원 이하로는` is; `요금은 5만원입니다` is not: saying a price does not make it one.
    """
    unit = role.figure.unit
    if unit is Unit.DECADE:
        decade = role.figure.value
        ages = {f.value // 10 * 10 for f in told if f.unit is Unit.AGE}
        return role.figure in told or decade in ages
    if role.figure not in told:
        return False
    if unit is Unit.AGE:
        return not role.limit
    if unit is Unit.PLAIN:
        return not of_plan
    return not of_plan and bool(_WISH.match(role.whole_after))
