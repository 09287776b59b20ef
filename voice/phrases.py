"""The few sentences that the call itself says, whatever the agent's state."""

APOLOGY = "죄송합니다. 잠시 문제가 생겨 상담원에게 연결해 드리겠습니다."
"""Said from stored audio when the recogniser, the agent or the voice fails."""

FILLERS = (
    "네, 확인해 볼게요.",
    "잠시만요, 찾아보고 있어요.",
    "네, 잠시만 기다려 주세요.",
)
"""Said in turn when an answer is not ready in time; no promise, for no answer may follow."""

COMFORTS = (
    "조금만 더 기다려 주세요.",
    "아직 확인하고 있어요. 기다려 주셔서 감사합니다.",
)
"""Said in turn while the answer is long in coming."""

NO_AUDIO = "고객님의 음성이 들리지 않아 상담원에게 연결해 드리겠습니다."
RESUMED = "네, 계속 말씀해 주세요."
LONG_CALL_WARNING = (
    "통화가 길어져 잠시 후 통화가 종료됩니다. 필요하시면 상담원 연결이라고 말씀해 주세요."
)
LONG_CALL_GOODBYE = "통화 시간이 다 되어 통화를 마치겠습니다. 이용해 주셔서 감사합니다."
