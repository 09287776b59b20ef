"""General Korean, recombined at random: keeps the decoder from learning whole sentences."""

import random

from scripts.demo_stt.grammar import Pair, Slot

_PEOPLE = (
    "저 나 우리 엄마 아빠 어머니 아버지 할머니 할아버지 동생 언니 오빠 누나 형 친구 선생님 사장님 손님 "
    "아저씨 아주머니 아이 아들 딸 남편 아내 고모 이모 삼촌 조카 손자 직원 의사 기사님 이웃 학생 후배 "
    "선배 과장님 부장님 팀장님 회사 학교 은행 병원 식당 가게 시장 약국 우체국 도서관 공원 역 공항 호텔 집"
).split()  # fmt: skip
_THINGS = (
    "밥 물 커피 차 빵 고기 과일 사과 배 김치 국 라면 술 우유 옷 신발 가방 모자 안경 시계 전화 휴대폰 "
    "컴퓨터 노트북 텔레비전 책 신문 편지 사진 돈 카드 지갑 열쇠 문 창문 의자 책상 침대 방 집 차 버스 기차 "
    "지하철 비행기 자전거 택시 길 다리 산 바다 강 나무 꽃 하늘 비 눈 바람 날씨 시간 오늘 내일 어제 아침 "
    "점심 저녁 밤 주말 방학 휴가 여행 운동 축구 야구 노래 영화 드라마 음악 그림 게임 일 공부 숙제 시험 "
    "회의 약속 문제 질문 대답 생각 마음 이름 나이 생일 선물 결혼 가족 건강 병 약 감기 머리 눈 코 입 귀 "
    "손 발 다리 허리 배 값 가격 세금 월급 보험 계약 서류 신분증 주소 번호 비밀번호 메일 문자 사이트 앱 "
    "화면 버튼 소리 목소리 배터리 충전기 이어폰 케이스 필름 기계 고장 수리 교환 환불 배송 택배 주문 상자 "
    "쿠폰 포인트 이벤트 행사 광고 안내 설명 신청 접수 예약 취소 확인 등록 변경 연결 대기 상담 불만 칭찬"
).split()  # fmt: skip
_VERBS = (
    "가 와 보 주 사 쓰 하 되 받 보내 만나 마시 배우 가르치 기다리 일하 쉬 자 일어나 앉 서 걷 뛰 타 내리 "
    "바꾸 고치 찾 잃어버리 잊어버리 기억하 생각하 말하 얘기하 물어보 대답하 듣 읽 시작하 끝내 그만두 "
    "준비하 정리하 청소하 요리하 운전하 여행하 전화하 연락하 주문하 예약하 취소하 확인하 신청하 결제하 "
    "설치하 삭제하 충전하 교환하 환불하 걱정하 좋아하 싫어하 사랑하 원하 바라 믿 알 모르 웃 울"
).split()  # fmt: skip
_ENDINGS = (
    "고 싶어요|고 있어요|려고요|지 않아요|지 마세요|고 왔어요|는데요|거든요|네요|지요|죠|겠습니다|"
    "고 싶은데요|지 못해요|기로 했어요|게 됐어요|기 전에|자마자|면서|거나|더라고요|던데요|시겠어요"
).split("|")  # fmt: skip
_ADVERBS = (
    "오늘 내일 어제 지금 방금 아까 나중에 먼저 다시 자주 가끔 항상 벌써 아직 곧 빨리 천천히 많이 조금 "
    "아주 너무 정말 진짜 거의 같이 혼자 모두 다 또 더 덜 잘 못 안 왜 어떻게 언제 어디서 그래서 그런데 "
    "하지만 그리고 그러면 아마 역시 특히 보통 갑자기 드디어 월요일에 화요일에 수요일에 목요일에 금요일에 "
    "토요일에 일요일에 아침에 점심에 저녁에 밤에 작년에 올해 내년에 지난주에 다음 주에 이번 달에 여기서 거기서"
).split()  # fmt: skip
_STATES = (
    "좋아요 나빠요 커요 작아요 많아요 적어요 비싸요 싸요 길어요 짧아요 높아요 낮아요 빨라요 느려요 쉬워요 "
    "어려워요 예뻐요 맛있어요 재미있어요 바빠요 아파요 피곤해요 추워요 더워요 따뜻해요 시원해요 새로워요 "
    "오래됐어요 가까워요 멀어요 무거워요 가벼워요 밝아요 어두워요 조용해요 시끄러워요 깨끗해요 편해요 "
    "불편해요 이상해요 괜찮아요 중요해요 필요해요 충분해요 부족해요 비슷해요 똑같아요 달라요 있어요 없어요"
).split()  # fmt: skip
_PLACES = (
    "서울 부산 대구 인천 광주 대전 울산 세종 수원 성남 고양 용인 청주 전주 천안 제주 춘천 강릉 포항 창원 "
    "목포 여수 경주 안양 부천 의정부 평택 김해 원주 충주 강남 홍대 명동 종로 잠실 여의도"
).split()
_JOINTS = (
    "@은",
    "@이",
    "@을",
    "@과",
    "@으로",
    "@이랑",
    "도",
    "만",
    "에",
    "에서",
    "까지",
    "부터",
    "의",
    "",
)
SYLLABLES = (
    "가각간갈감갑강개객거건걸검겁게겨격견결경계고곡곤골공과관광괴교구국군굴궁권귀규균그극근글금급기긴길깊나"
    "난날남납내너널네녀년념노논농뇌누눈느는능니다단달담답당대덕도독돈동두둔뒤드득등디라락란람랑래량려력련렬"
    "령로록론롱료루류륙률르리린림립마막만말망매맥면명모목몰무문물미민밀바박반발밤방배백버번벌범법변별병보복"
    "본봉부북분불비빈빙사산살삼상새색생서석선설성세소속손송수숙순술숨스습승시식신실심십아악안알암압앙애액야"
    "약양어억언얼엄업에여역연열염영예오옥온올와완왕외요욕용우운울원월위유육윤은을음응의이익인일임입자작잔잠"
    "장재쟁저적전절점접정제조족존종좌주죽준줄중즉증지직진질집징차착찬참창채책처척천철첨청체초촉총최추축춘출"
    "충취측층치친침칭카코쾌타탁탄탈탐탑태택터토통퇴투트특파판팔패편평폐포폭표품풍프피필하학한할함합항해핵행"
    "향허험혁현혈협형혜호혹혼홍화확환활황회획효후훈휴흉흑흥희"
)


