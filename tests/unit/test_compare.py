"""Filtering and recommending, for the five sample customers and at the rules' edges."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge.catalog.loader import load_catalog, sample_catalog_path
from knowledge.catalog.model import EligibilityKind
from knowledge.compare import (
    Audience,
    Option,
    ReasonCode,
    age_limit_date,
    find_plans,
    full_age,
    is_eligible,
    recommend,
)

CATALOG = load_catalog(sample_catalog_path())
TODAY = date(2026, 11, 20)
SPECIAL = {"5g-y", "5g-yteen", "5g-junior", "5g-senior", "5g-welcome", "5g-welfare"}


def _figures(option: Option) -> dict[ReasonCode, int | None]:
    return {
        reason.code: reason.value for reason in option.reasons if reason.code is not ReasonCode.NOTE
    }


def _notes(option: Option) -> list[str]:
    return [reason.text for reason in option.reasons if reason.code is ReasonCode.NOTE]


@pytest.mark.parametrize(
    ("born", "today", "age"),
    [
        (date(1979, 3, 14), TODAY, 47),
        (date(1988, 11, 2), TODAY, 38),
        (date(2009, 6, 25), TODAY, 17),
        (date(1955, 1, 30), TODAY, 71),
        (date(1995, 9, 9), TODAY, 31),
        (date(2000, 11, 20), TODAY, 26),
        (date(2000, 11, 21), TODAY, 25),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
    ],
)
def test_full_age(born: date, today: date, age: int) -> None:
    assert full_age(born, today) == age


def test_age_limit_is_the_first_day_too_old() -> None:
    assert age_limit_date(date(2009, 6, 25), 18) == date(2028, 6, 25)
    assert age_limit_date(date(2008, 2, 29), 18) == date(2027, 3, 1)
    for born in (date(2009, 6, 25), date(2008, 2, 29), date(2010, 1, 1)):
        limit = age_limit_date(born, 18)
        assert full_age(born, limit) == 19
        assert full_age(born, date.fromordinal(limit.toordinal() - 1)) == 18


def test_choi_pays_less_on_senior() -> None:
    advice = recommend(CATALOG, age=71, present_plan_id="slim-14")
    assert not advice.keep_present
    assert advice.best is advice.options[0].plan
    assert [option.plan.id for option in advice.options] == ["senior-basic", "yogo-36"]
    assert _figures(advice.options[0]) == {
        ReasonCode.FOR_AGE: 65,
        ReasonCode.SAVES: 6_000,
        ReasonCode.MORE_DATA: 1,
        ReasonCode.MORE_SHARING: 1,
    }
    online = _figures(advice.options[1])
    assert online[ReasonCode.SAVES_EVEN_DISCOUNTED] == 41_250 - 36_000
    assert ReasonCode.ONLINE_ONLY in online
    assert ReasonCode.NO_CONTRACT_DISCOUNT in online


def test_jung_gets_more_for_the_same_fee() -> None:
    advice = recommend(CATALOG, age=31, present_plan_id="basic")
    assert not advice.keep_present
    (option,) = advice.options  # 요고 69 would cost more than 5G 베이직 with its discount
    assert option.plan.id == "y-basic"
    assert _figures(option) == {
        ReasonCode.FOR_AGE: 34,
        ReasonCode.SAME_FEE: 80_000,
        ReasonCode.MORE_SHARING: 40,
    }
    assert _notes(option) == ["공유 데이터 2배", "커피 쿠폰 월 1장"]


def test_park_stays() -> None:
    advice = recommend(CATALOG, age=17, present_plan_id="yteen")
    assert advice.keep_present
    assert advice.best is advice.present
    assert [reason.code for reason in advice.present_reasons] == [ReasonCode.PRESENT_FITS]
    assert advice.options == ()


def test_park_at_nineteen_must_move() -> None:
    advice = recommend(CATALOG, age=19, present_plan_id="yteen")
    assert not advice.keep_present
    assert [reason.code for reason in advice.present_reasons] == [ReasonCode.PRESENT_NOT_ELIGIBLE]
    assert advice.best is CATALOG.plan("rollover-10")


def test_lee_may_stay_and_hears_of_the_online_plan() -> None:
    advice = recommend(CATALOG, age=38, present_plan_id="simple-70")
    assert advice.keep_present
    (option,) = advice.options
    assert option.plan.id == "yogo-46"
    assert _figures(option) == {
        ReasonCode.SAVES: 19_000,
        ReasonCode.SAVES_EVEN_DISCOUNTED: 2_750,
        ReasonCode.MORE_DATA: 10,
        ReasonCode.LESS_SHARING: 30,
        ReasonCode.ONLINE_ONLY: None,
        ReasonCode.NO_CONTRACT_DISCOUNT: None,
    }


def test_kim_may_stay_and_hears_what_he_would_lose() -> None:
    advice = recommend(CATALOG, age=47, present_plan_id="rollover-10")
    assert advice.keep_present
    (option,) = advice.options
    assert option.plan.id == "yogo-36"
    figures = _figures(option)
    assert figures[ReasonCode.SAVES_EVEN_DISCOUNTED] == 1_500
    assert ReasonCode.LOSES_ROLLOVER in figures


def test_smaller_need_makes_a_smaller_plan_the_advice() -> None:
    advice = recommend(CATALOG, age=38, present_plan_id="simple-70", min_data_gb=10)
    assert advice.best is CATALOG.plan("rollover-10")
    assert _figures(advice.options[0])[ReasonCode.SAVES] == 15_000
    assert _figures(advice.options[0])[ReasonCode.LESS_DATA] == 60


def test_larger_need_may_cost_more() -> None:
    advice = recommend(CATALOG, age=47, present_plan_id="rollover-10", min_data_gb=30)
    (reason,) = advice.present_reasons
    assert (reason.code, reason.value) == (ReasonCode.PRESENT_TOO_LITTLE_DATA, 20)
    assert advice.best is CATALOG.plan("simple-30")
    assert _figures(advice.options[0])[ReasonCode.COSTS_MORE] == 11_000
    assert advice.options[-1].plan.id == "yogo-46"


def test_budget_below_everything_alike_names_most_data_within_it() -> None:
    advice = recommend(CATALOG, age=38, present_plan_id="simple-110", budget_krw=45_000)
    (reason,) = advice.present_reasons
    assert (reason.code, reason.value) == (ReasonCode.PRESENT_OVER_BUDGET, 24_000)
    assert [option.plan.id for option in advice.options] == ["slim-5", "rollover-4", "yogo-36"]
    assert recommend(CATALOG, age=38, present_plan_id="basic", budget_krw=9_000).best is None


def test_unlimited_differences_have_no_figure() -> None:
    advice = recommend(CATALOG, age=38, present_plan_id="basic", min_data_gb=100)
    assert advice.best is CATALOG.plan("simple-110")
    figures = _figures(advice.options[0])
    assert figures[ReasonCode.LESS_DATA] is None
    assert figures[ReasonCode.SLOWER_AFTERWARDS] == 5_000


def test_new_caller_without_age_hears_general_plans_only() -> None:
    advice = recommend(CATALOG, age=None, present_plan_id=None, min_data_gb=10)
    assert advice.present is None
    assert [option.plan.id for option in advice.options] == ["rollover-10", "slim-14", "yogo-36"]


@pytest.mark.parametrize("age", [None, 5, 12, 13, 18, 19, 34, 35, 64, 65, 90])
@pytest.mark.parametrize("present", [None, *(plan.id for plan in CATALOG.plans)])
def test_advice_is_always_honest(age: int | None, present: str | None) -> None:
    advice = recommend(CATALOG, age=age, present_plan_id=present)
    assert advice.keep_present or advice.options
    assert len(advice.options) <= 3
    for option in advice.options:
        assert is_eligible(option.plan, age=age)
        assert option.plan is not advice.present
        if advice.present is None or advice.present_reasons:
            continue
        assert option.plan.fee_krw <= advice.present.fee_krw
        assert (option.plan.data_gb or 10**6) >= (advice.present.data_gb or 10**6)


def test_find_plans_shows_special_plans_only_to_those_they_are_for() -> None:
    families = {plan.family_id for plan in find_plans(CATALOG)}
    assert not families & SPECIAL
    assert {p.family_id for p in find_plans(CATALOG, age=70)} & SPECIAL == {"5g-senior"}
    assert {p.family_id for p in find_plans(CATALOG, age=12)} & SPECIAL == {
        *("5g-y", "5g-yteen", "5g-junior")
    }
    foreign = find_plans(CATALOG, audience=Audience.FOREIGNER)
    assert {plan.family_id for plan in foreign} & SPECIAL == {"5g-welcome"}
    disabled = find_plans(CATALOG, audience=Audience.DISABLED, unlimited=True)
    assert disabled[0].id == "welfare-basic"


def test_find_plans_within_a_family() -> None:
    assert [p.id for p in find_plans(CATALOG, family_id="5g-senior")] == [
        *("senior-c", "senior-b", "senior-a", "senior-basic")
    ]
    assert find_plans(CATALOG, family_id="5g-senior", age=64) == ()
    assert len(find_plans(CATALOG, family_id="5g-senior", age=65)) == 4


def test_find_plans_orders_and_limits() -> None:
    assert find_plans(CATALOG)[0].id == "yogo-30"
    by_data = find_plans(CATALOG, order="data", unlimited=False)
    assert [plan.id for plan in by_data[:3]] == ["simple-110", "yogo-46", "simple-70"]
    cheap = find_plans(CATALOG, max_fee_krw=50_000, min_data_gb=10)
    assert [plan.id for plan in cheap] == ["yogo-36", "yogo-46", "rollover-10"]
    assert all(p.eligibility.kind is not EligibilityKind.MAX_AGE for p in cheap)
    unlimited = find_plans(CATALOG, unlimited=True)
    assert [plan.id for plan in unlimited[:2]] == ["yogo-69", "basic"]
