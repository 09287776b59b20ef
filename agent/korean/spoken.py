"""From the written form to the spoken one: `55,000원` becomes `오만 오천 원`.

The spoken form exists only on the way to the voice. It holds no digit and no Latin letter.
The rules run in order, the most specific first; each replaces what it recognises by Hangul.
"""

import re
import unicodedata
from collections.abc import Callable

from agent.korean.numbers import by_digit, decimal, native, sino

_LETTERS = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "에이 비 씨 디 이 에프 지 에이치 아이 제이 케이 엘 엠 엔 오 피 큐 알 에스 티 유 브이 "
        "더블유 엑스 와이 제트".split(),
        strict=True,
    )
)
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
    "℃": "도",
}
_NATIVE_COUNTERS = (
    "가지 개국 가구 개 군데 글자 마리 마디 사람 송이 시간 자리 차례 켤레 살 시 명 번 대 달 장 잔 "
    "종 배 곳 건 권 벌 편 통 줄 쪽 알 채 곡 모금 박스"
).split()
_NATIVE_COUNTERS = [word for word in _NATIVE_COUNTERS if word != "개국"]
_SINO_COUNTERS = (
    "개월 개년 개국 회선 주년 년간 개소 퍼센트 기가바이트 메가바이트 기가 메가 테라 분기 단계 세대 "
    "학년 인분 주일 시리즈 초 분 회 차 호선 호 층 위 점 인 주 세 년 월 일 원 도 등 급 단 과 부 조 "
    "항 동 번지 번째 킬로 미터 포인트 종류"
).split()
_NUMBER = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_HUNDREDS = {"만": "만", "천": "천", "백": "백", "억": "억"}


def _counted(number: str, counter: str) -> str:
    """`number` in the reading that `counter` asks for, the counter after it."""
    value = number.replace(",", "")
    if counter == "번째":
        ordinal = "첫" if value == "1" else native(int(value), before_counter=True)
        return f"{ordinal} 번째"
    if counter == "시" and value.isdigit() and not 1 <= int(value) <= 12:
        return f"{sino(int(value))} 시"
    if counter in _NATIVE_COUNTERS and value.isdigit() and 1 <= int(value) <= 99:
        return f"{native(int(value), before_counter=True)} {counter}"
    return f"{decimal(number)} {counter}"


def _phone(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    if match[0].startswith("+82"):
        digits = "0" + digits[2:].removeprefix("0")
    if "-" in match[0] and not match[0].startswith("+"):
        groups = match[0].split("-")
    elif digits.startswith("02"):
        groups = [digits[:2], digits[2:-4], digits[-4:]]
    else:
        groups = [digits[:3], digits[3:-4], digits[-4:]]
    return ", ".join(by_digit(group) for group in groups)


def _month(number: str) -> str:
    return {6: "유", 10: "시"}.get(int(number), sino(int(number))) + "월"


def _date(match: re.Match[str]) -> str:
    year, month, day = match.group("year", "month", "day")
    said = f"{sino(int(year)).replace(' ', '')}년 " if year else ""
    said += _month(month)
    if day:
        said += f" {sino(int(day))}일"
    return said


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), int(match["minute"])
    said = _counted(str(hour), "시")
    return f"{said} {sino(minute)} 분" if minute else said


def _mixed(match: re.Match[str]) -> str:
    """5만 5천, 3만5000, 1억 2천만: each part is read, then its unit."""
    said = ""
    for number, unit in re.findall(r"(\d[\d,.]*)\s*([십백천만억조]*)", match[0]):
        value = decimal(number)
        one = value == "일" and unit[:1] in ("십", "백", "천", "만")
        said += ("" if one else value) + unit + " "
    return said.strip() + (" 원" if match["won"] else " ")


def _range(match: re.Match[str]) -> str:
    low, high, counter = match.group("low", "high", "counter")
    if counter in _NATIVE_COUNTERS:
        return f"{_counted(low, counter)}에서 {_counted(high, counter)}"
    return f"{decimal(low)}에서 {high}{counter}"


def _latin(match: re.Match[str]) -> str:
    word = match[0]
    known = _WORDS.get(word.lower())
    return known or "".join(_LETTERS[letter] for letter in word.upper() if letter in _LETTERS)


def _bare(match: re.Match[str]) -> str:
    """A number without a unit: a code digit by digit, anything else as a number."""
    text = match[0]
    if "," not in text and "." not in text and (len(text) >= 7 or text.startswith("0") and text != "0"):
        return by_digit(text)
    return decimal(text)


