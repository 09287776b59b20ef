"""Who is calling: families, other people's accounts, numbers in pieces, and what is never told."""

from __future__ import annotations

from datetime import date

import pytest

from agent import lines
from agent.actions import Action, HandOff, Heard, Say
from agent.brain.local import LocalBrain
from agent.conversation import Conversation
from agent.tools import Toolbox
from storage.records import Customer, HandoffReason, Verification
from tests.support.agents import CUSTOMERS, Directory, Ledger, catalog, context, lexicon, toolbox

KIM, LEE = CUSTOMERS[0].phone, CUSTOMERS[1].phone
OF_LEE = ("이영희", "심플 70GB", "65,000원")
OF_KIM = ("김철수", "이월 10GB", "50,000원")


class Call:
    """A call by text that remembers what was said."""

    def __init__(self, caller: str = KIM, tools: Toolbox | None = None) -> None:
        self.tools = tools or toolbox(caller)
        brain = LocalBrain(catalog=catalog(), lexicon=lexicon())
        self.conversation = Conversation(context=context(caller), brain=brain, tools=self.tools)
        self.last: Action | None = None

    async def begin(self) -> str:
        return self._heard([action async for action in self.conversation.greet()])

    async def say(self, text: str, kind: str = "speech") -> str:
        heard = Heard(text=text, kind=kind)
        return self._heard([action async for action in self.conversation.hear(heard)])

    def _heard(self, actions: list[Action]) -> str:
        said = " ".join(action.text for action in actions if isinstance(action, Say))
        self.conversation.played(said, interrupted=False)
        self.last = actions[-1]
        return said


async def begun(caller: str = KIM, tools: Toolbox | None = None) -> Call:
    call = Call(caller, tools)
    await call.begin()
    return call


def tells(said: str, facts: tuple[str, ...]) -> bool:
    return any(fact in said for fact in facts)


@pytest.mark.parametrize(
    "line",
    ["", "anonymous", "Anonymous", "Restricted", "unavailable", "+14155550123", "+266696687",
     "+861012345678", "sip:kim@example.com", "+8210", "client:web"],
)  # fmt: skip
async def test_a_line_that_tells_nothing_is_asked_for_a_number(line: str) -> None:
    class Watched(Directory):
        asked = False

        async def by_phone(self, phone: str) -> list[Customer]:
            self.asked = True
            return await super().by_phone(phone)

    directory = Watched()
    call = Call(line, toolbox(line, directory=directory))
    assert (await call.begin()).endswith(lines.ASK_PHONE)
    assert not directory.asked
    assert call.tools.caller.failures == 0
    assert "번호를 확인" in await call.say("010-8765-4321")


@pytest.mark.parametrize("line", ["+821012345678", "01012345678", "010-1234-5678", "821012345678"])
async def test_a_line_is_known_in_every_form(line: str) -> None:
    assert "김철수" in await Call(line).begin()


@pytest.mark.parametrize(
    "pieces",
    [
        ("칠구년 삼월 십사일",),
        ("칠십구년 삼월 십사일이요",),
        ("천구백칠십구년 삼월 십사일입니다",),
        ("79년생 3월 14일이에요",),
        ("칠구 공삼 일사",),
        ("칠구공삼일사",),
        ("1979년 3월 14일",),
        ("칠구년", "삼월 십사일이요"),
        ("칠십구년 삼월", "십사일"),
        ("천구백칠십구년이요", "삼월 십사일이요"),
        ("칠구공삼", "일사"),
        ("칠구년이요", "삼월", "십사일"),
    ],
)
async def test_a_birth_date_may_come_in_every_form_and_in_pieces(pieces: tuple[str, ...]) -> None:
    call = await begun("")
    await call.say("제 요금제가 뭐예요")
    assert lines.ASK_BIRTH in await call.say("공일공 일이삼사 오육칠팔")
    for piece in pieces[:-1]:
        assert not tells(await call.say(piece), OF_KIM)
    assert tells(await call.say(pieces[-1]), OF_KIM)
    assert call.conversation.verification is Verification.SECOND_FACTOR


async def test_a_number_may_come_in_two_pieces() -> None:
    call = await begun("")
    assert lines.NUMBER_BROKEN in await call.say("공일공 팔칠육오")
    assert "번호를 확인" in await call.say("사삼이일이요")
    assert call.conversation.verification is Verification.SPOKEN_NUMBER


async def test_pieces_with_other_words_between_are_not_put_together() -> None:
    call = await begun("")
    await call.say("공일공 팔칠육오")
    await call.say("이월 십기가 얼마예요")
    await call.say("사삼이일")
    assert call.conversation.verification is Verification.NONE


