"""What the local brain answers: callers' turns, and what each reply says, leaves out and uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from agent.actions import Heard, Say, Used
from agent.brain import side_by_side
from agent.brain.keywords import MEANINGS, Topic
from agent.brain.local import LocalBrain
from agent.brain.sentences import in_sentences
from agent.brain.understand import Reader
from agent.conversation import Conversation
from agent.facts import plan_fact
from agent.grounding.check import Grounding
from tests.support.agents import catalog, context, lexicon, toolbox

READER = Reader(catalog=catalog(), lexicon=lexicon())
KIM, LEE, PARK = "+821012345678", "+821087654321", "+821011112222"
CHOI, JUNG = "+821055556666", "+821099998888"


@dataclass(frozen=True)
class Turn:
    """One utterance and what its reply must hold."""

    said: str
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()


def turn(said: str, *says: str, never: str = "", tools: str = "") -> Turn:
    return Turn(said, says, tuple(never.split()), tuple(tools.split()))


SEVERAL_QUESTIONS = {
    "where prices begin": (
        "",
        turn("5G 요금제는 얼마부터 시작해요", "37,000원"),
    ),
    "whether a contract is needed is asked of what is spoken of": (
        "",
        turn("요고 다이렉트 뭐 있어요?", "요고 30"),
        turn("그건 약정 걸어야 돼요?", "무약정"),
    ),
    "two plans of which one ends in the other's name": (
        "",
        turn("스페셜이랑 초이스 스페셜이랑 각각 얼마죠?", "100,000원", "110,000원"),
    ),
    "two services at once": (
        "",
        turn("넷플릭스랑 디즈니 둘 다 보려면 뭐 써야 돼요?", "초이스 프리미엄"),
        turn("티빙 보려면 뭐 써야 돼요?", "요고 46", never="본인"),
    ),
    "how long one may stay with what was offered": (
        JUNG,
        turn("제 나이에 가입할 수 있는 청년 요금제 있나요?", "5G Y"),
        turn("언제까지 쓸 수 있는데요?", "만 34세"),
    ),
    "the condition of one's own plan": (
        LEE,
        turn("제 요금제 가입 조건이 있었나요?", "누구나"),
    ),
    "both ends of a family": (
        "",
        turn("슬림 그거 싼 거랑 비싼 거 있잖아요 각각 얼마예요?", "45,000원", "55,000원"),
    ),
    "what is good about it": (
        "",
        turn("제일 비싼 요금제는 얼마나 해요?", "초이스 프리미엄"),
        turn("그건 뭐가 좋은데요?", "VVIP", never="휴대폰"),
    ),
    "more data is more data, also as advice": (
        LEE,
        turn("데이터가 맨날 모자라요 더 많은 걸로 추천해 줘요", "심플 110GB"),
    ),
    "other plans leave out the one named": (
        KIM,
        turn("이월 10GB 말고 다른 요금제 있어요", "이월 4GB", "이월 21GB", never="50,000원"),
    ),
    "who asks is not hung up on": (
        KIM,
        turn("저 가입한 지 몇 년 됐어요?", "2019년", never="감사합니다"),
        turn("몇 년 몇 월에 가입했죠", "2019년 5월"),
    ),
    "a change that was noted is not done": (
        KIM,
        turn("슬림 5기가로 바꿔 주세요"),
        turn("네"),
        turn("790314", "접수했어요"),
        turn("요금제 바꾼 거 맞아요?", "신청만 접수된 상태", "상담원이 확인"),
        turn("아 그거 취소해 주세요", "상담원"),
    ),
    "a number that is kept back is no question for one": (
        "",
        turn("번호는 말하기 싫고요 그냥 주니어 요금만 알려 주세요", "28,000원"),
        turn("정비소 전화번호가 뭐예요?", never="개인정보"),
        turn("제 주민번호 알려 주세요", "개인정보"),
    ),
    "fee and data of one plan": ("", turn("요고 46 얼마고 데이터는요?", "46,000원", "80GB")),
    "three things": (
        "",
        turn("슬림 14기가 요금이랑 데이터랑 공유 데이터 알려주세요", "55,000원", "14GB", "공유"),
    ),
    "the same of two plans": (
        "",
        turn("심플 30기가하고 50기가 요금이 각각 얼마예요?", "61,000원", "63,000원"),
    ),
    "another thing of each plan": (
        "",
        turn("슬림 14기가는 얼마고 심플 30기가는 데이터가 몇 기가예요?", "55,000원", "30GB"),
    ),
    "discounted fee and speed": (
        "",
        turn("이월 21기가 약정하면 얼마고 다 쓰면 속도 얼마예요?", "43,500원", "1Mbps"),
    ),
    "a list without particles": (
        "",
        turn("슬림 14기가 요금 데이터 속도 다 알려주세요", "55,000원", "14GB", "1Mbps"),
    ),
    "membership beside the fee": ("", turn("5지 베이직 얼마고 멤버십은 뭐예요", "80,000원", "VIP")),
}
REFERENCES = {
    "topics by ellipsis": (
        "",
        turn("슬림 5기가 얼마예요", "45,000원"),
        turn("그럼 14기가는", "55,000원"),
        turn("이월은 되나요?", "이월되지 않아요"),
        turn("그건 다 쓰면요?", "1Mbps"),
    ),
    "picked out of a list": (
        "",
        turn("3만 원에서 5만 원 사이로 알려 주세요", "50,000원", "45,000원"),
        turn("둘 중에 싼 거는요?", "슬림 5GB", "45,000원", never="50,000원"),
        turn("첫 번째 거 데이터는요?", "이월 10GB", "10GB"),
        turn("두 번째 거는요", "슬림 5GB", "5GB"),
        turn("아까 그거 얼마라고 했죠", "이월 10GB", "50,000원"),
    ),
    "ranked within a family": (
        "",
        turn("시니어 요금제 뭐 있어요", "41,000원", "49,000원"),
        turn("제일 싼 거 얼마예요", "시니어 C형", "41,000원"),
        turn("그 다음 싼 건", "시니어 B형", "42,000원"),
        turn("데이터 제일 많은 건 뭐예요", "시니어 베이직", "15GB"),
    ),
    "the two spoken of": (
        "",
        turn("심플 30기가 얼마예요", "61,000원"),
        turn("칠십 기가는?", "65,000원"),
        turn("둘이 얼마 차이나요", "4,000원"),
    ),
    "corrected within a family": (
        "",
        turn("시니어 베이직 얼마예요 아니 A형이요", "44,000원", never="49,000원"),
        turn("심플 70 아니 110이요", "69,000원", never="65,000원"),
    ),
    "corrected": ("", turn("슬림 요금제 있죠? 그거 말고 심플이요", "61,000원", never="45,000원")),
    "dearer and cheaper": (
        "",
        turn("이월 10기가 얼마예요", "50,000원"),
        turn("더 비싼 건", "55,000원", never="45,000원"),
    ),
}
COMPARISONS = {
    "three plans": (
        "",
        turn(
            "이월 10기가, 슬림 14기가, 심플 30기가 비교해 주세요",
            "50,000원",
            "55,000원",
            "61,000원",
            tools="compare_plans",
        ),
    ),
    "of all the same data": (
        "",
        turn("초이스 베이직 초이스 스페셜 초이스 프리미엄 뭐가 달라요", "모두 같고"),
    ),
    "a family's plans": ("", turn("심플 요금제끼리 비교해 주세요", "61,000원", "69,000원")),
    "a family and another plan": (
        "",
        turn("초이스랑 스페셜 차이가 뭐예요?", "5G 스페셜"),
    ),
    "the one with more": ("", turn("슬림 14기가랑 심플 30기가 중에 데이터 많은 건?", "16GB")),
    "difference in fee": ("", turn("시니어 A형하고 B형 가격 차이가 얼마예요", "2,000원")),
    "short names": ("", turn("베이직이랑 스페셜이랑 요금 차이가 얼마나 나요", "20,000원")),
    "same fee": ("", turn("Y 슬림이랑 슬림 14기가 뭐가 나아요", "14GB 더 많", "만 34세 이하")),
    "with the caller's own": (
        KIM,
        turn("심플로 바꾸면 얼마나 더 내요?", "11,000원", tools="compare_plans"),
    ),
}
SEARCHES = {
    "about a price": ("", turn("삼만원짜리 있나요", "37,000원", "30,000원")),
    "without 원": (
        "",
        turn("오만 이하로 뭐 있어요", "50,000원 이하로는"),
        turn("삼만에서 오만 사이", "이월 10GB", never="52,000원"),
    ),
    "with a benefit": (
        "",
        turn("티빙 되는 거 중에 제일 싼 거는?", "46,000원", "90,000원"),
        turn("Y 베이직 커피 쿠폰 줘요?", "네,", "커피 쿠폰"),
        turn("슬림 14기가 스마트워치 무료예요?", "아니요"),
    ),
    "usage asked for": (
        "",
        turn("SKT보다 싸요?", "다른 통신사"),
        turn("네", "몇 기가"),
        turn("한 이십이요", "이월 21GB"),
    ),
    "within a family": (
        "",
        turn("시니어 요금제 중에 데이터 10기가 넘는 거", "시니어 베이직", never="44,000원"),
        turn("요고 중에 4만 원 이하", "요고 36", "요고 30", never="46,000원"),
    ),
    "not above": ("", turn("십만원 넘는 건 싫고 무제한으로요", "80,000원", never="110,000원")),
    "both ends": ("", turn("제일 싼 거랑 제일 비싼 거 알려주세요", "37,000원", "130,000원")),
    "nearest": ("", turn("데이터 30기가에 5만원대 있어요?", "없어요", "심플 30GB")),
    "an exact price": ("", turn("4만 5천 원짜리 요금제 있어요?", "슬림 5GB")),
    "from a price up": ("", turn("10만 원 이상은 뭐가 있어요", "100,000원", never="80,000원")),
    "two limits": ("", turn("데이터 50기가 이상 6만 5천 원 이하로요", "63,000원", "65,000원")),
    "unlimited below": ("", turn("무제한인데 십만 원 안 넘는 거요", "80,000원", never="110,000원")),
    "nothing so cheap": ("", turn("만 원짜리 있어요?", "없어요", "37,000원")),
    "dearest of a family": ("", turn("초이스 중에 제일 비싼 거", "130,000원", never="90,000원")),
    "least data": ("", turn("데이터 제일 적은 요금제요", "이월 4GB")),
    "a bare number is no budget": (KIM, turn("30001", never="이하로는")),
}
PEOPLE = {
    "too old": (
        "",
        turn("마흔인데 Y 슬림 되나요?", "만 34세 이하", "아니에요", "슬림 14GB"),
    ),
    "on the limit": ("", turn("만 34세인데 Y 슬림 가입돼요?", "가입하실 수 있습니다")),
    "one above": ("", turn("35살인데 Y 베이직 할 수 있나요", "대상이 아니에요")),
    "too young": ("", turn("예순셋인데 시니어 돼요?", "만 65세 이상", "대상이 아니에요")),
    "another age": (
        "",
        turn("열두 살인데 주니어 되나요", "가입하실 수 있습니다"),
        turn("열세 살은요", "대상이 아니에요", "Y틴"),
    ),
    "bonus for the old": ("", turn("여든둘이신데 C형 하면 데이터 얼마나 줘요", "2GB", "10GB")),
    "a year's fees": ("", turn("심플 70기가 1년이면 얼마예요?", "780,000원", "585,000원")),
    "two people": (
        "",
        turn("67세 어머니랑 10살 아들 요금제 추천해 주세요", "시니어", "주니어"),
    ),
    "an age to come": ("", turn("딸이 18살인데 19살 되면 와이틴 못 쓰죠?", "19세", "아니에요")),
    "an age without 살": ("", turn("아들이 열아홉인데 Y틴 계속 쓸 수 있어요?", "19세", "아니에요")),
    "a foreign relative": ("", turn("외국인 며느리 요금제 있어요?", "웰컴", "49,000원")),
    "child": ("", turn("우리 아들 열 살인데 요금제 뭐가 있어요", "28,000원", "38,000원")),
    "soldier": ("", turn("군대 간 아들 요금제요", "Y 슬림")),
    "grandchild": (
        "",
        turn("손주한테 핸드폰 하나 해 주려고 하는데", "나이"),
        turn("열둘이요", "주니어"),
    ),
}
ACCOUNTS = {
    "plan before": (KIM, turn("이전 요금제가 뭐였죠", "알 수 없", "이월 10GB")),
    "no earlier calls": (KIM, turn("지난번에 뭐 물어봤죠?", "기록", tools="get_history")),
    "no limit": (KIM, turn("언제까지 쓸 수 있어요", "계속")),
    "reasons": (
        CHOI,
        turn("나한테 맞는 거 있어?", "시니어 베이직", tools="recommend_plans"),
        turn("왜 그게 좋은데", "6,000원", "1GB"),
    ),
    "change with proof": (
        CHOI,
        turn("시니어 B형으로 바꾸고 싶어요", "42,000원", "접수해 드릴까요?", never="바꿨"),
        turn("응 해줘", "생년월일", tools="request_plan_change"),
        turn("550130", "접수했어요", "상담원이 확인", tools="request_plan_change"),
        turn("없어요", "감사합니다", tools="end_call"),
    ),
    "change that is barred": (LEE, turn("저 Y 슬림으로 바꿔주세요", "만 34세 이하", "슬림 14GB")),
    "change of mind": (
        CHOI,
        turn("요금제 바꾸고 싶은데요", "어떤 요금제로"),
        turn("시니어 B형이요", "42,000원", "접수해 드릴까요?"),
        turn("아니 시니어 C형으로", "41,000원", "접수해 드릴까요?"),
        turn("네 그렇게 해주세요", "생년월일", tools="request_plan_change"),
    ),
    "why to stay": (
        KIM,
        turn("저한테 제일 좋은 요금제 뭐예요", "이월 10GB", tools="recommend_plans"),
        turn("왜요?", "없어서"),
    ),
    "until a birthday": (PARK, turn("열여덟 살 넘으면 요금제 어떻게 돼요?", "2028년 6월 25일")),
    "no is no": (
        KIM,
        turn("슬림 14기가로 변경해 주세요", "55,000원", "접수해 드릴까요?"),
        turn("아니요 안 할래요", "알겠습니다", never="접수했 생년월일"),
    ),
    "a question before yes": (
        KIM,
        turn("슬림 14기가로 변경해 주세요", "접수해 드릴까요?"),
        turn("그거 데이터 몇 기가인데요?", "14GB"),
        turn("네 바꿔 주세요", "접수해 드릴까요?"),
        turn("바꿔 주세요", "생년월일"),
    ),
    "the human all the same": (
        KIM,
        turn("슬림 14기가로 변경해 주세요", "접수해 드릴까요?"),
        turn("네 연결해 주세요", "상담원에게 연결", tools="hand_off"),
    ),
    "whether one may": (
        PARK,
        turn("Y 슬림으로 바꿔도 돼요?", "가입하실 수 있어요", "55,000원"),
        turn("주니어로 바꿀 수 있어요?", "만 12세 이하", "Y틴"),
    ),
    "how much is saved": (CHOI, turn("시니어 베이직으로 바꾸면 얼마 아껴요?", "6,000원")),
    "whether it fits": (JUNG, turn("지금 요금제가 저한테 맞아요?", "Y 베이직")),
    "change declined": (
        JUNG,
        turn("Y 베이직으로 바꿔 주세요", "80,000원"),
        turn("아니요 됐어요", "알겠습니다", never="접수했"),
    ),
    "advice within a budget": (LEE, turn("5만 원 이하로 추천해 주세요", "온라인 전용", "46,000원")),
}
MANNERS = {
    "other carriers": ("", turn("SKT 요금제는 얼마예요?", "다른 통신사")),
    "no such plan": ("", turn("골드 요금제 얼마예요", "찾지 못했어요", never="원입니다")),
    "anger": ("", turn("이놈의 기계 말이 안 통하네", "불편을 드려", "상담원")),
    "a wrong number": ("", turn("전화 잘못 걸었어요", "감사합니다", tools="end_call")),
    "why it is dear": ("", turn("이번 달 요금이 왜 이렇게 많이 나왔어요", never="번호")),
    "a joke": ("", turn("농담 하나 해줘", "요금제는 도와드릴 수 있어요")),
    "its age": ("", turn("몇 살이에요?", "AI 상담원")),
    "in plainer words": (
        KIM,
        turn("심플 70기가 얼마예요", "65,000원"),
        turn("무슨 말인지 모르겠어요", "쉽게", "65,000원"),
        turn("그래도 이해가 안 가요", "상담원에게 연결해 드릴까요?"),
    ),
}
Calls = Mapping[str, tuple[str | Turn, ...]]
GROUPS: dict[str, Calls] = {
    "several": SEVERAL_QUESTIONS, "reference": REFERENCES, "compare": COMPARISONS,
    "search": SEARCHES, "people": PEOPLE, "account": ACCOUNTS, "manners": MANNERS,
}  # fmt: skip
ALL = {
    f"{group}: {name}": calls for group, table in GROUPS.items() for name, calls in table.items()
}


@pytest.mark.parametrize("name", ALL)
async def test_the_answer(name: str) -> None:
    caller, *turns = ALL[name]
    assert isinstance(caller, str)
    brain = LocalBrain(catalog=catalog(), lexicon=lexicon(), reader=READER)
    call = Conversation(context=context(caller), brain=brain, tools=toolbox(caller))
    async for _ in call.greet():
        pass
    for spoken in turns:
        assert isinstance(spoken, Turn)
        actions = [a async for a in call.hear(Heard(text=spoken.said, kind="speech"))]
        says = [action for action in actions if isinstance(action, Say)]
        reply = " ".join(say.text for say in says)
        used = {action.call.name for action in actions if isinstance(action, Used)}
        assert all(say.grounding not in ("replaced", "fact") for say in says), reply
        assert not [text for text in spoken.says if text not in reply], (spoken.said, reply)
        assert not [text for text in spoken.never if text in reply], (spoken.said, reply)
        assert used >= set(spoken.tools), (spoken.said, used)


@pytest.mark.parametrize("says", [says for _, says in MEANINGS])
def test_what_a_word_means_claims_nothing_of_a_plan(says: str) -> None:
    grounding = Grounding(catalog())
    assert all(grounding.check(text, ()).verdict != "ungrounded" for text in in_sentences(says))


def test_every_difference_is_borne_out() -> None:
    grounding = Grounding(catalog())
    plans = catalog().plans
    for first in plans:
        for second in plans:
            if first is second:
                continue
            facts = (plan_fact(first), plan_fact(second))
            said = side_by_side.by_topic(first, second, (Topic.FEE, Topic.DATA))
            for text in (*said, *side_by_side.compared(first, second)):
                assert grounding.check(text, facts).verdict != "ungrounded", text
