"""Makes a history of calls from played ones: when, who, how it went, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from random import Random

from agent.prompts import ANSWER, SUMMARY
from agent.summary.rules import by_rules
from knowledge.catalog.model import Catalog
from scripts.carrier.scenario import SEOUL
from scripts.seeding.callers import OPENINGS, PLACEHOLDER_NAME, PLACEHOLDER_SPOKEN
from scripts.seeding.people import stranger
from scripts.seeding.playing import Dialogue, Spoken
from storage.bulk import WholeCall
from storage.privacy import mask_name, written_phone
from storage.records import (
    CallEnd,
    Customer,
    Handoff,
    HandoffReason,
    HandoffStatus,
    HandoffStep,
    ModelUse,
    NewCall,
    Outcome,
    StoredCall,
    Turn,
    Verification,
)
from storage.reviews import Feedback, Rating, Scorecard

SID = "SEED-"
"""What CallSids of invented calls begin with; a carrier's begin otherwise."""
_HOURS = {
    8: 2,
    9: 7,
    10: 11,
    11: 11,
    12: 7,
    13: 8,
    14: 11,
    15: 10,
    16: 9,
    17: 8,
    18: 5,
    19: 3,
    20: 2,
    21: 1,
}
_DAYS = (1.15, 1.05, 1.0, 1.0, 1.05, 0.45, 0.25)
"""Monday to Sunday."""
_MODEL = "gpt-4.1-mini"
_COMMENTS = {
    Rating.GOOD: (
        "친절하게 안내했습니다.",
        "비교를 알기 쉽게 설명했습니다.",
        "질문을 정확히 이해했습니다.",
    ),
    Rating.BAD: (
        "답변이 조금 깁니다.",
        "고객이 두 번 물어보셨습니다.",
        "상담원 연결이 더 빨랐으면 합니다.",
    ),
}
_POINTS = ("greeting", "understanding", "answer", "closing")


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who phones, and what was played for them."""

    customers: Sequence[tuple[str, Customer]]
    """With the generation of each."""
    own: Mapping[tuple[str, str], Sequence[tuple[float, Dialogue, date]]]
    """By generation and plan: their calls, with weight and the placeholder's birth."""
    general: Sequence[tuple[float, Dialogue]]
    catalog: Catalog
    called: str


def history(
    random: Random,
    cast: Cast,
    *,
    count: int,
    days: int,
    end: datetime,
    organization: str,
    seed: int,
) -> Iterator[WholeCall]:
    """So many calls of the days before `end`, the oldest first."""
    regulars = list(accumulate(1 / (place + 3) for place in range(len(cast.customers))))
    for number, at in enumerate(sorted(_times(random, count, days, end))):
        maker = _Maker(random, cast, organization, f"{SID}{seed:x}-{number:06x}", at)
        if random.random() < 0.45:
            [who] = random.choices(cast.customers, cum_weights=regulars)
            yield maker.own(*who)
        else:
            yield maker.general()


def _times(random: Random, count: int, days: int, end: datetime) -> Iterator[datetime]:
    today = end.astimezone(SEOUL).date()
    dates = [today - timedelta(days=back) for back in range(1, days + 1)]
    weights = [_DAYS[day.weekday()] for day in dates]
    for day in random.choices(dates, weights, k=count):
        [hour] = random.choices(list(_HOURS), list(_HOURS.values()))
        at = time(hour, random.randrange(60), random.randrange(60), random.randrange(1_000_000))
        yield datetime.combine(day, at, SEOUL)