def _alternatives(words: list[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_COUNTERS = _alternatives(_NATIVE_COUNTERS + _SINO_COUNTERS + ["번째"])
_Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]
_RULES: list[_Rule] = [
    (re.compile(r"https?://\S+"), "인터넷 주소"),
    (re.compile(r"\+82[- ]?0?\d{1,2}[- ]?\d{3,4}[- ]?\d{4}(?!\d)"), _phone),
    (re.compile(r"(?<![\d-])(?:0\d{1,2}-\d{3,4}|1[5-9]\d\d)-\d{4}(?![\d-])"), _phone),
    (re.compile(r"(?<!\d)01[016789]\d{7,8}(?!\d)"), _phone),
    (re.compile(r"(?<!\d)(?P<year>\d{4})[-./] ?(?P<month>\d{1,2})[-./] ?(?P<day>\d{1,2})(?!\d)"), _date),
    (re.compile(r"(?:(?<!\d)(?P<year>\d{2}|\d{4})년\s*)?(?<!\d)(?P<month>1[0-2]|0?[1-9])월(?:\s*(?P<day>\d{1,2})일)?"), _date),
    (re.compile(r"월\s+(?P<day>\d{1,2})일"), lambda m: f"월 {sino(int(m['day']))}일"),
    (re.compile(r"(?<!\d)(?P<year>\d{4})년(?!간)"), lambda m: sino(int(m["year"])).replace(" ", "") + "년"),
    (re.compile(r"(?<![\d:])(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?![\d:])"), _clock),
    (re.compile(r"(?<![\d.])([3-6])G(?![A-Za-z])"), lambda m: _GENERATIONS[m[1]]),
    (re.compile(r"(?P<low>\d[\d,.]*)\s*[~∼〜–-]\s*(?P<high>\d[\d,.]*)\s*(?P<counter>[A-Za-z%]+|[가-힣]+)"), lambda m: _range_of(m)),
    (re.compile(r"\d[\d,.]*\s*[천백십]?[만억조천](?:\s?\d[\d,]*[천백십]?만?)*\s*(?P<won>원)?"), _mixed),
    (re.compile(rf"({_NUMBER})\s?(kbps|mbps|gbps|[gmkt]b|[mg]hz|[kcm]m|kg|m(?![a-z])|%p|%|℃)", re.IGNORECASE), lambda m: f"{decimal(m[1])} {_UNITS[m[2].lower()]}"),
    (re.compile(r"(\d+)번(?=[을이]? ?(?:누르|눌러|키|버튼))"), lambda m: f"{sino(int(m[1]))} 번"),
    (re.compile(rf"({_NUMBER})\s?({_COUNTERS})"), lambda m: _counted(m[1], m[2])),
    (re.compile(r"(?<!\d)11[0-9](?!\d)"), lambda m: by_digit(m[0])),
    (re.compile(r"(디즈니|Disney|\d)\s?\+"), r"\1 플러스 "),
    (re.compile(r"(?<=[A-Za-z가-힣])\s?\+\s?"), " 플러스 "),
    (re.compile(rf"(?<![\d])[-−](?={_NUMBER})"), "마이너스 "),
    (re.compile(_NUMBER), _bare),
    (re.compile(r"[A-Za-z]+(?:-[Ff]i)?"), _latin),
    (re.compile(r"\s*&\s*"), " 앤 "),
    (re.compile(r"\s*[~∼〜]\s*"), "에서 "),
    (re.compile(r"\s*[·/(\[]\s*"), ", "),
    (re.compile(r"[)\]](?=[\s,.?!]|$)"), ","),
    (re.compile(r"[)\]]"), ""),
    (re.compile(r"\s*[-–—:;=…]\s*|[\"'“”‘’*#_<>|^`{}@$\\]"), " "),
    (re.compile(r"[+%℃]"), ""),
    (re.compile(r"(?:\s*,)+(?=\s*[.?!]|\s*$)"), ""),
    (re.compile(r"\s*,(?:\s*,)*\s*"), ", "),
    (re.compile(r"\s+(?=[.?!])"), ""),
    (re.compile(r"\s+"), " "),
]


def to_spoken(written: str) -> str:
    """How the written Korean text is said: "5G 슬림은 55,000원" is "파이브지 슬림은 오만 오천 원".

    The result holds Hangul, spaces and `,.?!` only, as far as the rules reach, and never a
    digit or a Latin letter. Spoken text stays as it is.
    """
    text = unicodedata.normalize("NFC", written)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text.strip()
