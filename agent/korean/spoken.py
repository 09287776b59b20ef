"""From the written form to the spoken one: `55,000원` becomes `오만 오천 원`.

The spoken form exists only on the way to the voice. It holds no digit and no Latin letter.
The rules run in order, the most specific first; each replaces what it recognises by Hangul.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable

from agent.korean.numbers import by_digit, decimal, native, sino

_LETTERS = {
    "A": "에이", "B": "비", "C": "씨", "D": "디", "E": "이", "F": "에프", "G": "지",
    "H": "에이치", "I": "아이", "J": "제이", "K": "케이", "L": "엘", "M": "엠", "N": "엔",
    "O": "오", "P": "피", "Q": "큐", "R": "알", "S": "에스", "T": "티", "U": "유", "V": "브이",
    "W": "더블유", "X": "엑스", "Y": "와이", "Z": "제트",
}  # fmt: skip
_WORDS = {
    "usim": "유심",
    "esim": "이심",
    "sim": "심",
    "wifi": "와이파이",
    "wi-fi": "와이파이",
    "netflix": "넷플릭스",
    "disney": "디즈니",
    "tving": "티빙",
    "youtube": "유튜브",
    "premium": "프리미엄",
    "vip": "브이아이피",
    "vvip": "브이브이아이피",
    "tv": "티브이",
    "pc": "피시",
    "pass": "패스",
    "app": "앱",
    "kt": "케이티",
}
_GENERATIONS = {"3": "쓰리지", "4": "포지", "5": "파이브지", "6": "식스지"}
_UNITS = {
    "°c": "도",
    "gb": "기가",
    "mb": "메가",
    "kb": "킬로바이트",
    "tb": "테라",
    "gbps": "기가",
    "mbps": "메가",
    "kbps": "케이비피에스",
    "mhz": "메가헤르츠",
    "ghz": "기가헤르츠",
    "km": "킬로미터",
    "cm": "센티미터",
    "mm": "밀리미터",
    "kg": "킬로그램",
    "m": "미터",
    "%p": "퍼센트포인트",
    "%": "퍼센트",
}
_NATIVE = (
    "가지", "가구", "개", "군데", "글자", "마리", "마디", "사람", "송이", "시간", "자리", "차례",
    "켤레", "종류", "살", "시", "명", "번", "대", "달", "장", "잔", "종", "배", "곳", "건", "권",
    "벌", "편", "통", "줄", "쪽", "알", "채", "박스",
)  # fmt: skip
_SINO = (
    "개월", "개년", "개국", "회선", "주년", "년간", "퍼센트포인트", "퍼센트", "기가바이트",
    "메가바이트", "기가", "메가", "테라", "분기", "단계", "세대", "학년", "인분", "주일", "초",
    "분", "회", "차", "호선", "호", "층", "위", "점", "인", "주", "세", "년", "월", "일", "원",
    "등급", "포인트", "킬로", "미터",
)  # fmt: skip
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_PART = r"\d[\d,.]*(?:[십백천]?[만억조]|[천백])"


def _counted(number: str, counter: str) -> str:
    """`number` in the reading that `counter` asks for, the counter after it."""
    value = number.replace(",", "")
    if not value.isdigit() or not 1 <= int(value) <= 99 or counter not in _NATIVE:
        return f"{decimal(number)} {counter}"
    generation = counter == "대" and int(value) % 10 == 0
    if generation or (counter == "시" and int(value) > 12):
        return f"{sino(int(value))} {counter}"
    return f"{native(int(value), before_counter=True)} {counter}"


def _ordinal(match: re.Match[str]) -> str:
    value = int(match[1])
    if value == 1:
        return "첫 번째"
    said = native(value, before_counter=True) if value <= 99 else sino(value)
    return f"{said} 번째"


def _phone(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    if match[0].startswith("+82"):
        digits = "0" + digits[2:].removeprefix("0")
    elif "-" in match[0]:
        return ", ".join(by_digit(group) for group in match[0].split("-"))
    area = 2 if digits.startswith("02") else 3
    return ", ".join(map(by_digit, (digits[:area], digits[area:-4], digits[-4:])))


def _date(match: re.Match[str]) -> str:
    year, month, day = match.group("year", "month", "day")
    # 05년 is said 공오년, as 오년 would be five years.
    said = f"{by_digit(year) if year[0] == '0' else sino(int(year))}년 " if year else ""
    said += {6: "유", 10: "시"}.get(int(month), sino(int(month))) + "월"
    return f"{said} {sino(int(day))}일" if day else said


def _clock(match: re.Match[str]) -> str:
    said = _counted(str(int(match[1])), "시")
    return f"{said} {sino(int(match[2]))} 분" if int(match[2]) else said


def _mixed(match: re.Match[str]) -> str:
    """5만 5천, 3만5000, 1억 2천만: each part is read, then its unit."""
    parts = []
    for number, unit in re.findall(r"(\d[\d,.]*)([십백천만억조]*)", match[1]):
        value = decimal(number.rstrip(",."))
        parts.append(("" if value == "일" and unit[:1] in tuple("십백천만") else value) + unit)
    return " ".join(parts) + (" 원" if match[2] else "")


def _range(match: re.Match[str]) -> str:
    low, high, unit = match.groups()
    said = _counted(low, unit) if unit in _NATIVE else decimal(low)
    return f"{said}에서 {high}{unit}"


def _latin(match: re.Match[str]) -> str:
    known = _WORDS.get(match[0].lower())
    return known or "".join(_LETTERS.get(letter, "") for letter in match[0].upper())


def _bare(match: re.Match[str]) -> str:
    """A number without a unit: a code digit by digit, anything else as a number."""
    text = match[0]
    code = text.isdigit() and (len(text) >= 7 or (len(text) > 1 and text.startswith("0")))
    return by_digit(text) if code else decimal(text)


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_COUNTERS = _alternatives([*_NATIVE, *_SINO])
_UNIT = _alternatives(_UNITS)
_Replacement = str | Callable[[re.Match[str]], str]


def _rule(pattern: str, replacement: _Replacement) -> tuple[re.Pattern[str], _Replacement]:
    return re.compile(pattern), replacement


_RULES = (
    _rule(r"https?://\S+", "인터넷 주소"),
    # Telephone numbers.
    _rule(r"\+82[- ]?0?\d{1,2}[- ]?\d{3,4}[- ]?\d{4}(?!\d)", _phone),
    _rule(r"(?<![\d-])(?:0\d{1,2}-\d{3,4}|1[5-9]\d\d)-\d{4}(?![\d-])", _phone),
    _rule(r"(?<!\d)01[016789]\d{7,8}(?!\d)", _phone),
    # Dates and times.
    _rule(
        r"(?<!\d)(?P<year>\d{4})[-./] ?(?P<month>1[0-2]|0?[1-9])[-./] ?(?P<day>\d{1,2})(?!\d)",
        _date,
    ),
    _rule(
        r"(?:(?<!\d)(?P<year>\d{2}|\d{4})년\s*)?(?<!\d)(?P<month>1[0-2]|0?[1-9])월"
        r"(?:\s*(?P<day>\d{1,2})일)?",
        _date,
    ),
    _rule(r"월\s+(\d{1,2})일", lambda match: f"월 {sino(int(match[1]))}일"),
    _rule(r"(?<!\d)([12]\d{3})년(?!간)", lambda match: f"{sino(int(match[1]))}년"),
    _rule(r"(?<![\d:])([01]?\d|2[0-4]):([0-5]\d)(?![\d:])", _clock),
    # Amounts and their units.
    _rule(r"(?<![\d가-힣A-Za-z])[-−](?=\d)", "마이너스 "),
    _rule(r"(?<![\d.])([3-6])G(?![A-Za-z])", lambda match: _GENERATIONS[match[1]]),
    _rule(rf"({_NUMBER})\s?[-~∼–]\s?({_NUMBER}\s?)((?i:{_UNIT})|{_COUNTERS})", _range),
    _rule(rf"({_PART}(?:\s?{_PART})*(?:\s?\d[\d,]*)?)(\s?원)?", _mixed),
    _rule(
        rf"({_NUMBER})\s?((?i:{_UNIT}))(?![A-Za-z])",
        lambda match: f"{decimal(match[1])} {_UNITS[match[2].lower()]}",
    ),
    _rule(r"(\d+)번(?=[을이]? ?(?:누르|눌러|키|버튼))", lambda match: f"{sino(int(match[1]))} 번"),
    _rule(
        r"(?<!\d)1(?:1[0-9]|20)(?=번(?!째)|[에으로)]|[\s.?!]|,(?!\d)|$)", lambda m: by_digit(m[0])
    ),
    _rule(r"(\d+)\s?번째", _ordinal),
    _rule(
        rf"({_NUMBER})\s?({_COUNTERS})(?!데|터|니어)",
        lambda match: _counted(match[1], match[2]),
    ),
    # What is left of numbers and signs.
    _rule(r"\s?\+\s?(?=\d)", " 플러스 "),
    _rule(r"\s?\+", " 플러스"),
    _rule(_NUMBER, _bare),
    _rule(r"A/S", "에이에스"),
    _rule(r"[A-Za-z]+(?:-[Ff]i)?", _latin),
    _rule(r"\s*&\s*", " 앤 "),
    _rule(r"\s*[~∼]\s*", "에서 "),
    # Punctuation: pauses or nothing.
    _rule(r"\s*(?:[·/(\[]|\.{2,})\s*", ", "),
    _rule(r"[)\]](?=\s+[^\s.,?!])", ","),
    _rule(r"[)\]\"'“”‘’]", ""),
    _rule(r"[^가-힣ㄱ-ㅣ\s.,?!]", " "),
    _rule(r"(?:\s*,)+(?=\s*[.?!]|\s*$)", ""),
    _rule(r"^(?:\s*,)+", ""),
    _rule(r"\s*,(?:\s*,)*\s*", ", "),
    _rule(r"\s+(?=[.?!])", ""),
    _rule(r"\s+", " "),
)


def to_spoken(written: str) -> str:
    """How the written Korean text is said: "5G 슬림은 55,000원" is "파이브지 슬림은 오만 오천 원".

    The result holds Hangul, spaces and `.,?!` only. Text that is spoken form already stays as
    it is.
    """
    text = unicodedata.normalize("NFKC", written)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text.strip()
