"""Recognises who calls for somebody else, and who asks about somebody else's account."""

from __future__ import annotations

import re

from agent.requests import plain

_RELATIVE = (
    r"(?:엄마|아빠|어머니|아버지|어머님|아버님|부모님|부모|남편|신랑|아내|와이프|집사람|마누라|할머니|할아버지"
    r"|할머님|아들|딸|동생|누나|오빠|언니|형(?=[이은한의]|님|폰|번호)|친구|장모님?|장인어른|장인|시어머니"
    r"|시아버지|며느리|사위|아이|애기|애(?=가|는|명의|폰|번호)|조카|이모|삼촌|고모|가족|여자친구|남자친구|사장님)"
)
_NAMED = rf"{_RELATIVE}(?:님)?(?:의|이름|네)?"
_SPEAKS_FOR = re.compile(
    rf"{_NAMED}(?:을|를|이)?대신(?!가입|개통)|대신(?:해서)?(?:전화|문의|물어|여쭤|여쭙|연락|신청)"
    rf"|{_NAMED}명의(?!로(?:가입|개통|하려|만들|새로))|명의(?:가|는|자가|자는)?(?:제가아니|{_RELATIVE})"
    rf"|본인(?:은|이)?아니|대리인(?:이|인|으로|입|예)|{_NAMED}(?:가|이|께서)?(?:부탁|시켜서|시키셔)"
    rf"|{_NAMED}(?:폰|핸드폰|휴대폰|번호|전화)(?:01|공일|영일|인데|예요|이에요|에요|이고|로(?:전화|걸)|거든|라서|입니다|[은는이가])"
)
_FOR_ONESELF = re.compile(
    r"본인(?:이에요|입니다|맞|인데|이고|예요)|(?:제|내)(?:가)?(?:명의|본인)|제가본인"
    r"|(?:^|[^우])(?:제|내)(?:요금|폰|핸드폰|휴대폰|번호|거|꺼|이름)"
)
_USES = (
    rf"{_RELATIVE}(?:님)?(?:가|이|께서|은|는)?.{{0,6}}"
    r"(?:쓰는|쓰고있|쓰시는|쓰고계|이용중|이용하|가입한|가입된|가입돼|가입되어|가입하신)"
    r".{0,6}(?:요금제|요금|상품|거|게|지)"
)
_OTHERS_ACCOUNT = re.compile(
    rf"{_USES}|{_RELATIVE}.{{0,8}}(?:요금제?|요금이|전화비|폰비)(?:를|은|는)?(?:뭐|무슨|어떤거)(?:써|쓰)"
    rf"|{_RELATIVE}(?:님)?(?:의|네|꺼|거)?(?:요금제|플랜)(?:이름)?(?:가|는|은|이)?"
    r"(?:뭐|뭔|무엇)(?:예|에|야|여|죠|지(?!있)|임|냐|니|인|$)"
    rf"|{_RELATIVE}(?:님)?(?:의|네)?(?:요금제|요금|꺼|거|것)(?:를|을|좀|도)?.{{0,14}}"
    r"(?:바꿔|변경해|해지해)(?:주|줘|달)"
    rf"|{_RELATIVE}(?:님)?(?:의|네)?(?:요금제|요금|꺼|거|것)(?:를|을|좀|도)?.{{0,14}}"
    r"(?:바꾸고싶|변경하고싶|바꿀래|바꿀게|변경할게)"
    rf"|{_RELATIVE}.{{0,8}}요금.{{0,6}}(?:나왔|나와|나오|청구|밀렸|미납)"
    rf"|{_RELATIVE}.{{0,8}}(?:약정|위약금).{{0,8}}(?:남았|언제|얼마)"
    rf"|{_RELATIVE}.{{0,8}}(?:생년월일|생일|주소|이름|개인정보|가입정보|통화내역|가입일)"
    rf"|{_RELATIVE}.{{0,8}}데이터.{{0,6}}(?:남았|얼마나썼|다썼)"
)
_PRESENT_PLAN = re.compile(
    r"(?:쓰는|쓰고|쓰시는|쓰신|이용|가입|지금|현재|정보|명의).{0,12}(?:뭐|무엇|무슨|알려|확인|조회|얼마)"
    rf"|^(?:그럼|그러면|네|아니|그|그래서|우리|저희|{_NAMED})*요금제?(?:가|는|이|은)?(?:뭐|뭔|무엇|얼마)(?!있)"
    r"|무슨요금제(?:써|쓰|예|인)|(?:바꿔|변경|해지).{0,4}(?:줘|주|달라|싶|할게|하려)"
)
_SEEKS_PLAN = re.compile(
    r"추천|맞는|알맞|좋은|괜찮은|쓸만|쓸거|쓸수|쓰실|쓰게|쓸요금|살|세인|세이|나이|싼|저렴|비싼|되나|돼요"
    r"|될까|가능|서류|필요|하려면|방법|절차|어떻게(?:해|하|가입|바꾸|신청)"
)
_ASKS = re.compile(
    r"요금|데이터|뭐|무엇|얼마|언제|추천|바꾸|바꿔|변경|이월|내역|약정|가입|해지|알려|물어볼게있"
)


def speaks_for_other(text: str) -> bool:
    """`아빠 대신 전화했어요`, `엄마 명의인데요`: an account that is not the caller's."""
    return bool(_SPEAKS_FOR.search(plain(text)))


def speaks_for_self(text: str) -> bool:
    """`제 요금제는요`, `제가 본인이에요`: the caller's own account."""
    squeezed = plain(text)
    return not re.search(_RELATIVE, squeezed) and bool(_FOR_ONESELF.search(squeezed))


def asks_others_account(text: str, *, on_behalf: bool) -> bool:
    """Whether an account is asked about that is somebody else's; plans for them are no secret.

    Who calls for somebody else (`on_behalf`) need not name them again.
    """
    squeezed = plain(text)
    if _SEEKS_PLAN.search(squeezed):
        return False
    if _OTHERS_ACCOUNT.search(squeezed):
        return True
    return on_behalf and bool(_PRESENT_PLAN.search(squeezed))


def asks_something(text: str) -> bool:
    """Whether there is a question or a wish in the words."""
    return bool(_ASKS.search(plain(text)))
