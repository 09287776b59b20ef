"""From the spoken form to the written one: `오만 오천 원` becomes `55,000원`.

The inverse of `spoken.py`, for what a recogniser heard: it may have printed numerals as Hangul,
as digits, or mixed, with odd spacing. Small counts stay words (`두 번째`, `한 달`), as do words
that only look like numerals (`이월`, `오지 마세요`). What is written already stays as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from agent.korean.dates import dates
from agent.korean.digits import digit_strings
from agent.korean.figures import native_number, number

_SINO = "일이삼사오육륙칠팔구십백천만억"
# Possessive: else a long string of digits could be parted in very many ways.
_PIECE = rf"(?:\d{{1,3}}(?:,\d{{3}})++(?!\d)|\d++|[{_SINO}])"
_POINT = r"(?:\s?점\s?(?:[공영일이삼사오육칠팔구\d]\s?){1,3}|\.\d+)"
_RUN = rf"{_PIECE}(?:\s?{_PIECE})*"
_START = rf"(?:(?<![가-힣\d.,~\-])(?=[영{_SINO}])|(?<![\d.,~\-])(?=\d))"
_NUMBER = rf"{_START}(?P<run>{_RUN})"
_DECIMAL = rf"{_START}(?P<run>(?:{_RUN}|영){_POINT}|{_RUN})"
_NATIVE = (
    r"(?<![가-힣])(?P<run>(?:열|스물|서른|마흔|쉰|예순|일흔|여든|아흔)\s?"
    r"(?:한|두|세|네|다섯|여섯|일곱|여덟|여덜|아홉)|열|스무|서른|마흔|쉰|예순|일흔|여든|아흔"
    r"|한|두|세|네|다섯|여섯|일곱|여덟|여덜|아홉)"
)
_NOT_TO_LIVE = r"(?!림|균|충|색|아|았|펴|피|짝|점|포|을\s?[빼찌]|쪘|찌|빠|빼)"
_AGE_GROUP = (
    r"(?=$|[^가-힣]|예요|이에|인데|이세|이고|입니|의|를|가|는|요|도|면|라|신|초반|중반|후반|여|남)"
)
_AT = (
    rf"(?:\s?(?P<minute>{_RUN})\s?분(?!의)|(?=$|[^가-힣]|에|까지|부터|쯤|경|이후|이전|전|정도|예요|이에요"
    r"|인데|입니다|요|는|은|반|이요|이고|이면|로))"
)
_MOST_ROUNDS = 4
_TELLS_DATA = re.compile(
    r"\s?(?:짜리|정도|쯤|씩|이상|이하|미만|까지|요금제|데이터|남|넘|주[나는]|줘|줄)|(?:예요|이에요|입니|인[데가]|요|로|랑|를|만|면|죠)"
)
"""What follows `오기가` only where it is an amount of data and not 오기(傲氣)가."""
_BEFORE_DATA = re.compile(r"(?:슬림|심플|이월|데이터[가는를]?|매달|[한두] 달에|최소|약)\s?$")
_DEVICE = re.compile(r"(?:아이폰|아이패드|갤럭시|버즈|에어팟|맥북)\s?$")

_WORDS = {
    "브이브이아이피": "VVIP",
    "브이아이피": "VIP",
    "오티티": "OTT",
    "엘티이": "LTE",
    "에스엠에스": "SMS",
    "케이티": "KT",
    "티브이": "TV",
    "피시": "PC",
    "에이아이": "AI",
    "이심": "eSIM",
}
_SPACED_WORDS = "|".join(map(r"\s?".join, _WORDS))
_WORD = re.compile(
    rf"(?<![가-힣])(?P<word>{_SPACED_WORDS})"
    r"(?=$|[^가-힣]|[은는이가을를도로만과와의에]|으로|이랑|하고|예요|이에요|요|입니다|인가|나|랑)"
)


def _value(run: str) -> tuple[str, int] | None:
    """What stands before the number in `run` and the number itself; None if it is not one."""
    value = number(run)
    if value is not None:
        return "", int(value)
    # 이 오만 원짜리, 요고 삼십육이 오만 원, 심플 70 오만 원: what stands before the amount.
    head = re.match(rf"[{_SINO}]*이\s(?=[{_SINO}\d])|\d+\s(?=[가-힣])", run)
    if head is None:
        return None
    rest = number(run[head.end() :])
    return None if rest is None else (head[0], int(rest))


def _decimal(run: str) -> tuple[str, str] | None:
    """As `_value`, the number as it is written: `일 점 오` is 1.5."""
    whole, point, fraction = re.sub(r"\s?점\s?", ".", run).partition(".")
    found = ("", 0) if whole == "영" else _value(whole)
    if found is None:
        return None
    digits = "".join(_DIGITS.get(c, c) for c in fraction if not c.isspace())
    return found[0], f"{found[1]}{point}{digits}"


_DIGITS = {c: str(at) for at, c in enumerate("영일이삼사오육칠팔구")} | {"공": "0"}


def _won(match: re.Match[str]) -> str:
    found = _value(match["run"])
    if found is None or (found[1] < 10 and not match["run"].isdigit()):
        return match[0]  # 사원, 이 원: words
    return f"{found[0]}{found[1]:,}원"


def _single(run: str) -> bool:
    return len(run) == 1 and not run.isdigit()


def _data(match: re.Match[str]) -> str:
    run, text = match["run"], match.string
    glued = _single(run) and match["gap"] == "" and match["unit"] == "기가"
    if glued and not (
        _TELLS_DATA.match(text, match.end()) or _BEFORE_DATA.search(text[: match.start()])
    ):
        return match[0]  # 오기가 생겨요, 사기가 많아요
    found = _decimal(run)
    return match[0] if found is None else f"{found[0]}{found[1]}GB"


def _native_data(match: re.Match[str]) -> str:
    run = match["run"]
    if len(run) == 1 and match["gap"] == "" and not _TELLS_DATA.match(match.string, match.end()):
        return match[0]  # 한기가 들어요
    value = native_number(run)
    return match[0] if value is None else f"{value}GB"


def _speed(match: re.Match[str]) -> str:
    unit, run = match["unit"], match["run"]
    found = _decimal(run)
    if found is None or (run == "오" and match["gap"] == "" and unit == "메가"):
        return match[0]  # 오메가
    if unit[:1] in "케킬kK":
        return f"{found[0]}{found[1]}kbps"
    megabytes = "바이트" in unit or (unit == "메가" and float(found[1]) >= 100)
    return f"{found[0]}{found[1]}{'MB' if megabytes else 'Mbps'}"


def _percent(match: re.Match[str]) -> str:
    found = _decimal(match["run"])
    said_pro = match["unit"] == "프로"
    if (
        found is None
        or (said_pro and match["run"] == "이")
        or (said_pro and _DEVICE.search(match.string[: match.start()]))
    ):
        return match[0]
    return f"{found[0]}{found[1]}%{'p' if match['points'] else ''}"


def _age(match: re.Match[str]) -> str:
    full, run = match["full"] or "", match["run"]
    found = _value(run)
    if found is None or not 0 < found[1] <= 130 or (_single(run) and not full):
        return match[0]
    if run in ("백", "천", "만"):
        return match[0]  # 백세 시대
    return f"{found[0]}{'만 ' if full else ''}{found[1]}세"


def _years_old(match: re.Match[str]) -> str:
    run, text = match["run"], match.string
    value = native_number(run)
    if value is None:
        found = _value(run)
        if found is None or not 0 < found[1] <= 130 or _single(run):
            return match[0]
        value = found[1]
    buying = re.match(r"\s(?:수|거|것|게|건|만[한하])|[게래려던까]", text[match.end() :])
    if value < 5 and buying and not text.startswith("까지", match.end()):
        return match[0]  # 네, 살게요
    return f"{'만 ' if match['full'] else ''}{value}살"


def _clock(match: re.Match[str]) -> str:
    run, minute = match["run"], match["minute"]
    hour = native_number(run)
    if hour is None:
        found = _value(run)
        hour = found[1] if found and not found[0] else None
    if hour is None or hour > 24:
        return match[0]
    if len(run) == 1 and match["gap"] == "" and not minute and not run.isdigit():
        follows = re.match(r"에(?!서)|까지|부터|쯤|\s?반(?![가-힣])", match.string[match.end() :])
        part = re.search(
            r"(?:오전|오후|새벽|아침|점심|저녁|낮|밤)에?\s$", match.string[: match.start()]
        )
        if follows is None and part is None:
            return match[0]  # 한시도, 세시풍속
    if not minute:
        return f"{hour}시"
    said = _value(minute)
    return match[0] if said is None or said[1] > 59 else f"{hour}시 {said[0]}{said[1]}분"


def _age_group(match: re.Match[str]) -> str:
    found = _value(match["tens"])
    return match[0] if found is None else f"{found[1]}대"


def _hours(match: re.Match[str]) -> str:
    found = _value(match["run"])
    return match[0] if found is None or _single(match["run"]) else f"{found[0]}{found[1]}시간"


def _minutes(match: re.Match[str]) -> str:
    run = match["run"]
    found = _value(run)
    if found is None:
        return match[0]
    if _single(run) and not (run in "십백" and match["gap"]):
        lasts = re.match(
            r"\s?(?:정도|만|쯤|뒤|후|동안|이내|안에|이면|간)", match.string[match.end() :]
        )
        if lasts is None or (match["gap"] == "" and run in "이일"):
            return match[0]  # 이 분, 오분
    return f"{found[0]}{found[1]}분"


def _counted(unit: str) -> Callable[[re.Match[str]], str]:
    def written(match: re.Match[str]) -> str:
        found = _value(match["run"])
        return match[0] if found is None else f"{found[0]}{found[1]}{unit}"

    return written


_Replacement = str | Callable[[re.Match[str]], str]


def _rule(pattern: str, replacement: _Replacement) -> tuple[re.Pattern[str], _Replacement]:
    return re.compile(pattern), replacement


_RULES = (
    # Generations and words of Latin letters.
    _rule(
        r"(?<![가-힣])(?:파이브\s?[지쥐]|5\s?[gG](?![A-Za-z])|5[지쥐](?!\s?선다|[가-힣]?[점역구]))",
        "5G",
    ),
    _rule(r"(?<![가-힣])오[지쥐](?=\s?요금)", "5G"),
    _rule(r"(?<=[싼한은] )오[지쥐](?=\s거[가는로]?(?![가-힣]))", "5G"),
    _rule(r"(?<![가-힣])쓰리[지쥐](?![가-힣]{2})", "3G"),
    _rule(r"디즈니\s?플러스", "디즈니+"),
    (_WORD, lambda match: _WORDS[re.sub(r"\s", "", match["word"])]),
    _rule(
        r"(?<![가-힣])(?P<letter>에이|비|씨)형(?=$|[^가-힣]|이|은|을|으로|도|하고|과|요|에|의|만|인)",
        lambda match: {"에이": "A", "비": "B", "씨": "C"}[match["letter"]] + "형",
    ),
    # Amounts.
    _rule(
        rf"{_NUMBER}\s?원(?!래|하[는시]|해|룸|금|격|장|서|칙|활|본|어민|자|피스|조|산|함|할|\s?버스)",
        _won,
    ),
    _rule(r"(?<![가-힣])영 원(?=$|[^가-힣]|이|으로|입|에|은)", "0원"),
    _rule(
        rf"{_DECIMAL}(?P<gap>\s?)(?P<unit>기가\s?바이트|기가(?!\s?바이트)|[지쥐]비|(?i:gb)(?![A-Za-z]))"
        r"(?!지니|\s?인터넷|\s?막[히혀힌]|\s?차[고다서])",
        _data,
    ),
    _rule(
        rf"{_NATIVE}(?P<gap>\s?)(?:기가\s?바이트|기가(?!\s?바이트))(?!지니|\s?인터넷|\s?막[히혀힌]|\s?차[고다서])",
        _native_data,
    ),
    _rule(
        rf"{_DECIMAL}(?P<gap>\s?)(?P<unit>케이\s?비\s?피\s?에스|킬로\s?비\s?피\s?에스|엠\s?비\s?피\s?에스"
        r"|메가\s?비\s?피\s?에스|메가\s?바이트|메가(?!박스|헤르츠|픽셀|톤)|(?i:[km]bps)(?![A-Za-z]))",
        _speed,
    ),
    _rule(
        rf"{_DECIMAL}\s?(?P<unit>퍼센트|프로(?![가-힣]?[그모젝필])|%(?!p))(?P<points>\s?포인트)?",
        _percent,
    ),
    _rule(rf"{_NUMBER}\s?개월", _counted("개월")),
    # Ages and times.
    _rule(
        rf"(?:(?<![가-힣])(?P<full>만\s?)|{_START})(?P<run>{_RUN})\s?세"
        r"(?![트대계금상기]|입(?!니)|\s?개(?![가-힣]*월))",
        _age,
    ),
    _rule(
        rf"(?:(?<![가-힣])(?P<full>만\s?))?{_NATIVE}\s?살{_NOT_TO_LIVE}",
        _years_old,
    ),
    _rule(rf"(?P<full>)(?<![가-힣]){_NUMBER}\s?살{_NOT_TO_LIVE}", _years_old),
    _rule(rf"(?<![가-힣])(?P<tens>[이삼사오육칠팔구]?십)\s?대{_AGE_GROUP}", _age_group),
    _rule(rf"{_NATIVE}(?P<gap>\s?)시{_AT}", _clock),
    _rule(rf"{_NUMBER}(?P<gap>\s?)시{_AT}", _clock),
    _rule(rf"{_NUMBER}\s?시간", _hours),
    _rule(
        rf"{_NUMBER}(?P<gap>\s?)분(?![가-힣]?[기류야석실명위]|들|께|이신|이세|\s?의\s)",
        _minutes,
    ),
    _rule(r"(?<![가-힣\d])일일사(?=번|에|로)", "114"),
)


def to_written(spoken: str) -> str:
    """How the spoken Korean text is written: "오만 오천 원" is "55,000원".

    NFC; idempotent. Text without a numeral, and what is written already, stays as it is.
    """
    text = unicodedata.normalize("NFC", spoken)
    # What one rule writes may be what another one waits for.
    for _ in range(_MOST_ROUNDS):
        before = text
        text = digit_strings(dates(text))
        for pattern, replacement in _RULES:
            text = pattern.sub(replacement, text)
        if text == before:
            break
    return text