class _Maker:
    """Makes one call."""

    def __init__(
        self, random: Random, cast: Cast, organization: str, sid: str, at: datetime
    ) -> None:
        self._random = random
        self._cast = cast
        self._organization = organization
        self._sid = sid
        self._at = at

    def own(self, generation: str, customer: Customer) -> WholeCall:
        """A customer phones about the own contract."""
        played = self._cast.own[generation, customer.plan_id]
        [(_, dialogue, born)] = self._random.choices(played, [weight for weight, *_ in played])
        line = customer.phone
        if dialogue.verification in {Verification.SPOKEN_NUMBER, Verification.SECOND_FACTOR} and (
            PLACEHOLDER_SPOKEN in "".join(one.draft.heard for one in dialogue.exchanges)
        ):
            line = stranger(self._random)
        words = {
            PLACEHOLDER_NAME: customer.name,
            mask_name(PLACEHOLDER_NAME): mask_name(customer.name),
            PLACEHOLDER_SPOKEN: written_phone(customer.phone),
            f"{born:%y%m%d}": f"{customer.born:%y%m%d}",
        }
        return self._call(dialogue, line, customer if dialogue.known else None, words)

    def general(self) -> WholeCall:
        """Anybody asks about plans; now and then from a number that is withheld."""
        played = self._cast.general
        [(_, dialogue)] = self._random.choices(played, [weight for weight, _ in played])
        line = "" if self._random.random() < 0.06 else stranger(self._random)
        return self._call(dialogue, line, None, {})

    def _call(
        self, dialogue: Dialogue, line: str, customer: Customer | None, words: Mapping[str, str]
    ) -> WholeCall:
        random = self._random
        exchanges, cut_off = dialogue.exchanges, len(dialogue.exchanges) > 2 and _of(random, 0.008)
        if cut_off:
            exchanges = exchanges[: random.randint(1, len(exchanges) - 1)]
        turns, over_ms = self._turns(exchanges, words)
        ended_at = self._at + timedelta(milliseconds=over_ms + random.randint(300, 4_000))
        outcome = Outcome.FAILED if cut_off else dialogue.outcome
        reason = None if cut_off else dialogue.handoff
        stored = StoredCall(
            id=0,
            organization_id=self._organization,
            call_sid=self._sid,
            caller=line,
            called=self._cast.called,
            started_at=self._at,
            ended_at=ended_at,
            outcome=outcome,
            handoff_reason=reason,
            verification=dialogue.verification,
            customer=customer,
            recording_path=None,
            summary=None,
            turns=turns,
            cut_off=cut_off,
        )
        handoff = self._handoff(reason, ended_at, dialogue.brief, words) if reason else None
        asked = handoff is not None and handoff.status is HandoffStatus.CALLBACK_REQUESTED
        asked_at = handoff.steps[-1].at if handoff and asked and line else None
        return WholeCall(
            begun=NewCall(
                organization_id=self._organization,
                call_sid=self._sid,
                stream_sid=f"MZ{self._sid}",
                caller=line,
                called=self._cast.called,
                started_at=self._at,
            ),
            end=CallEnd(
                ended_at=ended_at,
                outcome=outcome,
                handoff_reason=reason,
                verification=dialogue.verification,
                customer_id=customer.id if customer else None,
            ),
            customer=customer,
            turns=turns,
            summary=by_rules(stored, self._cast.catalog),
            handoff=handoff,
            callback_at=asked_at,
            called_back_at=asked_at + timedelta(minutes=random.randint(10, 600))
            if asked_at and _of(random, 0.8)
            else None,
            cut_off=cut_off,
            changed_to=dialogue.changed_to if customer and not cut_off else None,
            usage=tuple(self._usage(turns)) if _of(random, 0.4) else (),
            feedback=tuple(self._feedback(turns, ended_at)) if _of(random, 0.04) else (),
            scorecards=(self._scorecard(ended_at),) if _of(random, 0.02) else (),
        )

    def _turns(
        self, exchanges: Sequence[Spoken], words: Mapping[str, str]
    ) -> tuple[tuple[Turn, ...], int]:
        """The turns, and when the last of them is over, in milliseconds."""
        random, clock_ms, turns = self._random, random_ms(self._random, 250, 600), []
        for index, one in enumerate(exchanges):
            draft, heard_ms = one.draft, None
            heard = _with(draft.heard, words)
            if index:
                if index == 1:
                    heard = random.choice(OPENINGS) + heard
                begins = clock_ms + random_ms(random, 350, 2_200)
                heard_ms = (begins, begins + 300 + 105 * len(heard))
                clock_ms = heard_ms[1]
            waits_ms = random_ms(random, 420, 1_350)
            said, intended = _with(draft.intended, words), _with(draft.intended, words)
            said_ms = one.said_ms
            interrupted = bool(index) and said_ms > 6_000 and _of(random, 0.07)
            if interrupted:
                said, share = _first_words(said, random.uniform(0.4, 0.9))
                said_ms = round(said_ms * share)
            turns.append(
                Turn(
                    index=index,
                    heard=heard,
                    input_kind=draft.input_kind,
                    heard_started_ms=heard_ms[0] if heard_ms else None,
                    heard_ended_ms=heard_ms[1] if heard_ms else None,
                    intended=intended,
                    said=said,
                    said_started_ms=clock_ms + waits_ms,
                    said_ended_ms=clock_ms + waits_ms + said_ms,
                    interrupted=interrupted,
                    first_audio_ms=waits_ms if index else None,
                    stt_ms=random_ms(random, 160, 420) if index else None,
                    agent_ms=random_ms(random, 6, 90),
                    fact_ids=tuple(draft.fact_ids),
                    tools=tuple(draft.tools),
                    grounding=tuple(draft.grounding),
                )
            )
            clock_ms += waits_ms + said_ms
        return tuple(turns), clock_ms

    def _handoff(
        self, reason: HandoffReason, at: datetime, brief: str, words: Mapping[str, str]
    ) -> Handoff:
        [way] = self._random.choices(
            (
                (HandoffStatus.ANSWERED,),
                (HandoffStatus.UNANSWERED,),
                (HandoffStatus.UNANSWERED, HandoffStatus.CALLBACK_REQUESTED),
            ),
            (0.74, 0.1, 0.16),
        )
        steps = [HandoffStep(at=at, status=HandoffStatus.REQUESTED)]
        for status in way:
            later = timedelta(seconds=self._random.randint(8, 40))
            steps.append(HandoffStep(at=steps[-1].at + later, status=status))
        return Handoff(
            requested_at=at,
            reason=reason,
            status=steps[-1].status,
            summary_text=_with(brief, words),
            steps=tuple(steps),
        )

    def _usage(self, turns: Sequence[Turn]) -> Iterator[ModelUse]:
        day = self._at.astimezone(SEOUL).date()
        for index, purpose in enumerate([*("answer" for _ in turns[1:]), "summary"]):
            read, written = self._random.randint(1_400, 3_200), self._random.randint(30, 160)
            yield ModelUse(
                key=f"{self._sid}-{index}",
                call_sid=self._sid,
                purpose=purpose,
                model=_MODEL,
                prompt=ANSWER if purpose == "answer" else SUMMARY,
                tokens_read=read,
                tokens_written=written,
                estimated=False,
                cost_micros=round(read * 0.4 + written * 1.6),
                at=self._at,
                day=day,
            )

    def _feedback(self, turns: Sequence[Turn], at: datetime) -> Iterator[Feedback]:
        rating = Rating.GOOD if _of(self._random, 0.7) else Rating.BAD
        yield Feedback(
            turn_index=self._random.choice((None, self._random.randrange(len(turns)))),
            rating=rating,
            comment=self._random.choice(_COMMENTS[rating]),
            by="",
            at=at + timedelta(hours=self._random.randint(1, 40)),
        )

    def _scorecard(self, at: datetime) -> Scorecard:
        items = {point: self._random.choice((3, 4, 4, 5, 5)) for point in _POINTS}
        later = timedelta(hours=self._random.randint(1, 40))
        return Scorecard(items=items, total=sum(items.values()), comment="", by="", at=at + later)


def random_ms(random: Random, least: int, most: int) -> int:
    """A time between two; short ones are more frequent."""
    return round(random.triangular(least, most, least + (most - least) * 0.3))


def _of(random: Random, share: float) -> bool:
    return random.random() < share


def _with(text: str, words: Mapping[str, str]) -> str:
    for placeholder, word in words.items():
        text = text.replace(placeholder, word)
    return text


def _first_words(text: str, share: float) -> tuple[str, float]:
    """The beginning of a sentence that was cut, and how much of it that is."""
    words = text.split()
    kept = max(1, int(share * len(words)))
    return " ".join(words[:kept]) + "…", kept / max(1, len(words))
