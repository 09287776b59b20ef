"""The documents that tell Twilio what to do with a call, written by its own SDK.

Every path ends at a person, at a spoken apology or at a hang-up: never on a dead line.
"""

from __future__ import annotations

from urllib.parse import urlencode

from twilio.twiml.voice_response import VoiceResponse

from voice.telephony.signature import stream_origin

STREAM_PATH = "/voice/stream"
AFTER_STREAM_PATH = "/voice/after-stream"
STREAM_STATUS_PATH = "/voice/stream-status"
WHISPER_PATH = "/voice/whisper"
WHISPER_ACCEPT_PATH = "/voice/whisper-accept"
AFTER_DIAL_PATH = "/voice/after-dial"

ANSWER_TIMEOUT_S = 25
"""Seconds for which the human's telephone rings."""

BUSY = "지금은 전화가 많아 상담원에게 바로 연결해 드리겠습니다. 잠시만 기다려 주십시오."
CONNECTING = "죄송합니다. 상담원에게 연결해 드리겠습니다. 잠시만 기다려 주십시오."
NO_HUMAN = (
    "죄송합니다. 지금은 전화를 받을 수 없습니다. 잠시 후에 다시 걸어 주시기 바랍니다. 감사합니다."
)
NOBODY_ANSWERED = (
    "죄송합니다. 지금은 상담원이 모두 통화 중입니다. "
    "저희가 확인하여 고객님께 다시 전화 드리겠습니다. 감사합니다."
)
NO_SUMMARY = "자동 상담에서 연결된 고객님입니다."
"""Whispered where nothing was written down about the call."""

PRESS_ONE = "1번을 누르면 연결됩니다."

_LANGUAGE = "ko-KR"
_MAX_SPOKEN = 2000
"""Characters; Twilio's limit is 4,096, a person's patience is less."""

_KEY_TIMEOUT_S = 15


def connect_stream(public_url: str, token: str) -> str:
    """Connect the call to the stream; `token` comes back in the stream's `start`.

    When the stream ends, Twilio asks for what is next; when nobody answers that, the redirect
    behind asks once more.
    """
    response = VoiceResponse()
    connect = response.connect(action=public_url + AFTER_STREAM_PATH)
    stream = connect.stream(
        url=stream_origin(public_url) + STREAM_PATH,
        status_callback=public_url + STREAM_STATUS_PATH,
    )
    stream.parameter(name="token", value=token)
    response.redirect(public_url + AFTER_STREAM_PATH)
    return str(response)


def to_human(public_url: str, *, number: str, call_sid: str, announcement: str) -> str:
    """Say `announcement`, if there is one, then ring the human at `number`.

    Without a number, an apology and the end.
    """
    if not number:
        return hang_up(NO_HUMAN)
    response = VoiceResponse()
    if announcement:
        _say(response, announcement)
    dial = response.dial(action=public_url + AFTER_DIAL_PATH, timeout=ANSWER_TIMEOUT_S)
    dial.number(number, url=_with_call(public_url + WHISPER_PATH, call_sid))
    return str(response)


def whisper(public_url: str, *, text: str, call_sid: str) -> str:
    """Speak `text` to the human alone, and bridge the call only after the key 1.

    A voicemail picks up too, but presses nothing: then this leg is hung up.
    """
    response = VoiceResponse()
    gather = response.gather(
        action=_with_call(public_url + WHISPER_ACCEPT_PATH, call_sid),
        num_digits=1,
        timeout=_KEY_TIMEOUT_S,
    )
    _say(gather, f"{text or NO_SUMMARY} {PRESS_ONE}")
    response.hangup()
    return str(response)


def bridge() -> str:
    """End the whisper, so that the human and the caller hear each other."""
    return str(VoiceResponse())


def hang_up(words: str = "") -> str:
    """Say `words`, if there are any, and hang up."""
    response = VoiceResponse()
    if words:
        _say(response, words)
    response.hangup()
    return str(response)


def nobody_answered() -> str:
    """Apologise, promise to call back, and hang up."""
    return hang_up(NOBODY_ANSWERED)


def _say(verb: VoiceResponse, words: str) -> None:
    spoken = "".join(sign if sign.isprintable() else " " for sign in words)
    verb.say(spoken[:_MAX_SPOKEN], language=_LANGUAGE)


def _with_call(url: str, call_sid: str) -> str:
    return f"{url}?{urlencode({'call': call_sid})}"
