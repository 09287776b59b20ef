"""Dates and lengths of time as callers say them, written: `유월 이십오일` is `6월 25일`.

February is also the word for carrying data over and a plan's name (`이월`), so it counts as a
month only where a year, a day with a particle or `생` says so.
"""

from __future__ import annotations

import re

from agent.korean.figures import number

_DIGITS = {c: str(at) for at, c in enumerate("공일이삼사오육칠팔구")} | {"영": "0", "륙": "6"}
_MONTHS = {
    "십이": 12, "십일": 11, "시": 10, "십": 10, "구": 9, "팔": 8, "칠": 7, "유": 6, "육": 6,
    "오": 5, "사": 4, "삼": 3, "이": 2, "일": 1,
}  # fmt: skip

_ONES = "[일이삼사오육륙칠팔구]"
_YEAR = (
    r"(?:\d{2,4}|[공영일이삼사오육륙칠팔구]{4}|[공영칠팔구][공영일이삼사오육륙칠팔구]"
    r"|(?:일?천|이\s?천)\s?(?:구?백)?\s?[일이삼사오육륙칠팔구십]*(?:\s?십\s?[일이삼사오육륙칠팔구]?)?"
    rf"|{_ONES}?\s?십\s?{_ONES}?|{_ONES})"
)
_MONTH = r"(?:십\s?이|십\s?일|[시십구팔칠유육오사삼이일]|1[0-2]|0?[1-9])"
_DAY = rf"(?:[이삼]?\s?십\s?{_ONES}?|{_ONES}|[12]\d|3[01]|0?[1-9])"
_START = r"(?<![가-힣\d.,~\-])"
_NO_DAY = (
    r"(?!\s?(?:기가|메가|GB|만|천|백|원|퍼센트|프로|개월|대(?=\s|$)|[년월])|[정반시찍본할곱단상])"
)
_DATE = re.compile(
    rf"{_START}(?:(?P<year>{_YEAR})\s?년\s?)?(?P<month>{_MONTH})(?P<gap>\s?)월"
    rf"\s?(?P<day>{_DAY})\s?일{_NO_DAY}"
)
_MONTH_OF_YEAR = re.compile(
    rf"{_START}(?P<year>{_YEAR})\s?년\s?(?P<month>{_MONTH})월(?![가-힣]{{3}})"
)
_MONTH_ALONE = re.compile(
    r"(?<![가-힣\d])(?P<month>십일|십이|[시구팔칠유오사삼])월"
    r"(?=에|부터|까지|달|생(?!각|활|명)|\s?(?:말|초|중순)(?![가-힣]{2}))"
)
_FEBRUARY = re.compile(
    r"\s?(?:생|에|부터|까지|날|이요|이에요|입니다|이고|인데|자(?![가-힣])|출생|태어)"
)
_CARRIED_OVER = re.compile(r"(?:데이터[는가를]?|슬림|5G|남은)\s?$")

_RUN = r"[일이삼사오육륙칠팔구십백천]+"
_YEARS = re.compile(
    rf"(?<![가-힣\d.,~\-])(?P<year>{_YEAR})(?P<gap>\s?)년"
    r"(?=$|[^가-힣]|생|도|대|입니|인[데가]|[간짜전후뒤쯤째만반차씩넘지이을에은으부까마정약동됐남])"
)
_LASTS = re.compile(
    r"(?:간|짜리|전|후|뒤|쯤|째|만(?![가-힣])|반|차|씩|넘|마다|이상|이하|이내|정도|동안)"
    r"|\s(?:약정|동안|정도|이상|이하|전|후|뒤|넘|쯤|반|됐|썼|쓰|남|계약|할부)"
)
_DAYS = re.compile(
    rf"(?<![가-힣\d.,~\-])(?P<run>{_RUN}|\d+(?=\s))(?P<gap>\s?)일"
    r"(?=\s?(?:이내|동안|안에|이후|까지|부터|날(?![씨개])|간(?![가-힣]{2})|치(?![가-힣])|짜리|째)|에(?![서게]))"
)
_DAY_OF = re.compile(rf"(?<=[매익]월 )(?P<run>{_RUN})\s?일|(?<=다음 달 )(?P<run2>{_RUN})\s?일")


def dates(text: str) -> str:
    """The text with its dates, years and days as they are written; all else stays."""
    text = _DATE.sub(_date, text)
    text = _MONTH_OF_YEAR.sub(_month_of_year, text)
    text = _MONTH_ALONE.sub(lambda match: f"{_MONTHS[match['month']]}월", text)
    text = _YEARS.sub(_years, text)
    text = _DAY_OF.sub(_day_of, text)
    return _DAYS.sub(_days, text)


def _date(match: re.Match[str]) -> str:
    month, day = _month(match["month"]), number(match["day"])
    year = _year(match["year"]) if match["year"] else ""
    if day is None or not 1 <= day <= 31 or year is None:
        return match[0]
    if match["gap"] and not (year or match["month"].isdigit()):
        return match[0]
    text = match.string
    if match["month"] == "이" and not year:
        dated = _FEBRUARY.match(text, match.end()) or re.match(
            r"\s?\d*[일이삼]?\s?일?\s?생", text[match.end() :]
        )
        if not dated or _CARRIED_OVER.search(text[: match.start()]):
            return match[0]
    return f"{year}{'년 ' if year else ''}{month}월 {int(day)}일"


def _month_of_year(match: re.Match[str]) -> str:
    year = _year(match["year"])
    return match[0] if year is None else f"{year}년 {_month(match['month'])}월"


def _month(said: str) -> int:
    word = re.sub(r"\s", "", said)
    return int(word) if word.isdigit() else _MONTHS[word]


def _year(said: str) -> str | None:
    """A year as it is written: `천구백오십오` is 1955, `공오` is 05; None if it is not one."""
    word = re.sub(r"\s", "", said)
    if word.isdigit():
        return word
    if len(word) in (2, 4) and all(c in _DIGITS for c in word):
        return "".join(_DIGITS[c] for c in word)
    if word[0] in "공영":
        rest = number(word[1:])
        return f"{int(rest):02d}" if rest is not None and rest < 100 else None
    value = number(word)
    return str(int(value)) if value is not None and value <= 2200 else None


def _years(match: re.Match[str]) -> str:
    said = match["year"]
    year = _year(said)
    if year is None or (said.isdigit() and not match["gap"]):
        return match[0]
    if len(said) == 1 and not said.isdigit() and not match["gap"]:
        if _LASTS.match(match.string, match.end()) is None:
            return match[0]  # 이년, 삼년: too short to be sure
    elif len(said) == 2 and all(c in _DIGITS for c in said):
        born = match.string.startswith(("생", "도"), match.end())
        if not born:
            return match[0]
    return f"{year}년"


def _days(match: re.Match[str]) -> str:
    run = match["run"]
    value = number(run)
    if value is None or value > 365:
        return match[0]
    if len(run) == 1 and not run.isdigit():
        lasts = re.match(
            r"\s?(?:이내|동안|안에|간(?![가-힣])|치|짜리|째)", match.string[match.end() :]
        )
        if run in "일이" or (lasts is None and run != "십"):
            return match[0]  # 이 일에, 일일이
    return f"{int(value)}일"


def _day_of(match: re.Match[str]) -> str:
    value = number(match["run"] or match["run2"])
    return match[0] if value is None or value > 31 else f"{int(value)}일"
