"""Finds what no agent may say whatever the facts are: promises, deeds not done, a human denied."""

from __future__ import annotations

import re

from agent.korean.figures import digit_runs

_DEEDS = (
    r"변경|해지|환불|취소|할인|면제|감면|개통|정지|업그레이드|충전|지급|보상|인하|연장|삭제|초기화|결제|납부|적립|등록"
    r"|신청|가입|적용|처리|반영|조정|제공|접수"
)
_WILL = r"(?:ㄹ게|할게|드릴게|드리겠|하겠|줄게|주겠|드리도록|해\s?드려요|드릴\s?수\s?있)"
_DONE = re.compile(
    rf"(?:{_DEEDS})(?:이|가|을|를|은|는)?\s?(?:모두|다|바로|이미|정상적으로|지금)?\s?(?:완료|처리)?\s?"
    r"(?:됐|되었|되셨|했|하였|해\s?드렸|해\s?뒀|해\s?놨|마쳤|끝났|완료(?:입|예|이에|했|됐|되))"
)
_NOTED = re.compile(r"(?:요청|신청)[^,.?!]{0,8}(?:남겼|남겨\s?(?:뒀|두었|드렸)|전달했|전달됐|보냈)")
_DONE_OF_REQUEST = re.compile(
    r"(?:요청|신청|접수)[^,.]{0,12}(?:접수|남겼|남겨|전달|기록|등록|됐|되었|했)"
)
_REALLY_DONE = re.compile(
    r"변경(?:이|은)?\s?(?:완료|됐|되었|처리)|해지(?:가)?\s?(?:완료|됐|되었)|환불"
)
_PROMISES = (
    re.compile(
        rf"(?:할인|면제|감면|환불|보상|무료로|공짜로|깎아|빼|서비스로|덤으로|반값)(?:(?!상담원)[^.?!]){{0,14}}{_WILL}"
    ),
    re.compile(
        r"(?:깎아|할인해|면제해|환불해|보상해|바꿔|변경해|해지해|취소해|올려|늘려)\s?(?:드릴게|드리겠|줄게|주겠|드렸)"
    ),
    re.compile(r"(?:무료|공짜)(?:로|예요|이에요|입니다)\s?(?:해|쓰|이용|제공|드|바꿔|업그레이드)"),
    re.compile(
        r"(?:요금|가격|금액)(?:을|를)?[^.?!]{0,10}(?:맞춰|낮춰|조정해)\s?(?:드릴|드리|줄|주)"
    ),
    re.compile(r"약속(?:드|해|합)|보장(?:드|해|합)|책임지고"),
    re.compile(
        r"(?:특별히|고객님만|이번만|예외적으로)[^.?!]{0,20}(?:할인|무료|적용|드릴|드리|제공|해)"
    ),
)
_DENIES_HUMAN = re.compile(
    r"(?:상담원|상담사|직원|사람)(?:에게|과|와|은|는|이|한테)?[^.?!,]{0,14}"
    r"(?:연결[^.?!,]{0,8}(?:없|않|안\s?(?:되|돼|됩|해)|못|불가|어렵)|없(?:습|어|으)|필요\s?없|쉬(?:는|고)|퇴근)"
)
_VERIFIED = re.compile(
    r"본인\s?(?:확인|인증)(?:이|은|을)?\s?(?:완료|됐|되었|끝|마쳤|통과)"
    r"|(?:확인|인증)(?:이)?\s?(?:완료|되셨|통과)"
)
_IDENTITY = re.compile(
    r"저는\s?(?:사람|상담원(?:이|입)|개발자|관리자|챗|GPT|해커)|관리자\s?모드|개발자\s?모드|디버그|프롬프트"
    r"|시스템\s?(?:메시지|지시|명령|프롬프트)|지시(?:를|사항)?\s?(?:무시|따르)|jailbreak|DAN\b",
    re.IGNORECASE,
)
_SURNAMES = (
    "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진지엄채원천방공현함변염여추"
    "도소석선설마길연위표명기반왕금옥육인맹제모탁국"
)
_PERSON = re.compile(
    rf"(?<![가-힣])(?P<name>[{_SURNAMES}][가-힣]{{1,3}})\s?(?:고객님|님의|님은|님이|씨)"
)
_NO_PERSON = re.compile(
    r"이용|이런|우리|하시|기존|신규|장애인|주니어|여러|선생|사장|인|기다|고객|이미|구매|연결|지금|저희"
)
_DIGITS = re.compile(r"\d{2,4}-\d{3,4}(?:-\d{4})?|(?<!\d)0\d{8,10}(?!\d)|\d{6}-?[1-8]\d{6}")
_AMOUNT = re.compile(r"\d{1,3}(?:,\d{3})+\s?원")
"""What a plan comes to in two years has as many digits as a number; the amounts are checked
by themselves."""
_LONG_RUN = 7
"""Digits said one by one that may be somebody's number."""


def problems(text: str, *, proven: bool, requested: bool, known: str, told: str) -> list[str]:
    """Why a sentence may not be said, as codes.

    `proven`: it is proven who is calling; `requested`: a change request was recorded in this turn;
    `known`: all that the facts say and who the customer is; `told`: the caller's words.
    """
    found = []
    asks = text.rstrip().endswith("?")
    if not asks:
        found += _commitments(text, requested=requested)
    if _DENIES_HUMAN.search(text):
        found.append("promise:no_human")
    if not proven and _VERIFIED.search(text) and not re.search(r"없|않|안 ", text):
        found.append("promise:verified")
    if _IDENTITY.search(text):
        found.append("promise:identity")
    for match in _PERSON.finditer(text):
        name = match["name"]
        if name not in known and not _NO_PERSON.match(name):
            found.append("person")
    said = re.sub(r"\D", "", told + known)
    found += ["digits" for m in _DIGITS.finditer(text) if re.sub(r"\D", "", m[0]) not in said]
    spelled = [run for run in digit_runs(_AMOUNT.sub(" ", text)) if len(run) >= _LONG_RUN]
    heard = [said, *digit_runs(told)] if spelled else []
    found += ["digits" for run in spelled if not any(run in other for other in heard)]
    return found


def _commitments(text: str, *, requested: bool) -> list[str]:
    found = []
    if _DONE.search(text) or _NOTED.search(text):
        of_request = _DONE_OF_REQUEST.search(text) and not _REALLY_DONE.search(text)
        if not (requested and of_request):
            found.append("promise:done")
    if any(pattern.search(text) for pattern in _PROMISES):
        found.append("promise:will")
    return found