def word(rng: random.Random) -> Pair:
    """One general noun."""
    text = rng.choice(rng.choice([_PEOPLE, _THINGS, _THINGS, _THINGS, _PLACES]))
    return Pair(text, text)


def predicate(rng: random.Random) -> Pair:
    """A verb with an ending, or a state."""
    if rng.random() < 0.4:
        text = rng.choice(_STATES)
    else:
        text = rng.choice(_VERBS) + rng.choice(_ENDINGS)
    return Pair(text, text)


def adverb(rng: random.Random) -> Pair:
    """An adverb of time, place or manner, or a conjunction."""
    text = rng.choice(_ADVERBS)
    return Pair(text, text)


def joint(rng: random.Random) -> Pair:
    """A particle after a noun, as a mark for the template language."""
    text = rng.choice(_JOINTS)
    return Pair(text, text)


def syllables(rng: random.Random) -> Pair:
    """A made-up word of one to four syllables."""
    text = "".join(rng.choice(SYLLABLES) for _ in range(rng.choice([1, 2, 2, 2, 3, 3, 4])))
    return Pair(text, text)


EVERYDAY_SLOTS: dict[str, Slot] = {
    "word": word,
    "predicate": predicate,
    "adverb": adverb,
    "joint": joint,
    "syllables": syllables,
}

EVERYDAY = """
{adverb} {word}{joint} {word}{joint} {predicate}
{word}{joint} {adverb} {predicate}
{word}{joint} {predicate}
{adverb} {word}{joint} {word}{joint} {adverb} {predicate}
{word} {word} {word}
{word} {adverb} {predicate} {word}
{predicate} {adverb} {word}{joint}
{syllables} {syllables} {word} {syllables}
{syllables}{joint} {predicate}
{syllables} {syllables}
{adverb} {predicate}
"""
