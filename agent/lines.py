"""The fixed sentences of a call, each in one place."""

from __future__ import annotations

GREETING = "안녕하세요, {organization} AI 상담원입니다."
RECORDED = "통화 내용은 녹음됩니다."
HOW_CAN_I_HELP = "무엇을 도와드릴까요?"
CUSTOMER_HELLO = "{name} 고객님, 무엇을 도와드릴까요?"
ASK_PHONE = "휴대폰 번호를 말씀해 주시거나 눌러 주세요."
ASK_PHONE_FIRST = "본인 확인을 위해 가입하신 휴대폰 번호를 말씀해 주시거나 눌러 주세요."
ASK_BIRTH = "본인 확인을 위해 생년월일 여섯 자리를 말씀해 주시거나 눌러 주세요."
WHY_NUMBER = "고객님의 정보를 안전하게 지키기 위해서예요."
NUMBER_FOUND = "네, 번호를 확인했습니다."
VERIFIED = "네, 확인했습니다, {name} 고객님."
NUMBER_BROKEN = "죄송합니다, 번호를 끝까지 듣지 못했어요."
BIRTH_BROKEN = "죄송합니다, 생년월일을 끝까지 듣지 못했어요."
NUMBER_UNKNOWN = "죄송하지만 등록된 번호를 찾지 못했어요."
BIRTH_WRONG = "죄송하지만 등록된 정보와 맞지 않아요."
GO_ON = "네, 이어서 말씀해 주세요."
NUMBER_AGAIN = "번호를 처음부터 다시 말씀해 주시거나 눌러 주세요."
BIRTH_AGAIN = "생년월일 여섯 자리를 다시 말씀해 주시거나 눌러 주세요."
NOT_VERIFIED_HANDOFF = "본인 확인이 되지 않아 상담원에게 연결해 드리겠습니다."
FOR_OTHER = "네, 요금제 안내와 추천은 바로 도와드릴 수 있어요."
HOLDER_ONLY = "가입 정보 확인과 변경은 명의자 본인께서 전화해 주셔야 도와드릴 수 있어요."
WITHOUT_NUMBER = "네, 괜찮습니다, 요금제 안내는 번호 없이도 도와드릴 수 있어요."
WITHOUT_BIRTH = "네, 괜찮습니다, 요금제 안내는 본인 확인 없이도 도와드릴 수 있어요."
HANDOFF = "네, 상담원에게 연결해 드리겠습니다."
PLEASE_WAIT = "잠시만 기다려 주세요."
OFFER_HUMAN = "상담원에게 연결해 드릴까요?"
ASKS_CHANGE = "변경 신청을 접수해 드릴까요?"
EMPTY = (
    "죄송합니다, 다시 말씀해 주시겠어요?",
    "죄송합니다, 조금만 더 크게 다시 말씀해 주시겠어요?",
)
EMPTY_HANDOFF = "말씀을 알아듣지 못해 죄송합니다, 상담원에게 연결해 드리겠습니다."
SILENCE = (
    "여보세요, 듣고 계신가요?",
    "제 목소리가 들리시면 편하게 말씀해 주세요.",
)
SILENCE_GOODBYE = "말씀이 없으셔서 이만 전화를 마치겠습니다."
GOODBYE = "이용해 주셔서 감사합니다, 좋은 하루 보내세요."
BACK = "네, 처음으로 돌아갈게요."
SLOWLY = "네, 천천히 다시 말씀드릴게요."
NOTHING_TO_REPEAT = "네, 말씀하세요."
KEYS_UNKNOWN = "죄송합니다, 누르신 번호로는 도와드릴 수 있는 것이 없어요."
ASK_FREELY = "궁금하신 점을 편하게 말씀해 주세요."
CANNOT_NOW = "죄송합니다, 지금은 확인이 어려워요."