async def test_number_birth_date_and_question_in_one_breath() -> None:
    call = await begun("")
    said = await call.say("010-8765-4321이고 1988년 11월 2일생인데 제 요금제가 뭐예요?")
    assert "심플 70GB" in said
    assert call.conversation.customer == CUSTOMERS[1]


@pytest.mark.parametrize(
    "text",
    [
        "010-8765-4321 1988년 11월 2일이에요", "010-8765-4321 881102",
        "제 번호는 010-8765-4321이고 생년월일은 881102입니다",
        "공일공 팔칠육오 사삼이일 팔팔년 십일월 이일이요",
    ],
)  # fmt: skip
async def test_number_and_birth_date_at_once(text: str) -> None:
    call = await begun("")
    assert lines.VERIFIED.format(name="이영희") in await call.say(text)


@pytest.mark.parametrize(
    "text", ["내 생일은 88년 11월 2일이요", "제 생년월일은 881102예요", "88년생 11월 2일"]
)
async def test_a_birth_date_that_nobody_asked_for(text: str) -> None:
    call = await begun("")
    await call.say("전화번호는 010-8765-4321이고요")
    assert lines.VERIFIED.format(name="이영희") in await call.say(text)


@pytest.mark.parametrize(
    "text",
    ["010-8765-4321인데요 제 요금제 뭐예요?", "제 번호 010-8765-4321인데 요금제 뭐예요",
     "제 전화번호는 공일공 팔칠육오 사삼이일이고요 요금제 뭔지 알려 주세요"],
)  # fmt: skip
async def test_a_question_with_a_number_is_not_forgotten(text: str) -> None:
    call = await begun("")
    said = await call.say(text)
    assert said.endswith(lines.ASK_BIRTH)
    assert tells(await call.say("881102"), OF_LEE)


@pytest.mark.parametrize(
    "question",
    [
        "010-8765-4321 번호 요금제 뭐 써요?",
        "공일공 팔칠육오 사삼이일 이 번호는 무슨 요금제예요",
        "010-8765-4321로 가입된 요금제 알려 주세요",
    ],
)
async def test_another_numbers_account_needs_its_own_birth_date(question: str) -> None:
    call = await begun(KIM)
    said = await call.say(question)
    assert lines.ASK_BIRTH in said
    assert not tells(said, (*OF_LEE, *OF_KIM))
    assert call.tools.caller.standing.verification is Verification.SPOKEN_NUMBER
    said = await call.say("790314")
    assert lines.BIRTH_WRONG in said
    assert call.conversation.customer == CUSTOMERS[0]
    said = await call.say("881102")
    assert tells(said, OF_LEE)
    assert not tells(said, OF_KIM)
    assert call.conversation.customer == CUSTOMERS[1]
    assert call.conversation.verification is Verification.SECOND_FACTOR


async def test_who_drops_another_number_goes_on_with_the_own_account() -> None:
    call = await begun(KIM)
    await call.say("010-8765-4321 번호 요금제 뭐 써요?")
    assert lines.WITHOUT_BIRTH in await call.say("생일은 몰라요")
    said = await call.say("그럼 제 요금제는 뭐예요?")
    assert tells(said, OF_KIM)
    assert call.conversation.verification is Verification.CALLER_ID
    said = await call.say("881102")
    assert not tells(said, OF_LEE)


async def test_one_accounts_birth_date_is_not_the_others() -> None:
    ledger = Ledger()
    call = await begun(KIM, toolbox(KIM, ledger=ledger))
    await call.say("010-8765-4321 번호 요금제 뭐 써요?")
    await call.say("881102")
    await call.say("010-1234-5678")
    assert call.conversation.customer == CUSTOMERS[0]
    assert call.conversation.verification is Verification.CALLER_ID
    result = await call.tools.call("request_plan_change", {"plan_id": "slim-14"})
    assert result.code == "needs_birth_date"
    assert ledger.requests == []


async def test_guessing_another_accounts_birth_date_ends_with_a_human() -> None:
    call = await begun(KIM)
    await call.say("010-8765-4321 번호 요금제 뭐 써요?")
    for guess in ("880101", "880102"):
        assert lines.BIRTH_WRONG in await call.say(guess)
    assert not tells(await call.say("880103"), OF_LEE)
    assert call.last == HandOff(reason=HandoffReason.POLICY)


