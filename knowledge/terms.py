"""Turns Korean text into search terms: Kiwi's content morphemes and the carrier's synonyms."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

import kiwipiepy

from knowledge.catalog.model import Catalog

# One concept, many wordings. A concept's term is added beside the morphemes, on both sides of the
# search, so that `핫스팟` finds a page that says `테더링`.
_CONCEPTS: tuple[tuple[str, str], ...] = (
    ("공유", r"핫\s*스팟|테더링|공유|나눠|나누어|같이 쓰"),
    ("이월", r"이월|넘어[가오온]|넘길|넘기|남[은는] 데이터|못 쓴 데이터"),
    ("위약금", r"위약금|반환금|물어내|토해내|약정.{0,6}깨|돈 내야"),
    ("속도", r"느려|느리|느린|속도|메가|mbps|kbps"),
    ("소진", r"소진|다 (?:쓰|써|썼|쓴|쓸)|떨어지|떨어졌|바닥|한도 넘|초과"),
    ("가격", r"얼마(?!나)|가격|금액|비용|값|몇 ?원|요금(?!제)"),
    ("저렴", r"싼|싸게|싸[져요지]|저렴|최저|적게|조금 내|아끼|최소"),
    ("가장", r"가장|제일|최고|최저|최소"),
    ("변경", r"변경|바꾸|바꿔|바꾼|바꿀|바꿨|바뀌|옮기|옮길|갈아타|전환"),
    ("해지", r"해지|끊으|끊고|그만 ?[쓰쓸]"),
    ("가입", r"가입|개통|신규"),
    ("신청", r"신청|하고 싶|하려고"),
    ("장소", r"어디|매장|온라인|114|인터넷으로"),
    ("할인", r"할인|깎|싸[져지]"),
    ("약정", r"약정"),
    ("기간", r"기간|언제까지|유효|개월|[12일이] ?년|몇 년|만료|끝나|없어[져지]"),
    ("적용", r"적용|바로|당장|오늘부터|언제부터"),
    ("횟수", r"몇 번|[한두1-9] ?번|횟수|월 1회"),
    ("일할", r"일할|중간|보름"),
    ("사용량", r"사용량|얼마나 (?:남|썼)|잔여|몇 기가 (?:남|썼)|쓴 데이터"),
    ("충전", r"충전|더 ?(?:사|구매)|추가로|데이터 추가|모자라|부족"),
    ("분실", r"분실|잃어|도난|도둑|두고 내|없어졌"),
    ("정지", r"정지|멈춰|중지"),
    ("해제", r"해제|풀어|다시 쓰|다시 풀"),
    ("청구", r"청구|나왔|고지서|명세서"),
    ("납부", r"납부|납입|결제|이체|빠져나|내려고|출금"),
    ("납부일", r"납부일|결제일|빠져나가는 날|언제 빠져|며칠"),
    ("미납", r"미납|연체|못 냈|밀린|밀려"),
    ("환불", r"환불|돌려 ?받|이중|두 번 (?:빠|결제|나)"),
    ("시니어", r"시니어|어르신|노인|할머니|할아버지|부모님|어머니|아버지|효도|예순|일흔|6[5-9]세"),
    ("고령", r"여든|8\d(?:세|살)|일흔[다여일]|7[5-9](?:세|살)"),
    ("아이", r"아이(?!패드|폰)|(?<![가-힣])애(?![플])|자녀|아들|딸|어린이|초등|주니어|키즈"),
    ("미성년", r"미성년|청소년|고등학|중학|고[123]|y틴|와이\s?틴|학생|열[여일]"),
    ("청년", r"청년|젊은|20대|스물|대학생|34세"),
    ("외국인", r"외국인|외국 사람|유학생|한국에 사는"),
    ("장애인", r"장애인|복지|청각"),
    ("수어", r"수어|수화"),
    ("로밍", r"로밍|해외|외국 나|출국|여행"),
    ("나라", r"나라|일본|미국|중국|베트남|태국|유럽"),
    ("OTT", r"ott|오티티|넷플|티빙|디즈니|영상 구독|드라마"),
    ("두 가지", r"2종|두 (?:개|가지|종)|둘 다"),
    ("멤버십", r"멤버[십쉽]|등급|vip|브이아이피"),
    ("VVIP", r"vvip|브이브이"),
    ("기기", r"스마트\s?기기|워치|태블릿|패드|노트북"),
    ("무료", r"무료|공짜|안 드는"),
    ("나이", r"나이|몇 살|몇 세|연령|\d+(?:세|살)|(?:살|세)(?:부터|까지)"),
    ("서류", r"서류|준비물|등록증|복지카드|여권|동의"),
    ("대신", r"대신|대리|명의"),
    ("결합", r"결합|식구|묶"),
    ("부가세", r"부가세|세금"),
    ("무제한", r"무제한|마음껏|끝없이|맘껏"),
    ("통화", r"통화|전화(?!번호)"),
    ("보험", r"단말보험|(?:폰|휴대폰|단말) 보험"),
    ("교육", r"교육|인강|강의|공부|학습"),
    ("안전", r"유해|위치|사이트"),
    ("추천", r"추천|알맞|좋아요|좋을까|누구한테"),
    ("소개", r"소개|설명|어떤 요금제"),
    ("혜택", r"혜택|들어 있|포함|나와요"),
    ("종류", r"종류|뭐뭐|무엇이 있|뭐가 있|뭐 있|어떤 요금제들|무슨 요금제"),
    ("어떻게", r"어떻게 (?:하|해)|방법"),
    ("얼마나", r"얼마나|몇 기가|한도|몇 분"),
)
_COMPILED = tuple((f"#{name}", re.compile(pattern)) for name, pattern in _CONCEPTS)

_USER_NOUNS = (
    "요금제",
    "핫스팟",
    "테더링",
    "선택약정",
    "반환금",
    "부가통화",
    "일할",
    "유심",
    "오티티",
)
_CONTENT_TAGS = frozenset({"NNG", "NNP", "NR", "SN", "SL", "XR", "VV", "VA", "MAG", "VV-I", "VA-I"})
# Words that every caller says and that name nothing.
_STOP_WORDS = (
    "하 되 있 주 알리 싶 보 말씀 말 궁금 거 것 저 나 제 좀 그 이 뭐 무엇 어떻 어떠 어떤 지금 혹시 "
    "그냥 경우 네 예 아니 안녕 감사 부탁 때 중 수 건 분 같 좋 그렇 이렇 쓰 요금제 요금 데이터 "
    "가능 필요 원하 고객 안내 상담원 연결 확인 돕 드리 모두 위하 정도 한번 다 더"
)
_STOP = frozenset(_STOP_WORDS.split())
_UNITS = re.compile(r"(\d+)\s*(?:gb|기가(?:바이트)?|지비)")


class Analyzer:
    """Kiwi with the catalogue's words; loading takes seconds, so it is made once a process.

    Not for several threads at once.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._kiwi = kiwipiepy.Kiwi(num_workers=1)
        self._kiwi.add_user_word("기가", "NNB", 3.0)
        names = (
            name
            for family in catalog.families
            for name in (family.name, *(plan.name for plan in family.plans))
        )
        for noun in sorted({*_USER_NOUNS, *_hangul_words(names)}):
            self._kiwi.add_user_word(noun, "NNP", 3.0)

    def terms(self, text: str) -> list[str]:
        """Search terms of `text` in order, concepts (`#공유`) last; repeated ones stay repeated."""
        folded = fold(text)
        sizes = [f"{size}gb" for size in _UNITS.findall(folded)]
        morphemes = [
            token.form
            for token in self._kiwi.tokenize(_UNITS.sub(" ", folded))
            if token.tag in _CONTENT_TAGS and token.form not in _STOP
        ]
        concepts = [name for name, pattern in _COMPILED if pattern.search(folded)]
        return morphemes + sizes + concepts

    @staticmethod
    def fingerprint() -> str:
        """Changes whenever the same text may give other terms."""
        rules = repr((_CONCEPTS, _USER_NOUNS, sorted(_STOP), sorted(_CONTENT_TAGS)))
        digest = hashlib.sha256(rules.encode()).hexdigest()[:16]
        return f"kiwi-{kiwipiepy.__version__}-{digest}"


def fold(text: str) -> str:
    """NFC, lower case, single spaces, no thousands separators."""
    text = unicodedata.normalize("NFC", text).lower()
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    return re.sub(r"\s+", " ", text).strip()


def _hangul_words(names: Iterable[str]) -> set[str]:
    return {word for name in names for word in re.findall(r"[가-힣]{2,}", name)}
