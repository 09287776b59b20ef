"""From the written form to the spoken one: `55,000원` becomes `오만 오천 원`.

The spoken form exists only on the way to the voice. It holds no digit and no Latin letter.
The rules run in order, the most specific first; each replaces what it recognises by Hangul.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable

from agent.korean import endings
from agent.korean.numbers import by_digit, decimal, native, sino
from agent.korean.readings import (
    GENERATIONS,
    LETTERS,
    NATIVE_COUNTERS,
    SINO_COUNTERS,
    UNITS,
    WORDS,
)

# Possessive: else a long string of digits could be parted in very many ways.
_NUMBER = r"(?:\d{1,3}(?:,\d{3})++|\d++)(?:\.\d++)?"
_PART = r"\d[\d,]*+(?:\.\d++)?(?:[십백천]?[만억조]|[천백])"


def _counted(number: str, counter: str) -> str:
    """`number` in the reading that `counter` asks for, the counter after it."""
    value = number.replace(",", "")
    if not value.isdigit() or not 1 <= int(value) <= 110 or counter not in NATIVE_COUNTERS:
        return f"{decimal(number)} {counter}"
    if int(value) >= 100:  # 백한 개, 백열 명; beyond that people go over to 백이십 개
        few = native(int(value) - 100, before_counter=True) if int(value) > 100 else ""
        return f"백{few} {counter}"
    generation = counter == "대" and int(value) % 10 == 0
    most = {"시": 12, "시간": 23}.get(counter, 99)
    if generation or int(value) > most:
        return f"{sino(int(value))} {counter}"
    return f"{native(int(value), before_counter=True)} {counter}"


def _ordinal(match: re.Match[str]) -> str:
    return "첫 번째" if match[1] == "1" else f"{_counted(match[1], '번')}째"


def _phone(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    if match[0].startswith("+82"):
        digits = "0" + digits[2:].removeprefix("0")
    elif len(groups := re.findall(r"\d+", match[0])) > 1:
        return ", ".join(map(by_digit, groups))
    area = 2 if digits.startswith("02") else 3
    return ", ".join(map(by_digit, (digits[:area], digits[area:-4], digits[-4:])))


def _date(match: re.Match[str]) -> str:
    """A day; its year, and the last day of a range within its month, may be there too."""
    given = match.groupdict()
    year, day, until = (given.get(name) for name in ("year", "day", "until"))
    # 05년 is said 공오년, as 오년 would be five years.
    said = f"{by_digit(year) if year[0] == '0' else sino(int(year))}년 " if year else ""
    said += {6: "유", 10: "시"}.get(int(match["month"]), sino(int(match["month"]))) + "월"
    if day:
        said += f" {sino(int(day))}일"
    return f"{said}에서 {sino(int(until))}일" if until else said


def _clock(match: re.Match[str]) -> str:
    said = _counted(str(int(match[1])), "시")
    return f"{said} {sino(int(match[2]))} 분" if int(match[2]) else said


def _half_day(match: re.Match[str]) -> str:
    """3:30 PM, 3PM: the half of the day before the time."""
    half = "오전" if match[3] in "Aa" else "오후"
    return f"{half} {match[1]}{match[2] or '시'}"


def _fraction(match: re.Match[str]) -> str:
    part, whole = int(match[1]), int(match[2])
    return f"{sino(whole)}분의 {sino(part)}" if 0 < part < whole <= 10 else match[0]


def _same_size(match: re.Match[str]) -> str:
    """3~5만, of which both are meant in 만: 3만~5만."""
    low, high, size = match.groups()
    return f"{low}{size if float(low) < float(high) else ''}~{high}{size}"


def _mixed(match: re.Match[str]) -> str:
    """5만 5천, 3만5000, 1억 2천만: each part is read, then its unit."""
    parts = []
    for number, unit in re.findall(r"(\d[\d,]*(?:\.\d+)?)([십백천만억조]*)", match[1]):
        value = decimal(number)
        parts.append(("" if value == "일" and unit[:1] in tuple("십백천만") else value) + unit)
    return " ".join(parts) + (" 원" if match[2] else "")


def _range(match: re.Match[str]) -> str:
    low, high, unit = match.groups()
    said = _counted(low, unit) if unit in NATIVE_COUNTERS else decimal(low)
    return f"{said}에서 {high}{unit}"


def _agree(text: str) -> str:
    """Particles after figures and letters in the form that their sound asks for: 10GB을, KT은.

    Those after Hangul are left as they are: whoever wrote them heard the same as the caller.
    """

    def agreed(match: re.Match[str]) -> str:
        head = text[max(0, match.start() - _LONGEST_WORD) : match.end("last")].rsplit(maxsplit=1)[
            -1
        ]
        said = _say(head)
        if not said or not "가" <= said[-1] <= "힣":
            return match[0]
        return match["last"] + endings.agreeing(endings.final_consonant(said), match["particle"])

    return _PARTICLE.sub(agreed, text)


def _latin(match: re.Match[str]) -> str:
    known = WORDS.get(match[0].lower())
    return known or "".join(LETTERS.get(letter, "") for letter in match[0].upper())


def _bare(text: str) -> str:
    """A number without a unit: a code digit by digit, anything else as a number."""
    code = text.isdigit() and (len(text) >= 6 or (len(text) > 1 and text.startswith("0")))
    return by_digit(text) if code else decimal(text)


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_COUNTERS = _alternatives([*NATIVE_COUNTERS, *SINO_COUNTERS])
_UNIT = _alternatives(UNITS)
_TILDE = r"\s?[-~∼–]\s?"
_MONTH, _DAY = r"(?:1[0-2]|0?[1-9])", r"(?:3[01]|[12]\d|0?[1-9])"
_WEEKDAY = r"\s?\([월화수목금토일]\)"
_LONGEST_WORD = 64
_PARTICLE = re.compile(
    rf"(?P<last>\d\s?(?:{_COUNTERS})|[\dA-Za-z%+#*)\]\"'“”‘’])"
    r"(?P<particle>(?:[을를과와]|이랑|랑)(?![가-힣])|[은는이고며](?=요?(?![가-힣]))"
    r"|(?<!로\d)(?<!로 \d)가(?=요?(?![가-힣]))|이[고며](?=요?(?![가-힣]))"
    r"|(?:으로|로)(?=(?:서|써|부터|는|도|만|의|요|까지)?(?![가-힣]))|이에요|예요|이었|였"
    r"|이?라(?=(?:서|고|면|도|는|니|며|야)?(?:요|는|도|만)?(?![가-힣]))|이?나(?=마?(?![가-힣])))"
)
_Replacement = str | Callable[[re.Match[str]], str]


def _rule(pattern: str, replacement: _Replacement) -> tuple[re.Pattern[str], _Replacement]:
    return re.compile(pattern), replacement


_RULES = (
    _rule(r"[^\S\n]+", " "),
    _rule(r"https?://[!-~]+", "인터넷 주소"),
    # Telephone numbers and keys.
    _rule(r"\+82[- ]?0?\d{1,2}[- ]?\d{3,4}[- ]?\d{4}(?!\d)", _phone),
    _rule(r"(?<![\d-])1[5-9]\d\d-\d{4}(?![\d-])", _phone),
    _rule(r"(?<![\d-])(?:\(0\d{1,3}\)|0\d{1,3}[-. )])\s?\d{3,4}[-. ]\d{4}(?![\d-])", _phone),
    _rule(r"(?<!\d)01[016789]\d{7,8}(?!\d)", _phone),
    _rule(r"\*(\d+)#", lambda match: f"별표 {by_digit(match[1])} 우물정"),
    _rule(r"#(?=[을이과]? ?(?:누르|눌러|키|버튼|$|[을은이과으]))|(?<=\d)#", " 우물정"),
    _rule(r"\*[을를](?![가-힣])", "별표를"),
    _rule(r"(?<!\*)\*(?=[는와나] |\d)", "별표 "),
    # Dates and times.
    _rule(rf"(?<=[\d일]){_WEEKDAY}", lambda match: f" {match[0].strip()[1]}요일"),
    _rule(
        rf"(?<!\d)(?P<year>\d{{4}})[-./] ?(?P<month>{_MONTH})[-./] ?(?P<day>\d{{1,2}})(?!\d)",
        _date,
    ),
    _rule(
        r"(?<![\d.])'?(?P<year>\d{2})\.(?P<month>1[0-2]|0[1-9])\."
        r"(?P<day>3[01]|[12]\d|0[1-9])(?!\d|\.\d)",
        _date,
    ),
    _rule(
        rf"(?<![\d/])(?P<month>{_MONTH})/(?P<day>{_DAY})(?=\s[월화수목금토일]요일|까지|부터)", _date
    ),
    _rule(
        rf"(?:(?<!\d)(?P<year>\d{{2}}|\d{{4}})년\s*)?(?<!\d)(?P<month>{_MONTH})월"
        rf"(?:\s*(?P<day>\d{{1,2}})일(?:{_TILDE}(?P<until>\d{{1,2}})일)?)?",
        _date,
    ),
    _rule(r"([월달])\s+(\d{1,2})일", lambda match: f"{match[1]} {sino(int(match[2]))}일"),
    _rule(r"(?<!\d)([12]\d{3})년(?!간)", lambda match: f"{sino(int(match[1]))}년"),
    _rule(r"(?<!\d)(\d{1,2})(:[0-5]\d)?\s?([AaPp])\.?[Mm](?![A-Za-z])\.?", _half_day),
    _rule(r"(?<![\d:])([01]?\d|2[0-4]):([0-5]\d)(?![\d:])", _clock),
    _rule(r"(?<=시간)(?=\d+분)", " "),
    # Amounts and their units.
    _rule(
        r"(?<![\d:])(\d{1,2}):(\d{1,2})(?![\d:])",
        lambda match: f"{sino(int(match[1]))} 대 {sino(int(match[2]))}",
    ),
    _rule(
        rf"(?<![\d/])(\d{{1,2}})/(\d{{1,2}})(?![\d/]|\s?(?:{_COUNTERS}|{_UNIT})|[A-Za-z])",
        _fraction,
    ),
    _rule(rf"₩\s?({_NUMBER})", r"\1원"),
    _rule(rf"\$\s?({_NUMBER})", r"\1달러"),
    _rule(r"(?<=영하\s)[-−](?=\d)", ""),
    _rule(r"(?<![\d가-힣A-Za-z])[-−](?=\d)", "마이너스 "),
    _rule(r"\s?\+\s?(?=\d)", " 플러스 "),
    _rule(r"(?<![\d.])([2-6])G(?![A-Za-z])", lambda match: GENERATIONS[match[1]]),
    _rule(
        r"(?<=\d)(?<!1080)(?<!720)\s?([GMP])(?![A-Za-z])",
        lambda match: {"G": "GB", "M": "MB", "P": "포인트"}[match[1]],
    ),
    _rule(r"4[Kk](?![A-Za-z])", "포케이"),
    _rule(rf"(?<![\d,.])(\d{{1,4}}){_TILDE}(\d{{1,4}}(?:\.\d+)?)\s?([십백]?[천만억])", _same_size),
    _rule(
        r"(?<![\d,.])(\d{1,4}\.\d{1,4})만(?=\s?원)", lambda match: f"{float(match[1]) * 10_000:.0f}"
    ),
    _rule(rf"(?<=\d)(\s?(?:{_COUNTERS}|(?i:{_UNIT})))\s?[-–]\s?(?=\d|오전|오후)", r"\1~"),
    _rule(rf"({_NUMBER}){_TILDE}({_NUMBER}\s?)((?i:{_UNIT})|{_COUNTERS})", _range),
    _rule(rf"({_PART}(?:\s?{_PART})*(?:\s?\d[\d,]*)?)(\s?원)?", _mixed),
    _rule(
        rf"({_NUMBER})\s?((?i:{_UNIT}))(?![A-Za-z])",
        lambda match: f"{decimal(match[1])} {UNITS[match[2].lower()]}",
    ),
    _rule(
        r"(\d++)번(?=[을이]? ?(?:누르|눌러|키|버튼|선택|메뉴))",
        lambda match: f"{decimal(match[1])} 번",
    ),
    _rule(
        r"(?<!\d)1(?:1[0-9]|20)(?=번(?!째)|[에으로)]|입니다|예요|이에요|이?[고며나](?![가-힣])|[을를은는이가과와의도나](?![가-힣])"
        r"|[\s.?!]|,(?!\d)|$)",
        lambda match: by_digit(match[0]),
    ),
    _rule(r"(\d++)\s?번째", _ordinal),
    _rule(
        rf"({_NUMBER})\s?({_COUNTERS})(?!데|터|니어|리즈)",
        lambda match: _counted(match[1], match[2]),
    ),
    # What is left of numbers, letters and signs.
    _rule(
        r"((?:번호|자리|코드|생년월일)[은는이가]?\s)(\d{4,})(?![\d,.]\d)",
        lambda match: match[1] + by_digit(match[2]),
    ),
    _rule(r"No\.\s?(?=\d)", "넘버 "),
    _rule(r"(?<=[A-Za-z0-9])@(?=[A-Za-z])", " 골뱅이 "),
    _rule(r"(?<=[A-Za-z])\.(?=[A-Za-z])", " 닷 "),
    _rule(r"\s?\+", " 플러스"),
    _rule(r"(?<=[A-Z])2(?=[A-Z])", "투"),
    _rule(rf"({_NUMBER})\.(?=\d)", lambda match: f"{_bare(match[1])} 점 "),
    _rule(_NUMBER, lambda match: _bare(match[0])),
    _rule(r"A/S", "에이에스"),
    _rule(r"[Ee]-mail|[A-Za-z]+(?:-[Ff]i)?", _latin),
    _rule(r"\s*&\s*", " 앤 "),
    _rule(r"\s*[~∼]\s*", "에서 "),
    # Punctuation: pauses or nothing.
    _rule(r"。", ". "),
    _rule(r"\s*(?:[·/(\[、;→—\n]|[:\-–](?=\s)|\.{2,})\s*", ", "),
    _rule(r"[)\]](?=\s+[^\s.,?!])", ","),
    _rule(r"[)\]\"'“”‘’]", ""),
    _rule(r"[^가-힣ㄱ-ㅣ\s.,?!]", " "),
    _rule(r"(?:\s*,)+(?=\s*[.?!]|\s*$)", ""),
    _rule(r"^(?:\s*,)+", ""),
    _rule(r"(?<=[.?!])(?:\s*,)+", ""),
    _rule(r"\.(?:\s*\.)+", "."),
    _rule(r"\s*,(?:\s*,)*\s*", ", "),
    _rule(r"\s+(?=[.?!])", ""),
    _rule(r"\s+", " "),
)


def to_spoken(written: str) -> str:
    """How the written Korean text is said: "5G 슬림은 55,000원" is "파이브지 슬림은 오만 오천 원".

    Particles after figures and letters are put right: "10GB을" is "십 기가를". The result holds
    Hangul, spaces and `.,?!` only. Text that is spoken form already stays as it is.
    """
    return _say(_agree(unicodedata.normalize("NFKC", written)))


def _say(text: str) -> str:
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text.strip()
