"""Recognises requests that code answers before any brain: a human, again, back."""

from __future__ import annotations

import re

from agent.grounding.evidence import squeeze
from agent.korean.repair import repair

_AGENT = (
    r"(?:상담원|상담사|상담직원|상담사원|직원님|직원분?|담당자|안내원|교환원|책임자|매니저|상급자"
    r"|상담언|상다원|상당원|상담웜|상담완|상담왼|삼담원|상담번|상담윈|상남원|상다먼)"  # as misheard
)
_CONNECT = (
    r"(?:연결|연걸|열결|연겨|바꿔|바꾸|바까|돌려|넘겨|통화|얘기|이야기|애기|대화|불러|대줘|대주|대라|나와"
    r"|나오라|부탁|원해|원합|필요(?!없)|찾|주세요|줘|상담(?!원|사|직|언)|직접|요청|말하|말할|말씀"
    r"|물어|어디|좀요|내놔|달라|제발|플리즈)"
)
_PERSON = r"(?:진짜|실제|다른|높은|윗)?(?:사람|인간)"
_MACHINE = r"(?:기계|로봇|ai|에이아이|인공지능|봇|자동응답|컴퓨터)(?:음|목소리)?"
_WANTED = (
    rf"{_AGENT}.{{0,12}}{_CONNECT}",
    rf"{_CONNECT}.{{0,6}}{_AGENT}",
    rf"{_AGENT}(?:님|이요|요|분|으로|한테|좀|한테요)*$",
    rf"{_AGENT}(?:님|분|은|는|이|좀|안|거기|지금)*(?:있어|있나|있습|계세|계신|계십|없어|없나|없습)",
    rf"{_PERSON}(?:이랑|하고|과|한테|으로|은|는|이|을|분|좀|쫌)*(?:직접|좀|전화)?"
    r"(?:연결|바꿔|바까|바꾸라|통화|얘기|이야기|대화|상담|불러|나와|나오라|말하고|말하게|말할|이어"
    r"|물어|목소리|받아(?!쓰|쓸))",
    rf"{_PERSON}이직접(?:설명|안내|상담|받)",
    rf"상담.{{0,8}}{_PERSON}(?:한테|이랑|하고|과)$",
    rf"{_MACHINE}(?:랑|하고|는|은|한테)?(?:말고|싫|안해|그만|말이안)"
    rf".{{0,12}}(?:{_PERSON}|{_AGENT}|연결)",
    rf"{_MACHINE}(?:이랑|랑|하고|한테)(?:은|는)?.{{0,6}}싫",
    rf"{_PERSON}없(?:어|나|냐|습)",
    r"상담(?:좀)?(?:연결|바꿔)",
    r"(?:^|전화|다시)(?:그냥|그럼|그러면|빨리|얼른|바로|일단|좀)*"
    r"(?:연결해(?:주세요|줘요?|주십시오|달라|주시)|바꿔(?:주세요|줘요?|달라))",
    r"(?:^|an?|the|real|live|human)(?:operator|representative|human|agent|person)(?:please|플리즈)?$",
    r"(?:사장|팀장|윗사람|윗분|높은분)(?:님)?(?:좀|하고|이랑)?(?:나와|나오라|바꿔|불러|통화)",
    rf"^(?:아|아니|됐고|됐으니까|그냥|빨리|일단|좀|딴거말고|다필요없고)+{_PERSON}(?:이요|요|좀)?$",
    r"휴먼연결",
)
_ABOUT = (
    rf"{_AGENT}(?:분|님|은|는|이|도|을|연결|통화|상담|하고|이랑|과|으로|한테|되|돼|하는|하|해|면|데"
    r"|시|지금|주말|에)*"
)
"""The human as the subject of a question, with nothing asked for in between."""
_UNWANTED = (
    rf"{_AGENT}(?:은|는|이|으로|하고|한테|연결)*"
    r"(?:말고|아니|됐|필요없|싫|괜찮|안불러|없이|까지는)",
    rf"(?:{_AGENT}|사람).{{0,8}}(?:연결|바꾸|바꿔|돌리|넘기|통화|얘기)(?:은|는|을)?.{{0,3}}"
    r"(?:하지마|하지말|지마|지말|말아|마세요|안해도|안하셔도|안해주셔도|안바꿔도|필요없|됐어|괜찮"
    r"|않아도|말고)",
    rf"(?:{_AGENT}|사람).{{0,4}}안(?:바꿔|연결해|돌려|불러)[가-힣]?도(?:돼|되|괜찮)",
    r"^(?:연결|상담원)(?:은|는)?(?:됐|괜찮|필요없|하지)",
    rf"{_AGENT}.{{0,6}}(?:취소|연결(?:하기|되기)?전에|통화(?:하기)?전에)",
    rf"나중에(?!말고|하지).{{0,3}}{_AGENT}.{{0,8}}|{_AGENT}.{{0,4}}나중에(?!말고|하지).{{0,8}}",
    rf"{_ABOUT}(?:몇시|언제까지|운영|업무시간|근무|무료|요금(?=드|나|들|있|내)|통화료|비용|돈(?=드|들|나|내)"
    r"|유료|오래걸|얼마나(?:기다|걸)|주말에도)",
    rf"{_AGENT}(?:이세요|이에요|이신가|입니까|맞아|맞나|인가요|이야)",
    rf"(?:{_AGENT}|{_PERSON}|{_MACHINE})(?:이랑|랑|하고|과|와)(?:지금|직접)?"
    r"(?:통화|얘기|이야기|대화|말|상담)(?:하는|하고있는|하고계신|중인|중)(?:거|건|게|이)(?!.{0,4}(?:원|좋|부탁|편|낫|나아))",
    rf"{_AGENT}(?:님|분)?(?:이|가)(?!랑|요(?!금)|필요).{{0,20}}?"
    r"(?:했(?:는|어|거|던|고)|줬(?:는|어|거|던|고)|다던데|라던데|랬)",
    rf"{_AGENT}(?:하고|이랑|한테|과|에게)(?:(?!달라|하라).){{0,6}}?(?:통화|얘기|이야기|상담|물어|들)"
    r"[가-힣]?(?:했|봤|었)",
)
_HEDGES = (
    r"(?:아니|아|네|예|어|음|저기|저기요|죄송한데요?|미안한데요?|잠깐만요?|방금|지금|그거|그|뭐|잘"
    r"|좀|요|말|말을|얘기|거|한번만|한번|다시)*"
)
_AGAIN = re.compile(
    rf"^{_HEDGES}(?:"
    r"다시(?:한번|한번만|한번더|좀|만)*(?:말|얘기|이야기|들려|요?$|설명)"
    r"|한번(?:만)?더(?:요|말|얘기|$)"
    r"|뭐라고|뭐라구|뭐라했|못들었|못알아들|안들렸|안들려|안들리|뭐요$|크게(?:좀|말|얘기|다시))"
)
_SLOWER = re.compile(r"천천히|너무빨|말이빨|빨라서|빨리말하지")
_YES = re.compile(
    r"^(?:ㅇㅇ|ㅇㅋ|오키|네(?!이버|살|명|개|가지|번)|예(?!순|산|약|전|를|뻐)|넵|넹|녜|(?:내|에|어)+(?=$|네|예|요(?!금|즘|구|고)|그래|좋|해|맞)|응|그래|그럼(?=$|요|네|그렇|그래|부탁|연결|해|좋|당연)|좋아|좋습|맞아|맞습|그렇|부탁|해주|해줘|알려주세요$|알려줘$|"
    r"연결해|당연|물론|오케이|ok|그러(?=$|세요|죠|지|시|자|든|십|면(?:그래|연결|해|부탁|좋))|그렇게|한번알려|들어볼|말씀해|얘기해)"
)
_ASKS = re.compile(r"얼마|몇|언제|어떻게|왜|어디|누구|무슨")
"""`네, 그럼 얼마예요?` asks something before it takes what was offered."""
_HESITATES = re.compile(r"^(?!어$)(?:어|음|그|저|아|저기|에|흠|글쎄)+$")
_NO = re.compile(
    r"^(?:네|예|음|어|아)*(?:ㄴㄴ|아니(?!야|세)|아뇨|아녀|아니오|됐어|됐습|되었|괜찮|괜찬|필요없|안해도|없어요?$|없습|없는|그만|싫|노|나중에|다음에|다됐|이제됐|충분)"
)
_YES_CONNECT = re.compile(
    r"^(?:네|넵|예|응|어|아|음|그래요?|그럼요?|그러면|좋아요|알겠어요|알았어요?|좀|그냥|빨리|바로|지금)+"
    r"연결(?:해|좀|부탁|시켜)"
)
_CHANGE_IT = re.compile(
    r"^(?:네|넵|예|응|어|아|그래요?|그럼|그러면|좋아요|그걸로|그거로|그렇게|그냥|빨리|좀)*"
    r"(?:바꿔|변경해|바까)(?:주세요|줘요?|주십시오|달라|주시겠어요)"
)
_ENDS = re.compile(r"[.?!]+")
_WANTED_RE = re.compile("|".join(_WANTED))
_UNWANTED_RE = re.compile("|".join(_UNWANTED))