def family(*births: date) -> Toolbox:
    members = [
        Customer(
            id=10 + at, organization_id="sample", name=name, phone=KIM, born=born,
            plan_id=plan_id, since=date(2020, 1, 1),
        )
        for at, (name, plan_id, born) in enumerate(
            zip(("김철수", "김영수"), ("rollover-10", "yteen"), births, strict=True)
        )
    ]  # fmt: skip
    return toolbox(KIM, customers=members)


async def test_several_customers_on_one_line_are_told_apart_by_birth_date() -> None:
    call = Call(KIM, family(date(1979, 3, 14), date(2012, 2, 2)))
    greeting = await call.begin()
    assert greeting.endswith(lines.HOW_CAN_I_HELP)
    assert "김" not in greeting
    said = await call.say("제 요금제가 뭐예요")
    assert said == lines.ASK_BIRTH
    said = await call.say("이천십이년 이월 이일이요")
    assert "김영수" in said
    assert "Y틴" in said
    assert call.conversation.verification is Verification.SECOND_FACTOR


async def test_twins_on_one_line_are_for_a_human() -> None:
    call = await begun(KIM, family(date(2012, 2, 2), date(2012, 2, 2)))
    await call.say("제 요금제가 뭐예요")
    assert "김" not in await call.say("120202")
    assert call.last == HandOff(reason=HandoffReason.POLICY)


@pytest.mark.parametrize(
    "said_first",
    [
        "아빠 대신 전화했어요", "저희 엄마 대신 전화드렸는데요", "엄마 명의인데요",
        "남편 명의로 된 폰이에요", "할머니 부탁으로 전화했어요", "본인은 아니고 아들이에요",
        "어머니 폰인데요", "동생 번호 010-8765-4321인데 요금제 뭐 쓰는지 궁금해요",
    ],
)  # fmt: skip
@pytest.mark.parametrize("caller", [KIM, ""])
async def test_who_calls_for_somebody_else_learns_of_plans_only(
    said_first: str, caller: str
) -> None:
    call = await begun(caller)
    said = [await call.say(said_first)]
    assert lines.HOLDER_ONLY in said[0]
    for question in (
        "지금 무슨 요금제 쓰는지 알려 주세요",
        "요금제가 뭐예요?",
        "가입 정보 확인해 주세요",
        "그 아빠 요금제 뭐예요",
    ):
        said.append(await call.say(question))
        assert said[-1] == f"{lines.HOLDER_ONLY} {lines.OFFER_HUMAN}"
    said.append(await call.say("010-8765-4321, 1988년 11월 2일이에요"))
    assert not any(tells(text, (*OF_LEE, *OF_KIM)) for text in said)
    assert "42,000원" in await call.say("시니어 비형은 얼마예요?")
    assert "시니어" in await call.say("일흔한 살인데 추천해 주세요")


async def test_who_calls_for_somebody_else_is_offered_a_human() -> None:
    call = await begun(KIM)
    await call.say("엄마 명의인데 요금제 좀 바꿔 주세요")
    await call.say("네")
    assert call.last == HandOff(reason=HandoffReason.POLICY)


async def test_the_own_account_may_still_be_asked_about() -> None:
    call = await begun(KIM)
    await call.say("아빠 대신 전화했어요")
    assert tells(await call.say("그럼 제 요금제는 뭐예요?"), OF_KIM)
    await call.say("엄마 명의인데요")
    assert await call.say("아 제가 본인이에요") == lines.HOW_CAN_I_HELP


@pytest.mark.parametrize(
    "text",
    [
        "우리 아들 열 살인데 요금제 추천해 주세요", "엄마가 쓸 만한 요금제 있어요?",
        "아버지가 일흔이신데 시니어 요금제 뭐 있어요?", "남편이랑 데이터 나눠 쓸 수 있어요?",
        "부모님 요금제를 제가 대신 바꿔드려도 돼요?", "아이 명의로 가입하려면 서류 뭐 필요해요?",
    ],
)  # fmt: skip
async def test_plans_for_the_family_are_no_secret(text: str) -> None:
    call = await begun(KIM)
    assert lines.HOLDER_ONLY not in await call.say(text)


@pytest.mark.parametrize(
    "text",
    [
        "우리 아빠가 지금 쓰는 요금제가 뭐예요?", "엄마 이번 달 요금 얼마 나왔어요?",
        "남편 약정 언제까지 남았어요?", "아들 데이터 얼마나 남았어요?", "동생 생일이 언제예요?",
    ],
)  # fmt: skip
async def test_the_familys_accounts_are(text: str) -> None:
    call = await begun(KIM)
    assert await call.say(text) == f"{lines.HOLDER_ONLY} {lines.OFFER_HUMAN}"
