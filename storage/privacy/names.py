"""Names that people tell as theirs: `제 이름은 김철수고요`, or the answer to the question; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storage.privacy.kinds import Found, Kind

_SURNAME = (
    r"(?:남궁|황보|선우|제갈|독고|사공|서문|[김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허노남심하곽성차주우구"
    r"민진나지엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모탁국어은편용])"
)
_NAME = rf"(?P<name>{_SURNAME}(?:[가-힣]{{2}}|[가-힣]))"
"""Three letters where they can be, for most are: 한소라고요 is 한소라."""
_IS = r"(?:이에요|예요|이요|요|입니다|이고요?|고요?|구요|이구요|이라고|라고|이거든요?|인데요?|임다)"
_INTRODUCED = re.compile(
    rf"(?:(?:제|내|저의)\s?(?:이름|성함)[은이]?|(?:이름|성함)(?:은|이|이요|요|은요))\s?{_NAME}\s?{_IS}(?![가-힣]*\?)"
    rf"|(?:이름|성함)\s(?P<bare>{_SURNAME}[가-힣]{{2}})\s?{_IS}(?![가-힣])"
    rf"|저는\s?(?P<called>{_SURNAME}(?:[가-힣]{{2}}|[가-힣]))이?라고\s?합니다"
)
_ANSWER = re.compile(
    rf"(?:(?:네|예|음|어|아|그|저는|제가|전)[\s,.]+)*{_NAME}\s?(?:{_IS}|$)(?:[\s,.].*)?", re.DOTALL
)
_NO_NAMES = frozenset(
    [
        "그건",
        "조회",
        "정정",
        "공개",
        "오류",
        "표시",
        "전부",
        "이름",
        "이름이",
        "모르",
        "몰라",
        "아니",
        "아뇨",
        "싫어",
        "싫은데",
        "왜요",
        "여보세",
        "여보",
        "저기",
        "잠깐",
        "잠시",
        "상담",
        "상담원",
        "고객",
        "고객님",
        "본인",
        "명의",
        "이거",
        "이건",
        "이게",
        "그게",
        "그냥",
        "요금",
        "요금제",
        "안돼",
        "안해",
        "데이터",
        "무슨",
        "누구",
        "어디",
        "지금",
        "진짜",
        "정말",
        "하지",
        "하나",
        "우리",
        "유심",
        "문의",
        "변경",
        "해지",
        "신청",
        "없어",
        "없는데",
        "남편",
        "남편이",
        "아들",
        "어머니",
        "아버지",
        "주인",
        "이사",
        "인터넷",
        "기다",
        "방금",
        "네네",
        "예예",
        "아예",
        "전화",
        "조금",
        "조금만",
        "성함",
        "성함은",
    ]
)


def names_in(text: str, *, asked: bool) -> Iterator[Found]:
    """Names told in a text; `asked` where it answers the question for one."""
    for match in _INTRODUCED.finditer(text):
        group = match.lastgroup or "name"
        if match[group].removesuffix("이") not in _NO_NAMES:
            yield Found(kind=Kind.NAME, start=match.start(group), end=match.end(group))
    if asked and len(text) <= 60 and (answer := _ANSWER.fullmatch(text.strip())):
        name = answer["name"]
        if name.removesuffix("이") not in _NO_NAMES:
            start = text.index(text.strip()) + answer.start("name")
            yield Found(kind=Kind.NAME, start=start, end=start + len(name))