def plain(text: str) -> str:
    """The text without spaces and signs, lower case, for matching."""
    return re.sub(r"[^\w?+%]", "", squeeze(text))


def wants_human(text: str) -> bool:
    """True when the caller asks for a human; `상담원 말고` and questions about them do not.

    Sentence by sentence: who first asks what it costs and then asks for it wants it.
    """
    return any(
        _wants_human(plain(part)) for form in (text, repair(text)) for part in _ENDS.split(form)
    )


def _wants_human(squeezed: str) -> bool:
    if not _WANTED_RE.search(squeezed):
        return False
    return bool(_WANTED_RE.search(_UNWANTED_RE.sub("", squeezed)))


def takes_human(text: str) -> bool:
    """True for `네, 연결해 주세요`: yes to a human, whether or not one was offered."""
    return bool(_YES_CONNECT.search(plain(text)))


def changes_it(text: str) -> bool:
    """True for `바꿔 주세요` alone: the person, unless a change of plan was just asked back."""
    return bool(_CHANGE_IT.search(plain(text)))


def wants_repeat(text: str) -> bool:
    """True when the caller asks to hear the last reply again, and nothing else."""
    squeezed = plain(text)
    if squeezed in {"네?", "예?", "뭐?", "응?"}:
        return True
    squeezed = squeezed.replace("?", "")
    return len(squeezed) <= 18 and bool(_AGAIN.search(squeezed))


def wants_slower(text: str) -> bool:
    """True when the caller asks to speak slower."""
    squeezed = plain(text)
    return len(squeezed) <= 18 and bool(_SLOWER.search(squeezed))


def says_yes(text: str) -> bool:
    """True when a short answer to a yes/no question means yes; `어, 음, 그` only hesitates."""
    if _HESITATES.match(plain(text)) or _ASKS.search(plain(text)):
        return False
    return len(plain(text)) <= 12 and bool(_YES.match(plain(text))) and not says_no(text)


def says_no(text: str) -> bool:
    """True when a short answer to a yes/no question means no."""
    return len(plain(text)) <= 16 and bool(_NO.match(plain(text)))


def asks_why(text: str) -> bool:
    """True for `왜요?` to a question for a number; `요금이 왜 많이 나왔어요` asks about a bill."""
    squeezed = plain(text)
    return "왜" in squeezed and len(squeezed) <= 14 and not _COMPLAINS.search(squeezed)


_COMPLAINS = re.compile(r"요금|느[려린]|비싸|많이|데이터|안터|안돼|안되|인터넷")
